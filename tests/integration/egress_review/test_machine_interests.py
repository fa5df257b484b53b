"""Whoever is tied to a request does not review it: members, second accounts, people with an interest."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from audit.errors import NotIntegrated
from egress_review.errors import Conflict, Denied, Invalid
from egress_review.interests_cli import add_commands
from egress_review.model import Action
from egress_review.standing import accounts_of
from egress_review.workflow import State
from registry.desk import CLI
from registry.model import Person, Role
from registry.tables import person as table
from tests.integration.egress_review.egress_house import HERE, Zone


def with_email(zone: Zone, handle: str, email: str) -> Person:
    """A checker with that address, of whom the registry knows nothing else."""
    zone.house.join(handle, Role.CHECKER)
    set_email(zone, handle, email)
    zone.checkers = {**zone.checkers, handle: zone.house.registry.person(handle)}
    return zone.checkers[handle]


def set_email(zone: Zone, handle: str, email: str) -> None:
    """Enter another address, as an operator with access to the database might."""
    with zone.house.db.begin() as tx:
        tx.execute(update(table).where(table.c.handle == handle).values(email=email))


def refused(zone: Zone, who: str, request: object) -> str:
    with pytest.raises(Denied) as error:
        zone.vote(who, request)  # type: ignore[arg-type]
    return error.value.code


def test_the_author_under_a_second_account_of_the_same_mailbox_does_not_vote(zone: Zone) -> None:
    name, _, host = zone.author.email.partition("@")
    second = with_email(zone, "second", f" {name.upper()}+work@{host} ")
    with zone.house.db.read() as tx:
        assert accounts_of(tx, second.ref) == {second.ref, zone.author.ref}
    request = zone.in_review()
    assert refused(zone, "second", request) == "own_request"
    assert not zone.desk.waiting(second)


def test_a_member_under_a_second_account_does_not_vote(zone: Zone) -> None:
    with_email(zone, "second", zone.checkers["member"].email)
    assert refused(zone, "second", zone.in_review()) == "project_member"


def test_one_human_with_two_checker_accounts_has_one_vote(zone: Zone) -> None:
    with_email(zone, "second", zone.checkers["hana"].email)
    request = zone.in_review()
    zone.vote("hana", request)
    assert refused(zone, "second", request) == "same_person"
    assert zone.vote("duri", request).state is State.APPROVED


def test_two_votes_of_one_human_release_nothing_even_if_that_shows_later(zone: Zone) -> None:
    request = zone.in_review()
    with_email(zone, "second", "somebody@example.org")
    zone.vote("hana", request)
    assert zone.vote("second", request).state is State.APPROVED
    set_email(zone, "second", zone.checkers["hana"].email)
    assert zone.desk.release(request.ref).state is State.RETURNED


def test_a_name_in_another_mailbox_is_another_person(zone: Zone) -> None:
    name, _, host = zone.author.email.partition("@")
    for number, email in enumerate((f"x{name}@{host}", f"{name}@x{host}", f"{name}%@{host}", f"{name}_@{host}")):
        other = with_email(zone, f"other-{number}", email)
        with zone.house.db.read() as tx:
            assert accounts_of(tx, other.ref) == {other.ref}


def test_a_declared_interest_bars_from_a_project_for_ever(zone: Zone) -> None:
    hana, request = zone.checkers["hana"], zone.in_review()
    zone.desk.declare_interest(hana, hana.ref, "gibleed", "my spouse works there", source=HERE)
    assert refused(zone, "hana", request) == "interest_declared"
    assert not zone.desk.waiting(hana)
    with pytest.raises(Denied):
        zone.desk.view(hana, request.ref)
    with pytest.raises(Conflict):
        zone.desk.declare_interest(hana, hana.ref, "gibleed", "once more", source=HERE)
    with pytest.raises(Invalid):
        zone.desk.declare_interest(zone.checkers["duri"], zone.checkers["duri"].ref, "gibleed", "", source=HERE)
    assert [(one.person_ref, one.kind) for one in zone.desk.interests("gibleed")] == [(hana.ref, "declared")]


def test_only_an_operator_declares_the_interest_of_somebody_else(zone: Zone) -> None:
    hana, duri = zone.checkers["hana"], zone.checkers["duri"]
    with pytest.raises(Denied):
        zone.desk.declare_interest(hana, duri.ref, "gibleed", "they told me so", source=HERE)
    operator = zone.house.join("oper", Role.OPERATOR).person
    zone.desk.declare_interest(operator, duri.ref, "gibleed", "they told me so", source=HERE)
    assert refused(zone, "duri", zone.in_review()) == "interest_declared"


def test_a_vote_of_somebody_who_steps_back_no_longer_counts(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    assert Action.RECUSE in zone.desk.view(zone.checkers["hana"], request.ref).actions
    zone.desk.recuse(zone.checkers["hana"], request.ref, "I know the author", source=HERE)
    assert zone.vote("duri", request).state is State.IN_REVIEW
    assert refused(zone, "hana", request) == "recused"
    assert zone.vote("senior", request).state is State.APPROVED
    [entry] = [body for body in zone.house.entries() if body["action"] == "egress.recused"]
    assert "author" not in str(entry.get("detail"))


def test_stepping_back_after_the_approval_stops_the_release(zone: Zone) -> None:
    request = zone.approved()
    zone.desk.recuse(zone.checkers["duri"], request.ref, "I had not noticed", source=HERE)
    assert zone.desk.release(request.ref).state is State.RETURNED
    with pytest.raises(Denied):
        zone.desk.recuse(zone.author, request.ref, "no checker at all", source=HERE)


def test_an_interest_that_an_operator_enters_stops_a_release_that_is_under_way(zone: Zone) -> None:
    request = zone.approved()
    operator = zone.house.join("oper", Role.OPERATOR).person
    zone.desk.declare_interest(operator, zone.checkers["hana"].ref, "gibleed", "found out today", source=HERE)
    assert zone.desk.release(request.ref).state is State.RETURNED


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def not_in_time(*_: object) -> None:
    raise NotIntegrated("the audit service hangs")


@pytest.mark.parametrize("stopped_by", [killed, not_in_time])
@pytest.mark.parametrize("lost", ["vote", "grant", "project"])
def test_a_release_that_stopped_half_way_goes_back_to_people_when_its_ground_is_gone(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, stopped_by: Callable[..., None], lost: str
) -> None:
    request, registry = zone.approved(), zone.house.registry
    with monkeypatch.context() as patch:
        patch.setattr(zone.house.log, "wait", stopped_by)
        with pytest.raises((KeyboardInterrupt, NotIntegrated)):
            zone.desk.release(request.ref)
    assert zone.desk.view(zone.author, request.ref).request.state is State.RELEASING
    if lost == "vote":
        zone.desk.declare_interest(CLI, zone.checkers["hana"].ref, "gibleed", "found out today", source=HERE)
    elif lost == "grant":
        [grant] = registry.grants("gibleed")
        registry.revoke_grant(grant.ref, by=zone.house.accounts["sunhee"].actor, source=HERE)
    else:
        registry.close_project("gibleed", by=CLI, source=HERE)
    assert zone.desk.release(request.ref).state is State.RELEASE_FAILED
    assert zone.desk.release(request.ref).state is State.RETURNED
    assert "egress.released" not in zone.actions(request.ref)
    assert not zone.desk.package_of(request.ref).exists()


def test_a_release_that_stopped_half_way_goes_on_while_its_votes_hold(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = zone.approved()
    with monkeypatch.context() as patch:
        patch.setattr(zone.house.log, "wait", killed)
        with pytest.raises(KeyboardInterrupt):
            zone.desk.release(request.ref)
    zone.desk.declare_interest(CLI, zone.checkers["senior"].ref, "gibleed", "has not voted", source=HERE)
    assert zone.desk.release(request.ref).packaged


@dataclass(frozen=True, slots=True)
class Here:
    """A command on the zone of a test."""

    zone_: Zone
    json: bool

    def zone(self) -> Any:
        return SimpleNamespace(registry=self.zone_.house.registry, desk=self.zone_.desk)


def command(zone: Zone, *words: str, machine: bool = True) -> None:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    arguments = parser.parse_args(["interest", *words])
    assert arguments.func(arguments, Here(zone, machine)) == 0


def test_the_command_declares_and_lists_interests(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    command(zone, "declare", "hana", "gibleed", "--reason", "their spouse leads it")
    command(zone, "declare", "duri", "gibleed", "--reason", "reviews a rival", machine=False)
    assert "duri" in capsys.readouterr().out
    command(zone, "list", "--project", "gibleed")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["handle"], row["project"], row["kind"]) for row in rows] == [
        ("hana", "gibleed", "declared"),
        ("duri", "gibleed", "declared"),
    ]
    assert "spouse" not in str(rows)
    assert refused(zone, "hana", zone.in_review()) == "interest_declared"
