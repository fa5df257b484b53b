"""What the pages of a file are, who was served which, and what somebody had been shown when voting.

A page is *shown* when the zone served it to that person in this round. That it was read, no server can know; how fast
the pages were turned it does, and says so.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select

from egress_review import tables
from egress_review.errors import NotFound
from egress_review.model import Request, RequestFile
from egress_review.paging import UNKNOWN, Outline, outline_of, unseen
from egress_review.preview_store import PreviewStore


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody was shown of a file."""

    pages: int
    unseen: str
    """The pages that were not shown, such as "3-7, 9"; empty if all were."""
    seconds: int | None
    """How long the pages took, as `reading_seconds` has it, over all files; None for somebody who was served none."""


def outline(previews: Path, sha256: str) -> Outline:
    """The outline of a file; made once for each preview of it."""
    try:
        changed = (previews / f"{sha256}.json").stat().st_mtime_ns
    except OSError:
        return UNKNOWN
    return _outline(previews, sha256, changed)


@functools.lru_cache(maxsize=4096)
def _outline(previews: Path, sha256: str, _changed: int) -> Outline:
    try:
        return outline_of(PreviewStore(previews).get(sha256))
    except NotFound:
        return UNKNOWN


def insert_seen(tx: Connection, request: Request, sha256: str, person_ref: str, page: int, at: datetime) -> None:
    """Add that a page was served."""
    values = {"request_ref": request.ref, "round": request.round, "sha256": sha256}
    tx.execute(insert(tables.seen).values(**values, person_ref=person_ref, page=page, at=at))


def shown_to(
    tx: Connection, previews: Path, request: Request, files: Iterable[RequestFile], person_ref: str, now: datetime
) -> dict[str, Shown]:
    """What a person was shown of files of the present round until now, by their hashes."""
    table = tables.seen.c
    rows = tx.execute(
        select(table.sha256, table.page, table.at)
        .where(table.request_ref == request.ref, table.round == request.round, table.person_ref == person_ref)
        .order_by(table.at, table.id)
    ).all()
    served: dict[str, set[int]] = {}
    for row in rows:
        served.setdefault(row.sha256, set()).add(row.page)
    outlines = {file.sha256: outline(previews, file.sha256) for file in files}
    to_read = {(sha256, page) for sha256, known in outlines.items() for page in served.get(sha256, set()) - known.blank}
    seconds = reading_seconds([((row.sha256, row.page), row.at) for row in rows], to_read, now)
    found = {}
    for file in files:
        known = outlines[file.sha256]
        seen = served.get(file.sha256, set()) - known.blank
        found[file.sha256] = Shown(known.pages, unseen(known.pages, seen), seconds)
    return found


def reading_seconds(
    looks: Sequence[tuple[tuple[str, int], datetime]], to_read: Collection[tuple[str, int]], until: datetime
) -> int | None:
    """How long somebody took over pages, served in this order until they voted; None where none was served.

    From the first page to the vote; or less, at the pace of the middle one of the pages `to_read`. A page is before
    somebody until the next one is served, so a page opened the day before, or a night between the last page and the
    vote, does not hide that all others were turned within seconds.
    """
    if not looks:
        return None
    spent = dict.fromkeys(to_read, 0.0)
    ends = [*(at for _, at in looks[1:]), until]
    for (page, at), end in zip(looks, ends, strict=True):
        if page in spent:
            spent[page] += (end - at).total_seconds()
    whole = (until - looks[0][1]).total_seconds()
    return round(min(whole, statistics.median(spent.values()) * len(spent)) if spent else whole)


def insert_shown(tx: Connection, request: Request, checker_ref: str, revision: int, shown: Mapping[str, Shown]) -> None:
    """Keep with a ballot what its checker had been shown."""
    rows = [
        {
            "request_ref": request.ref,
            "round": request.round,
            "checker_ref": checker_ref,
            "sha256": sha256,
            "revision": revision,
            "pages": one.pages,
            "unseen": one.unseen,
            "seconds": one.seconds,
        }
        for sha256, one in sorted(shown.items())
    ]
    tx.execute(insert(tables.shown), rows)


def shown_in_votes(tx: Connection, request: Request) -> dict[str, dict[str, Shown]]:
    """What each checker had been shown at the latest ballot of the present round, by checker and file."""
    table = tables.shown
    rows = tx.execute(
        select(table)
        .where(table.c.request_ref == request.ref, table.c.round == request.round)
        .order_by(table.c.revision)
    )
    found: dict[str, dict[str, Shown]] = {}
    for row in rows:
        found.setdefault(row.checker_ref, {})[row.sha256] = Shown(row.pages, row.unseen, row.seconds)
    return found


def unseen_detail(shown: Mapping[str, Shown]) -> dict[str, dict[str, str]]:
    """What the audit event of a vote says about files that were not shown whole; nothing where all were."""
    missing = {sha256: one.unseen for sha256, one in sorted(shown.items()) if one.unseen}
    return {"unseen": missing} if missing else {}
