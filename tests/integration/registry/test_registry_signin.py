"""The door: one text for every refusal, every refusal recorded, guessing does not pay."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable

import pytest

from audit.event import Source
from registry import tables, totp
from registry.desk import CLI
from registry.errors import Invalid, SignInRefused
from registry.throttle import HANDLE, SOURCE
from tests.integration.registry.registry_house import HOME, PASSWORD, Account, House

NEW_PASSWORD = "another long password"


def refused(house: House, attempt: Callable[[], object]) -> tuple[str, str]:
    """The action and reason with which an attempt was refused."""
    with pytest.raises(SignInRefused):
        attempt()
    last = house.last()
    assert last["outcome"] == "denied"
    return last["action"], last["reason"]


def test_the_right_password_and_code_open_the_door_and_are_recorded(house: House) -> None:
    account = house.join("minji")
    person = house.sign_in(account)
    assert person == account.person
    last = house.last()
    assert last["action"] == "session.signed_in"
    assert last["actor"]["ref"] == last["object"]["ref"] == person.ref
    assert "source.ip" in last["c"]


@pytest.mark.parametrize("typed", ["minji", " minji ", "Minji"])
def test_a_user_name_may_be_typed_with_capitals_and_spaces(house: House, typed: str) -> None:
    house.sign_in(house.join("minji"), handle=typed)


def test_every_cause_gives_the_same_text_and_its_own_record(house: House) -> None:
    account = house.join("minji")
    house.registry.invite("junho", "이", "j@x.org", [], "ko", by=CLI, source=HOME)
    suspended = house.join("haneul")
    house.registry.suspend("haneul", by=CLI, source=HOME)
    used = house.code(account)
    house.registry.sign_in("minji", PASSWORD, used, source=HOME)
    causes: list[tuple[str, Callable[[], object]]] = [
        ("unknown_handle", lambda: house.sign_in(account, handle="nobody")),
        ("wrong_password", lambda: house.sign_in(account, password="wrong password!")),
        ("wrong_code", lambda: house.sign_in(account, code="000000")),
        ("wrong_code", lambda: house.registry.sign_in("minji", PASSWORD, used, source=HOME)),
        ("not_active", lambda: house.sign_in(suspended)),
        ("not_active", lambda: house.sign_in(suspended, handle="junho")),
    ]
    texts = set()
    for cause, attempt in causes:
        with pytest.raises(SignInRefused) as refusal:
            attempt()
        texts.add((refusal.value.text("ko"), refusal.value.text("en"), refusal.value.hint, refusal.value.code))
        assert house.last()["reason"] == cause
    assert len(texts) == 1


def test_a_refusal_is_not_recorded_as_an_act_of_the_person(house: House) -> None:
    account = house.join("minji")
    refused(house, lambda: house.sign_in(account, password="wrong password!"))
    last = house.last()
    assert last["actor"]["kind"] == "service"
    assert last["object"]["ref"] == account.person.ref


def test_a_password_typed_as_user_name_is_kept_nowhere(house: House) -> None:
    account = house.join("minji")
    assert refused(house, lambda: house.sign_in(account, handle=PASSWORD))[1] == "unknown_handle"
    assert set(house.last()["c"]) == {"source.ip"}
    refused(house, lambda: house.sign_in(account, handle="nobody"))
    assert house.log.unseal(len(house.entries()) - 1)["handle"] == "nobody"


def test_a_code_is_accepted_once_even_by_two_at_the_same_time(house: House) -> None:
    account = house.join("minji")
    code = house.code(account)
    answers: list[bool] = []

    def attempt() -> None:
        try:
            house.registry.sign_in("minji", PASSWORD, code, source=HOME)
            answers.append(True)
        except SignInRefused:
            answers.append(False)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, False, True]


def test_after_five_failures_a_user_name_is_refused_unseen_and_this_is_recorded_once(house: House) -> None:
    account = house.join("minji")
    for _ in range(HANDLE.failures):
        assert refused(house, lambda: house.sign_in(account, password="wrong password!")) == (
            "session.refused",
            "wrong_password",
        )
    assert refused(house, lambda: house.sign_in(account)) == ("session.throttled", "throttled_by_handle")
    size = len(house.entries())
    for _ in range(3):
        with pytest.raises(SignInRefused):
            house.sign_in(account)
    assert len(house.entries()) == size
    house.clock.pass_by(minutes=15)
    house.sign_in(account)


def test_an_unknown_user_name_is_throttled_just_the_same(house: House) -> None:
    account = house.join("minji")
    for _ in range(HANDLE.failures):
        refused(house, lambda: house.sign_in(account, handle="nobody"))
    assert refused(house, lambda: house.sign_in(account, handle="nobody"))[0] == "session.throttled"


def test_a_success_forgets_the_failures_of_the_user_name(house: House) -> None:
    account = house.join("minji")
    for _ in range(3):
        for _ in range(HANDLE.failures - 1):
            refused(house, lambda: house.sign_in(account, password="wrong password!", source=Source(None)))
        house.clock.pass_by(minutes=4)
        house.sign_in(account)


def test_after_twenty_failures_an_address_is_refused_and_others_are_not(house: House) -> None:
    account = house.join("minji")
    for number in range(SOURCE.failures):
        with pytest.raises(SignInRefused):
            house.sign_in(account, handle=f"guess-{number}")
    assert refused(house, lambda: house.sign_in(account)) == ("session.throttled", "throttled_by_source")
    house.sign_in(account, source=Source("198.51.100.1"))


def test_guesses_at_the_same_time_are_counted_before_they_are_looked_at(house: House) -> None:
    account = house.join("minji")
    code = house.code(account)

    def guess(number: int) -> None:
        with pytest.raises(SignInRefused):
            house.registry.sign_in("minji", f"wrong password {number}", code, source=HOME)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(house.entries("session.refused")) == HANDLE.failures


def test_twenty_people_behind_one_address_come_in_together(house: House) -> None:
    accounts = [house.join(f"person-{number:02}", notice=False) for number in range(20)]
    house.clock.pass_by(seconds=31)
    came_in: list[str] = []

    def come(account: Account) -> None:
        code = totp.code_at(account.secret, house.clock())
        came_in.append(house.registry.sign_in(account.person.handle, PASSWORD, code, source=HOME).handle)

    threads = [threading.Thread(target=come, args=(account,)) for account in accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came_in) == [account.person.handle for account in accounts]


def test_old_counts_are_forgotten_and_never_name_anybody(house: House) -> None:
    account = house.join("minji")
    refused(house, lambda: house.sign_in(account, handle="nobody"))
    with house.db.read() as tx:
        assert "nobody" not in str(tx.execute(tables.attempts.select()).all())
    house.clock.pass_by(hours=1)
    house.sign_in(account)
    with house.db.read() as tx:
        assert len(tx.execute(tables.attempts.select()).all()) == 2  # of this sign-in alone: name and address


def test_the_second_factor_is_unreadable_in_the_database(house: House) -> None:
    account = house.join("minji")
    with house.db.read() as tx:
        row = tx.execute(tables.person.select()).one()
    assert account.secret.encode() not in row.totp_secret
    assert row.password_hash.startswith("$argon2id$")
    with pytest.raises(RuntimeError):
        house.reopened(secrets_key=b"\x01" * 32).sign_in("minji", PASSWORD, house.code(account), source=HOME)


def test_a_password_is_changed_with_the_old_one_and_a_code(house: House) -> None:
    account = house.join("minji")
    house.registry.change_password(account.person, PASSWORD, NEW_PASSWORD, house.code(account), source=HOME)
    assert house.last()["action"] == "person.password_changed"
    assert [one.code for one in house.registry.messages(account.person.ref)] == ["password_changed"]
    house.sign_in(account, password=NEW_PASSWORD)
    refused(house, lambda: house.sign_in(account))


def test_a_password_change_with_a_wrong_secret_is_a_refused_entry(house: House) -> None:
    account = house.join("minji")
    for old, code in (("wrong password!", house.code(account)), (PASSWORD, "000000")):
        with pytest.raises(SignInRefused):
            house.registry.change_password(account.person, old, NEW_PASSWORD, code, source=HOME)
        assert house.last()["detail"] == {"purpose": "change_password"}
    house.sign_in(account)


@pytest.mark.parametrize("new", ["short", PASSWORD, "minjiminjiminji"])
def test_a_password_is_not_changed_to_a_weak_one(house: House, new: str) -> None:
    account = house.join("minji")
    with pytest.raises(Invalid):
        house.registry.change_password(account.person, PASSWORD, new, house.code(account), source=HOME)


def test_the_time_of_a_refusal_does_not_tell_who_exists(house: House) -> None:
    """Unknown name, wrong password and wrong code take the same time, within the noise of a busy machine."""
    account = house.join("minji")
    kinds: dict[str, dict[str, str]] = {
        "unknown": {"handle": "nobody", "password": "wrong password!"},
        "wrong_password": {"password": "wrong password!"},
        "wrong_code": {"code": "000000"},
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(12):
        for kind, changes in kinds.items():
            house.clock.pass_by(minutes=16)
            begun = time.perf_counter()
            with pytest.raises(SignInRefused):
                house.sign_in(account, **changes)
            times[kind].append(time.perf_counter() - begun)
    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    assert max(medians.values()) < 2 * min(medians.values()), medians
