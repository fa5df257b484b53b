"""People whom a provider outside vouches for: what it takes to connect them, and what it never gives."""

from __future__ import annotations

from typing import Any

import pytest

from registry.desk import CLI
from registry.errors import Conflict, Denied, NotFound, SignInRefused
from registry.identities import UnknownIdentity, Vouched
from registry.model import PersonStatus, Role
from registry.throttle import SOURCE
from tests.integration.registry.registry_house import HOME, House

IDP = "https://idp.hospital.example"
MINJI = Vouched(IDP, "24400320", ("pwd", "otp"))
KNOWN = (MINJI.authority, MINJI.subject)


def operator(house: House, handle: str = "taeyang") -> dict[str, Any]:
    known = house.accounts.get(handle) or house.join(handle, Role.OPERATOR)
    return {"by": known.actor, "source": HOME}


def connected(house: House) -> None:
    house.join("minji")
    house.registry.request_identity("minji", *KNOWN, **operator(house))
    house.registry.confirm_identity("minji", *KNOWN, **operator(house, "sora"))


def test_an_invited_person_joins_by_the_identity_alone(each_house: House) -> None:
    house = each_house
    house.registry.invite("minji", "김민지", "minji@x.org", [Role.RESEARCHER], "ko", **operator(house))
    house.registry.give_identity("minji", *KNOWN, **operator(house))
    person = house.registry.sign_in_vouched(MINJI, source=HOME)
    assert (person.status, person.roles) == (PersonStatus.ACTIVE, frozenset({Role.RESEARCHER}))
    assert [one["action"] for one in house.entries()[-2:]] == ["person.joined", "session.signed_in"]
    assert house.last()["detail"] == {"authority": IDP, "methods": ["pwd", "otp"]}


def test_the_link_of_an_invitation_ends_when_its_owner_joins_otherwise(house: House) -> None:
    token = house.registry.invite("minji", "김민지", "minji@x.org", [], "ko", **operator(house))
    house.registry.give_identity("minji", *KNOWN, **operator(house))
    house.registry.sign_in_vouched(MINJI, source=HOME)
    with pytest.raises(NotFound):
        house.registry.invitation(token)


def test_to_an_account_in_use_two_people_give_an_identity(house: House) -> None:
    house.join("minji")
    with pytest.raises(Conflict):
        house.registry.give_identity("minji", *KNOWN, **operator(house))
    house.registry.request_identity("minji", *KNOWN, **operator(house))
    with pytest.raises(UnknownIdentity):
        house.registry.sign_in_vouched(MINJI, source=HOME)
    with pytest.raises(Denied):
        house.registry.confirm_identity("minji", *KNOWN, **operator(house))
    with pytest.raises(Denied):
        house.registry.confirm_identity("minji", *KNOWN, by=CLI, source=HOME)
    with pytest.raises(Denied):
        house.registry.confirm_identity("minji", *KNOWN, by=house.accounts["minji"].actor, source=HOME)
    house.registry.confirm_identity("minji", *KNOWN, **operator(house, "sora"))
    assert house.registry.sign_in_vouched(MINJI, source=HOME).handle == "minji"
    told = {one.code for one in house.registry.messages(house.accounts["minji"].person.ref)}
    assert {"identity_requested", "identity_given"} <= told


def test_an_operator_connects_no_identity_to_the_own_account(house: House) -> None:
    with pytest.raises(Denied):
        house.registry.request_identity("taeyang", *KNOWN, **operator(house))


def test_one_identity_belongs_to_one_person(house: House) -> None:
    connected(house)
    house.join("hayoon")
    with pytest.raises(Conflict):
        house.registry.request_identity("hayoon", *KNOWN, **operator(house))


@pytest.mark.parametrize(
    "stranger",
    [
        Vouched(IDP, "24400321"),
        Vouched("https://idp.other.example", "24400320"),
        Vouched(IDP, "24400320 "),
        Vouched(IDP + "/", "24400320"),
        Vouched(IDP, ""),
    ],
)
def test_a_stranger_gets_nothing_and_no_account_is_made(house: House, stranger: Vouched) -> None:
    connected(house)
    before = len(house.registry.people())
    with pytest.raises(UnknownIdentity):
        house.registry.sign_in_vouched(stranger, source=HOME)
    assert len(house.registry.people()) == before
    assert (house.last()["action"], house.last()["reason"]) == ("session.refused", "unknown_identity")
    assert "subject" not in str(house.last()["detail"])


@pytest.mark.parametrize("end", ["suspend", "close"])
def test_an_account_that_is_not_open_stays_shut(house: House, end: str) -> None:
    connected(house)
    getattr(house.registry, end)("minji", **operator(house))
    with pytest.raises(SignInRefused):
        house.registry.sign_in_vouched(MINJI, source=HOME)


def test_closing_an_account_forgets_its_identities(house: House) -> None:
    connected(house)
    house.registry.close("minji", **operator(house))
    assert house.registry.identities("minji") == []


def test_what_was_taken_back_lets_nobody_in_and_ends_what_was_open(house: House) -> None:
    connected(house)
    house.clock.pass_by(minutes=1)
    house.registry.remove_identity("minji", *KNOWN, **operator(house))
    with pytest.raises(UnknownIdentity):
        house.registry.sign_in_vouched(MINJI, source=HOME)
    assert house.registry.person("minji").sessions_from == house.clock()


def test_a_sign_out_at_the_provider_ends_the_sessions_of_that_person_alone(house: House) -> None:
    connected(house)
    house.join("hayoon")
    assert house.registry.end_vouched(IDP, "nobody", source=HOME) is None
    house.registry.end_vouched(*KNOWN, source=HOME)
    assert house.registry.person("minji").sessions_from == house.clock()
    assert house.registry.person("hayoon").sessions_from is None


def test_an_address_that_fails_again_and_again_is_not_heard(house: House) -> None:
    connected(house)
    for _ in range(SOURCE.failures):
        house.registry.refuse_vouched("token_invalid", IDP, source=HOME)
    with pytest.raises(SignInRefused) as refused:
        house.registry.sign_in_vouched(MINJI, source=HOME)
    assert not isinstance(refused.value, UnknownIdentity)
    assert house.last()["action"] == "session.throttled"


def test_the_log_holds_no_name_of_a_provider_in_clear(house: House) -> None:
    connected(house)
    assert all(MINJI.subject not in str(one.get("detail", {})) for one in house.entries())
