"""Mail goes out encrypted, once, to whom it concerns, and says nothing that must not leave the zone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.search import Query, search
from egress_review import tables
from egress_review.model import Choice
from hub_config.cli import GROUPS, Context, parser
from hub_config.errors import SettingsError
from hub_config.mail_settings import MailSettings
from hub_config.mailing import AT_ONCE, GIVE_UP, MailFailed, connected, counts, deliver, wait_after
from hub_config.settings import parse_settings
from tests.databases import copy_home
from tests.integration.audit.audit_receiver import Authority, new_authority
from tests.integration.house.house_people import HERE
from tests.integration.mail.mail_world import (
    CONTEXT,
    PASSWORD,
    TITLE,
    MailWorld,
    make_mail_zone,
    open_mail_world,
    serving,
)

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def first(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("first") / "zone"
    make_mail_zone(home)
    return home


@pytest.fixture
def world(first: Path, usual_database: None, tmp_path: Path, authority: Authority) -> Iterator[MailWorld]:
    copy_home(first, tmp_path / "zone")
    made = open_mail_world(tmp_path / "zone", authority)
    yield made
    made.zone.db.close()


@pytest.fixture
def served(world: MailWorld) -> Iterator[MailWorld]:
    with serving(world.authority, world.inbox, world.port):
        yield world


def later(**length: float) -> datetime:
    return datetime.now(UTC) + timedelta(**length)


def actions(world: MailWorld) -> list[str]:
    world.zone.log.settle()
    with world.zone.db.read() as tx:
        return [str(entry.body["action"]) for entry in search(tx, Query(newest_first=False, limit=1000))]


def set_mail(world: MailWorld, **changes: object) -> None:
    settings = world.zone.settings
    world.zone = replace(world.zone, settings=replace(settings, mail=replace(settings.mail, **changes)))  # type: ignore[arg-type]


def test_people_are_told_in_their_language_with_reference_state_and_link_and_nothing_else(served: MailWorld) -> None:
    request = served.released()
    assert deliver(served.zone) == 4
    (told,) = served.inbox.to("minji")
    assert f"반출신청 {request.ref}: 반출되었습니다" in told
    assert f"http://zone.ansim.localhost:8600/requests/{request.ref}" in told
    whole = "\n".join(mail.as_string() + str(mail.get_content()) for mail in served.inbox.mails)
    for hidden in (TITLE, CONTEXT, "secret", "Secret", request.files[0].sha256, "celecoxib", "452"):
        assert hidden not in whole
    # Nobody learns from a mail who reviews: each names its own reader alone.
    for mail in served.inbox.mails:
        assert sum(name in mail.as_string() for name in ("minji", "hana", "duri", "sena")) == 1
        assert mail["Auto-Submitted"] == "auto-generated"
    assert deliver(served.zone) == 0
    assert counts(served.zone) == {"waiting": 0, "sent": 4, "given_up": 0}


def test_no_vote_of_a_blind_phase_puts_a_mail_into_the_outbox(served: MailWorld) -> None:
    request = served.in_review()
    deliver(served.zone)
    assert {str(mail["To"]) for mail in served.inbox.mails} == {"hana@x.org", "duri@x.org", "sena@x.org"}
    served.vote("hana", request, Choice.CHANGES)
    assert counts(served.zone)["waiting"] == 0
    served.vote("duri", request)
    assert deliver(served.zone) == 2
    assert "의견 조정" in served.inbox.to("hana")[-1]
    assert served.inbox.to("minji") == []


def test_what_waits_while_the_server_is_away_goes_when_it_is_back_and_goes_once(world: MailWorld) -> None:
    world.in_review()
    assert deliver(world.zone) == 0
    assert counts(world.zone)["waiting"] == 3
    with serving(world.authority, world.inbox, world.port):
        assert deliver(world.zone) == 0, "not before its time"
        assert deliver(world.zone, later(minutes=2)) == 3
        assert deliver(world.zone, later(days=3)) == 0
    assert len(world.inbox.mails) == len({mail["Message-ID"] for mail in world.inbox.mails}) == 3


def test_a_mail_that_one_process_has_claimed_is_not_due_for_another(served: MailWorld) -> None:
    served.in_review()
    now = datetime.now(UTC)
    from hub_config.mailing import _due

    assert len(_due(served.zone, now)) == 3
    assert deliver(served.zone, now) == 0
    assert deliver(served.zone, now + HOUR) == 3


def test_a_crash_after_the_server_took_a_mail_sends_it_under_the_same_id(served: MailWorld) -> None:
    served.in_review()
    deliver(served.zone)
    table = tables.mail
    with served.zone.db.begin() as tx:
        tx.execute(table.update().values(ended=None, ended_at=None, due_at=datetime.now(UTC)))
    deliver(served.zone, later(minutes=5))
    ids = [mail["Message-ID"] for mail in served.inbox.mails]
    assert len(ids) == 6
    assert len(set(ids)) == 3


def test_an_address_that_is_refused_for_good_is_given_up_and_recorded(served: MailWorld) -> None:
    served.inbox.answers = {"hana@x.org": "550 no such user", "duri@x.org": "451 later"}
    served.in_review()
    assert deliver(served.zone) == 1
    assert counts(served.zone) == {"waiting": 1, "sent": 1, "given_up": 1}
    assert actions(served).count("mail.undelivered") == 1
    served.inbox.answers = {}
    assert deliver(served.zone, later(minutes=5)) == 1


def test_a_server_that_stays_away_is_given_up_after_days_and_recorded(world: MailWorld) -> None:
    world.in_review()
    assert deliver(world.zone, datetime.now(UTC) + GIVE_UP + HOUR) == 0
    assert counts(world.zone) == {"waiting": 0, "sent": 0, "given_up": 3}
    assert actions(world).count("mail.undelivered") == 3
    assert wait_after(1) < wait_after(4) < wait_after(40) == wait_after(41)


def test_nothing_is_sent_to_a_server_that_another_could_play(served: MailWorld, tmp_path: Path) -> None:
    served.in_review()
    stranger = new_authority(tmp_path / "stranger")
    set_mail(served, certificates=str(stranger.file))
    assert deliver(served.zone) == 0
    with (
        pytest.raises(MailFailed, match="certificate") as refused,
        connected(served.zone.settings.mail, served.zone.home),
    ):
        pass
    assert PASSWORD not in str(refused.value)
    assert served.inbox.mails == []


def test_a_wrong_password_or_one_that_others_can_read_sends_nothing(served: MailWorld) -> None:
    served.in_review()
    file = served.zone.home / "mail.password"
    file.write_text("wrong", encoding="utf-8")
    assert deliver(served.zone) == 0
    file.chmod(0o644)
    with (
        pytest.raises(MailFailed, match="can be read by others"),
        connected(served.zone.settings.mail, served.zone.home),
    ):
        pass
    assert counts(served.zone)["waiting"] == 3
    file.write_text(PASSWORD, encoding="utf-8")
    file.chmod(0o600)
    assert deliver(served.zone, later(hours=1)) == 3


def test_who_does_not_want_mail_gets_none_but_of_their_duties(served: MailWorld) -> None:
    desk, registry = served.zone.desk, served.zone.registry
    for handle in ("minji", "hana", "duri"):
        desk.choose_mail(registry.person(handle).ref, wanted=False)
    request = served.released()
    assert deliver(served.zone) == 1
    desk.collect(registry.person("minji"), request.ref, source=HERE)
    desk.revoke(registry.person("sena"), request.ref, "a secret mistake", request.confirm_code, source=HERE)
    assert deliver(served.zone) == 1
    (told,) = served.inbox.to("minji")
    assert "반출이 취소되었습니다" in told
    assert "끌 수 없습니다" in told
    desk.choose_mail(registry.person("minji").ref, wanted=True)
    assert desk.wants_mail(registry.person("minji").ref)


def test_without_a_server_nothing_waits_to_be_told_late(world: MailWorld) -> None:
    world.in_review()
    set_mail(world, host="")
    assert deliver(world.zone) == 0
    with world.zone.db.read() as tx:
        assert {row.ended for row in tx.execute(select(tables.mail))} == {"off"}
    deliver(world.zone, later(days=40))
    with world.zone.db.read() as tx:
        assert tx.execute(select(tables.mail)).all() == []


def test_more_than_one_bunch_is_sent_in_turns(served: MailWorld) -> None:
    request = served.in_review()
    table = tables.mail
    person = served.zone.registry.person("hana").ref
    now = datetime.now(UTC)
    rows = [
        {
            "once": f"n{number}",
            "person_ref": person,
            "kind": "due",
            "request_ref": request.ref,
            "made_at": now,
            "due_at": now,
        }
        for number in range(AT_ONCE)
    ]
    with served.zone.db.begin() as tx:
        tx.execute(table.insert(), rows)
    assert (deliver(served.zone), deliver(served.zone), deliver(served.zone)) == (AT_ONCE, 3, 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("sender: nobody", "mail.sender"),
        ("sender: z@x.org, security: none", "on this machine"),
        ("sender: z@x.org, user: z", "set together"),
        ("sender: z@x.org, port: 70000", "mail.port"),
        ("sender: z@x.org, security: ssl", "starttls"),
    ],
)
def test_settings_that_cannot_be_meant_or_are_not_safe_are_refused(changes: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_settings(f"mail: {{host: mail.x.org, {changes}}}\n", home=tmp_path)


def test_without_a_host_mail_is_off() -> None:
    assert not MailSettings().on
    assert MailSettings(sender="?").problem() is None


def test_the_command_sends_one_mail_at_once_and_says_how_it_stands(
    served: MailWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(line: str) -> int:
        options = parser(GROUPS).parse_args(line.split())
        code: int = options.func(options, Context(home=served.zone.home, json="--json" in line, _zone=served.zone))
        return code

    assert run("mail test minji --json") == 0
    assert json.loads(capsys.readouterr().out) == {"sent_to": "minji"}
    assert len(served.inbox.to("minji")) == 1
    served.in_review()
    run("mail status --json")
    assert json.loads(capsys.readouterr().out)["waiting"] == 3
    served.inbox.answers = {"minji@x.org": "550 no such user"}
    with pytest.raises(MailFailed, match="does not take the mail"):
        run("mail test minji")
    set_mail(served, host="")
    with pytest.raises(MailFailed, match="no e-mail"):
        run("mail test minji")
