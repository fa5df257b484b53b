"""Holds a request, as the database has it, against what the log tells of it. Pure but for opening sealed comments.

Whoever can write to the database can move a request by hand: past the triggers, to any state, with any votes. Here
nothing of a row is believed that an event does not say too: where the request stands, what was handed in, what was
found in it, who voted for what, who approved, what was released and under which signature. What no event says is not
compared, and decides nothing: drafts, remarks, the times of the machine's next attempts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from audit.errors import AuditError
from audit.merkle import leaf_hash
from audit.note import Verifier, open_note
from audit.proof import parse_proof, verify_leaf
from audit.proven import Recorded
from audit.trusted import TrustedKeys
from egress_review.desk import second
from egress_review.differences import Difference, differs
from egress_review.model import Request, RequestFile
from egress_review.package import signed_text
from egress_review.store import report_digest
from egress_review.stored_rows import Stored
from egress_review.told import ALARM, Told
from egress_review.workflow import STATE_TEXT

LOST = object()
"""A sealed value that is missing without having been erased."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What signatures and sealed values are opened with."""

    log: Callable[[], TrustedKeys]
    release: Callable[[str], Verifier | None]
    """The release key whose public form has that SHA-256, as events name it; None for one that is not known here."""
    opened: Callable[[bytes, str], object]
    """The value behind a commitment of a person; None if that person was erased, `LOST` if it is missing otherwise."""


def differences(kept: Stored, told: Told, keys: Keys) -> tuple[Difference, ...]:
    """In which ways a request differs from what the log tells of it; none where nobody touched it."""
    # An alarm in the place of an entry that was cut off is no difference of its own.
    found = [differs(str(one.fault), one.index) for one in told.faults if one.action != ALARM]
    found += [differs("request.move", one.index, action=one.action) for one in told.impossible]
    if told.begun is None:
        return (*found, differs("request.unknown"))
    if kept.request is None:
        return (*found, differs("request.gone", told.begun.index))
    for part in (_request, _times, _rounds, _reports, _votes, _release, _receipt, _counted):
        found += part(kept, kept.request, told, keys)
    return tuple(dict.fromkeys(found))


def _request(_: Stored, now: Request, told: Told, __: Keys) -> Iterator[Difference]:
    assert told.begun is not None, "a request without a beginning"
    begun, last = told.begun, told.hand_ins.get(told.round, told.begun)
    body = last.body
    if now.state is not told.state:
        says = STATE_TEXT[told.state] if told.state else "–"
        yield differs("request.state", _index(told.changed), now=STATE_TEXT[now.state], told=says)
    if now.round != told.round:
        yield differs("request.round", last.index, now=now.round, told=told.round)
    if now.author_ref != told.author:
        yield differs("request.author", begun.index)
    if now.project != begun.body["object"].get("project"):
        yield differs("request.project", begun.index)
    if now.direction != last.detail.get("direction", "egress"):
        yield differs("request.direction", last.index)
    if now.workspace_ref != last.detail.get("workspace", now.workspace_ref):
        yield differs("request.workspace", last.index)
    if {(use.dataset, use.version, use.people) for use in now.datasets} != _data_of(body):
        yield differs("request.data", last.index)
    held = told.scans.get(told.round, last)
    if now.policy_digest != held.body.get("policy", ""):
        yield differs("request.policy", held.index)
    if now.approved_event != (told.approved.id if told.approved else None):
        yield differs("request.approval", _index(told.approved))
    made = told.released or told.let_in
    if (now.packaged or now.release_index is not None) and made is None:
        yield differs("request.packaged")
    elif now.release_index not in (None, _index(told.released)):
        yield differs("release.changed", _index(told.released))


def _data_of(body: Mapping[str, Any]) -> set[tuple[str, int, int]]:
    return {(one["id"], one["version"], one["people"]) for one in body["subjects"].get("datasets", ())}


