#!/usr/bin/env python3
"""Checks the record of one project, without the zone that made it and without network.

    python3 verify.py --key LOG_VKEY [DIRECTORY]

Needs Python 3.10 or later, the package `cryptography`, and `ansim_verify.py`, which lies beside it. Get the key from
the zone on another way than this folder: a key that lies in the folder proves nothing.
Exit codes: 0 intact · 10 tampered · 11 incomplete · 12 not signed by a key you trust · 2 wrong usage.

What holds: the checkpoint is signed; the hashes under `tile/` are the whole tree that it signs; each file in `entries/`
is an entry of that tree and belongs to the project; one of them records the hash of `manifest.json`, which lists every
other file and every entry. What it cannot say: whether the zone wrote down everything that happened.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True  # a folder that is checked stays as it is

import ansim_verify as log  # type: ignore[import-not-found]  # noqa: E402  # beside this file in a bundle

EXIT = {"intact": 0, "tampered": 10, "incomplete": 11, "untrusted": 12}
SAID = {
    "intact": ("온전함: 기록 {0}건이 서명된 그대로입니다.", "Intact: {0} entries are as they were signed."),
    "tampered": ("변조됨: {0}", "Tampered with: {0}"),
    "incomplete": ("불완전함: {0}", "Incomplete: {0}"),
    "untrusted": ("신뢰할 수 없음: {0}", "Not trusted: {0}"),
}
FORMAT = "ansim-project-bundle/1"
WIDTH, HASH = 256, 32  # c2sp.org/tlog-tiles: hashes in a full tile, octets in a hash
UNLISTED = re.compile(r"manifest\.json|checkpoint|tile/.+|entries/(0|[1-9][0-9]*)\.tlog-proof")
RELEASE = re.compile(r"releases/er_[a-z2-7]{16}/receipt\.tlog-proof")
MALFORMED = (ValueError, LookupError, TypeError, RecursionError, log.Wrong)


class Bad(Exception):
    """Why a bundle does not hold: the verdict, and the file that it is about."""

    def __init__(self, verdict: str, path: str) -> None:
        super().__init__(verdict, path)
        self.verdict, self.path = verdict, path


class Bundle:
    """One folder, read once; every file in it is an ordinary one."""

    def __init__(self, directory: Path, trusted: Any) -> None:
        self.directory, self.present = directory, self.listed(directory)
        self.keys = trusted or self.opened_keys()
        self.note = self.text("checkpoint")
        self.size, self.root = self.head(self.note, "checkpoint")

    def listed(self, directory: Path) -> set[str]:
        """Return every file below a directory."""
        present: set[str] = set()
        for root, folders, names in os.walk(directory, followlinks=False):
            for name in (*folders, *names):
                path = Path(root, name)
                mode, relative = path.lstat().st_mode, path.relative_to(directory).as_posix()
                if stat.S_ISREG(mode):
                    present.add(relative)
                elif not stat.S_ISDIR(mode):
                    raise Bad("tampered", relative)
        return present

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        if path not in self.present:
            raise Bad("incomplete", path)
        return (self.directory / path).read_bytes()

    def text(self, path: str) -> str:
        """Return the content of a file of text."""
        try:
            return self.read(path).decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("tampered", path) from None

    def opened_keys(self) -> Any:
        """Return the keys that lie in the folder: enough to find a change, never to trust."""
        try:
            return log.read_keys(self.text("trusted-keys"))
        except MALFORMED:
            raise Bad("tampered", "trusted-keys") from None

    def head(self, note: str, path: str) -> tuple[int, bytes]:
        """Return size and root of a signed checkpoint."""
        try:
            size, root = log.open_checkpoint(note, self.keys)
        except MALFORMED as wrong:
            raise Bad("untrusted" if str(wrong) == "checkpoint.untrusted" else "tampered", path) from None
        return size, root

    def proven(self, path: str) -> tuple[int, Any, str]:
        """Return index, body and checkpoint of a proof that holds."""
        text = self.text(path)
        try:
            index, _, body = log.verify_receipt(text, self.keys)
        except MALFORMED as wrong:
            raise Bad("untrusted" if str(wrong) == "checkpoint.untrusted" else "tampered", path) from None
        return index, body, text.partition("\n\n")[2]


def check(directory: Path, trusted: Any) -> int:
    """Return how many entries a bundle holds.

    Raises: Bad — with the first file that is not what it must be.
    """
    bundle = Bundle(directory, trusted)
    leaves = tree(bundle)
    manifest = bundle.read("manifest.json")
    document = parsed(manifest)
    proofs = sorted(path for path in bundle.present if path.startswith("entries/"))
    bodies = {path: entry(bundle, path, document["project"]) for path in proofs}
    vouched(bodies, manifest)
    complete(bundle, document, bodies, leaves)
    for path in sorted(filter(RELEASE.fullmatch, bundle.present)):
        release(bundle, path, bodies)
    if trusted is None:
        raise Bad("untrusted", "--key")
    return len(bodies)


def tree(bundle: Bundle) -> list[bytes]:
    """Return the leaf hashes, after every tile was recomputed from those below it and the root from all of them."""
    leaves: list[bytes] = []
    below: list[bytes] = []
    used, level, count = set(), 0, bundle.size
    while count:
        tops = []
        for n in range(-(-count // WIDTH)):
            width = min(WIDTH, count - n * WIDTH)
            path = tile_path(level, n, width)
            used.add(path)
            data = bundle.read(path)
            row = [data[i : i + HASH] for i in range(0, len(data), HASH)]
            start = n * WIDTH
            if len(data) != width * HASH or (level and row != below[start : start + width]):
                raise Bad("tampered", path)
            if level == 0:
                leaves += row
            if width == WIDTH:
                tops.append(root_of(row))
        below, level, count = tops, level + 1, count // WIDTH
    if root_of(leaves) != bundle.root:
        raise Bad("tampered", "tile/0")
    for path in sorted(bundle.present):
        if path.startswith("tile/") and path not in used:
            raise Bad("tampered", path)
    return leaves


def root_of(hashes: list[bytes]) -> bytes:
    """Return the root of the tree over these leaves (RFC 6962, section 2.1): pairs from the left, a rest moves up."""
    while len(hashes) > 1:
        pairs = [log.node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0] if hashes else hashlib.sha256(b"").digest()


def tile_path(level: int, n: int, width: int) -> str:
    """Return the path of a tile (c2sp.org/tlog-tiles)."""
    digits = str(n).zfill(-(-len(str(n)) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def entry(bundle: Bundle, path: str, project: str) -> Any:
    """Return the body of an entry that is in the tree and belongs to the project."""
    index, body, note = bundle.proven(path)
    if note != bundle.note or path != f"entries/{index}.tlog-proof" or not belongs(body, project):
        raise Bad("tampered", path)
    return body


def belongs(body: Any, project: str) -> bool:
    """Return whether an entry is in the timeline of the project."""
    thing = body["object"]
    of = thing["ref"] if thing["kind"] == "project" else thing.get("project")
    return project in (of, body.get("detail", {}).get("project"))


def parsed(manifest: bytes) -> Any:
    """Return what the manifest lists."""
    try:
        document = json.loads(manifest.decode("utf-8"))
        if document["format"] != FORMAT or not isinstance(document["project"], str):
            raise ValueError("not the manifest of a bundle")
        for name in ("entries", "files"):
            if not all(isinstance(digest, str) for digest in document[name].values()):
                raise ValueError("a manifest lists hashes")
        [int(index) for index in document["entries"]]
    except (*MALFORMED, AttributeError):
        raise Bad("tampered", "manifest.json") from None
    return document


def vouched(bodies: dict[str, Any], manifest: bytes) -> None:
    """Look for the entry that says that a bundle with exactly this manifest was made."""
    digest = hashlib.sha256(manifest).hexdigest()
    made = [body for body in bodies.values() if body["action"] == "log.bundled" and body["outcome"] == "ok"]
    if not any(body.get("detail", {}).get("manifest") == digest for body in made):
        raise Bad("tampered", "manifest.json")


def complete(bundle: Bundle, document: Any, bodies: dict[str, Any], leaves: list[bytes]) -> None:
    """Hold the folder to its manifest: every file and every entry that it lists, and nothing besides."""
    for path, digest in sorted(document["files"].items()):
        if hashlib.sha256(bundle.read(path)).hexdigest() != digest:
            raise Bad("tampered", path)
    for index, digest in document["entries"].items():
        path = f"entries/{index}.tlog-proof"
        if path not in bundle.present:
            raise Bad("incomplete", path)
        if leaves[int(index)].hex() != digest:
            raise Bad("tampered", path)
    for path in sorted(bundle.present):
        if path not in document["files"] and not UNLISTED.fullmatch(path):
            raise Bad("tampered", path)
    for path, body in bodies.items():
        # Only what says that the bundle was made can be later than its manifest.
        if Path(path).name.partition(".")[0] not in document["entries"] and body["action"] != "log.bundled":
            raise Bad("tampered", path)


def release(bundle: Bundle, path: str, bodies: dict[str, Any]) -> None:
    """Check the receipt of a release: signed, of its document, and of the entry that this project has of it."""
    index, body, _ = bundle.proven(path)
    document = hashlib.sha256(bundle.read(path.replace("receipt.tlog-proof", "release.json"))).hexdigest()
    said = body["action"] == "egress.released" and body.get("detail", {}).get("release") == document
    if not said or bodies.get(f"entries/{index}.tlog-proof") != body:
        raise Bad("tampered", path)


def main() -> int:
    """Check one bundle and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=Path, help="log.vkey or trusted-keys, as you got it from the zone")
    arguments = parser.parse_args()
    try:
        trusted = None if arguments.key is None else log.read_keys(arguments.key.read_text(encoding="utf-8"))
    except (OSError, *MALFORMED) as error:
        parser.error(f"{arguments.key}: {error}")
    verdict = "intact"
    try:
        what = str(check(arguments.directory, trusted))
    except Bad as bad:
        verdict, what = bad.verdict, bad.path
    korean = os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ko")
    sys.stdout.write(SAID[verdict][0 if korean else 1].format(what) + "\n")
    if log.UNCHECKED:
        sys.stderr.write(f"{log.UNCHECKED_SAID}\n")
    return EXIT[verdict]


if __name__ == "__main__":
    sys.exit(main())
