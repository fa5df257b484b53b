"""What somebody with the database in their hands does to a request: past the triggers, one column class at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from audit.refs import new_event_id, new_ref
from egress_review.errors import NotAsRecorded
from egress_review.stored_rows import stored
from egress_review.tables import ADDED_ONLY
from tests.databases import without_guards
from tests.integration.egress_review.egress_house import Zone

GUARDED = (*ADDED_ONLY, "audit_entry", "audit_link")
Tamper = Callable[[Connection, str], None]
"""Changes rows of the request of that reference."""


def by_hand(zone: Zone, ref: str, tamper: Tamper) -> None:
    """Do what an administrator of the database can do: drop the guards of the tables, then change what one likes."""
    zone.house.log.settle()
    with zone.house.db.begin() as tx:
        without_guards(tx, *GUARDED)
        tamper(tx, ref)


def sets(table: str, **values: object) -> Tamper:
    """Set columns to other values."""

    def tamper(tx: Connection, ref: str) -> None:
        key = "ref" if table == "egress_request" else "request_ref"
        columns = ", ".join(f"{name} = :{name}" for name in values)
        done = tx.execute(text(f"UPDATE {table} SET {columns} WHERE {key} = :the_ref"), {**values, "the_ref": ref})
        assert done.rowcount, f"nothing to change in {table}"

    return tamper


def does(statement: str, **values: object) -> Tamper:
    """Run a statement about the request `:ref`."""

    def tamper(tx: Connection, ref: str) -> None:
        assert tx.execute(text(statement), {"ref": ref, **values}).rowcount, statement

    return tamper


def removes(table: str) -> Tamper:
    return does(f"DELETE FROM {table} WHERE request_ref = :ref")


ONE_BALLOT = "request_ref = :ref AND checker_ref = (SELECT min(checker_ref) FROM egress_vote WHERE request_ref = :ref)"
OTHER_HASH = "0" * 64
OTHER_TIME = "2026-01-01 00:00:00.000000"
SOMEBODY = new_ref("p")
COPY_VOTE = """
INSERT INTO egress_vote SELECT request_ref, round, '{who}', sha256, {revision}, 'approve', context_hash, policy_digest,
roles, comment, {event}, at FROM egress_vote WHERE request_ref = :ref LIMIT 1
"""

OF_REQUEST: Mapping[str, Tamper] = {
    "request.state": sets("egress_request", state="reviewed"),
    "request.round": sets("egress_request", round=0),
    "request.author": sets("egress_request", author_ref=SOMEBODY),
    "request.project": sets("egress_request", project="other"),
    "request.direction": sets("egress_request", direction="ingress"),
    "request.workspace": sets("egress_request", workspace_ref=new_ref("ws")),
    "request.words": sets("egress_request", purpose="For the press"),
    "request.data": sets("egress_request", datasets="[]"),
    "request.policy": sets("egress_request", policy_digest=OTHER_HASH),
    "request.approval": sets("egress_request", approved_event=new_event_id()),
    "request.packaged": sets("egress_request", release_index=3),
    "request.time": sets("egress_request", submitted_at=OTHER_TIME),
}
"""A column of a request each, by what is found."""

TIMES: Mapping[str, Tamper] = {
    name: sets("egress_request", **{name: OTHER_TIME})
    for name in ("created_at", "submitted_at", "changed_at", "idle_since", "warned_at", "released_at")
}

OF_ROUNDS: Mapping[str, Tamper] = {
    "said words": sets("egress_said", context="Something else that was never handed in."),
    "said hash": sets("egress_said", context_hash=OTHER_HASH),
    "said gone": removes("egress_said"),
    "file hash": sets("egress_file", sha256=OTHER_HASH),
    "file size": sets("egress_file", size=1),
    "file name": sets("egress_file", name="other.csv"),
    "file kind": sets("egress_file", kind="supporting"),
    "file gone": removes("egress_file"),
    "file more": does(
        "INSERT INTO egress_file SELECT request_ref, round, 'more.csv', sha256, size, kind, group_name"
        " FROM egress_file WHERE request_ref = :ref"
    ),
    "round more": does(
        "INSERT INTO egress_said SELECT request_ref, 2, title, purpose, context, controls, context_hash, at"
        " FROM egress_said WHERE request_ref = :ref"
    ),
    "findings": sets("egress_report", content="{}"),
    "policy of the findings": sets("egress_report", policy="{}"),
    "digest of the findings": sets("egress_report", policy_digest=OTHER_HASH),
    "deadline": sets("egress_report", at=OTHER_TIME),
    "findings gone": removes("egress_report"),
}

OF_VOTES: Mapping[str, Tamper] = {
    "vote.choice": sets("egress_vote", choice="reject"),
    "vote.voter": does(f"UPDATE egress_vote SET checker_ref = '{SOMEBODY}' WHERE {ONE_BALLOT}"),
    "vote.cast_on": sets("egress_vote", context_hash=OTHER_HASH),
    "vote.roles": sets("egress_vote", roles="senior_checker"),
    "vote.comment": sets("egress_vote", comment="never said"),
    "vote.time": sets("egress_vote", at=OTHER_TIME),
    "vote.gone": does(f"DELETE FROM egress_vote WHERE {ONE_BALLOT}"),
    "vote.extra": does(COPY_VOTE.format(who=SOMEBODY, revision=1, event=f"'{new_event_id()}'")),
}
MORE_VOTES: Mapping[str, Tamper] = {
    "round": sets("egress_vote", round=2),
    "policy": sets("egress_vote", policy_digest=OTHER_HASH),
    "revision": sets("egress_vote", revision=7),
    "file": sets("egress_vote", sha256=OTHER_HASH),
    "event": sets("egress_vote", event_id=new_event_id()),
    "under the event of another": does(COPY_VOTE.format(who=SOMEBODY, revision=1, event="event_id")),
    "another revision": does(COPY_VOTE.format(who=SOMEBODY, revision=2, event="event_id")),
}

OF_RELEASES: Mapping[str, Tamper] = {
    "state": sets("egress_request", state="approved"),
    "time of the release": sets("egress_request", released_at=OTHER_TIME),
    "never released": sets("egress_request", released_at=None),
    "index": sets("egress_request", release_index=1),
    "document": sets("egress_release", document="{}"),
    "document and hash": does(
        "UPDATE egress_release SET document = '{}', sha256 = :sha WHERE request_ref = :ref",
        sha="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ),
    "signature": sets("egress_release", signature="ansim-release/1\n\n\N{EM DASH} nobody AAAA\n"),
    "event": sets("egress_release", event_id=new_event_id()),
    "time": sets("egress_release", at=OTHER_TIME),
    "release gone": removes("egress_release"),
    "receipt": sets("egress_receipt", content="c2sp.org/tlog-proof@v1\nindex 1\n\n"),
    "collections gone": removes("egress_collection"),
}

TAMPERS: Mapping[str, Tamper] = {**OF_REQUEST, **TIMES, **OF_ROUNDS, **OF_VOTES, **MORE_VOTES, **OF_RELEASES}
"""All of them."""


def found_and_undone(zone: Zone, ref: str, tamper: Tamper) -> set[str] | None:
    """What is found after rows were changed by hand, and that nothing can be decided then; the change is undone.

    None where there is nothing that could be changed like that.
    """
    with zone.house.db.engine.connect() as connection, connection.begin() as undone:
        without_guards(connection, *GUARDED)
        before = stored(connection, [ref])
        try:
            tamper(connection, ref)
        except (AssertionError, IntegrityError):
            return None
        if stored(connection, [ref]) == before:
            return None
        [one] = zone.desk._compared(connection, [ref])
        with pytest.raises(NotAsRecorded):
            zone.desk._check_as_recorded(connection, ref)
        undone.rollback()
    return {difference.code for difference in one.differences}
