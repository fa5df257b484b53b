"""A file comes in by the same scan, votes and hashes as what leaves, into one workspace, until it is revoked."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from egress_review import tables
from egress_review.bringing import Incoming, Program
from egress_review.errors import Conflict, Denied, Invalid, NotAsRecorded
from egress_review.model import Action, Choice, Request
from egress_review.workflow import State
from registry.model import Role
from registry.tables import service_account, service_request
from tests.integration.egress_review.egress_house import CONTEXT, HERE, SAFE, Zone

NAME = "codes.csv"


def incoming(content: str = SAFE, name: str = NAME, title: str = "Code list") -> Incoming:
    return Incoming(title, "To label drugs", CONTEXT, name, io.BytesIO(content.encode()))


def brought(zone: Zone, content: str = SAFE) -> Request:
    request = zone.desk.bring_in(zone.author, zone.workspace, incoming(content), source=HERE)
    return zone.desk.scan(request.ref)


def approved(zone: Zone) -> Request:
    request = brought(zone)
    zone.vote("hana", request)
    return zone.vote("duri", request)


def work(zone: Zone) -> None:
    """What the worker does each round."""
    for ref in zone.desk.pending():
        zone.desk.act(ref)


def inbox(zone: Zone) -> Path:
    return zone.outbox.parent / "inbox"


def test_a_file_comes_in_after_two_votes_and_goes_when_it_is_revoked(each_zone: Zone) -> None:
    zone = each_zone
    request = approved(zone)
    assert not inbox(zone).exists()
    work(zone)
    assert (inbox(zone) / request.ref / NAME).read_text() == SAFE
    now = zone.desk.view(zone.author, request.ref)
    assert (now.request.state, now.request.packaged, now.request.released_at) == (State.RELEASED, True, None)
    assert not zone.desk.pending()
    assert not zone.desk.zip_of(request.ref).exists()
    assert not now.actions & {Action.COLLECT, Action.COPY, Action.EDIT}
    zone.desk.revoke(zone.checkers["hana"], request.ref, "It is not free to use.", request.confirm_code, source=HERE)
    work(zone)
    assert [one.name for one in inbox(zone).iterdir()] == []
    assert not zone.desk.pending()
    said = [body for body in zone.house.entries() if body["object"]["ref"] == request.ref]
    assert [body["action"].split(".")[1] for body in said] == [
        "drafted", "submitted", "scanned", "voted", "voted", "approved", "releasing", "released", "revoked",
    ]  # fmt: skip
    assert {body["detail"]["direction"] for body in said} == {"ingress"}
    assert said[-2]["action"] == "ingress.released"
    assert said[-2]["detail"]["workspace"] == zone.workspace.ref


def test_bytes_that_changed_after_the_vote_do_not_come_in(zone: Zone) -> None:
    request = approved(zone)
    stored = zone.home / "vault" / "files" / request.outputs[0].sha256
    stored.chmod(0o600)
    stored.write_text(SAFE.replace("120", "999"))
    assert zone.desk.release(request.ref).state is State.RELEASE_FAILED
    assert not inbox(zone).exists()
    assert "ingress.released" not in zone.actions(request.ref)


def test_bytes_that_change_after_the_decision_do_not_come_in_either(zone: Zone) -> None:
    request = zone.desk._begin(approved(zone).ref)
    decided = zone.desk._let_in(request)
    assert decided.state is State.RELEASED
    stored = zone.home / "vault" / "files" / request.outputs[0].sha256
    stored.chmod(0o600)
    stored.write_text("other")
    assert zone.desk.release(request.ref).attempts == 1
    assert not zone.desk.pending()
    assert [one.name for one in inbox(zone).iterdir()] == []
    stored.write_text(SAFE)
    assert zone.desk.release(request.ref).retry_at is None
    assert (inbox(zone) / request.ref / NAME).read_text() == SAFE
    assert [body["outcome"] for body in zone.house.entries() if body["action"] == "ingress.released"] == [
        "ok",
        "failed",
    ]


def test_what_was_decided_and_revoked_before_it_was_placed_never_appears(zone: Zone) -> None:
    request = zone.desk._let_in(zone.desk._begin(approved(zone).ref))
    zone.desk.revoke(zone.checkers["hana"], request.ref, "It is not free to use.", request.confirm_code, source=HERE)
    zone.desk._place(request)
    work(zone)
    assert [one.name for one in inbox(zone).iterdir()] == []


def test_what_a_crash_left_in_the_inbox_goes_when_it_is_revoked(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    request = zone.desk._let_in(zone.desk._begin(approved(zone).ref))
    with monkeypatch.context() as patch:
        patch.setattr(zone.desk, "_tell", dies)
        with pytest.raises(KeyboardInterrupt):
            zone.desk._place(request)
    assert (inbox(zone) / request.ref / NAME).exists()
    zone.desk.revoke(zone.checkers["hana"], request.ref, "It is not free to use.", request.confirm_code, source=HERE)
    work(zone)
    assert [one.name for one in inbox(zone).iterdir()] == []


def dies(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("moment", ["approved", "releasing", "released"])
def test_a_delivery_that_is_sent_elsewhere_in_the_database_does_not_arrive(zone: Zone, moment: str) -> None:
    other = zone.house.join("other", Role.RESEARCHER).person
    zone.house.member("other")
    elsewhere = zone.house.registry.workspace(other.ref, "gibleed").ref
    ref = approved(zone).ref
    if moment != "approved":
        zone.desk._begin(ref)
    if moment == "released":
        zone.desk._let_in(zone.desk.view(zone.author, ref).request)
    with zone.house.db.begin() as tx:
        tx.execute(update(tables.request).where(tables.request.c.ref == ref).values(workspace_ref=elsewhere))
    before = zone.desk.view(zone.author, ref).request.state
    for _ in range(2):
        with pytest.raises(NotAsRecorded):
            zone.desk.release(ref)
    assert zone.desk.view(zone.author, ref).request.state is before
    assert zone.actions(ref)[-1] == "egress.not_as_recorded"
    assert not (zone.home / "workspaces" / elsewhere / "inbox").exists()
    assert not inbox(zone).exists()


@pytest.mark.parametrize("column", ["direction", "title"])
def test_a_request_that_is_turned_round_in_the_database_goes_nowhere(zone: Zone, column: str) -> None:
    request = approved(zone)
    with zone.house.db.begin() as tx:
        row = tables.request
        tx.execute(update(row).where(row.c.ref == request.ref).values({column: "egress"}))
    with pytest.raises(NotAsRecorded):
        zone.desk.release(request.ref)
    assert zone.desk.view(zone.author, request.ref).request.state is State.APPROVED
    assert not inbox(zone).exists()


def test_nobody_brings_a_file_into_the_workspace_of_somebody_else(zone: Zone) -> None:
    other = zone.house.join("other", Role.RESEARCHER).person
    zone.house.member("other")
    with pytest.raises(Denied):
        zone.desk.bring_in(other, zone.workspace, incoming(), source=HERE)
    own = zone.house.registry.workspace(other.ref, "gibleed")
    zone.desk.return_to_author(zone.checkers["hana"], brought(zone).ref, "Where is it from?", source=HERE)
    ref = zone.desk.requests_of(zone.author)[0].request.ref
    with pytest.raises(Denied):
        zone.desk.bring_in(other, own, incoming(), source=HERE, again=ref)


def test_members_and_the_author_do_not_vote_on_what_comes_in(zone: Zone) -> None:
    request = brought(zone)
    with pytest.raises(Denied):
        zone.vote("member", request)
    with pytest.raises(Denied):
        zone.desk.vote(
            zone.author,
            request.ref,
            {request.outputs[0].sha256: Choice.APPROVE},
            "",
            1,
            request.confirm_code,
            source=HERE,
        )
    zone.vote("hana", request)
    work(zone)
    assert not inbox(zone).exists()


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", ".hidden", "a\nb.csv", "a\u202eb.csv", "", "a" * 300, ".."])
def test_hostile_names_are_refused_before_a_byte_is_kept(zone: Zone, name: str) -> None:
    with pytest.raises(Invalid):
        zone.desk.bring_in(zone.author, zone.workspace, incoming(name=name), source=HERE)
    assert not list((zone.home / "vault" / "files").iterdir())
    assert not list((zone.home / "vault" / "incoming").iterdir())


def test_a_file_larger_than_the_zone_takes_is_refused_and_leaves_nothing(zone: Zone) -> None:
    zone.desk.incoming_bytes = 1_000_000
    large = "x" * 1_000_001
    with pytest.raises(Invalid, match="larger than the limit"):
        zone.desk.bring_in(zone.author, zone.workspace, incoming(large), source=HERE)
    assert not list((zone.home / "vault" / "incoming").iterdir())


def test_a_returned_file_is_uploaded_again_and_never_taken_out_of_the_outbox(zone: Zone) -> None:
    request = brought(zone)
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "Where is it from?", source=HERE)
    zone.write(NAME, SAFE)
    with pytest.raises(Conflict):
        zone.desk.resubmit(zone.author, request.ref, zone.draft(NAME), source=HERE)
    again = incoming(SAFE.replace("120", "121"))
    second = zone.desk.bring_in(zone.author, zone.workspace, again, source=HERE, again=request.ref)
    assert (second.round, second.direction, second.state) == (2, "ingress", State.SCANNING)
    zone.desk.withdraw(zone.author, request.ref, source=HERE)
    with pytest.raises(Conflict):
        zone.desk.copy_to_draft(zone.author, request.ref, source=HERE)
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)


def test_what_came_in_is_no_release_that_later_outputs_are_compared_with(zone: Zone) -> None:
    zone.desk.release(approved(zone).ref)
    later = zone.in_review(SAFE.replace("120", "121"))
    with zone.house.db.read() as tx:
        assert zone.desk._earlier(tx, later) == ()
    assert zone.desk.view(zone.checkers["hana"], later.ref).earlier == ()


def test_two_clicks_are_one_request(zone: Zone) -> None:
    first = zone.desk.bring_in(zone.author, zone.workspace, incoming(), source=HERE)
    assert zone.desk.bring_in(zone.author, zone.workspace, incoming(), source=HERE).ref == first.ref


@pytest.mark.long
def test_two_calls_of_a_program_at_once_are_one_request(each_zone: Zone) -> None:
    zone, db, now = each_zone, each_zone.house.db, each_zone.house.clock()
    program = Program("svc_" + "a" * 16, "nightly")
    account: dict[str, object] = {"ref": program.ref, "name": program.name, "purpose": "x", "addresses": "::1"}
    account |= {
        "scopes": "ingress.submit",
        "owner_ref": zone.author.ref,
        "asked_by": "cli",
        "asked_at": now,
        "expires_at": now,
    }
    with db.begin() as tx:
        tx.execute(insert(service_account).values(**account))
    together = threading.Barrier(4)

    def hand_in(_: int) -> str:
        together.wait()
        return zone.desk.bring_in(zone.author, zone.workspace, incoming(), source=HERE, program=program).ref

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(hand_in, range(4)))) == 1
    assert len(zone.desk.requests_of(zone.author)) == 1
    with db.read() as tx:
        assert len(tx.execute(select(service_request)).all()) == 1
