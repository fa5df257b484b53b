"""Verifying a release package offline: the package, the trusted key, nothing else.

    result = verify_package(Path("er_…"), trusted=parse_vkey(text))
    result.verdict, result.file

Every byte of the package is bound: files by release.json, release.json by signature and receipt, the receipt by the
signature of the log. The result names the first file that is not what it must be. Whoever reads a package may ask for
more than the zone did: for witnesses of their own choosing, and for a release key of a list that they have.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from audit.checkpoint import open_checkpoint
from audit.errors import AuditError, NotTrusted
from audit.note import Verifier, open_note, parse_note, parse_vkey, signatures_by
from audit.proof import parse_proof, verify_receipt
from audit.trusted import TrustedKeys
from audit.witness.policy import WitnessPolicy
from egress_review.package import (
    DOCUMENT,
    FILES,
    FORMAT,
    LOG_KEY,
    RECEIPT,
    RELEASE_KEY,
    SIGNATURE,
    TRUSTED_KEYS,
    UNLISTED,
    WITNESS_POLICY,
    Part,
    dump,
    signed_text,
)
from registry.text import Text

Verdict = Literal["intact", "tampered", "incomplete", "untrusted"]

LARGEST_DOCUMENT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PackageCheck:
    """What verifying a package came to."""

    verdict: Verdict
    file: str | None
    """The first file that is missing, changed or too much; None for an intact package."""
    reason: Text
    ref: str | None = None
    origin: str | None = None
    index: int | None = None
    """The log that vouches for the release, and the index of the release in it."""
    files: tuple[str, ...] = ()
    """Paths of the released files."""

    @property
    def ok(self) -> bool:
        """Whether the package is intact and vouched for by the trusted key."""
        return self.verdict == "intact"


_INTACT = Text(ko="온전합니다.", en="intact")
_UNKNOWN_LOG = Text(
    ko="묶음은 온전하지만, 서명한 키가 신뢰하는 키와 같은지 확인되지 않았습니다.",
    en="The package is whole, but the key that signed it is not one that you trust.",
)
_UNLISTED_KEY = Text(
    ko="묶음은 온전하지만, 반출에 서명한 키가 가지고 계신 반출 키 목록에 없거나 그 기록 번호에는 유효하지 않습니다.",
    en="The package is whole, but the key that signed the release is not in your list of release keys, or not for this "
    "entry of the log.",
)
_TOO_FEW_WITNESSES = Text(
    ko="묶음은 온전하지만, 지정하신 정책이 요구하는 증인의 서명이 없습니다.",
    en="The package is whole, but lacks the signatures of witnesses that your policy asks for.",
)


class _BadPackageError(Exception):
    """Where and why a package fails; never leaves this module."""

    def __init__(self, verdict: Verdict, file: str, ko: str, en: str) -> None:
        super().__init__(en)
        self.check = PackageCheck(verdict, file, Text(ko=ko, en=en))


def verify_package(
    directory: Path,
    trusted: Verifier | TrustedKeys | None,
    *,
    policy: WitnessPolicy | None = None,
    release_keys: TrustedKeys | None = None,
) -> PackageCheck:
    """Hold a package to itself and to the trusted keys of the log.

    Without a trusted key the best verdict is `untrusted`: whoever forges a package can forge the keys in it. `policy`
    says which witnesses the reader demands, whatever the zone asked for; `release_keys` which keys may have signed the
    release, each with the entries of the log for which it counts.
    """
    try:
        present = _tree(directory)
        document = _document(directory)
        signed = _signed_digest(directory)
        digest = hashlib.sha256((directory / DOCUMENT).read_bytes()).hexdigest()
        if signed not in (None, digest):
            # Before its parts: a changed record would blame files that are as they were.
            raise _tampered(DOCUMENT, "서명된 것과 다릅니다", "not what was signed")
        listed = _listed(document)
        _check_parts(directory, listed, present)
        release_key = _key(directory, RELEASE_KEY)
        ref = str(document["request"]["ref"])
        packed = _check_signature(directory, release_key, ref, digest)
        log_key = _key(directory, LOG_KEY)
        _check_parts(directory, packed, present)
        _check_nothing_else(present, {*listed, *packed})
        index = _check_receipt(directory, document, _log_keys(directory, log_key), release_key, digest)
    except _BadPackageError as bad:
        return bad.check
    files = tuple(sorted(part["path"] for part in document["files"]))
    check = PackageCheck("intact", None, _INTACT, ref, log_key.name, index, files)
    if trusted is None or not _signed_by(directory, trusted):
        return replace(check, verdict="untrusted", file=LOG_KEY, reason=_UNKNOWN_LOG)
    if release_keys is not None and release_key not in release_keys.at(index):
        return replace(check, verdict="untrusted", file=RELEASE_KEY, reason=_UNLISTED_KEY)
    if policy is not None and not policy.satisfied_by(_checkpoint(directory)):
        return replace(check, verdict="untrusted", file=RECEIPT, reason=_TOO_FEW_WITNESSES)
    return check


def _tree(directory: Path) -> frozenset[str]:
    """The paths of all files of a package; it holds ordinary files and the one directory `files`."""
    present: set[str] = set()
    for root, folders, names in os.walk(directory, followlinks=False):
        for name in (*folders, *names):
            path = Path(root) / name
            relative = path.relative_to(directory).as_posix()
            kind = path.lstat().st_mode
            if stat.S_ISDIR(kind) and relative == FILES:
                continue
            if not stat.S_ISREG(kind):
                raise _tampered(relative, "일반 파일이 아닙니다", "not an ordinary file")
            present.add(relative)
    for name in (DOCUMENT, SIGNATURE, RECEIPT, LOG_KEY, RELEASE_KEY):
        if name not in present:
            raise _missing(name)
    return frozenset(present)


def _document(directory: Path) -> Mapping[str, Any]:
    """The content of release.json, in its one spelling."""
    data = (directory / DOCUMENT).read_bytes()
    try:
        document = json.loads(data) if len(data) <= LARGEST_DOCUMENT else None
        if not isinstance(document, dict) or dump(document) != data or document["format"] != FORMAT:
            raise ValueError
        for part in (*document["files"], *document["package"]):
            if not isinstance(part["path"], str) or not isinstance(part["sha256"], str):
                raise TypeError
        str(document["request"]["ref"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _tampered(DOCUMENT, "반출 기록을 읽을 수 없습니다", "not a release record") from None
    return document


def _listed(document: Mapping[str, Any]) -> dict[str, str]:
    """The paths and hashes that release.json lists."""
    return {part["path"]: part["sha256"] for part in (*document["files"], *document["package"])}


def _check_parts(directory: Path, listed: Mapping[str, str], present: frozenset[str]) -> None:
    for path, sha256 in sorted(listed.items()):
        if path not in present:
            raise _missing(path)
        if hashlib.sha256((directory / path).read_bytes()).hexdigest() != sha256:
            raise _tampered(path, "반출 기록의 해시와 다릅니다", "not what the release record lists")


def _check_nothing_else(present: frozenset[str], known: set[str]) -> None:
    for path in sorted(present - UNLISTED - known):
        raise _tampered(path, "반출 기록에 없는 파일입니다", "the release record does not know this file")


def _signed_digest(directory: Path) -> str | None:
    """The hash of release.json in its signature, if that is valid under the key of the package."""
    try:
        note = open_note(_text(directory / SIGNATURE), [_key(directory, RELEASE_KEY)])
    except (AuditError, UnicodeDecodeError, _BadPackageError):
        return None
    lines = note.splitlines()
    return lines[2] if len(lines) > 2 else ""


def _key(directory: Path, name: str) -> Verifier:
    try:
        text = _text(directory / name)
        key = parse_vkey(text)
    except (AuditError, UnicodeDecodeError):
        raise _tampered(name, "검증 키가 아닙니다", "not a verifier key") from None
    if key.vkey() + "\n" != text:
        raise _tampered(name, "검증 키가 아닙니다", "not a verifier key in its one spelling")
    return key


def _check_signature(directory: Path, key: Verifier, ref: str, digest: str) -> dict[str, str]:
    """The paths and hashes of what was packed with the record; the signature on it and on them holds."""
    try:
        text = _text(directory / SIGNATURE)
        signed = open_note(text, [key])
        signatures = len(parse_note(text).signatures)
    except (AuditError, UnicodeDecodeError):
        raise _tampered(SIGNATURE, "서명이 맞지 않습니다", "the signature is not valid") from None
    if signatures != 1:
        raise _tampered(SIGNATURE, "서명이 하나가 아닙니다", "more than the one signature")
    # Packages from before keys of the log were signed with the record have no such lines: release.json lists them.
    lines = (line.partition(" ") for line in signed.splitlines()[3:])
    packed = {path: sha256 for sha256, _, path in lines}
    if signed != signed_text(ref, digest, [Part(path, sha256, 0) for path, sha256 in packed.items()]):
        raise _tampered(DOCUMENT, "서명된 것과 다릅니다", "not what was signed")
    return packed


def _log_keys(directory: Path, log_key: Verifier) -> TrustedKeys:
    """The keys of the log that the package names, of which the one in log.vkey is one."""
    try:
        text = _text(directory / TRUSTED_KEYS)
        keys = TrustedKeys.parse(text)
    except (AuditError, UnicodeDecodeError):
        raise _tampered(TRUSTED_KEYS, "검증 키의 목록이 아닙니다", "not a list of verifier keys") from None
    if keys.format() != text or log_key not in {key.verifier for key in keys.keys}:
        raise _tampered(TRUSTED_KEYS, "log.vkey의 키가 목록에 없습니다", "the key in log.vkey is not in the list")
    return keys


def _witnesses(directory: Path) -> WitnessPolicy:
    """Who has to cosign the log, as the package says."""
    if not (directory / WITNESS_POLICY).exists():
        return WitnessPolicy.none()
    try:
        return WitnessPolicy.parse(_text(directory / WITNESS_POLICY))
    except (AuditError, UnicodeDecodeError):
        raise _tampered(WITNESS_POLICY, "증인 정책이 아닙니다", "not a policy of witnesses") from None


def _signed_by(directory: Path, trusted: Verifier | TrustedKeys) -> bool:
    """Whether keys that the reader trusts signed the receipt."""
    try:
        open_checkpoint(_checkpoint(directory), trusted)
    except AuditError:
        return False
    return True


def _checkpoint(directory: Path) -> str:
    """The signed checkpoint in the receipt."""
    return parse_proof(_text(directory / RECEIPT)).checkpoint


def _check_receipt(
    directory: Path, document: Mapping[str, Any], log_keys: TrustedKeys, release_key: Verifier, digest: str
) -> int:
    """The index in the log at which this very release is recorded."""
    policy = _witnesses(directory)
    try:
        text = _text(directory / RECEIPT)
        receipt = verify_receipt(text, log_keys)
        note = parse_note(parse_proof(text).checkpoint)
        cosigners = [witness.verifier for witness in policy.witnesses]
        signers = signatures_by(note, [*log_keys.at(receipt.checkpoint.size), *cosigners])
    except (AuditError, UnicodeDecodeError) as error:
        en = "not signed by the log" if isinstance(error, NotTrusted) else "proves nothing"
        raise _tampered(RECEIPT, "증명이 맞지 않습니다", en) from None
    # One by each key at most: a line that nobody can check could be changed unnoticed.
    if len(signers) != len(note.signatures) or len({key for key, _ in signers}) != len(signers):
        raise _tampered(RECEIPT, "확인할 수 없는 서명이 있습니다", "a signature that cannot be checked")
    body, detail = receipt.body, receipt.body.get("detail", {})
    proven = {
        "action": (body["action"], "egress.released"),
        "request": (body["object"]["ref"], document["request"]["ref"]),
        "release": (detail.get("release"), digest),
        "key": (detail.get("key"), hashlib.sha256(release_key.vkey().encode()).hexdigest()),
        "origin": (receipt.checkpoint.origin, document["log"]["origin"]),
    }
    for name, (actual, expected) in proven.items():
        if actual != expected:
            raise _tampered(RECEIPT, f"다른 반출의 증명입니다 ({name})", f"the proof of another release ({name})")
    if not policy.satisfied_by(parse_proof(text).checkpoint):
        ko, en = "정책이 요구하는 증인의 서명이 없습니다", "lacks the signatures of witnesses that the policy asks for"
        raise _BadPackageError("incomplete", RECEIPT, f"{RECEIPT}: {ko}.", f"{RECEIPT}: {en}.")
    return receipt.index


def _tampered(file: str, ko: str, en: str) -> _BadPackageError:
    return _BadPackageError("tampered", file, f"{file}: {ko}.", f"{file}: {en}.")


def _missing(file: str) -> _BadPackageError:
    return _BadPackageError("incomplete", file, f"{file}: 파일이 없습니다.", f"{file}: the file is missing.")


def _text(path: Path) -> str:
    """The text of a file with its line ends as they are: reading as text would let one byte pass for another."""
    return path.read_bytes().decode("utf-8")
