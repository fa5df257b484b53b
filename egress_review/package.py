"""The release package: what leaves, and the proof that exactly this was checked, approved and recorded.

    <er_…>/files/…               the approved files
    <er_…>/release.json          what was checked, by which policy, how was voted, hashes of the released files
    <er_…>/release.json.sig      the zone's signature on it and on what was packed with it, a C2SP signed note
    <er_…>/receipt.tlog-proof    proof that its hash is in the audit log, under the log's own signature
    <er_…>/release.vkey          the key of that signature, which release.json and the log name
    <er_…>/log.vkey README.ko.md README.en.md
    <er_…>/trusted-keys          every key that signs the log, of which log.vkey is one
    <er_…>/cover.pdf                 the same for a person to read, in Korean and English
    <er_…>/ro-crate-metadata.json    the same for machines that read research metadata (RO-Crate 1.1)
    <er_…>/verify.py ansim_verify.py   programs that verify a package without Ansim
    <er_…>/witness-policy        who has to cosign the log, where anybody has to

Keys of the log may be replaced, and witnesses come and go, between the decision and the package; so release.json lists
neither, and the signature that is made when it is packed does. The receipt is held to release.json by the hash that it
carries.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.durable import sync_directory
from audit.note import Verifier, parse_note, signatures_by
from audit.proof import format_proof, parse_proof
from audit.trusted import TrustedKeys
from audit.witness.policy import WitnessPolicy

FORMAT = "ansim-release/1"
DOCUMENT = "release.json"
SIGNATURE = "release.json.sig"
RECEIPT = "receipt.tlog-proof"
LOG_KEY = "log.vkey"
TRUSTED_KEYS = "trusted-keys"
WITNESS_POLICY = "witness-policy"
RELEASE_KEY = "release.vkey"
FILES = "files"
UNLISTED = frozenset((DOCUMENT, SIGNATURE, RECEIPT))
"""Files that nothing lists: the record, its signature, and the receipt that proves its hash."""

_README_KO = """# 반출 묶음 {ref}

`files/`의 파일은 데이터안심구역에서 두 사람 이상이 승인한 것과 한 바이트도 다르지 않습니다.
`release.json`에는 어떤 기준으로 무엇을 점검했고 어떻게 의결했는지가 적혀 있고, `receipt.tlog-proof`는 그 해시가
안심구역의 감사 기록에 있음을 증명합니다. 서버에 묻지 않고 언제든 확인할 수 있습니다.

    ansim egress verify-package 이_폴더 --key 안심구역의_log.vkey
    python3 이_폴더/verify.py 이_폴더 --key 안심구역의_log.vkey        (Ansim 없이)

같은 내용을 `cover.pdf`에서 읽을 수 있고, `ro-crate-metadata.json`은 기계가 읽습니다.
`--key`에는 이 묶음이 아니라 안심구역에서 직접 받은 검증 키를 주십시오. 이 묶음에 든 키: {key}
"""
_README_EN = """# Release package {ref}

The files in `files/` are, byte by byte, those that at least two people of the data safe zone approved.
`release.json` says what was checked by which policy and how was voted; `receipt.tlog-proof` proves that its hash is in
the audit log of the zone. Anyone can verify this at any time without asking the server:

    ansim egress verify-package THIS_DIRECTORY --key LOG_VKEY_OF_THE_ZONE
    python3 THIS_DIRECTORY/verify.py THIS_DIRECTORY --key LOG_VKEY_OF_THE_ZONE        (without Ansim)

