"""Accounts of programs: two people make one, its token opens one thing, and nothing is learned from a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from audit.event import Actor, Source
from hub_config.program_accounts import fault_of
from hub_config.settings import DatabaseSettings, Settings
from registry import tables
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid
from registry.model import Role
from registry.scopes import LONGEST, Scope
from registry.service_accounts import PREFIX, Wanted
from registry.service_use import TokenRefused
from registry.throttle import SOURCE
from tests.integration.registry.registry_house import DAY, HOME, Account, House

FROM = Source("192.0.2.10")
Break = Callable[[House, str], Source]


def wanted(house: House, **changes: object) -> Wanted:
    usual = Wanted(
        name="monitor",
        purpose="Prometheus of the hospital",
        owner="minji",
        scopes=["metrics.read"],
        addresses=["192.0.2.10"],
        until=house.clock() + 30 * DAY,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def asked(house: House) -> Account:
    """An account waits; the officer who may confirm it."""
    house.join("minji")
    house.registry.request_service_account(wanted(house), by=CLI, source=HOME)
    return house.join("jiwoo", Role.COMPLIANCE_OFFICER)


def token_of(house: House) -> str:
    officer = asked(house)
    house.registry.confirm_service_account("monitor", by=officer.actor, source=HOME)
    return house.registry.issue_service_token("monitor", by=CLI, source=HOME)


def admit(house: House, token: str, source: Source = FROM, scope: Scope = Scope.METRICS_READ) -> object:
    return house.registry.admit_service(token, scope, "metrics", source=source)


def test_two_people_make_an_account_and_every_call_is_recorded_as_its_own(each_house: House) -> None:
    house = each_house
    token = token_of(house)
    admit(house, token)
    account = house.registry.service_account("monitor")
    assert account.used_at == house.clock()
    last = house.last()
    assert (last["action"], last["outcome"]) == ("service.used", "ok")
    assert last["actor"] == {"kind": "service", "ref": account.ref}
    assert last["on_behalf_of"] == account.owner_ref
    assert last["detail"] == {"name": "monitor", "route": "metrics", "scope": "metrics.read"}
    written = [one["action"] for one in house.entries() if one["action"].startswith("service.")]
    assert written == ["service.requested", "service.confirmed", "service.token_issued", "service.used"]


def test_the_database_keeps_no_token(house: House) -> None:
    token = token_of(house)
    assert token.startswith(PREFIX)
    with house.db.read() as tx:
        row = tx.execute(select(tables.service_account)).one()
    assert token not in repr(row)
    assert token.removeprefix(PREFIX) not in repr(row)


@pytest.mark.parametrize("who", ["asker", "owner", "researcher", "command line"])
def test_nobody_confirms_what_they_asked_for_or_answer_for(house: House, who: str) -> None:
    operator = house.join("taeyang", Role.OPERATOR)
    owner = house.join("minji", Role.DATA_CONTROLLER)
    house.registry.request_service_account(wanted(house), by=operator.actor, source=HOME)
    by = {
        "asker": operator.actor,
        "owner": owner.actor,
        "researcher": house.join("haneul").actor,
        "command line": CLI,
    }[who]
    with pytest.raises(Denied):
        house.registry.confirm_service_account("monitor", by=by, source=HOME)
    assert house.last()["outcome"] == "denied"
    with pytest.raises(Conflict):
        house.registry.issue_service_token("monitor", by=CLI, source=HOME)


def test_what_was_asked_for_on_the_command_line_is_confirmed_by_no_operator(house: House) -> None:
    asked(house)
    operator = house.join("taeyang", Role.OPERATOR)
    with pytest.raises(Denied):
        house.registry.confirm_service_account("monitor", by=operator.actor, source=HOME)


def suspended(house: House, token: str) -> Source:
    house.registry.suspend("minji", by=CLI, source=HOME)
    return FROM


def revoked(house: House, token: str) -> Source:
    house.registry.revoke_service_account("monitor", by=CLI, source=HOME)
    return FROM


def over(house: House, token: str) -> Source:
    house.clock.pass_by(days=30)
    return FROM


def replaced(house: House, token: str) -> Source:
    house.registry.issue_service_token("monitor", by=CLI, source=HOME)
    return FROM


def elsewhere(house: House, token: str) -> Source:
    return Source("192.0.2.11")


def nowhere(house: House, token: str) -> Source:
    return Source(None)


CAUSES: dict[str, Break] = {
    "owner_not_active": suspended,
    "account_revoked": revoked,
    "account_expired": over,
    "unknown_token": replaced,
    "other_address": elsewhere,
    "other_address (none)": nowhere,
}


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_a_token_that_worked_is_refused_once_something_changed(house: House, cause: str) -> None:
    token = token_of(house)
    admit(house, token)
    source = CAUSES[cause](house, token)
    with pytest.raises(TokenRefused):
        admit(house, token, source)
    last = house.last()
    assert (last["action"], last["outcome"], last["reason"]) == ("service.refused", "denied", cause.partition(" ")[0])


def test_refusals_differ_in_nothing_but_the_log(house: House) -> None:
    """A refusal says the same, and asks the database the same, whether the token is nobody's or somebody's."""
    token = token_of(house)
    seen: dict[str, tuple[str, ...]] = {}
    said: set[tuple[str, str, str]] = set()
    statements: list[str] = []
    event.listen(house.db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    def refused(name: str, given: str, source: Source) -> None:
        statements.clear()
        with pytest.raises(TokenRefused) as caught:
            admit(house, given, source)
        said.add((caught.value.code, caught.value.reason.en, caught.value.hint.en))
        seen[name] = tuple(" ".join(one.split()[:4]) for one in statements)

    refused("nobody's", PREFIX + "x" * 43, FROM)
    refused("empty", "", FROM)
    refused("elsewhere", token, Source("192.0.2.11"))
    house.registry.revoke_service_account("monitor", by=CLI, source=HOME)
    refused("revoked", token, FROM)
    assert len(set(seen.values())) == 1, seen
    assert len(said) == 1


def test_guessing_does_not_fill_the_log_and_shuts_nobody_else_out(house: House) -> None:
    token = token_of(house)
    before = len(house.entries("service.refused"))
    for number in range(3 * SOURCE.failures):
        with pytest.raises(TokenRefused):
            admit(house, f"{PREFIX}{number:043}")
    refusals = house.entries("service.refused")[before:]
    assert len(refusals) == SOURCE.failures + 1
    assert refusals[-1]["reason"] == "throttled_by_source"
    admit(house, token)  # the same address: a right token is no guess


def test_noise_from_an_address_keeps_no_use_of_a_revoked_token_out_of_the_log(house: House) -> None:
    token = token_of(house)
    house.registry.revoke_service_account("monitor", by=CLI, source=HOME)
    for number in range(SOURCE.failures + 5):
        with pytest.raises(TokenRefused):
            admit(house, f"{PREFIX}{number:043}")
    with pytest.raises(TokenRefused):
        admit(house, token)
    assert house.last()["detail"]["known"] is True


@pytest.mark.parametrize("scope", sorted(set(Scope) - {Scope.METRICS_READ}))
def test_a_scope_that_the_account_lacks_is_refused_and_recorded(house: House, scope: Scope) -> None:
    token = token_of(house)
    with pytest.raises(Denied) as caught:
        admit(house, token, scope=scope)
    assert caught.value.code == "scope_missing"
    last = house.last()
    assert (last["action"], last["outcome"], last["detail"]["scope"]) == ("service.used", "denied", scope.value)


def test_what_is_asked_for_is_checked(house: House) -> None:
    house.join("minji")
    house.project()
    ask = house.registry.request_service_account
    for changes in (
        {"until": house.clock() + LONGEST + DAY},
        {"addresses": ["0.0.0.0/0"]},
        {"scopes": ["ingress.submit"], "project": "gibleed"},  # the owner takes no part in it
        {"scopes": ["egress.vote"]},
        {"name": "Monitor 1"},
        {"purpose": " "},
    ):
        with pytest.raises(Invalid):
            ask(wanted(house, **changes), by=CLI, source=HOME)
    ask(wanted(house), by=CLI, source=HOME)
    house.registry.revoke_service_account("monitor", by=CLI, source=HOME)
    with pytest.raises(Conflict):
        ask(wanted(house), by=CLI, source=HOME)


def test_an_account_that_is_over_is_neither_confirmed_nor_given_a_token(house: House) -> None:
    officer = asked(house)
    house.clock.pass_by(days=30, seconds=1)
    with pytest.raises(Conflict):
        house.registry.confirm_service_account("monitor", by=officer.actor, source=HOME)
    with pytest.raises(Conflict):
        house.registry.issue_service_token("monitor", by=CLI, source=HOME)
    assert house.registry.service_account("monitor").state(house.clock() + timedelta(days=1)) == "expired"


def test_the_doctor_names_an_account_that_ends_soon(house: House, usual_url: str) -> None:
    token_of(house)
    settings = replace(Settings(home=house.home), database=DatabaseSettings(url=usual_url))
    assert fault_of(settings, house.clock()) is None
    found = fault_of(settings, house.clock.pass_by(days=20))
    assert found is not None
    assert "monitor" in found[0].ko
    house.registry.revoke_service_account("monitor", by=CLI, source=HOME)
    assert fault_of(settings, house.clock()) is None


def test_no_account_of_a_program_is_an_actor_of_the_registry(house: House) -> None:
    """Whatever the code above did, the registry changes nothing in the name of such an account."""
    token = token_of(house)
    admit(house, token)
    ref = house.registry.service_account("monitor").ref
    house.join("haneul")
    acts: tuple[Callable[[Actor], object], ...] = (
        lambda by: house.registry.grant_role("haneul", Role.OPERATOR, by=by, source=FROM),
        lambda by: house.registry.issue_service_token("monitor", by=by, source=FROM),
        lambda by: house.registry.confirm_service_account("monitor", by=by, source=FROM),
    )
    for act in acts:
        for kind in (Actor.service(ref), Actor.service("monitor")):
            with pytest.raises((Denied, Conflict)):
                act(kind)
