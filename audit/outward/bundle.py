"""The record of one project for its archive: every entry with a proof, a report, and what checks both offline.

Of other projects the bundle holds hashes only: entries go in one by one with their inclusion proofs, never in the
bundles of tlog-tiles, which would carry the neighbours' bodies. What is not proven by the tree (the report, the
records of releases) is listed with its hash in `manifest.json`, whose own hash is in the entry that says that the
bundle was made; so the log vouches for every byte, and for nothing that was changed since.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.durable import sync_directory
from audit.errors import BundleRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.export.layout import TRUSTED_FILE, VKEY_FILE, tile_path, tiles_of
from audit.export.rows import hashes
from audit.export.write import current_key
from audit.log import AuditLog, utc_now
from audit.outward.report import About, report_page
from audit.outward.report_facts import datasets_of, gather
from audit.outward.report_texts import README_EN, README_KO
from audit.proof import format_proof
from audit.search import MAX_LIMIT, Entry, Query, search
from audit.searching.asking import check_reason
from audit.store import body_bytes, log_size
from audit.text import Text
from audit.tree import Tree
from audit.trusted import TrustedKeys

FORMAT = "ansim-project-bundle/1"
MANIFEST = "manifest.json"
VERIFIER = "verify.py"
LOG_VERIFIER = "ansim_verify.py"
ENTRIES = "entries"
RELEASES = "releases"
RELEASE_FILES = ("release.json", "release.json.sig", "receipt.tlog-proof", "release.vkey")
"""What a release's folder keeps of its package; the released files themselves stay where they are."""

_HERE = Path(__file__).parent
_STANDALONE = {VERIFIER: _HERE / "verify_bundle.py", LOG_VERIFIER: _HERE.parent / "export" / LOG_VERIFIER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for, by whom, and why."""

    project: str
    title: Text
    period: str
    reason: str
    by: Actor
    source: Source
    releases: Path
    """The directory of release packages, one folder per request."""
    names: Mapping[str, str] | None = None
    """Names by reference, only if they were asked for."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written."""

    directory: Path
    entries: int
    releases: int
    index: int
    """The entry that says that it was made."""


def write_bundle(log: AuditLog, trusted: TrustedKeys, order: Order, target: Path) -> Bundle:
    """Write the bundle of a project into a new or empty directory; it is recorded before anything is written.

    Raises: BundleRefused — if the directory holds something, or the log knows no such project. QuestionRefused —
    without a reason that says something: a bundle is a download.
    """
    check_reason(order.reason)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BundleRefused(f"{target} is not an empty directory")
    log.settle()
    with log.db.read() as tx:
        size = log_size(tx)
    entries = list(entries_of(log, order.project, size))
    if not entries:
        raise BundleRefused(f"the log has no entry of a project {order.project}")
    papers = _papers(log, trusted, order, entries, size)
    manifest = _manifest(order, entries, papers)
    index = _record(log, order, entries, manifest)
    _write(target, {**papers, MANIFEST: manifest, **dict(_proofs(log, trusted, [e.index for e in entries] + [index]))})
    return Bundle(target, len(entries) + 1, len(_releases(order, entries)), index)


def entries_of(log: AuditLog, project: str, size: int) -> Iterator[Entry]:
    """Yield every entry of a project below a size, in order."""
    after = -1
    while True:
        with log.db.read() as tx:
            page = search(tx, Query(project=project, after=after, newest_first=False, limit=MAX_LIMIT))
        yield from (one for one in page if one.index < size)
        if len(page) < MAX_LIMIT:
            return
        after = page[-1].index


def _papers(log: AuditLog, trusted: TrustedKeys, order: Order, entries: list[Entry], size: int) -> dict[str, bytes]:
    """Return the files that the tree does not prove by itself."""
    facts = gather(entries)
    about = About(order.project, order.title, order.period, utc_now(), log.origin, len(entries), size)
    key = current_key(trusted).vkey()
    said = {"project": order.project, "entries": len(entries) + 1, "key": key}
    return {
        "report.ko.html": report_page(about, facts, "ko", order.names).encode(),
        "report.en.html": report_page(about, facts, "en", order.names).encode(),
        "README.ko.md": README_KO.format(**said).encode(),
        "README.en.md": README_EN.format(**said).encode(),
        VKEY_FILE: f"{key}\n".encode(),
        TRUSTED_FILE: trusted.format().encode(),
        **{name: path.read_bytes() for name, path in _STANDALONE.items()},
        **_releases(order, entries),
    }


def _releases(order: Order, entries: list[Entry]) -> dict[str, bytes]:
    """Return the records of the project's releases, by path."""
    refs = [str(one.body["object"]["ref"]) for one in entries if one.body["action"] == "egress.released"]
    found = {}
    for ref in refs:
        for name in RELEASE_FILES:
            path = order.releases / ref / name
            if path.is_file():
                found[f"{RELEASES}/{ref}/{name}"] = path.read_bytes()
    return found


def _manifest(order: Order, entries: list[Entry], papers: Mapping[str, bytes]) -> bytes:
    """Return the list of everything in the bundle that was there before it was recorded."""
    document = {
        "format": FORMAT,
        "project": order.project,
        "names": order.names is not None,
        "entries": {str(one.index): one.leaf_hash.hex() for one in entries},
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in papers.items()},
    }
    return json.dumps(document, sort_keys=True, indent=1).encode("ascii") + b"\n"


def _record(log: AuditLog, order: Order, entries: list[Entry], manifest: bytes) -> int:
    event = Event(
        "log.bundled",
        order.by,
        Object("project", order.project, project=order.project),
        Subjects.datasets(datasets_of(entries)),
        order.source,
        detail={
            "entries": len(entries),
            "manifest": hashlib.sha256(manifest).hexdigest(),
            "names": order.names is not None,
        },
        sealed={"reason": order.reason.strip()},
    )
    return log.record(event)


def _proofs(log: AuditLog, trusted: TrustedKeys, indexes: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the signed checkpoint, all hashes of the tree below it, and the proof of each entry under it."""
    note = log.checkpoint()
    size = trusted.open(note).size
    yield "checkpoint", note.encode()
    with log.db.read() as tx:
        for tile in tiles_of(size):
            yield tile_path(tile), hashes(tx, tile)
        tree = Tree(tx)
        for index in indexes:
            proof = format_proof(index, tree.inclusion(index, size), note, body_bytes(tx, index))
            yield f"{ENTRIES}/{index}.tlog-proof", proof.encode()


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    """Write all files durably; the directory is the caller's to remove if this breaks off."""
    target.mkdir(parents=True, exist_ok=True)
    made = {target}
    for name, data in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made.update(parent for parent in path.parents if target in parent.parents)
        path.write_bytes(data)
    for directory in sorted(made):
        sync_directory(directory)


def write_zip(directory: Path, target: Path) -> None:
    """Write a bundle as one zip file below a folder of its own name."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            archive.write(path, f"{directory.name}/{path.relative_to(directory).as_posix()}")
