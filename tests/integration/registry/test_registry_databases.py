"""The same promises on SQLite and PostgreSQL, also when several people act at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from registry import totp
from registry.access import FIRST_UID
from registry.desk import CLI
from registry.errors import Conflict, Denied, RegistryError, SignInRefused
from registry.model import Role
from registry.throttle import HANDLE
from tests.integration.registry.registry_house import DAY, HOME, PASSWORD, House


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned or raised, all begun together."""
    results: list[object] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_from_invitation_to_work_to_the_end(each_house: House) -> None:
    house = each_house
    account = house.at_work()
    assert house.sign_in(account).ref == account.person.ref
    permit = house.registry.may_work("minji", "gibleed")
    assert house.registry.running_allowed(account.person.ref, "gibleed") == permit
    assert len(house.registry.ending_soon(permit.ends_at - DAY / 2)) == 1
    house.clock.now = permit.ends_at
    with pytest.raises(Denied):
        house.registry.may_work("minji", "gibleed")
    assert house.registry.messages(account.person.ref)[0].code == "ends_in_a_day"


def test_a_code_opens_the_door_once(each_house: House) -> None:
    account = each_house.join("minji")
    code = each_house.code(account)
    acts = [lambda: each_house.registry.sign_in("minji", PASSWORD, code, source=HOME)] * 4
    results = at_once(*acts)
    assert sum(isinstance(result, SignInRefused) for result in results) == 3, results


def test_guessing_in_parallel_gains_no_further_guess(each_house: House) -> None:
    each_house.join("minji")
    acts = [lambda: each_house.registry.sign_in("minji", "wrong password!", "000000", source=HOME)] * 12
    results = at_once(*acts)
    assert all(isinstance(result, SignInRefused) for result in results), results
    assert len(each_house.entries("session.refused")) == HANDLE.failures


def test_every_workspace_gets_its_own_number(each_house: House) -> None:
    refs = [each_house.join(f"person-{number}", notice=False).person.ref for number in range(6)]
    each_house.project()

    def make(ref: str) -> Callable[[], object]:
        return lambda: each_house.registry.workspace(ref, "gibleed")

    results = at_once(*[make(ref) for ref in refs], make(refs[0]))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(one.uid for one in each_house.registry.workspaces()) == [FIRST_UID + n for n in range(6)]


def test_roles_that_may_not_meet_do_not_meet_by_haste(each_house: House) -> None:
    each_house.join("minji")
    each_house.project()
    results = at_once(
        lambda: each_house.registry.grant_role("minji", Role.OPERATOR, by=CLI, source=HOME),
        lambda: each_house.registry.grant_role("minji", Role.CHECKER, by=CLI, source=HOME),
        lambda: each_house.member("minji"),
    )
    person = each_house.registry.person("minji")
    if Role.OPERATOR in person.roles:
        assert person.roles == {Role.OPERATOR}
        assert each_house.registry.members("gibleed") == []
    assert all(
        result is None or not isinstance(result, Exception) or isinstance(result, RegistryError) for result in results
    ), results


def test_an_approver_does_not_become_a_member_by_haste(each_house: House) -> None:
    house = each_house
    controller = house.join("sunhee", Role.DATA_CONTROLLER)
    house.project()
    house.dataset()
    results = at_once(lambda: house.grant(controller), lambda: house.member("sunhee"))
    assert sum(isinstance(result, Denied) for result in results) == 1, results


def test_two_link_uses_at_once_join_one_person(each_house: House) -> None:
    house = each_house
    token = house.registry.invite("minji", "김", "k@x.org", [], "ko", by=CLI, source=HOME)
    secret = totp.new_secret()
    code = totp.code_at(secret, house.clock())
    acts = [lambda: house.registry.accept_invitation(token, PASSWORD, secret, code, source=HOME)] * 3
    results = at_once(*acts)
    assert sum(isinstance(result, RegistryError) for result in results) == 2, results
    assert len(house.entries("person.joined")) == 1


def test_a_name_is_given_once(each_house: House) -> None:
    house = each_house

    def invite() -> str:
        return house.registry.invite("minji", "김", "k@x.org", [], "ko", by=CLI, source=HOME)

    results = at_once(invite, invite, invite)
    assert sum(isinstance(result, Conflict) for result in results) == 2, results
    assert len(house.registry.people()) == 1
