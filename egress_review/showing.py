"""What the pages of a file are, who was served which, and what somebody had been shown when voting.

A page is *shown* when the zone served it to that person in this round. That it was read, no server can know; how long
it took from the first page to the vote, it does, and says so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
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
    """From the first page served of any file of the request; None for somebody who was served none."""


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
        select(table.sha256, table.page, table.at).where(
            table.request_ref == request.ref, table.round == request.round, table.person_ref == person_ref
        )
    ).all()
    served: dict[str, set[int]] = {}
    for row in rows:
        served.setdefault(row.sha256, set()).add(row.page)
    seconds = round((now - min(row.at for row in rows)).total_seconds()) if rows else None
    found = {}
    for file in files:
        known = outline(previews, file.sha256)
        seen = served.get(file.sha256, set()) - known.blank
        found[file.sha256] = Shown(known.pages, unseen(known.pages, seen), seconds)
    return found


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