def _times(_: Stored, now: Request, told: Told, __: Keys) -> Iterator[Difference]:
    columns = (
        ("created_at", now.created_at, told.begun),
        ("submitted_at", now.submitted_at, told.hand_ins.get(told.round, told.begun)),
        ("changed_at", now.changed_at, told.changed),
        ("idle_since", now.idle_since or now.changed_at, told.got_on if now.idle_since else told.changed),
        ("warned_at", now.warned_at, told.warned),
        ("released_at", now.released_at, told.released),
    )
    for name, at, event in columns:
        if not _is_then(at, event):
            yield differs("request.time", _index(event), column=name)


def _is_then(at: datetime | None, event: Recorded | None) -> bool:
    """Whether a moment is that of an event; events of before there were moments in them say nothing."""
    if at is None or event is None:
        return at is None and event is None
    said = event.detail.get("at")
    return said is None or said == second(at)


def _rounds(kept: Stored, now: Request, told: Told, _: Keys) -> Iterator[Difference]:
    rounds = set(told.hand_ins)
    for round_ in sorted(rounds - kept.said.keys()):
        yield differs("round.gone", told.hand_ins[round_].index, round=round_)
    for round_ in sorted((kept.said.keys() | kept.files.keys() | kept.groups.keys()) - rounds):
        yield differs("round.extra", None, round=round_)
    for round_ in sorted(rounds & kept.said.keys()):
        event, files = told.hand_ins[round_], kept.files.get(round_, [])
        if not _are_those(files, event):
            yield differs("file.changed", event.index, round=round_)
        elif not _says(kept, now, round_, event):
            yield differs("request.words", event.index, round=round_)


def _are_those(files: list[RequestFile], event: Recorded) -> bool:
    said = {
        kind: sorted((one["sha256"], one["size"]) for one in event.detail.get(name, ()))
        for kind, name in (("output", "files"), ("supporting", "supporting"))
    }
    have = {kind: sorted((one.sha256, one.size) for one in files if one.kind == kind) for kind in said}
    return said == have and len(files) == sum(map(len, have.values()))


def _says(kept: Stored, now: Request, round_: int, event: Recorded) -> bool:
    """Whether words, names and groups of a round are those that were handed in."""
    row, files, wanted = kept.said[round_], tuple(kept.files.get(round_, ())), event.detail.get("context")
    if row.context_hash != wanted:
        return False
    words = {name: getattr(row, name) for name in ("title", "purpose", "context", "controls")}
    then = replace(now, files=files, groups=kept.groups_of(round_), **words)
    # The random part of an earlier round with evidence is not kept, so its words cannot be hashed again.
    known = round_ == now.round or not then.supporting
    return (not known or then.context_hash == wanted) and (round_ != now.round or now.context_hash == wanted)


def _reports(kept: Stored, _: Request, told: Told, __: Keys) -> Iterator[Difference]:
    for round_ in sorted(kept.reports.keys() - told.scans.keys()):
        yield differs("report.extra", None, round=round_)
    for round_, event in sorted(told.scans.items()):
        row = kept.reports.get(round_)
        if row is None:
            yield differs("report.gone", event.index, round=round_)
            continue
        said = event.detail.get("report")
        is_it = said is None or said == report_digest(row.content, row.policy)
        if not is_it or row.policy_digest != event.body.get("policy") or not _is_then(row.at, event):
            yield differs("report.changed", event.index, round=round_)


def cast_text(ref: str, voter: str, detail: Mapping[str, Any]) -> str:
    """What is sealed with a ballot: which one it is, so that the sealed part of one is of no use for another."""
    said = [ref, voter, *(detail[name] for name in ("round", "revision", "context")), sorted(detail["votes"].items())]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _is_made_up(told: Told, event: Recorded, keys: Keys) -> bool:
    """Whether a vote stands in the log that no process of the zone wrote there: it took the master key to seal it."""
    commitment = event.commitment("cast")
    if commitment is None:
        # Requests of before votes were sealed.
        return told.begun is not None and "at" in told.begun.detail
    return keys.opened(commitment, event.actor) not in (None, cast_text(event.ref, event.actor, event.detail))


