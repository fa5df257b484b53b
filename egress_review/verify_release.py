#!/usr/bin/env python3
"""Verifies a release package of an Ansim data safe zone without the zone that made it, and without network.

    python3 verify.py [DIRECTORY] --key log.vkey [--json]

Needs Python 3.10 or later, `cryptography`, and `ansim_verify.py`, which lies beside it. Get both programs and
`log.vkey` from somebody you trust, on another way than this package: what lies in the package proves nothing by itself.
Exit codes: 0 intact · 10 tampered · 11 incomplete · 12 not signed by a key you trust · 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True  # a folder that is checked stays as it is

import ansim_verify as log  # type: ignore[import-not-found]  # noqa: E402  # beside this file in a package

FORMAT = "ansim-release/1"
UNLISTED = {"release.json", "release.json.sig", "receipt.tlog-proof"}
NEEDED = (*sorted(UNLISTED), "log.vkey", "release.vkey", "trusted-keys")
EXITS = {"intact": 0, "tampered": 10, "incomplete": 11, "untrusted": 12}


class Bad(Exception):
    """Why a package fails: the verdict, the file, and what is wrong with it."""


def main() -> int:
    """Verify the package that the words name; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=Path, help="log.vkey or trusted-keys, from somebody you trust")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.path.is_dir():
        parser.error(f"not a directory: {options.path}")
    try:
        trusted = log.read_keys(options.key.read_text("utf-8")) if options.key else None
    except (OSError, ValueError, log.Wrong) as error:
        parser.error(f"--key: {type(error).__name__}: {error}")
    verdict, file, why, index = "intact", None, "", None
    try:
        index = verify(options.path, trusted)
    except Bad as bad:
        verdict, file, why = bad.args
    if options.json:
        sys.stdout.write(json.dumps({"verdict": verdict, "file": file, "reason": why, "index": index}) + "\n")
    else:
        said = " ".join(filter(None, (verdict, file, why)))
        # A name that somebody put into the package must not work on the terminal.
        sys.stdout.write("".join(one if one.isprintable() else ascii(one)[1:-1] for one in said) + "\n")
    if log.UNCHECKED:
        sys.stderr.write(f"{log.UNCHECKED_SAID}\n")
    return EXITS[verdict]


def verify(directory: Path, trusted: Any) -> int:
    """Hold a package to itself and to the trusted keys of the log; return the index of the release in the log.

    Raises: Bad.
    """
    present = tree(directory)
    data = (directory / "release.json").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    document = record(data)
    packed = signed(directory, str(document["request"]["ref"]), digest)
    listed = {part["path"]: part["sha256"] for part in (*document["files"], *document["package"])} | packed
    for path, sha256 in sorted(listed.items()):
        if path not in present:
            raise Bad("incomplete", path, "missing")
        if hashlib.sha256((directory / path).read_bytes()).hexdigest() != sha256:
            raise Bad("tampered", path, "not what is listed")
    for path in sorted(present - UNLISTED - listed.keys()):
        raise Bad("tampered", path, "not listed")
    index = proven(directory, document, digest, log.read_keys(text(directory, "trusted-keys")))
    if trusted is None:
        raise Bad("untrusted", "log.vkey", "no key that you trust was given (--key)")
    try:
        log.verify_receipt(text(directory, "receipt.tlog-proof"), trusted)
    except log.Wrong:
        raise Bad("untrusted", "log.vkey", "the key that you trust did not sign this") from None
    return index


def tree(directory: Path) -> set[str]:
    """Return the paths of all files: ordinary ones, and no directory but `files`."""
    present = set()
    for root, folders, names in os.walk(directory, followlinks=False):
        for name in (*folders, *names):
            path = Path(root) / name
            relative, mode = path.relative_to(directory).as_posix(), path.lstat().st_mode
            if stat.S_ISDIR(mode) and relative == "files":
                continue
            if not stat.S_ISREG(mode):
                raise Bad("tampered", relative, "not an ordinary file")
            present.add(relative)
    for name in NEEDED:
        if name not in present:
            raise Bad("incomplete", name, "missing")
    return present


def record(data: bytes) -> Any:
    """Return release.json in its one spelling."""
    try:
        document = json.loads(data)
        same = log.CANONICAL(document).encode() == data and document["format"] == FORMAT
        parts = [(part["path"], part["sha256"]) for part in (*document["files"], *document["package"])]
    except (ValueError, KeyError, TypeError, RecursionError):
        same, parts = False, []
    if not same or not all(isinstance(one, str) for part in parts for one in part):
        raise Bad("tampered", "release.json", "not a release record")
    return document


def signed(directory: Path, ref: str, digest: str) -> dict[str, str]:
    """Return the paths and hashes that the zone signed together with the record."""
    note = text(directory, "release.json.sig")
    try:
        key = log.Key(text(directory, "release.vkey").removesuffix("\n"))
        body, signatures = log.read_note(note)
        if key.kind != b"\1" or len(signatures) != 1 or not log.signers(note, [key]):
            raise log.Wrong("signature")
    except log.Wrong:
        raise Bad("tampered", "release.json.sig", "the signature does not hold") from None
    lines = body.splitlines()
    if lines[:3] != [FORMAT, ref, digest]:
        raise Bad("tampered", "release.json", "not what was signed")
    return {path: sha256 for sha256, _, path in (line.partition(" ") for line in lines[3:])}


def proven(directory: Path, document: Any, digest: str, keys: Any) -> int:
    """Return the index at which this very release is in the log, under the keys of the package."""
    receipt = text(directory, "receipt.tlog-proof")
    try:
        index, _, body = log.verify_receipt(receipt, keys)
    except log.Wrong:
        raise Bad("tampered", "receipt.tlog-proof", "proves nothing") from None
    detail = body.get("detail", {})
    key = hashlib.sha256(text(directory, "release.vkey").removesuffix("\n").encode()).hexdigest()
    found = (body["action"], body["object"].get("ref"), detail.get("release"), detail.get("key"), keys[0][0].name)
    ref, origin = document["request"]["ref"], document["log"]["origin"]
    if found != ("egress.released", ref, digest, key, origin):
        raise Bad("tampered", "receipt.tlog-proof", "the proof of another release")
    note, policy = receipt.partition("\n\n")[2], directory / "witness-policy"
    rules = text(directory, "witness-policy") if policy.exists() else ""
    witnesses = [log.Key(line.split()[2]) for line in rules.split("\n") if line.startswith("witness ")]
    known = {(key.name, key.id) for key in (*(key for key, _, _ in keys), *witnesses)}
    made = [(name, key) for name, key, _ in log.read_note(note)[1]]
    # A line that nobody can check could be changed unnoticed.
    if not known.issuperset(made) or len(set(made)) != len(made):
        raise Bad("tampered", "receipt.tlog-proof", "a signature that cannot be checked")
    if rules and not log.satisfies(rules, note):
        raise Bad("incomplete", "receipt.tlog-proof", "lacks the signatures of witnesses that the policy asks for")
    return int(index)


def text(directory: Path, name: str) -> str:
    """Return a file with its line ends as they are."""
    return (directory / name).read_bytes().decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
