"""The migration to the outbox keeps what votes and releases cite, in both directions, on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command

from audit.db import Database
from hub_config.migrate import configuration

ENTRY = (
    "INSERT INTO audit_entry (idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind, object_ref,"
    " event_id) VALUES (:idx, :blob, :blob, 't', 'c', 'a', 'ok', 'r', 'k', 'o', :event_id)"
)
REQUEST = (
    "INSERT INTO egress_request VALUES ('er_1', 'p', 'a', 'w', 't', 'p', 'c', 'c', 'released', 1, 'n', 'd', '[]',"
    " :at, :at, :at, NULL, 2, 1, :yes, 0, NULL, 1)"
)
VOTE = "INSERT INTO egress_vote VALUES ('er_1', 1, 'c', 's', 1, 'approve', 'h', 'd', 'r', '', 0, :at)"
RELEASE = "INSERT INTO egress_release VALUES ('er_1', '{}', 's', 'h', 2, :at)"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    command.upgrade(configuration(database_url), "0001")
    made = Database.open(database_url)
    at = "2026-11-21 12:00:00+00"
    with made.begin() as tx:
        for index in range(3):
            tx.execute(sa.text(ENTRY), {"idx": index, "blob": b"x", "event_id": f"event-{index}"})
        for statement in (REQUEST, VOTE, RELEASE):
            given = {"at": at, "yes": True}
            tx.execute(sa.text(statement), {n: v for n, v in given.items() if f":{n}" in statement})
    yield made
    made.close()


def cited(db: Database, *columns: str) -> list[object]:
    with db.read() as tx:
        return [
            tx.scalar(sa.text(f"SELECT {column.partition('.')[2]} FROM {column.partition('.')[0]}"))
            for column in columns
        ]


def test_what_was_cited_by_index_is_cited_by_event_and_back_again(db: Database, database_url: str) -> None:
    command.upgrade(configuration(database_url), "0002")
    assert cited(db, "egress_vote.event_id", "egress_release.event_id", "egress_request.approved_event") == [
        "event-0",
        "event-2",
        "event-1",
    ]
    assert cited(db, "egress_request.release_index") == [2]
    with pytest.raises(sa.exc.DBAPIError), db.begin() as tx:  # the guards stand again
        tx.execute(sa.text("UPDATE egress_vote SET comment = 'changed'"))
    command.downgrade(configuration(database_url), "0001")
    assert cited(db, "egress_vote.event_index", "egress_release.event_index", "egress_request.approved_index") == [
        0,
        2,
        1,
    ]
    with pytest.raises(sa.exc.DBAPIError), db.begin() as tx:
        tx.execute(sa.text("DELETE FROM egress_release"))


def test_an_outbox_with_events_in_it_is_not_given_up(db: Database, database_url: str) -> None:
    command.upgrade(configuration(database_url), "0002")
    with db.begin() as tx:
        tx.execute(
            sa.text(
                "INSERT INTO audit_pending (event_id, body, ts, ts_at, columns, links)"
                " VALUES ('e', :blob, 't', 0, '{}', '[]')"
            ),
            {"blob": b"x"},
        )
    with pytest.raises(RuntimeError, match="1 events wait"):
        command.downgrade(configuration(database_url), "0001")
