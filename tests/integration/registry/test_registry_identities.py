"""People whom a provider outside vouches for: what it takes to connect them, and what it never gives."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete

from registry import queries, tables, totp
from registry.desk import CLI, as_actor
from registry.directory import DirectoryUnreachable
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


def test_an_identity_that_one_operator_gave_does_not_outlive_joining_by_the_link(each_house: House) -> None:
    """The operator gives the doctor a name of their own at the provider, and waits until the account is in use."""
    house = each_house
    token = house.registry.invite("minji", "김민지", "minji@x.org", [Role.RESEARCHER], "ko", **operator(house))
    house.registry.give_identity("minji", IDP, "the-operators-own", **operator(house))
    secret = totp.new_secret()
    code = totp.code_at(secret, house.clock())
    minji = house.registry.accept_invitation(token, "correct horse battery", secret, code, source=HOME)
    with pytest.raises(UnknownIdentity):
        house.registry.sign_in_vouched(Vouched(IDP, "the-operators-own"), source=HOME)
    assert house.registry.identities("minji") == []
    removed, joined = [one for one in house.entries() if one["action"] in {"person.identity_removed", "person.joined"}][
        -2:
    ]
    assert (removed["reason"], joined["action"]) == ("joined_by_link", "person.joined")
    assert [one.code for one in house.registry.messages(minji.ref)] == ["identity_removed"]
    with pytest.raises(Conflict):
        house.registry.give_identity("minji", *KNOWN, **operator(house))


def test_an_identity_that_ends_while_somebody_comes_in_by_it_lets_nobody_in(each_house: House) -> None:
    """Comes in at the moment of joining: the identity is still read, the person is locked by who takes it away."""
    house = each_house
    connected(house)
    ref = house.accounts["minji"].person.ref
    with ThreadPoolExecutor(1) as threads:
        with house.db.begin() as tx:
            queries.person_by_ref(tx, ref, lock=True)
            tx.execute(delete(tables.identity).where(tables.identity.c.person_ref == ref))
            came = threads.submit(house.registry.sign_in_vouched, MINJI, source=HOME)
            time.sleep(0.3)  # until it waits for the lock; on a slow machine it comes later, and proves less
        with pytest.raises(UnknownIdentity):
            came.result()


def test_who_joins_by_the_link_and_had_no_identity_is_told_of_none(house: House) -> None:
    minji = house.join("minji")
    assert house.registry.messages(minji.person.ref) == []
    assert house.entries("person.identity_removed") == []


@pytest.mark.parametrize("roles", [[Role.OPERATOR], [Role.OPERATOR, Role.DATA_CONTROLLER]])
def test_what_the_command_line_asked_for_no_operator_confirms(house: House, roles: list[Role]) -> None:
    """Who is root and an operator asks as the command line and confirms as themselves: one person, two names."""
    house.join("minji")
    alone = house.join("alone", *roles)
    house.registry.request_identity("minji", *KNOWN, by=CLI, source=HOME)
    with pytest.raises(Denied) as refused:
        house.registry.confirm_identity("minji", *KNOWN, by=alone.actor, source=HOME)
    assert refused.value.code == "second_person_needed"
    with pytest.raises(UnknownIdentity):
        house.registry.sign_in_vouched(MINJI, source=HOME)


@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER])
def test_what_the_command_line_asked_for_is_confirmed_by_who_holds_another_office(house: House, role: Role) -> None:
    house.join("minji")
    house.registry.request_identity("minji", *KNOWN, by=CLI, source=HOME)
    house.registry.confirm_identity("minji", *KNOWN, by=house.join("other", role).actor, source=HOME)
    assert house.registry.sign_in_vouched(MINJI, source=HOME).handle == "minji"


def test_the_envelope_is_no_second_person_and_no_first_one(house: House) -> None:
    """Whoever opens the envelope may be the very operator who asked, or who will confirm."""
    house.join("minji")
    taeyang = operator(house)
    house.registry.seal_emergency(**taeyang)
    house.registry.grant_role("emergency", Role.DATA_CONTROLLER, **taeyang)
    envelope: dict[str, Any] = {"by": as_actor(house.registry.person("emergency")), "source": HOME}
    house.registry.request_identity("minji", *KNOWN, **taeyang)
    with pytest.raises(Denied):
        house.registry.confirm_identity("minji", *KNOWN, **envelope)
    house.registry.request_identity("minji", IDP, "another", **envelope)
    with pytest.raises(Denied):
        house.registry.confirm_identity("minji", IDP, "another", **taeyang)
    officer = house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    house.registry.confirm_identity("minji", IDP, "another", by=officer.actor, source=HOME)


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


@pytest.mark.parametrize(
    "cause",
    [
        "given_up",
        "provider_unreachable",
        "provider_keys_unreadable",
        "code_refused",
        "client_secret_unreadable",
        "no_second_factor",
    ],
)
def test_a_hospital_behind_one_address_is_not_shut_out_by_what_nobody_guessed(house: House, cause: str) -> None:
    connected(house)
    for _ in range(SOURCE.failures + 1):
        house.registry.refuse_vouched(cause, IDP, source=HOME)
    assert house.registry.sign_in_vouched(MINJI, source=HOME).handle == "minji"
    house.sign_in(house.accounts["minji"])
    assert [one["reason"] for one in house.entries("session.refused")] == [cause] * (SOURCE.failures + 1)


def test_strangers_whom_the_provider_knows_shut_nobody_out(house: House) -> None:
    connected(house)
    for number in range(SOURCE.failures + 1):
        with pytest.raises(UnknownIdentity):
            house.registry.sign_in_vouched(Vouched(IDP, f"stranger-{number}"), source=HOME)
    assert house.registry.sign_in_vouched(MINJI, source=HOME).handle == "minji"


class Silent:
    """A directory that is down."""

    def is_right(self, handle: str, password: str) -> bool:
        raise DirectoryUnreachable


def test_a_directory_that_is_down_shuts_no_address_out(house: House) -> None:
    people = [house.join(f"doctor-{number}") for number in range(5)]
    down = house.reopened(directory=Silent())
    for one in people * 4:
        with pytest.raises(SignInRefused):
            down.sign_in(one.person.handle, "of the hospital", "000000", source=HOME)
    assert {one["reason"] for one in house.entries("session.refused")} == {"directory_unreachable"}
    house.sign_in(people[0])


def test_the_log_holds_no_name_of_a_provider_in_clear(house: House) -> None:
    connected(house)
    assert all(MINJI.subject not in str(one.get("detail", {})) for one in house.entries())
