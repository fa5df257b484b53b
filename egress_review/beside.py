"""What lies beside requests when they are shown: votes, findings, remarks, purges; a few queries for any number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from egress_review import store, tables
from egress_review.findings import Report
from egress_review.model import Message, Request, Vote
from egress_review.wire import report_from_wire


@dataclass(slots=True)
class Beside:
    """What one request is shown with, all of it: who may read what is decided in `review`."""

    votes: list[Vote] = field(default_factory=list)
    """Every vote that was ever cast on it, in order."""
    report: Report | None = None
    """The findings of the present round."""
    messages: list[Message] = field(default_factory=list)
    """Everything that was ever said about it, in order."""
    purged_at: datetime | None = None
    """When files of the present round were removed; None if all are there."""


def beside(tx: Connection, requests: Iterable[Request]) -> dict[str, Beside]:
    """What lies beside each of these requests, by reference."""
    known = {request.ref: request for request in requests}
    found = {ref: Beside() for ref in known}
    vote, message, report, purged = tables.vote.c, tables.message.c, tables.report.c, tables.purged.c
    for refs in store.batched(known):
        order = (vote.at, vote.revision, vote.event_id, vote.sha256)
        for row in tx.execute(select(tables.vote).where(vote.request_ref.in_(refs)).order_by(*order)):
            found[row.request_ref].votes.append(store.vote_of(row))
        for row in tx.execute(select(tables.message).where(message.request_ref.in_(refs)).order_by(message.id)):
            found[row.request_ref].messages.append(store.message_of(row))
        findings = select(report.request_ref, report.round, report.content).where(report.request_ref.in_(refs))
        for row in tx.execute(findings):
            if row.round == known[row.request_ref].round:
                found[row.request_ref].report = report_from_wire(json.loads(row.content))
        for row in tx.execute(select(tables.purged).where(purged.request_ref.in_(refs)).order_by(purged.at)):
            if known[row.request_ref].file(row.sha256) is not None:
                found[row.request_ref].purged_at = row.at
    return found
