"""Verifies an export: a directory that may have come by mail, with nothing in it believed but what keys signed."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from audit.checkpoint import unverified_checkpoint
from audit.checkpoint_files import kept_files
from audit.errors import AuditError, MalformedExport, MalformedToken, NotTrusted
from audit.evidence import Keys, signed_files, signed_notes
from audit.export.layout import (
    ENTRIES,
    EVERY_DIRECTORY,
    HEAD_FILE,
    MANIFEST_FILE,
    PARTIAL_SUFFIX,
    SEALED_FILE,
    TILE_DIRECTORY,
    TILE_WIDTH,
    TIMESTAMPS_DIRECTORY,
    TRUSTED_FILE,
    VERIFIER_FILE,
    VKEY_FILE,
    children,
    parse_path,
)
from audit.export.manifest import Manifest, parse_manifest
from audit.export.standalone import source
from audit.timestamps.tokens import Trust, check, stamped_bytes
from audit.trusted import TrustedKeys
from audit.verification import Verification
from audit.verifying.findings import Findings
from audit.verifying.places import ExportedTiles, ExportPlace, read_file
from audit.verifying.quorum import hold_against_policy
from audit.verifying.walk import Progress, Walk, Walked
from audit.verifying.workers import chunks
from audit.witness.policy import WitnessPolicy


def verify_export(
    directory: Path,
    trusted: Keys | None,
    progress: Progress = lambda done, total: None,
    *,
    policy: WitnessPolicy | None = None,
    held: Iterable[str] = (),
    authorities: Trust | None = None,
    processes: int = 1,
) -> Verification:
    """Return what is wrong with an export; `progress` is told entries done and in all.

    Without keys that the caller trusts the export is held against its own, and is not trusted however whole it is.
    `held` are checkpoints of the log that the caller has from elsewhere: the export must continue them, and the bodies
    below the largest of them need not be in it. With `authorities` every time stamp is checked.

    Raises: MalformedExport — if the directory holds no export.
    """
    findings = Findings()
    own = _own_keys(directory, findings)
    keys = trusted or own
    if keys is None or not any((directory / name).exists() for name in (HEAD_FILE, TILE_DIRECTORY)):
        raise MalformedExport(f"{directory} holds no export, or not its keys")
    if trusted is None:
        findings.at("key.unknown", 0)
    size = _size(directory, keys)
    manifest = _manifest(directory, size, findings)
    mine = signed_notes(held, keys, findings.at_checkpoint)
    largest = max((signed.size for signed in mine), default=0)
    minimum = min(manifest.first if manifest else 0, size)
    files = signed_files(directory, keys, findings.at_checkpoint)
    signed = heapq.merge(files, (one for one in mine if one.size <= size), key=lambda one: one.size)
    walk = Walk(size, minimum, ExportedTiles(directory), signed, findings)
    walked = walk.run(chunks(ExportPlace(directory, size, minimum), size, processes), progress)
    if largest > size:
        findings.at("copy.older", size, largest - 1)
    if not walked.checked:
        findings.at("checkpoint.none", 0, max(size - 1, 0))
    if minimum:
        _say_what_is_left_out(minimum, largest, walked, findings)
    _check_papers(directory, keys, own, manifest, walked, findings)
    if policy is not None and policy.asks:
        hold_against_policy(policy, _notes(directory), walked.covered, findings)
    stamps = _check_timestamps(directory, authorities, findings) if authorities is not None else 0
    problems = findings.sorted()
    return Verification(size, walked.root, walked.covered, walked.checked, problems, timestamps=stamps)


def _text(path: Path) -> str | None:
    data = read_file(path)
    return None if data is None else data.decode("utf-8", "replace")


def _own_keys(directory: Path, findings: Findings) -> TrustedKeys | None:
    """Return the keys that lie in an export: they say who claims it, and prove nothing by themselves."""
    found: list[TrustedKeys] = []
    for name in (TRUSTED_FILE, VKEY_FILE):
        text = _text(directory / name)
        try:
            if text is None:
                findings.at("file.missing", 0, 0)
            else:
                found.append(TrustedKeys.parse(text))
                if found[-1].format() != text:
                    findings.at("key.differs", 0)
        except AuditError:
            findings.at("key.differs", 0)
    if len(found) == 2 and not {key.verifier for key in found[1].keys} <= {key.verifier for key in found[0].keys}:
        findings.at("key.differs", 0)
    return found[0] if found else None


def _size(directory: Path, keys: Keys) -> int:
    """Return how many entries to look for: what a trusted key signed, else what the files could hold."""
    head = _text(directory / HEAD_FILE)
    candidates = ([] if head is None else [head]) + list(_largest(directory))
    sizes = [size for note in candidates if (size := _opened(note, keys)) is not None]
    if sizes:
        return max(sizes)
    try:
        claimed = unverified_checkpoint(head or "").size
    except AuditError:
        claimed = 0
    # Whoever is not trusted cannot make anybody look for more than there is.
    return min(claimed, _held_size(directory)) or _held_size(directory)


def _largest(directory: Path) -> Iterator[str]:
    """Yield the last of the earlier checkpoints, until somebody has enough."""
    for path in reversed(kept_files(directory)[-16:]):
        if (text := _text(path)) is not None:
            yield text


def _opened(note: str, keys: Keys) -> int | None:
    found = signed_notes([note], keys, lambda code, size: None)
    return found[0].size if found else None


def _held_size(directory: Path) -> int:
    """Return how many entries the names of the bundles speak of."""
    place = directory / TILE_DIRECTORY / ENTRIES
    while found := [path for path in children(place) if path.is_dir() and path.name.startswith("x")]:
        place = found[-1]
    size = 0
    for path in children(place):
        partials = children(path) if path.name.endswith(PARTIAL_SUFFIX) else [path]
        for partial in partials:
            try:
                _, tile = parse_path(partial.relative_to(directory).as_posix())
            except MalformedExport:
                continue
            size = max(size, tile.n * TILE_WIDTH + tile.width)
    return size


def _manifest(directory: Path, size: int, findings: Findings) -> Manifest | None:
    text = _text(directory / MANIFEST_FILE)
    if text is None:
        findings.at("file.missing", 0, max(size - 1, 0))
        return None
    try:
        return parse_manifest(text)
    except MalformedExport:
        findings.at("manifest.form", 0)
        return None


def _say_what_is_left_out(minimum: int, largest: int, walked: Walked, findings: Findings) -> None:
    if walked.pruned:
        findings.at("entry.pruned", 0, minimum - 1)
    elif largest < minimum:
        findings.at("entry.left_out", 0, minimum - 1)


def _check_papers(
    directory: Path,
    keys: Keys,
    own: TrustedKeys | None,
    manifest: Manifest | None,
    walked: Walked,
    findings: Findings,
) -> None:
    """Hold what the export says about itself against what was found."""
    head = _text(directory / HEAD_FILE)
    if read_file(directory / VERIFIER_FILE) != source():
        findings.at("program.differs", 0)
    if head is None:
        findings.at("file.missing", 0, 0)
        return
    if own is not None and _opened(head, keys) is not None and _opened(head, own) is None:
        findings.at("key.differs", 0)
    try:
        claimed = unverified_checkpoint(head)
    except AuditError:
        return
    if manifest is None:
        return
    files = kept_files(directory)
    stamps = [path for place in children(directory / TIMESTAMPS_DIRECTORY) for path in children(place)]
    if len(files) < manifest.checkpoints or len(stamps) < manifest.timestamps:
        findings.at("file.missing", 0, 0)
    said = replace(manifest, first=0, pruned=0, cosigned=0, checkpoints=0, timestamps=0)
    sealed = (directory / SEALED_FILE).exists()
    if said != Manifest(origin=claimed.origin, size=claimed.size, root=claimed.root.hex(), sealed=sealed):
        findings.at("manifest.form", 0)
    if manifest.pruned and not (walked.pruned and manifest.pruned == manifest.first):
        findings.at("manifest.form", 0)


def _notes(directory: Path) -> Iterator[tuple[int, str]]:
    """Yield the checkpoints of an export, the largest first."""
    for path in [directory / HEAD_FILE, *reversed(kept_files(directory))]:
        text = _text(path)
        try:
            if text is not None:
                yield unverified_checkpoint(text).size, text
        except AuditError:
            continue


def _check_timestamps(directory: Path, authorities: Trust, findings: Findings) -> int:
    count = 0
    for place in children(directory / TIMESTAMPS_DIRECTORY):
        size = int(place.name) if place.name.isascii() and place.name.isdecimal() else 0
        note = _text(directory / EVERY_DIRECTORY / place.name) or ""
        for path in children(place):
            try:
                check(read_file(path) or b"", stamped_bytes(note), authorities)
            except (MalformedToken, NotTrusted, AuditError) as error:
                findings.at("timestamp.untrusted" if isinstance(error, NotTrusted) else "timestamp.invalid", size)
            else:
                count += 1
    return count
