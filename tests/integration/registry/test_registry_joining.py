"""How people come in, what they may become, and how they leave."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from audit.event import Actor, Source
from registry import tables, totp
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid, NotFound, SignInRefused
from registry.model import PersonStatus, Role
from registry.notice import NOTICES
from tests.integration.registry.registry_house import HOME, NOTICE, PASSWORD, House


def invite(house: House, handle: str, *roles: Role) -> str:
    return house.registry.invite(handle, "김", "k@x.org", roles, "ko", by=CLI, source=HOME)


def test_an_invited_person_joins_with_password_and_second_factor(house: House) -> None:
    account = house.join("minji")
    assert account.person.status is PersonStatus.ACTIVE
    assert house.sign_in(account).ref == account.person.ref
    assert [body["action"] for body in house.entries("person.")] == [
        "person.invited",
        "person.joined",
        "person.notice_accepted",
    ]


def test_a_link_works_once_and_for_a_week(house: House) -> None:
    token = invite(house, "minji")
    assert house.registry.invitation(token).handle == "minji"
    house.clock.pass_by(days=7)
    with pytest.raises(NotFound):
        house.registry.invitation(token)
    again = house.registry.reinvite("minji", by=CLI, source=HOME)
    secret = totp.new_secret()
    house.registry.accept_invitation(again, PASSWORD, secret, totp.code_at(secret, house.clock()), source=HOME)
    for used in (token, again, "", "nonsense"):
        with pytest.raises(NotFound):
            house.registry.accept_invitation(used, PASSWORD, secret, totp.code_at(secret, house.clock()), source=HOME)


def test_a_second_invitation_ends_the_first(house: House) -> None:
    first = invite(house, "minji")
    house.registry.reinvite("minji", by=CLI, source=HOME)
    with pytest.raises(NotFound):
        house.registry.invitation(first)


def test_the_database_does_not_hold_the_token(house: House) -> None:
    token = invite(house, "minji")
    with house.db.read() as tx:
        stored = str(tx.execute(tables.link.select()).all())
    assert token not in stored


@pytest.mark.parametrize(("password", "code"), [("short", None), (PASSWORD, "000000"), ("minjiminjiminji", None)])
def test_a_failed_join_leaves_the_link_usable(house: House, password: str, code: str | None) -> None:
    token = invite(house, "minji")
    secret = totp.new_secret()
    right = totp.code_at(secret, house.clock())
    with pytest.raises(Invalid):
        house.registry.accept_invitation(token, password, secret, code or right, source=HOME)
    house.registry.accept_invitation(token, PASSWORD, secret, right, source=HOME)


def test_the_code_shown_at_joining_is_used_up(house: House) -> None:
    account = house.join("minji")
    with pytest.raises(SignInRefused):
        house.registry.sign_in("minji", PASSWORD, totp.code_at(account.secret, house.clock()), source=HOME)


def test_a_handle_is_taken_for_good(house: House) -> None:
    house.join("minji")
    house.registry.close("minji", by=CLI, source=HOME)
    with pytest.raises(Conflict):
        invite(house, "minji")


def test_an_invitation_with_roles_that_may_not_meet_is_refused_and_recorded(house: House) -> None:
    with pytest.raises(Denied):
        invite(house, "minji", Role.OPERATOR, Role.CHECKER)
    assert house.registry.people() == []
    assert (house.last()["outcome"], house.last()["reason"]) == ("denied", "incompatible_roles")


def test_the_first_operator_joins_by_a_link_until_there_is_one(house: House) -> None:
    first = house.registry.one_time_link_for_first_operator()
    second = house.registry.one_time_link_for_first_operator()
    with pytest.raises(NotFound):
        house.registry.invitation(first)
    secret = totp.new_secret()
    operator = house.registry.accept_invitation(
        second, PASSWORD, secret, totp.code_at(secret, house.clock()), source=HOME
    )
    assert operator.has(Role.OPERATOR)
    with pytest.raises(Conflict):
        house.registry.one_time_link_for_first_operator()


def test_nothing_changes_when_the_event_cannot_be_written(house: House) -> None:
    """An invitation by an actor that the log refuses leaves no person behind."""
    with pytest.raises(Exception, match="actor"):
        house.registry.invite(
            "minji", "김", "k@x.org", [], "ko", by=Actor("cli", "service", ("not a code!",)), source=HOME
        )
    assert house.registry.people() == []


def test_the_notice_is_accepted_in_its_current_version_only(house: House) -> None:
    account = house.join("minji", notice=False)
    with pytest.raises(Conflict):
        house.registry.accept_notice(account.person, "2025-9", source=HOME)
    person = house.registry.accept_notice(account.person, NOTICE, source=HOME)
    assert person.notice_version == NOTICE
    assert house.last()["detail"] == {"version": NOTICE, "language": "ko", "sha256": NOTICES[NOTICE].digest}


def test_who_accepts_the_same_notice_again_and_again_fills_no_log(house: House) -> None:
    account = house.join("minji", notice=False)
    with ThreadPoolExecutor(4) as browsers:
        again = browsers.map(lambda _: house.registry.accept_notice(account.person, NOTICE, source=HOME), range(8))
        assert {person.notice_version for person in again} == {NOTICE}
    assert [body["action"] for body in house.entries("person.notice_accepted")] == ["person.notice_accepted"]


def test_a_suspended_person_accepts_nothing(house: House) -> None:
    account = house.join("minji", notice=False)
    house.registry.suspend("minji", by=CLI, source=HOME)
    with pytest.raises(Denied):
        house.registry.accept_notice(account.person, NOTICE, source=HOME)


def test_roles_come_and_go(house: House) -> None:
    house.join("junho")
    operator = house.join("taeyang", Role.OPERATOR)
    assert house.registry.grant_role("junho", Role.CHECKER, by=operator.actor, source=HOME).has(Role.CHECKER)
    assert house.last()["actor"]["roles"] == ["operator"]
    with pytest.raises(Conflict):
        house.registry.grant_role("junho", Role.CHECKER, by=operator.actor, source=HOME)
    assert not house.registry.revoke_role("junho", Role.CHECKER, by=operator.actor, source=HOME).roles
    with pytest.raises(Conflict):
        house.registry.revoke_role("junho", Role.CHECKER, by=operator.actor, source=HOME)


def test_a_role_is_refused_beside_one_held_in_a_project(house: House) -> None:
    house.at_work()
    with pytest.raises(Denied) as refusal:
        house.registry.grant_role("minji", Role.OPERATOR, by=CLI, source=HOME)
    assert refusal.value.code == "incompatible_roles"


def test_who_claims_a_role_in_the_call_does_not_have_it(house: House) -> None:
    account = house.join("minji")
    liar = Actor.person(account.person.ref, ["operator"])
    with pytest.raises(Denied) as refusal:
        house.registry.invite("junho", "이", "j@x.org", [], "ko", by=liar, source=HOME)
    assert refusal.value.code == "no_authority"
    last = house.last()
    assert last["outcome"] == "denied"
    assert "roles" not in last["actor"]


def test_a_suspended_operator_changes_nothing(house: House) -> None:
    house.join("first", Role.OPERATOR)
    second = house.join("second", Role.OPERATOR)
    house.registry.suspend("second", by=house.accounts["first"].actor, source=HOME)
    with pytest.raises(Denied):
        house.registry.suspend("first", by=second.actor, source=HOME)


@pytest.mark.parametrize("service", ["portal", "hub", "gate", "worker", "stranger"])
def test_a_process_of_the_zone_invites_nobody(house: House, service: str) -> None:
    with pytest.raises(Denied):
        house.registry.invite("minji", "김", "k@x.org", [], "ko", by=Actor.service(service), source=HOME)


def test_nobody_changes_their_own_roles_or_account(house: House) -> None:
    house.join("other", Role.OPERATOR)
    operator = house.join("taeyang", Role.OPERATOR)
    attempts: list[Callable[[], object]] = [
        lambda: house.registry.grant_role("taeyang", Role.DEID_OPERATOR, by=operator.actor, source=HOME),
        lambda: house.registry.revoke_role("taeyang", Role.OPERATOR, by=operator.actor, source=HOME),
        lambda: house.registry.close("taeyang", by=operator.actor, source=HOME),
    ]
    for attempt in attempts:
        with pytest.raises(Denied) as refusal:
            attempt()
        assert refusal.value.code == "own_account"


def test_the_zone_keeps_its_last_operator(house: House) -> None:
    house.join("taeyang", Role.OPERATOR)
    for attempt in (house.registry.suspend, house.registry.close):
        with pytest.raises(Conflict) as refusal:
            attempt("taeyang", by=CLI, source=HOME)
        assert refusal.value.code == "last_operator"
    with pytest.raises(Conflict):
        house.registry.revoke_role("taeyang", Role.OPERATOR, by=CLI, source=HOME)


def test_a_suspended_person_comes_back_and_a_closed_one_does_not(house: House) -> None:
    account = house.join("minji")
    house.registry.suspend("minji", by=CLI, source=HOME)
    with pytest.raises(SignInRefused):
        house.sign_in(account)
    house.registry.reinstate("minji", by=CLI, source=HOME)
    house.sign_in(account)
    house.registry.close("minji", by=CLI, source=HOME)
    with pytest.raises(SignInRefused):
        house.sign_in(account)
    with pytest.raises(Conflict):
        house.registry.reinstate("minji", by=CLI, source=HOME)
    with house.db.read() as tx:
        row = tx.execute(tables.person.select()).one()
    assert (row.password_hash, row.totp_secret) == (None, None)


def test_closing_an_invited_person_ends_the_link(house: House) -> None:
    token = invite(house, "minji")
    house.registry.close("minji", by=CLI, source=HOME)
    with pytest.raises(NotFound):
        house.registry.invitation(token)


def test_messages_are_read_one_by_one_or_all_at_once(house: House) -> None:
    account = house.join("minji")
    for _ in range(2):
        house.registry.change_password(
            account.person, account.password, "another long password", house.code(account), source=HOME
        )
        house.registry.change_password(
            account.person, "another long password", account.password, house.code(account), source=HOME
        )
    ref = account.person.ref
    newest, *others = house.registry.messages(ref)
    assert newest.at == house.clock()
    house.registry.mark_read(ref, [newest.ref])
    assert [one.read_at is None for one in house.registry.messages(ref)] == [False] + [True] * len(others)
    house.registry.mark_read("p_aaaaaaaaaaaaaaaa")
    house.clock.pass_by(days=1)
    house.registry.mark_read(ref)
    read = house.registry.messages(ref)
    assert all(one.read_at is not None for one in read)
    assert read[0].read_at == house.clock() - timedelta(days=1)


def test_an_unknown_person_is_not_found(house: House) -> None:
    looks: list[Callable[[], object]] = [
        lambda: house.registry.person("nobody"),
        lambda: house.registry.person_by_ref("p_aaaaaaaaaaaaaaaa"),
        lambda: house.registry.suspend("nobody", by=CLI, source=Source(None)),
    ]
    for look in looks:
        with pytest.raises(NotFound):
            look()
