"""The emergency account: it works when nothing else does, never quietly, and not for long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from audit.break_glass_log import open_glass, take_in
from audit.errors import LogFull
from audit.event import Actor, Event, Object, Source, Subjects
from audit.refs import new_event_id
from audit.space import Space, Thresholds
from registry import tables, totp
from registry.desk import CLI, as_actor
from registry.emergency import OPEN_FOR, Envelope
from registry.errors import Conflict, Denied, SignInRefused
from registry.identities import Vouched
from registry.model import Person, Role
from registry.throttle import HANDLE, SOURCE
from tests.databases import accept_entries, refuse_entries
from tests.integration.registry.registry_house import HOME, NOTICE, Account, House


def seal(house: House, **changes: Any) -> Envelope:
    return house.registry.seal_emergency(**{"by": CLI, "source": HOME, **changes})


def use(house: House, envelope: Envelope) -> Person:
    house.clock.pass_by(seconds=31)
    code = totp.code_at(envelope.totp_secret, house.clock())
    return house.registry.sign_in(envelope.handle, envelope.password, code, source=HOME)


def test_the_envelope_opens_the_account_and_everybody_who_must_know_is_told(each_house: House) -> None:
    house = each_house
    officer, researcher = house.join("jiwoo", Role.COMPLIANCE_OFFICER), house.join("minji")
    person = use(house, seal(house))
    assert person.roles == {Role.OPERATOR}
    assert [one["action"] for one in house.entries()[-2:]] == ["session.emergency_used", "session.signed_in"]
    assert "emergency_used" in {one.code for one in house.registry.messages(officer.person.ref)}
    assert house.registry.messages(researcher.person.ref) == []


def test_whoever_opens_the_log_in_an_emergency_is_told_of_once_to_everybody_who_must_know(each_house: House) -> None:
    house = each_house
    officer, researcher = house.join("jiwoo", Role.COMPLIANCE_OFFICER), house.join("minji")

    def told() -> int:
        house.registry.tell_of_broken_glass()
        assert house.registry.messages(researcher.person.ref) == []
        return sum(one.code.startswith("glass_broken") for one in house.registry.messages(officer.person.ref))

    assert told() == 0
    for times in (1, 2):
        house.log.record(opening())
        assert (told(), told()) == (times, times)


def opening() -> Event:
    return Event("log.break_glass", Actor.service("cli"), Object("log", "audit"), Subjects.none(), Source(None))


def told_of_glass(house: House, account: Account) -> int:
    take_in(house.log)
    house.log.settle()
    house.registry.tell_of_broken_glass()
    return sum(one.code.startswith("glass_broken") for one in house.registry.messages(account.person.ref))


def fill_disk(house: House) -> None:
    house.log.directory.mkdir(exist_ok=True)
    house.log.space = Space(house.log.directory, Thresholds(exhausted_bytes=2**60, reserve_bytes=0))


def test_of_each_opening_on_a_full_disk_they_are_told_once_though_something_was_read(house: House) -> None:
    officer = house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    fill_disk(house)
    open_glass(house.log, opening(), 60)
    assert told_of_glass(house, officer) == 1
    house.log.glass.keep([replace(opening(), action="log.searched", id=new_event_id())])
    open_glass(house.log, opening(), 60)
    assert (told_of_glass(house, officer), told_of_glass(house, officer)) == (2, 2)
    assert house.log.glass.kept() == []


def test_of_an_opening_that_the_log_does_not_take_they_are_told_once_too(house: House) -> None:
    officer = house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    house.log.settle()
    with house.db.begin() as tx:
        refuse_entries(tx)
    open_glass(house.log, opening(), 60)
    assert (told_of_glass(house, officer), told_of_glass(house, officer)) == (1, 1)
    with house.db.begin() as tx:
        accept_entries(tx)
    assert told_of_glass(house, officer) == 1
    assert house.log.glass.kept() == []
    assert len(house.entries("log.break_glass")) == 1


def test_on_a_full_disk_the_envelope_lets_in_whoever_must_end_things_and_nobody_else_comes_in(house: House) -> None:
    envelope, researcher = seal(house), house.join("minji")
    house.project()
    fill_disk(house)
    with pytest.raises(LogFull):
        house.sign_in(researcher)
    person = use(house, envelope)
    assert [one["action"] for one in house.entries()[-2:]] == ["session.emergency_used", "session.signed_in"]
    with pytest.raises(LogFull):
        house.registry.grant_role("minji", Role.OPERATOR, by=as_actor(person), source=HOME)
    house.registry.accept_notice(person, NOTICE, source=HOME)
    house.registry.freeze_project("gibleed", "a leak is suspected", by=as_actor(person), source=HOME)
    house.registry.suspend("minji", by=as_actor(person), source=HOME)


def test_each_use_is_recorded_as_one_and_the_first_is_marked(house: House) -> None:
    envelope = seal(house)
    use(house, envelope)
    use(house, envelope)
    assert [one["detail"] for one in house.entries("session.emergency_used")] == [{"first": True}, {"first": False}]


def test_it_is_shut_after_a_shift_until_it_is_sealed_anew(house: House) -> None:
    old = seal(house)
    use(house, old)
    house.clock.now += OPEN_FOR - timedelta(minutes=1)
    use(house, old)
    house.clock.now += timedelta(minutes=1)
    with pytest.raises(SignInRefused):
        use(house, old)
    assert house.last()["reason"] == "emergency_over"
    new = seal(house)
    house.clock.now += timedelta(minutes=16)
    with pytest.raises(SignInRefused):
        use(house, old)
    assert use(house, new).handle == "emergency"


def test_sealing_ends_the_sessions_of_who_opened_it(house: House) -> None:
    use(house, seal(house))
    house.clock.pass_by(minutes=5)
    seal(house)
    assert house.registry.person("emergency").sessions_from == house.clock()


def test_nobodys_account_becomes_the_emergency_account(house: House) -> None:
    house.join("minji")
    with pytest.raises(Conflict):
        seal(house, handle="minji")
    seal(house)
    with pytest.raises(Conflict):
        seal(house, handle="another")


def test_a_provider_opens_no_envelope(house: House) -> None:
    """An identity would be a second way into the account: without the code, and past the message to everybody."""
    seal(house)
    officer: dict[str, Any] = {"by": house.join("jiwoo", Role.COMPLIANCE_OFFICER).actor, "source": HOME}
    known = ("https://idp.hospital.example", "of-the-operator")
    with pytest.raises(Denied):
        house.registry.request_identity("emergency", *known, by=CLI, source=HOME)
    with house.db.begin() as tx:  # as an earlier version let it be
        ref, now = house.registry.person("emergency").ref, house.clock()
        row = {"authority": known[0], "subject": known[1], "person_ref": ref, "asked_by": "cli", "asked_at": now}
        tx.execute(insert(tables.identity).values(**row))
    with pytest.raises(Denied):
        house.registry.confirm_identity("emergency", *known, **officer)
    with house.db.begin() as tx:
        tx.execute(update(tables.identity).values(given_at=now))
    with pytest.raises(SignInRefused):
        house.registry.sign_in_vouched(Vouched(*known), source=HOME)
    assert house.last()["reason"] == "emergency_account"
    seal(house)
    assert house.registry.identities("emergency") == []
    assert house.entries("person.identity_removed")[0]["reason"] == "emergency_account"


def test_who_fails_at_its_name_does_not_lock_the_envelope_out(house: House) -> None:
    envelope = seal(house)
    for _ in range(3 * HANDLE.failures):
        with pytest.raises(SignInRefused):
            house.registry.sign_in("emergency", "not what is in it", "000000", source=Source("198.51.100.9"))
    assert len(house.entries("session.refused")) == 3 * HANDLE.failures
    assert use(house, envelope).handle == "emergency"


def test_people_who_fail_behind_the_same_address_do_not_lock_the_envelope_out(house: House) -> None:
    envelope = seal(house)
    for _ in range(2 * SOURCE.failures):
        with pytest.raises(SignInRefused):
            house.registry.sign_in("nobody", "a password after a step of the clock", "000000", source=HOME)
    assert house.last()["action"] == "session.throttled"
    assert use(house, envelope).handle == "emergency"


def test_its_address_is_still_shut_after_many_failures(house: House) -> None:
    envelope = seal(house)
    for _ in range(SOURCE.failures):
        with pytest.raises(SignInRefused):
            house.registry.sign_in("emergency", "not what is in it", "000000", source=HOME)
    with pytest.raises(SignInRefused):
        use(house, envelope)
    assert house.last()["action"] == "session.throttled"


@pytest.mark.parametrize("end", ["suspend", "close"])
def test_the_envelope_is_not_the_operator_whom_the_zone_must_keep(house: House, end: str) -> None:
    house.join("taeyang", Role.OPERATOR)
    seal(house)
    with pytest.raises(Conflict):
        getattr(house.registry, end)("taeyang", by=CLI, source=HOME)
    with pytest.raises(Conflict):
        house.registry.revoke_role("taeyang", Role.OPERATOR, by=CLI, source=HOME)
    house.join("sora", Role.OPERATOR)
    getattr(house.registry, end)("taeyang", by=CLI, source=HOME)


def test_the_last_of_all_operators_stays_even_if_it_is_the_envelope(house: House) -> None:
    seal(house)
    with pytest.raises(Conflict):
        house.registry.close("emergency", by=CLI, source=HOME)
    house.join("taeyang", Role.OPERATOR)
    house.registry.close("emergency", by=CLI, source=HOME)


def test_a_zone_that_has_the_envelope_alone_still_invites_its_first_operator(house: House) -> None:
    seal(house)
    token = house.registry.one_time_link_for_first_operator()
    assert house.registry.invitation(token).handle == "operator"


def test_only_an_operator_seals_it(house: House) -> None:
    with pytest.raises(Denied):
        seal(house, by=house.join("minji", Role.CHECKER).actor)
    assert house.registry.emergency_account() is None


def test_what_is_in_the_envelope_is_nowhere_else(house: House) -> None:
    envelope = seal(house)
    assert len(envelope.password.replace("-", "")) == 30
    everything = str(house.entries())
    assert envelope.password not in everything
    assert envelope.totp_secret not in everything