`cover.pdf` says the same for people, `ro-crate-metadata.json` for machines.
Give `--key` the verifier key that you got from the zone itself, not from this package. The key in this package: {key}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a package: where it lies in the package, its hash and size."""

    path: str
    sha256: str
    size: int

    @classmethod
    def of(cls, path: str, data: bytes) -> Part:
        """A part from its bytes."""
        return cls(path, hashlib.sha256(data).hexdigest(), len(data))

    def as_json(self) -> dict[str, Any]:
        """The part as release.json lists it."""
        return {"path": self.path, "sha256": self.sha256, "size": self.size}


def keys_and_guides(ref: str, log_key: Verifier, *, trusted: TrustedKeys, witnesses: WitnessPolicy) -> dict[str, bytes]:
    """The files of a package that say how it is verified now: keys of the log, witnesses, and how to use them."""
    policy = {WITNESS_POLICY: witnesses.format().encode()} if witnesses.witnesses else {}
    return {
        **policy,
        TRUSTED_KEYS: trusted.format().encode(),
        LOG_KEY: (log_key.vkey() + "\n").encode(),
        "README.ko.md": _README_KO.format(ref=ref, key=log_key.vkey()).encode(),
        "README.en.md": _README_EN.format(ref=ref, key=log_key.vkey()).encode(),
    }


def key_part(release_key: Verifier) -> Part:
    """The file with the key that signs a release, as release.json lists it."""
    return Part.of(RELEASE_KEY, key_file(release_key))


def key_file(release_key: Verifier) -> bytes:
    """The content of the file with the key that signs a release."""
    return (release_key.vkey() + "\n").encode()


def signed_text(ref: str, document_sha256: str, packed: Sequence[Part] = ()) -> str:
    """What the zone signs: the reference, the hash of release.json, and those of the files packed beside it."""
    lines = "".join(f"{part.sha256} {part.path}\n" for part in sorted(packed, key=lambda part: part.path))
    return f"{FORMAT}\n{ref}\n{document_sha256}\n{lines}"


def carried(receipt: str, trusted: TrustedKeys, witnesses: WitnessPolicy) -> str:
    """The receipt with exactly the signatures that the keys of the same package can check.

    While keys are replaced a checkpoint is signed by keys that are not the log's yet, and it may be cosigned by a
    witness that the policy no longer names: such a line could be changed unnoticed.
    """
    proof = parse_proof(receipt)
    note = parse_note(proof.checkpoint)
    size = trusted.open(proof.checkpoint).size
    known = signatures_by(note, [*trusted.at(size), *(witness.verifier for witness in witnesses.witnesses)])
    lines = "".join(signature.line() for _, signature in known)
    return format_proof(proof.index, proof.path, f"{note.text}\n{lines}", proof.extra)


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Lets one thread of one process at a time write packages there; the lock dies with its process."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_package(directory: Path, *, files: Mapping[str, Path], small: Mapping[str, bytes], scratch: Path) -> None:
    """Write a package so that it is there as a whole or not at all.

    `files` are copied to `files/`, `small` are written beside them. What lies at `directory` is replaced only by
    a complete package; a crash leaves the old state or the new one, a full disk the old one and no half of the new.
    """
    fresh = scratch / f".new-{directory.name}"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        (fresh / FILES).mkdir(parents=True)
        for name, source in files.items():
            _write(fresh / FILES / name, source.read_bytes())
        for name, data in small.items():
            _write(fresh / name, data)
        sync_directory(fresh / FILES)
        sync_directory(fresh)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if directory.exists():
        # Left by a crash after the rename; the content is the same because it is made from the same record.
        shutil.rmtree(directory)
    fresh.rename(directory)
    sync_directory(directory.parent)


def write_zip(directory: Path, target: Path) -> None:
    """Write a package as one zip file, the same bytes for the same package."""
    fresh = target.with_name(f".new-{target.name}")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(p for p in directory.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(f"{directory.name}/{path.relative_to(directory).as_posix()}")
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
        with fresh.open("rb") as stream:
            os.fsync(stream.fileno())
        fresh.rename(target)
    finally:
        fresh.unlink(missing_ok=True)
    sync_directory(target.parent)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(0o444)


def dump(document: Mapping[str, Any]) -> bytes:
    """The canonical bytes of release.json: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
