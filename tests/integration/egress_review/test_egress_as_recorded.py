"""An administrator with the database in their hands moves a request: it is noticed, and nothing is decided on it."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, event, text

from audit.errors import NotDurable
from audit.merkle import leaf_hash
from audit.refs import new_event_id
from egress_review.as_recorded import Compared
from egress_review.differences import SAYS
from egress_review.errors import Conflict, Denied, NotAsRecorded
from egress_review.model import Choice, Request
from egress_review.workflow import State
from registry.model import Person, Role
from tests.databases import without_references
from tests.integration.egress_review.egress_house import HERE, Zone
from tests.integration.egress_review.tampering import (
    MORE_VOTES,
    OF_RELEASES,
    OF_REQUEST,
    OF_ROUNDS,
    OF_VOTES,
    TIMES,
    Tamper,
    by_hand,
    does,
    found_and_undone,
    sets,
)

ALARM = "egress.not_as_recorded"
POLICY_QUESTIONS = 3


def compared(zone: Zone, ref: str) -> Compared:
    [one] = zone.desk.compare_with_log([ref])
    return one


def codes(zone: Zone, ref: str) -> set[str]:
    return {one.code for one in compared(zone, ref).differences}


def refuses_to_release(zone: Zone, ref: str) -> None:
    """Nothing leaves, whatever the machine and people try, and the alarm is in the log once."""
    with zone.house.db.read() as tx:
        before = tx.execute(text("SELECT * FROM egress_request WHERE ref = :ref"), {"ref": ref}).one()
    with pytest.raises(NotAsRecorded):
        zone.desk.release(ref)
    zone.desk.act(ref)
    assert zone.actions(ref).count(ALARM) == 1
    assert not zone.desk.package_of(ref).exists()
    with zone.house.db.read() as tx:
        assert tx.execute(text("SELECT * FROM egress_request WHERE ref = :ref"), {"ref": ref}).one() == before


def whole_way(zone: Zone) -> Request:
    """A request that was returned, handed in again, disputed, settled, released and collected."""
    request = zone.in_review(title="First")
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "please add the year", source=HERE)
    zone.write("table.csv", "year,n\n2020,500\n")
    zone.desk.scan(zone.desk.resubmit(zone.author, request.ref, zone.draft(title="Second"), source=HERE).ref)
    request = zone.desk.view(zone.author, request.ref).request
    zone.desk.preview(zone.checkers["hana"], request.ref, request.files[0].sha256, source=HERE)
    zone.vote("hana", request, Choice.CHANGES)
    zone.vote("duri", request, comment="fine with me")
    zone.vote("hana", request)
    zone.desk.release(request.ref)
    zone.desk.collect(zone.author, request.ref, source=HERE)
    return zone.desk.view(zone.author, request.ref).request


def test_what_nobody_touched_is_as_recorded(each_zone: Zone) -> None:
    zone = each_zone
    released = whole_way(zone)
    assert released.state is State.RELEASED
    draft = zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
    zone.desk.edit_draft(zone.author, draft.ref, zone.draft(title="Other"), source=HERE)
    blocked = zone.in_review("name,rrn\na,901106-1896546\n")
    assert blocked.state is State.BLOCKED
    zone.vote("hana", zone.in_review("year,n\n2021,500\n"))
    zone.house.log.settle()
    for signed in (False, True):
        if signed:
            zone.house.log.checkpoint()
        assert [one.differences for one in zone.desk.compare_with_log()] == [()] * 4
    zone.desk.watch_requests()
    assert ALARM not in zone.actions(released.ref)


def met(zone: Zone, ref: str, tamper: Tamper) -> set[str]:
    found = found_and_undone(zone, ref, tamper)
    assert found is not None, "nothing was changed"
    return found


def test_no_column_of_a_request_its_files_or_votes_can_be_changed_unnoticed(each_zone: Zone) -> None:
    zone = each_zone
    ref = zone.approved().ref
    zone.house.log.checkpoint()
    for code, tamper in {**OF_REQUEST, **OF_VOTES}.items():
        assert code in met(zone, ref, tamper), code
    for what, tamper in {**OF_ROUNDS, **MORE_VOTES}.items():
        assert met(zone, ref, tamper), what
    for column, tamper in TIMES.items():
        assert met(zone, ref, tamper) == {"request.time"}, column
    assert zone.desk.release(ref).packaged


def test_no_column_of_a_release_can_be_changed_unnoticed(each_zone: Zone) -> None:
    zone = each_zone
    ref = whole_way(zone).ref
    for what, tamper in OF_RELEASES.items():
        assert met(zone, ref, tamper), what
    assert zone.desk.collect(zone.author, ref, source=HERE)


@pytest.mark.parametrize("tamper", [OF_ROUNDS["file hash"], OF_VOTES["vote.voter"], OF_REQUEST["request.approval"]])
def test_what_was_changed_after_the_approval_is_not_released(zone: Zone, tamper: Tamper) -> None:
    request = zone.approved()
    by_hand(zone, request.ref, tamper)
    refuses_to_release(zone, request.ref)


@pytest.mark.parametrize("tamper", [OF_RELEASES["document"], OF_RELEASES["collections gone"]])
def test_a_release_that_was_changed_is_handed_to_nobody(zone: Zone, tamper: Tamper) -> None:
    ref = whole_way(zone).ref
    by_hand(zone, ref, tamper)
    with pytest.raises(NotAsRecorded):
        zone.desk.collect(zone.author, ref, source=HERE)
    zone.desk.watch_requests()
    assert zone.actions(ref).count(ALARM) == 2


@pytest.mark.parametrize("tamper", [OF_RELEASES["document"], OF_RELEASES["signature"]])
def test_a_release_that_was_changed_before_it_was_packed_is_not_packed(
    zone: Zone, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = zone.approved()
    with monkeypatch.context() as dying:
        dying.setattr(type(zone.desk), "_pack", lambda self, request: request)
        assert zone.desk.release(request.ref).state is State.RELEASED
    by_hand(zone, request.ref, tamper)
    refuses_to_release(zone, request.ref)


def test_a_revocation_that_was_undone_by_hand_hands_out_nothing(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.released()
    zone.desk.revoke(zone.checkers["hana"], request.ref, "a mistake was found", request.confirm_code, source=HERE)
    by_hand(zone, request.ref, sets("egress_request", state="released"))
    with pytest.raises(NotAsRecorded):
        zone.desk.collect(zone.author, request.ref, source=HERE)
    assert "request.state" in codes(zone, request.ref)


def test_a_request_that_was_approved_by_hand_is_not_released(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review()
    zone.vote("hana", request)
    by_hand(zone, request.ref, sets("egress_request", state="approved"))
    refuses_to_release(zone, request.ref)
    [alarm] = [one for one in zone.house.entries() if one["action"] == ALARM]
    assert alarm["detail"]["refused"] == "release"
    assert "request.state" in alarm["detail"]["differences"]
    assert alarm["outcome"] == "denied"


def test_nobody_votes_on_what_was_changed_and_a_voter_learns_nothing_of_votes(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    by_hand(zone, request.ref, sets("egress_vote", choice="reject"))
    with pytest.raises(NotAsRecorded) as refused:
        zone.vote("duri", request)
    assert "vote" not in refused.value.reason.en
    assert zone.actions(request.ref)[-1] == ALARM
    with zone.house.db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM egress_vote")) == 1


def test_a_blocked_request_that_was_put_into_review_by_hand_gets_no_votes(zone: Zone) -> None:
    request = zone.in_review("name,rrn\na,901106-1896546\n")
    by_hand(zone, request.ref, sets("egress_request", state="in_review"))
    with pytest.raises(NotAsRecorded):
        zone.vote("hana", request, comment="no harm in it")
    zone.desk.withdraw(zone.author, request.ref, source=HERE)
    assert codes(zone, request.ref) == {"request.move"}


def test_a_request_that_was_made_or_removed_by_hand_is_noticed(zone: Zone) -> None:
    request, ref = zone.approved(), "er_aaaaaaaaaaaaaaaa"
    made = does(
        "INSERT INTO egress_request SELECT :new, project, author_ref, workspace_ref, title, purpose, context, controls,"
        " salt, direction, state, round, policy_name, policy_digest, datasets, created_at, submitted_at, changed_at,"
        " idle_since, warned_at, released_at, release_index, approved_event, packaged, attempts, retry_at, version"
        " FROM egress_request WHERE ref = :ref",
        new=ref,
    )
    by_hand(zone, request.ref, made)
    assert codes(zone, ref) == {"request.unknown"}
    refuses_to_release(zone, ref)
    gone = zone.in_review("year,n\n2020,500\n", title="Another")
    zone.house.log.settle()
    with zone.house.db.engine.connect() as raw:
        without_references(raw)
        raw.execute(text("DELETE FROM egress_request WHERE ref = :ref"), {"ref": gone.ref})
        raw.commit()
    found = {one.ref: {d.code for d in one.differences} for one in zone.desk.compare_with_log()}
    assert found[gone.ref] == {"request.gone"}
    zone.desk.watch_requests()
    zone.desk.watch_requests()
    assert zone.actions(gone.ref).count(ALARM) == 1


REJECTED = "WHERE idx = (SELECT idx FROM audit_entry WHERE object_ref = :ref AND action = 'egress.rejected')"
DELETES = (f"DELETE FROM audit_link {REJECTED}", f"DELETE FROM audit_entry {REJECTED}")


def turns_votes(tx: Connection, ref: str) -> None:
    voted = text("SELECT idx, body FROM audit_entry WHERE object_ref = :ref AND action = 'egress.voted'")
    for idx, body in tx.execute(voted, {"ref": ref}).all():
        forged = bytes(body).replace(b'"reject"', b'"approve"')
        tx.execute(text("UPDATE audit_entry SET body = :body WHERE idx = :idx"), {"body": forged, "idx": idx})


HIDES: dict[str, Tamper] = {
    "a body": turns_votes,
    "an action": does(
        "UPDATE audit_entry SET action = 'egress.viewed' WHERE object_ref = :ref AND action = 'egress.rejected'"
    ),
    "an entry": lambda tx, ref: next(filter(None, [does(one)(tx, ref) for one in DELETES]), None),
    "where it belongs": does(
        "UPDATE audit_entry SET object_ref = 'er_bbbbbbbbbbbbbbbb'"
        " WHERE object_ref = :ref AND action = 'egress.rejected'"
    ),
}


@pytest.mark.parametrize("what", sorted(HIDES))
def test_the_log_itself_is_not_believed_but_for_what_was_signed(zone: Zone, what: str) -> None:
    request = zone.in_review()
    zone.vote("hana", request, Choice.REJECT)
    zone.vote("duri", request, Choice.REJECT)
    zone.desk.reject(zone.checkers["hana"], request.ref, "names of patients", source=HERE)
    zone.house.log.checkpoint()
    by_hand(zone, request.ref, HIDES[what])
    by_hand(zone, request.ref, sets("egress_request", state="approved"))
    found = codes(zone, request.ref)
    assert found
    assert what != "a body" or "entry.changed" in found
    refuses_to_release(zone, request.ref)


def test_a_log_that_was_cut_off_by_one_entry_releases_nothing(zone: Zone) -> None:
    request = zone.approved()
    by_hand(zone, request.ref, does("DELETE FROM audit_entry WHERE object_ref = :ref AND action = 'egress.approved'"))
    # Its links are left, so the log takes no entry at that place: without a record nothing happens. On PostgreSQL the
    # alarm waits before the log, and the refusal is the answer.
    with pytest.raises((NotDurable, NotAsRecorded)):
        zone.desk.release(request.ref)
    assert not zone.desk.package_of(request.ref).exists()


def test_an_entry_that_was_rewritten_with_its_hash_is_not_the_one_that_was_signed(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request, Choice.REJECT)
    zone.vote("duri", request, Choice.APPROVE)
    zone.house.log.settle()
    zone.house.log.checkpoint()
    with zone.house.db.begin() as tx:
        query = text("SELECT idx, body FROM audit_entry WHERE action = 'egress.voted' ORDER BY idx LIMIT 1")
        index, body = tx.execute(query).one()
    forged = bytes(body).replace(b'"reject"', b'"approve"')

    def rewrite(tx: Connection, ref: str) -> None:
        values = {"body": forged, "leaf": leaf_hash(forged), "idx": index}
        statement = text("UPDATE audit_entry SET body = :body, leaf_hash = :leaf WHERE idx = :idx")
        tx.execute(statement, values)

    by_hand(zone, request.ref, rewrite)
    by_hand(zone, request.ref, sets("egress_vote", choice="approve"))
    assert "entry.not_signed" in codes(zone, request.ref)
    with pytest.raises(NotAsRecorded):
        zone.vote("hana", request)


def lookers(zone: Zone) -> tuple[Person, Person, Person]:
    officer = zone.house.join("officer", Role.COMPLIANCE_OFFICER).person
    return officer, zone.checkers["senior"], zone.house.join("operator", Role.OPERATOR).person


def test_a_request_that_is_right_again_goes_on_when_two_people_have_looked_into_it(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.approved()
    officer, senior, operator = lookers(zone)
    with pytest.raises(Conflict):
        zone.desk.look_into(officer, request.ref, "nothing happened", source=HERE)
    by_hand(zone, request.ref, sets("egress_request", purpose="For the press"))
    refuses_to_release(zone, request.ref)
    assert [message.code for message in zone.house.registry.messages(officer.ref)] == ["egress_not_as_recorded"]
    by_hand(zone, request.ref, sets("egress_request", purpose="For a paper"))
    one = compared(zone, request.ref)
    assert (one.differences, one.holds) == ((), False)
    for nobody in (operator, zone.author, zone.checkers["hana"], zone.checkers["duri"]):
        with pytest.raises(Denied):
            zone.desk.look_into(nobody, request.ref, "an accident", source=HERE)
    zone.desk.look_into(senior, request.ref, "restored from the backup", source=HERE)
    with pytest.raises(Conflict):
        zone.desk.look_into(senior, request.ref, "and once more", source=HERE)
    with pytest.raises(NotAsRecorded):
        zone.desk.release(request.ref)
    zone.desk.look_into(officer, request.ref, "compared with the backup", source=HERE)
    assert [found.holds for found in zone.desk.alarmed(officer)] == [True]
    assert zone.desk.release(request.ref).packaged
    by_hand(zone, request.ref, sets("egress_release", document="{}"))
    assert [found.holds for found in zone.desk.alarmed(officer)] == [False]
    with pytest.raises(Denied):
        zone.desk.alarmed(zone.author)


def test_two_senior_checkers_are_not_enough(zone: Zone) -> None:
    request = zone.approved()
    other = zone.house.join("other", Role.SENIOR_CHECKER).person
    by_hand(zone, request.ref, sets("egress_request", purpose="For the press"))
    zone.desk.watch_requests()
    by_hand(zone, request.ref, sets("egress_request", purpose="For a paper"))
    for person in (zone.checkers["senior"], other):
        zone.desk.look_into(person, request.ref, "restored from the backup", source=HERE)
    with pytest.raises(NotAsRecorded):
        zone.desk.release(request.ref)


def test_the_machine_leaves_alone_for_a_while_what_it_refused(zone: Zone) -> None:
    request = zone.approved()
    by_hand(zone, request.ref, sets("egress_request", purpose="For the press"))
    assert zone.desk.pending() == [request.ref]
    zone.desk.act(request.ref)
    assert zone.desk.pending() == []
    zone.house.clock.pass_by(minutes=2)
    assert zone.desk.pending() == [request.ref]


def test_differences_are_said_in_both_languages() -> None:
    for said in SAYS.values():
        assert said.ko.endswith(".")
        assert said.en.endswith(".")


def test_a_list_of_requests_is_read_in_a_few_questions_whatever_its_length(zone: Zone) -> None:
    asked: list[str] = []
    event.listen(zone.house.db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def questions() -> int:
        asked.clear()
        zone.desk.requests_of(zone.author)
        return len(asked)

    zone.in_review()
    few = questions()
    for number in range(5):
        zone.in_review(title=f"Table {number}")
    # Which policy holds and whether a tier is allowed depend on when each was handed in; nothing else is asked of each.
    assert questions() - few <= 5 * POLICY_QUESTIONS


def test_a_vote_that_was_written_into_the_log_by_hand_is_nobodys_vote(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    made_up, duri = new_event_id(), zone.checkers["duri"]

    def forge(tx: Connection, ref: str) -> None:
        """A second vote with entry, hash, index columns and row, made from the first one; its sealed part is copied."""
        row = tx.execute(text("SELECT * FROM audit_entry WHERE action = 'egress.voted'")).mappings().one()
        last = tx.execute(text("SELECT max(idx) FROM audit_entry")).scalar_one()
        body = bytes(row["body"]).replace(row["event_id"].encode(), made_up.encode())
        body = body.replace(row["actor_ref"].encode(), duri.ref.encode())
        changed = {"idx": last + 1, "body": body, "leaf_hash": leaf_hash(body)}
        values = {**row, **changed, "event_id": made_up, "actor_ref": duri.ref}
        places = ", ".join(f":{name}" for name in values)
        tx.execute(text(f"INSERT INTO audit_entry ({', '.join(values)}) VALUES ({places})"), values)
        vote = tx.execute(text("SELECT * FROM egress_vote")).mappings().one()
        values = {**vote, "event_id": made_up, "checker_ref": duri.ref}
        places = ", ".join(f":{name}" for name in values)
        tx.execute(text(f"INSERT INTO egress_vote ({', '.join(values)}) VALUES ({places})"), values)

    by_hand(zone, request.ref, forge)
    zone.house.log.checkpoint()
    assert codes(zone, request.ref) == {"vote.made_up"}
    with pytest.raises(NotAsRecorded):
        zone.vote("senior", request)
