"""Who may do what to a request, and what voids a vote: each rule against the real registry and log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from audit.errors import AuditError
from audit.event import Source
from egress_review.errors import Conflict, Denied, Invalid, NotFound
from egress_review.findings import Severity
from egress_review.job import ScanJob, ScanResult, scan_failed
from egress_review.model import Action, Choice
from egress_review.policy import load_policy
from egress_review.service import EgressDesk
from egress_review.workflow import State
from registry.desk import CLI
from registry.errors import RegistryError
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, SMALL, Zone


class FailingScanner:
    """A scanner that never comes to an end."""

    def scan(self, job: ScanJob) -> ScanResult:
        raise scan_failed("timeout")


def refused_code(error: pytest.ExceptionInfo[Denied]) -> str:
    return error.value.code


def test_the_author_cannot_vote_even_with_the_role_of_checker(zone: Zone) -> None:
    request = zone.in_review()
    zone.house.registry.grant_role("minji", Role.CHECKER, by=CLI, source=HERE)
    zone.checkers = {**zone.checkers, "author": zone.house.registry.person("minji")}
    with pytest.raises(Denied) as denied:
        zone.vote("author", request)
    assert refused_code(denied) == "own_request"


def test_a_member_of_the_project_cannot_vote_or_look(zone: Zone) -> None:
    request = zone.in_review()
    for attempt in (
        lambda: zone.vote("member", request),
        lambda: zone.desk.view(zone.checkers["member"], request.ref),
        lambda: zone.desk.preview(zone.checkers["member"], request.ref, request.files[0].sha256, source=HERE),
        lambda: zone.desk.return_to_author(zone.checkers["member"], request.ref, "no thanks", source=HERE),
    ):
        with pytest.raises(Denied) as denied:
            attempt()
        assert refused_code(denied) == "project_member"
    assert zone.desk.waiting(zone.checkers["member"]) == ()


def test_a_former_member_of_the_project_cannot_vote(zone: Zone) -> None:
    request = zone.in_review()
    zone.house.registry.remove_member("gibleed", "member", by=CLI, source=HERE)
    with pytest.raises(Denied):
        zone.vote("member", request)


def test_somebody_without_the_role_of_checker_cannot_vote(zone: Zone) -> None:
    request = zone.in_review()
    for role in (Role.OPERATOR, Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER):
        zone.checkers = {**zone.checkers, role: zone.house.join(role.value.replace("_", "-"), role).person}
        with pytest.raises(Denied):
            zone.vote(role, request)


def test_a_role_that_was_taken_away_counts_at_once(zone: Zone) -> None:
    request = zone.in_review()
    zone.house.registry.revoke_role("hana", Role.CHECKER, by=CLI, source=HERE)
    with pytest.raises(Denied):
        zone.vote("hana", request)


def test_a_checker_who_joins_the_project_before_the_release_voids_the_approval(zone: Zone) -> None:
    request = zone.approved()
    zone.house.member("hana")
    stopped = zone.desk.release(request.ref)
    assert stopped.state is State.RETURNED
    assert not zone.desk.package_of(request.ref).exists()
    assert "egress.released" not in zone.actions(request.ref)


def test_a_revoked_grant_stops_vote_and_release(zone: Zone) -> None:
    request, approved = zone.in_review("year,n\n2020,500\n"), zone.approved()
    zone.vote("hana", request)
    (grant,) = zone.house.registry.grants("gibleed")
    approver = zone.house.accounts["sunhee"].actor
    zone.house.registry.revoke_grant(grant.ref, by=approver, source=HERE)
    with pytest.raises(Denied):
        zone.vote("duri", request)
    assert zone.desk.release(approved.ref).state is State.RETURNED
    assert not zone.desk.package_of(approved.ref).exists()


@pytest.mark.parametrize("ending", ["close_project", "suspend", "remove_member"])
def test_an_ended_project_and_an_author_who_is_out_stop_vote_and_release(zone: Zone, ending: str) -> None:
    open_one, request = zone.in_review("year,n\n2020,500\n"), zone.approved()
    author = zone.author.handle
    whose = {"close_project": (request.project,), "suspend": (author,), "remove_member": (request.project, author)}
    getattr(zone.house.registry, ending)(*whose[ending], by=CLI, source=HERE)
    with pytest.raises(Denied):
        zone.vote("hana", open_one)
    assert zone.desk.release(request.ref).state is State.RETURNED
    assert "egress.released" not in zone.actions(request.ref)


def test_a_policy_that_changed_after_the_scan_voids_what_was_voted(zone: Zone) -> None:
    request = zone.approved()
    stricter = zone.reopened(policy=load_policy("uk-sdap"))
    assert stricter.release(request.ref).state is State.RETURNED
    open_request = zone.in_review("year,n\n2020,500\n")
    with pytest.raises(Conflict):
        stricter.vote(
            zone.checkers["hana"],
            open_request.ref,
            {file.sha256: Choice.APPROVE for file in open_request.files},
            "",
            1,
            open_request.confirm_code,
            source=HERE,
        )


def test_approving_is_typed_and_not_clicked(zone: Zone) -> None:
    request = zone.in_review()
    for confirm in ("", "yes", request.ref):
        with pytest.raises(Invalid):
            zone.vote("hana", request, confirm=confirm)


def test_asking_for_changes_needs_a_reason(zone: Zone) -> None:
    request = zone.in_review()
    with pytest.raises(Invalid):
        zone.vote("hana", request, Choice.CHANGES, comment=" ")
    with pytest.raises(Invalid):
        zone.desk.return_to_author(zone.checkers["hana"], request.ref, "no", source=HERE)


def test_a_vote_must_be_on_every_file_and_on_no_other(zone: Zone) -> None:
    request = zone.in_review()
    for votes in ({}, {"0" * 64: Choice.APPROVE}):
        with pytest.raises(Invalid):
            zone.vote("hana", request, votes=votes)


def test_a_vote_on_an_earlier_round_is_refused(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "add the year please", source=HERE)
    zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE)
    again = zone.desk.scan(request.ref)
    with pytest.raises(Conflict):
        zone.vote("duri", replace(again, round=1))


def test_the_same_vote_twice_is_one_vote_and_another_one_is_refused(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    assert zone.vote("hana", request).state is State.IN_REVIEW
    with pytest.raises(Conflict):
        zone.vote("hana", request, Choice.REJECT)
    assert zone.actions(request.ref).count("egress.voted") == 1


def test_the_same_submission_twice_is_one_request(zone: Zone) -> None:
    first, second = zone.submit(), zone.submit()
    assert first.ref == second.ref
    assert zone.submit("year,n\n2020,99\n").ref != first.ref


def test_nobody_sees_a_vote_before_casting_an_own_one(zone: Zone) -> None:
    request = zone.in_review()
    before = zone.desk.view(zone.checkers["duri"], request.ref)
    zone.vote("hana", request)
    after = zone.desk.view(zone.checkers["duri"], request.ref)
    assert after.reviews == before.reviews == ()
    assert after.blind
    assert replace(after, request=before.request) == before, "a vote of another person must not show in anything"
    zone.vote("duri", request, Choice.CHANGES)
    assert len(zone.desk.view(zone.checkers["duri"], request.ref).reviews) == 2


def test_the_author_never_learns_who_voted_or_how_many(zone: Zone) -> None:
    request = zone.in_review()
    before = zone.desk.view(zone.author, request.ref)
    zone.vote("hana", request)
    during = zone.desk.view(zone.author, request.ref)
    assert replace(during, request=before.request) == before
    assert (during.request.state, during.request.changed_at) == (before.request.state, before.request.changed_at)
    zone.vote("duri", request)
    assert zone.desk.view(zone.author, request.ref).reviews == ()


def test_only_the_author_and_compliance_see_what_was_blocked(zone: Zone) -> None:
    officer = zone.house.join("officer", Role.COMPLIANCE_OFFICER).person
    request = zone.in_review("name,rrn\na,901106-1896546\n")
    sha256 = request.files[0].sha256
    assert zone.desk.preview(officer, request.ref, sha256, source=HERE).page.pieces[0].preview.kind == "table"
    own = zone.desk.preview(zone.author, request.ref, sha256, source=HERE)
    assert own.page.pieces[0].preview.rows[0] == ("name", "rrn")
    with pytest.raises(Denied):
        zone.desk.preview(zone.checkers["duri"], request.ref, sha256, source=HERE)
    assert [view.request.ref for view in zone.desk.all_requests(officer)] == [request.ref]
    with pytest.raises(Denied):
        zone.desk.all_requests(zone.author)


def test_every_look_and_every_collection_is_recorded(zone: Zone) -> None:
    request = zone.released()
    sha256 = request.files[0].sha256
    zone.desk.preview(zone.checkers["hana"], request.ref, sha256, source=HERE)
    zone.desk.collect(zone.author, request.ref, source=HERE)
    viewed, collected = zone.house.entries()[-2:]
    assert (viewed["action"], viewed["object"]["sha256"]) == ("egress.viewed", sha256)
    assert (collected["action"], collected["actor"]["ref"]) == ("egress.collected", zone.author.ref)


def test_only_the_author_collects_and_only_a_release(zone: Zone) -> None:
    request = zone.approved()
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)
    zone.desk.release(request.ref)
    with pytest.raises(Denied):
        zone.desk.collect(zone.checkers["hana"], request.ref, source=HERE)


def test_a_revoked_release_can_no_longer_be_collected(zone: Zone) -> None:
    request = zone.released()
    checker = zone.checkers["duri"]
    with pytest.raises(Invalid):
        zone.desk.revoke(checker, request.ref, "found a mistake", "wrong", source=HERE)
    revoked = zone.desk.revoke(checker, request.ref, "found a mistake", request.confirm_code, source=HERE)
    assert revoked.state is State.REVOKED
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)


def test_a_release_can_be_collected_until_its_time_is_over(zone: Zone) -> None:
    request = zone.released()
    zone.house.clock.pass_by(days=zone.desk.policy.collect_days)
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)
    assert zone.desk.pending() == [request.ref]
    assert zone.desk.act(request.ref).state is State.EXPIRED
    assert zone.desk.pending() == []


def test_a_scan_that_fails_never_passes_and_is_tried_again(zone: Zone) -> None:
    request = zone.submit()
    broken = zone.reopened(scanner=FailingScanner())
    failed = broken.act(request.ref)
    assert failed.state is State.SCAN_FAILED
    with pytest.raises(Conflict):
        zone.vote("hana", request)
    assert zone.desk.pending() == []
    zone.house.clock.pass_by(minutes=2)
    assert zone.desk.pending() == [request.ref]
    assert broken.act(request.ref).attempts == 2
    zone.house.clock.pass_by(minutes=5)
    assert zone.desk.act(request.ref).state is State.IN_REVIEW


def test_a_failed_precheck_is_recorded_and_says_nothing_is_fine(zone: Zone) -> None:
    zone.write("table.csv", SMALL)
    with pytest.raises(Exception, match="time"):
        zone.reopened(scanner=FailingScanner()).precheck(zone.workspace, ["table.csv"], "", source=HERE)
    assert zone.house.last()["outcome"] == "failed"


def test_a_changed_byte_in_the_vault_stops_the_release(zone: Zone) -> None:
    request = zone.approved()
    path = zone.options["vault"].path(request.files[0].sha256)
    path.chmod(0o644)
    path.write_text("sex,n\nF,120\nM,131\n")
    stopped = zone.desk.release(request.ref)
    assert stopped.state is State.RELEASE_FAILED
    assert not zone.desk.package_of(request.ref).exists()
    path.write_text("sex,n\nF,120\nM,130\n")
    assert zone.desk.release(request.ref).state is State.RELEASED


def test_approving_what_a_rule_flagged_takes_a_reason_and_a_senior_checker(zone: Zone) -> None:
    request = zone.in_review(SMALL)
    with pytest.raises(Invalid):
        zone.vote("hana", request)
    zone.vote("hana", request, comment="the group is public knowledge")
    held = zone.vote("duri", request, comment="the group is public knowledge")
    assert held.state is State.REVIEWED
    agreed = zone.vote("senior", held, comment="agreed with the data owner")
    assert agreed.state is State.APPROVED
    assert zone.desk.release(request.ref).state is State.RELEASED


def test_what_is_approved_cannot_be_returned_by_a_checker(zone: Zone) -> None:
    request = zone.approved()
    with pytest.raises(Conflict):
        zone.desk.return_to_author(zone.checkers["senior"], request.ref, "on second thoughts", source=HERE)


def test_a_withdrawn_request_is_over(zone: Zone) -> None:
    request = zone.in_review()
    with pytest.raises(Denied):
        zone.desk.withdraw(zone.checkers["hana"], request.ref, source=HERE)
    assert zone.desk.withdraw(zone.author, request.ref, source=HERE).state is State.WITHDRAWN
    with pytest.raises(Conflict):
        zone.vote("hana", request)


def test_only_somebody_who_voted_rejects_and_only_after_enough_votes(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request, Choice.REJECT)
    with pytest.raises(Conflict):
        zone.desk.reject(zone.checkers["hana"], request.ref, "it is microdata", source=HERE)
    zone.vote("duri", request, Choice.REJECT)
    with pytest.raises(Denied):
        zone.desk.reject(zone.checkers["senior"], request.ref, "it is microdata", source=HERE)
    rejected = zone.desk.reject(zone.checkers["hana"], request.ref, "it is microdata", source=HERE)
    assert rejected.state is State.REJECTED


def test_somebody_who_may_not_work_there_cannot_submit(zone: Zone) -> None:
    zone.write("table.csv", SMALL)
    zone.house.registry.suspend("minji", by=CLI, source=HERE)
    with pytest.raises(RegistryError):
        zone.desk.submit(zone.author, zone.workspace, zone.draft(), source=HERE)
    with pytest.raises(Denied):
        zone.desk.submit(zone.checkers["hana"], zone.workspace, zone.draft(), source=HERE)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"purpose": ""},
        {"context": "short"},
        {"controls": '{"count": ["n"]}'},
        {"title": "a" * 300},
        {"title": "small\u202esllec"},  # reviewers would read it the other way round
        {"purpose": "half of a pair: \ud800"},
        {"context": "Patients of the cohort by sex, counted once each.\x00"},
        {"controls": "\ud800"},
    ],
)
def test_a_draft_that_no_reviewer_could_judge_is_refused(zone: Zone, changes: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        zone.submit(**changes)


def test_what_was_said_and_voted_cannot_be_changed_in_the_database(each_zone: Zone) -> None:
    zone = each_zone
    zone.released()
    for statement in (
        "UPDATE egress_vote SET choice = 'approve'",
        "DELETE FROM egress_vote",
        "UPDATE egress_report SET content = '{}'",
        "UPDATE egress_said SET title = 'x'",
        "DELETE FROM egress_release",
        "UPDATE egress_file SET sha256 = 'x'",
    ):
        with pytest.raises(DatabaseError), zone.house.db.begin() as tx:
            tx.execute(text(statement))


def test_a_move_that_cannot_be_recorded_does_not_happen(zone: Zone) -> None:
    request = zone.in_review()
    with pytest.raises(AuditError):
        zone.desk.vote(
            zone.checkers["hana"],
            request.ref,
            {file.sha256: Choice.APPROVE for file in request.files},
            "",
            1,
            request.confirm_code,
            source=Source("203.0.113.9", host="a host with spaces"),
        )
    assert Action.VOTE in zone.desk.view(zone.checkers["hana"], request.ref).actions


def test_differencing_against_an_earlier_release_is_found(zone: Zone) -> None:
    zone.released(content="sex,n\nF,120\nM,130\n")
    request = zone.in_review("sex,n\nF,120\nM,127\n")
    report = zone.desk.view(zone.checkers["hana"], request.ref).report
    assert report is not None
    found = [f for f in report.files[0].findings if f.rule == "cells.difference"]
    assert [getattr(f, "number", None) for f in found] == [3]


def test_the_precheck_compares_with_earlier_releases_too(zone: Zone) -> None:
    zone.released(content="sex,n\nF,120\nM,130\n")
    zone.write("table.csv", "sex,n\nF,120\nM,127\n")
    report = zone.desk.precheck(zone.workspace, ["table.csv"], "", source=HERE)
    assert "cells.difference" in {f.rule for f in report.files[0].findings if f.severity is not Severity.NOTE}


def test_an_unknown_request_is_said_to_be_unknown(zone: Zone) -> None:
    desk: EgressDesk = zone.desk
    with pytest.raises(NotFound):
        desk.view(zone.author, "er_aaaaaaaaaaaaaaaa")


def test_a_file_is_compared_with_the_latest_releases_first(zone: Zone) -> None:
    names = []
    for number in range(4):
        zone.house.clock.pass_by(days=1)
        content = f"year,n\n{2001 + number},{500 + 100 * number}\n"
        request = zone.in_review(content, name=f"table{number}.csv", title=f"Year {number}")
        for who in ("hana", "duri"):
            zone.vote(who, request)
        zone.desk.release(request.ref)
        names.append(f"table{number}.csv")
    with zone.house.db.read() as tx:
        assert [file.name for file in zone.desk._left_before(tx, "gibleed")] == names[::-1]
