"""A lost second factor takes two other people to reset, and its owner hears of each step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.event import Actor
from registry import totp
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid, NotFound, SignInRefused
from registry.model import Role
from tests.integration.registry.registry_house import HOME, PASSWORD, House


@pytest.fixture
def staffed(house: House) -> House:
    house.join("minji")
    house.join("taeyang", Role.OPERATOR)
    house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    house.join("sunhee", Role.DATA_CONTROLLER)
    house.join("junho", Role.CHECKER)
    return house


def by(house: House, handle: str) -> Actor:
    return house.accounts[handle].actor


def request(house: House, who: str = "taeyang", handle: str = "minji") -> None:
    house.registry.request_second_factor_reset(handle, by=by(house, who), source=HOME)


def confirm(house: House, who: str, handle: str = "minji") -> str:
    return house.registry.confirm_second_factor_reset(handle, by=by(house, who), source=HOME)


@pytest.mark.parametrize("confirmer", ["jiwoo", "sunhee"])
def test_two_people_reset_and_the_owner_enrols_anew(staffed: House, confirmer: str) -> None:
    old = staffed.accounts["minji"]
    request(staffed)
    assert [one.handle for one in staffed.registry.second_factor_resets()] == ["minji"]
    staffed.sign_in(old)  # until it is confirmed, nothing has changed
    token = confirm(staffed, confirmer)
    assert staffed.registry.second_factor_resets() == []
    with pytest.raises(SignInRefused):
        staffed.sign_in(old)
    assert staffed.last()["reason"] == "no_second_factor"
    assert staffed.registry.second_factor_link(token).handle == "minji"
    new = replace(old, secret=totp.new_secret())
    staffed.registry.enrol_second_factor(token, PASSWORD, new.secret, staffed.code(new), source=HOME)
    staffed.sign_in(new)
    with pytest.raises(SignInRefused):
        staffed.sign_in(old)
    told = [one.code for one in staffed.registry.messages(old.person.ref)]
    assert sorted(told) == [
        "second_factor_reset_confirmed",
        "second_factor_reset_requested",
        "second_factor_set",
    ]


def test_nobody_confirms_what_they_asked_for(staffed: House) -> None:
    request(staffed)
    with pytest.raises(Denied) as refusal:
        confirm(staffed, "taeyang")
    assert refusal.value.code == "second_person_needed"
    assert staffed.last()["reason"] == "second_person_needed"


def test_nobody_confirms_their_own_reset(staffed: House) -> None:
    request(staffed, handle="jiwoo")
    with pytest.raises(Denied) as refusal:
        confirm(staffed, "jiwoo", "jiwoo")
    assert refusal.value.code == "second_person_needed"


@pytest.mark.parametrize("who", ["minji", "junho", "jiwoo", "sunhee"])
def test_only_an_operator_asks(staffed: House, who: str) -> None:
    with pytest.raises(Denied):
        request(staffed, who)


@pytest.mark.parametrize("who", ["minji", "junho"])
def test_others_do_not_confirm(staffed: House, who: str) -> None:
    request(staffed)
    with pytest.raises(Denied):
        confirm(staffed, who)


def test_the_command_line_may_ask_but_never_confirm(staffed: House) -> None:
    staffed.registry.request_second_factor_reset("minji", by=CLI, source=HOME)
    with pytest.raises(Denied):
        staffed.registry.confirm_second_factor_reset("minji", by=CLI, source=HOME)
    with pytest.raises(Denied):
        confirm(staffed, "taeyang")  # who may be the one at the command line
    confirm(staffed, "jiwoo")


def test_without_a_request_or_after_a_day_there_is_nothing_to_confirm(staffed: House) -> None:
    with pytest.raises(Conflict):
        confirm(staffed, "jiwoo")
    request(staffed)
    staffed.clock.pass_by(days=1)
    with pytest.raises(Conflict):
        confirm(staffed, "jiwoo")
    assert staffed.registry.second_factor_resets() == []


def test_the_link_alone_is_not_enough(staffed: House) -> None:
    request(staffed)
    token = confirm(staffed, "jiwoo")
    secret = totp.new_secret()
    with pytest.raises(SignInRefused):
        staffed.registry.enrol_second_factor(
            token, "wrong password!", secret, totp.code_at(secret, staffed.clock()), source=HOME
        )
    assert staffed.last()["detail"] == {"purpose": "second_factor"}
    with pytest.raises(Invalid):
        staffed.registry.enrol_second_factor(token, PASSWORD, secret, "000000", source=HOME)
    staffed.registry.enrol_second_factor(token, PASSWORD, secret, totp.code_at(secret, staffed.clock()), source=HOME)
    with pytest.raises(NotFound):
        staffed.registry.second_factor_link(token)


def test_an_invitation_link_enrols_no_second_factor_and_the_other_way_round(staffed: House) -> None:
    invitation = staffed.registry.invite("haneul", "최", "h@x.org", [], "ko", by=CLI, source=HOME)
    request(staffed)
    token = confirm(staffed, "jiwoo")
    with pytest.raises(NotFound):
        staffed.registry.second_factor_link(invitation)
    with pytest.raises(NotFound):
        staffed.registry.invitation(token)


def test_who_has_not_joined_has_nothing_to_reset(staffed: House) -> None:
    staffed.registry.invite("haneul", "최", "h@x.org", [], "ko", by=CLI, source=HOME)
    with pytest.raises(Conflict):
        request(staffed, handle="haneul")