def _votes(kept: Stored, _: Request, told: Told, keys: Keys) -> Iterator[Difference]:
    known = {one.id for one in told.ballots}
    if any(row.event_id not in known for row in kept.votes):
        yield differs("vote.extra")
    for event in told.ballots:
        if _is_made_up(told, event, keys):
            yield differs("vote.made_up", event.index)
        yield from _ballot([row for row in kept.votes if row.event_id == event.id], event, keys)


def _ballot(rows: list[Row[Any]], event: Recorded, keys: Keys) -> Iterator[Difference]:
    said, index = event.detail.get("votes", {}), event.index
    have = {row.sha256: row.choice for row in rows}
    if said.keys() - have.keys():
        yield differs("vote.gone", index)
    if have.keys() - said.keys() or len(rows) > len(have):
        yield differs("vote.extra", index)
    if any(have.get(sha256, choice) != choice for sha256, choice in said.items()):
        yield differs("vote.choice", index)
    cast_on = (event.detail.get("round"), event.detail.get("context"), event.body.get("policy"))
    for row in rows:
        if row.checker_ref != event.actor:
            yield differs("vote.voter", index)
        if (row.round, row.context_hash, row.policy_digest) != cast_on or row.revision != event.detail.get("revision"):
            yield differs("vote.cast_on", index)
        if frozenset(row.roles.split()) != event.roles:
            yield differs("vote.roles", index)
        if not _is_then(row.at, event):
            yield differs("vote.time", index)
    if not all(_is_sealed(text, event, keys) for text in {row.comment for row in rows}):
        yield differs("vote.comment", index)


def _is_sealed(text: str, event: Recorded, keys: Keys) -> bool:
    commitment = event.commitment("comment")
    if commitment is None or not text:
        return commitment is None and not text
    return keys.opened(commitment, event.actor) in (None, text)


def _release(kept: Stored, now: Request, told: Told, keys: Keys) -> Iterator[Difference]:
    row, event = kept.release, told.released
    if row is None or event is None:
        if row is not None:
            yield differs("release.extra")
        elif event is not None:
            yield differs("release.gone", event.index)
        return
    digest = hashlib.sha256(row.document.encode()).hexdigest()
    if {digest, row.sha256} != {event.detail.get("release")} or row.event_id != event.id or not _is_then(row.at, event):
        yield differs("release.changed", event.index)
    key = keys.release(str(event.detail.get("key")))
    try:
        signed = None if key is None else open_note(row.signature, [key])
    except AuditError:
        signed = ""
    if signed is not None and signed != signed_text(now.ref, row.sha256):
        yield differs("release.signature", event.index)


def _receipt(kept: Stored, _: Request, told: Told, keys: Keys) -> Iterator[Difference]:
    row, event = kept.receipt, told.released
    if row is None:
        return
    if event is None:
        yield differs("receipt.extra")
        return
    try:
        proof = parse_proof(row.content)
        verify_leaf(proof, leaf_hash(event.data), keys.log())
    except AuditError:
        yield differs("receipt.changed", event.index)
        return
    if proof.index != event.index:
        yield differs("receipt.changed", event.index)


def _counted(kept: Stored, now: Request, told: Told, _: Keys) -> Iterator[Difference]:
    """What is counted, marked or sworn beside the moves."""
    if {(row.event_id, row.by_ref) for row in kept.collections} != {(one.id, one.actor) for one in told.collected}:
        yield differs("collection.changed")
    gone = {(one.id, sha256) for one in told.purged for sha256 in one.detail.get("files", ())}
    if {(row.event_id, row.sha256) for row in kept.purged} != gone:
        yield differs("purge.changed")
    stepped_back = {(one.id, one.actor, now.project) for one in told.recused}
    if stepped_back - {(row.event_id, row.person_ref, row.project) for row in kept.recused}:
        yield differs("recusal.gone")


def _index(event: Recorded | None) -> int | None:
    return None if event is None else event.index


def digest_of(found: tuple[Difference, ...]) -> str:
    """Names a set of differences, so that the same one is told once."""
    said = sorted([one.code, one.index if one.index is not None else -1, one.text.en] for one in found)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
