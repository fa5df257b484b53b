"""A forgotten password takes two other people, a link and the authenticator; every short cut is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from audit.event import Actor
from registry import throttle
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid, NotFound, RegistryError, SignInRefused
from registry.model import Role
from tests.integration.registry.registry_house import HOME, PASSWORD, House

NEW = "a quiet river at dawn"


@pytest.fixture
def staffed(house: House) -> House:
    house.join("minji")
    house.join("taeyang", Role.OPERATOR)
    house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    house.join("junho", Role.CHECKER)
    return house


def by(house: House, handle: str) -> Actor:
    return house.accounts[handle].actor


def request(house: House, who: str = "taeyang", handle: str = "minji") -> None:
    house.registry.request_password_reset(handle, by=by(house, who), source=HOME)


def confirm(house: House, who: str = "jiwoo", handle: str = "minji") -> str:
    return house.registry.confirm_password_reset(handle, by=by(house, who), source=HOME)


def link(house: House) -> str:
    request(house)
    return confirm(house)


def choose(house: House, token: str, *, password: str = NEW, code: str | None = None) -> None:
    given = house.code(house.accounts["minji"]) if code is None else code
    house.registry.set_password(token, password, given, source=HOME)


def test_two_people_a_link_and_a_code_replace_the_password(staffed: House) -> None:
    old = staffed.accounts["minji"]
    request(staffed)
    assert [one.handle for one in staffed.registry.password_resets()] == ["minji"]
    staffed.sign_in(old)  # until it is confirmed, nothing has changed
    staffed.clock.pass_by(seconds=30)
    before = staffed.clock()
    token = confirm(staffed)
    assert staffed.registry.password_resets() == []
    with pytest.raises(SignInRefused):
        staffed.sign_in(old)
    assert staffed.registry.person("minji").sessions_from == before
    choose(staffed, token)
    staffed.clock.pass_by(seconds=30)
    staffed.sign_in(replace(old, password=NEW))
    staffed.clock.pass_by(seconds=30)
    with pytest.raises(SignInRefused):
        staffed.sign_in(old)
    told = sorted(one.code for one in staffed.registry.messages(old.person.ref))
    assert told == ["password_reset", "password_reset_confirmed", "password_reset_requested"]


def test_a_used_link_is_dead_and_so_is_one_that_a_newer_replaced(staffed: House) -> None:
    first, second = link(staffed), link(staffed)
    with pytest.raises(NotFound):
        choose(staffed, first)
    choose(staffed, second)
    staffed.clock.pass_by(seconds=30)
    with pytest.raises(NotFound):
        choose(staffed, second, password="another river at dusk")


def test_a_link_and_a_request_end_after_a_day(staffed: House) -> None:
    token = link(staffed)
    staffed.clock.pass_by(days=1)
    with pytest.raises(NotFound):
        staffed.registry.password_link(token)
    request(staffed)
    staffed.clock.pass_by(days=1)
    with pytest.raises(Conflict):
        confirm(staffed)


@pytest.mark.parametrize(("asks", "confirms"), [("taeyang", "taeyang"), ("taeyang", "minji"), ("taeyang", "junho")])
def test_nobody_confirms_what_they_asked_for_or_own_or_have_no_role_for(
    staffed: House, asks: str, confirms: str
) -> None:
    request(staffed, asks)
    with pytest.raises(Denied):
        confirm(staffed, confirms)
    assert staffed.last()["outcome"] == "denied"
    staffed.sign_in(staffed.accounts["minji"])


def test_nobody_confirms_their_own_reset(staffed: House) -> None:
    request(staffed, handle="jiwoo")
    with pytest.raises(Denied) as refusal:
        confirm(staffed, "jiwoo", "jiwoo")
    assert refusal.value.code == "second_person_needed"


@pytest.mark.parametrize("who", ["minji", "junho", "jiwoo"])
def test_only_an_operator_asks(staffed: House, who: str) -> None:
    with pytest.raises(Denied):
        request(staffed, who)


def test_the_command_line_may_ask_but_never_confirm(staffed: House) -> None:
    staffed.registry.request_password_reset("minji", by=CLI, source=HOME)
    with pytest.raises(Denied):
        staffed.registry.confirm_password_reset("minji", by=CLI, source=HOME)
    with pytest.raises(Denied):
        confirm(staffed, "taeyang")  # who may be the one at the command line


def test_the_link_without_the_authenticator_is_worth_nothing_and_guessing_is_throttled(staffed: House) -> None:
    token = link(staffed)
    for _ in range(throttle.HANDLE.failures):
        with pytest.raises(SignInRefused):
            choose(staffed, token, code="000000")
    assert staffed.last()["detail"] == {"purpose": "password_reset"}
    with pytest.raises(SignInRefused):
        choose(staffed, token)  # even the right code, until the door opens again
    staffed.clock.pass_by(hours=1)
    choose(staffed, token)


def test_a_code_that_was_seen_at_the_door_is_not_taken_again(staffed: House) -> None:
    minji = staffed.accounts["minji"]
    request(staffed)
    seen = staffed.code(minji)
    staffed.registry.sign_in("minji", PASSWORD, seen, source=HOME)
    token = confirm(staffed)
    with pytest.raises(SignInRefused):
        choose(staffed, token, code=seen)


@pytest.mark.parametrize("password", ["short", "minjiminjiminji", "aaaaaaaaaaaaaaaa"])
def test_a_weak_password_is_refused_and_uses_nothing_up(staffed: House, password: str) -> None:
    token = link(staffed)
    with pytest.raises(Invalid):
        choose(staffed, token, password=password)
    choose(staffed, token)


def test_links_of_one_kind_open_nothing_of_another(staffed: House) -> None:
    invitation = staffed.registry.invite("haneul", "최", "h@x.org", [], "ko", by=CLI, source=HOME)
    token = link(staffed)
    for act in (staffed.registry.invitation, staffed.registry.second_factor_link):
        with pytest.raises(NotFound):
            act(token)
    for other in (invitation, "", "x" * 43):
        with pytest.raises(NotFound):
            staffed.registry.password_link(other)


def test_password_and_authenticator_are_never_both_reset(staffed: House) -> None:
    # With both gone, the one link that passed through other hands would be all it takes.
    link(staffed)
    staffed.registry.request_second_factor_reset("minji", by=by(staffed, "taeyang"), source=HOME)
    with pytest.raises(Conflict) as refusal:
        staffed.registry.confirm_second_factor_reset("minji", by=by(staffed, "jiwoo"), source=HOME)
    assert refusal.value.code == "both_lost"


def test_of_many_who_use_one_link_at_once_one_succeeds(staffed: House) -> None:
    token, code = link(staffed), staffed.code(staffed.accounts["minji"])

    def attempt(number: int) -> bool:
        try:
            choose(staffed, token, password=f"river number {number} at dawn", code=code)
        except RegistryError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_of_two_who_confirm_at_once_one_gets_a_link(staffed: House) -> None:
    staffed.join("sunhee", Role.DATA_CONTROLLER)
    request(staffed)

    def attempt(who: str) -> bool:
        try:
            confirm(staffed, who)
        except RegistryError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(attempt, ["jiwoo", "sunhee"])) == 1
