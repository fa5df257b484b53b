"""Sending what waits in the outbox: claimed first, so that two processes never send one mail, and tried until it went.

A mail whose sending ended in the dark, because the power failed after the server took it, is sent again under the same
Message-ID, by which servers and programs tell that it is the same: nothing is lost, and nothing is shown twice.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING

from sqlalchemy import Update, delete, func, select, update

from audit.event import Actor, Event, Object, Source, Subjects
from audit.text import Text
from egress_review import mail, tables
from hub_config.errors import ZoneError
from hub_config.mail_settings import MailSettings
from registry import queries
from registry.errors import NotFound
from registry.model import Person, PersonStatus

if TYPE_CHECKING:
    from pathlib import Path

    from hub_config.zone import Zone

log = logging.getLogger("ansim.mail")
WORKER = Actor.service("worker")

SECONDS = 5.0
TIMEOUT = 20.0  # seconds for each answer of the server; RFC 5321 allows minutes, and other mails wait meanwhile
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
GIVE_UP = timedelta(days=4)  # as long as mail servers usually try (RFC 5321 section 4.5.4.1)
KEPT = timedelta(days=30)
"""How long the outbox remembers what was told, so that it is not told again."""
AT_ONCE = 50


class MailFailed(ZoneError):
    """The server cannot be reached or does not let the zone in; what waits is tried again."""

    hint = Text(
        "ansim.yaml의 mail 부분을 확인하십시오. 시험하는 방법은 docs/how-to/send-email.ko.md에 있습니다.",
        "Check the section mail of ansim.yaml; docs/how-to/send-email.md says how to try it.",
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """One mail that is due, claimed by this process."""

    id: int
    kind: str
    request_ref: str
    person_ref: str
    made_at: datetime
    attempts: int
    """Tries so far, this one included."""


def deliver(zone: Zone, now: datetime | None = None) -> int:
    """Send what is due; return how many mails went. Without a server what waits is dropped: nobody is told late."""
    moment = now or datetime.now(UTC)
    _forget(zone, moment)
    if not zone.settings.mail.on:
        _end_all(zone, moment)
        return 0
    waiting = _due(zone, moment)
    if not waiting:
        return 0
    try:
        with connected(zone.settings.mail, zone.home) as server:
            return sum(_send(zone, server, one, moment) for one in waiting)
    except MailFailed as error:
        for one in waiting:
            _later(zone, one, moment, "unreachable")
        log.warning("mail is not sent now: %s", error)
        return 0


def counts(zone: Zone) -> dict[str, int]:
    """How many mails wait, went, and could not be sent, as far as the outbox remembers."""
    table = tables.mail
    with zone.db.read() as tx:
        rows = tx.execute(select(table.c.ended, func.count()).group_by(table.c.ended)).all()
    found: dict[str | None, int] = {row[0]: row[1] for row in rows}
    return {"waiting": found.get(None, 0), "sent": found.get("sent", 0), "given_up": found.get("given_up", 0)}


@contextmanager
def connected(settings: MailSettings, home: Path) -> Iterator[smtplib.SMTP]:
    """A connection to the server, encrypted and signed in as the settings say.

    Raises: MailFailed — in words that name no password.
    """
    try:
        context = ssl.create_default_context(
            cafile=str(home / settings.certificates) if settings.certificates else None
        )
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
    except (OSError, smtplib.SMTPException) as error:
        away = Text("메일 서버에 연결할 수 없습니다: {server}, {why}.", "{server} cannot be reached: {why}.")
        raise MailFailed(away.format(server=f"{settings.host}:{settings.port}", why=_why(error))) from error
    try:
        _secure(server, settings, home, context)
        yield server
    finally:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def message(zone: Zone, person: Person, kind: str, ref: str, id: int, made_at: datetime) -> EmailMessage:
    """One mail in the reader's language."""
    settings, language = zone.settings, person.language
    sent = EmailMessage()
    sent["From"] = settings.mail.sender
    sent["To"] = person.email
    sent["Subject"] = f"[{settings.zone.name}] {mail.subject_of(kind, ref).say(language)}"
    sent["Date"] = format_datetime(made_at)
    sent["Message-ID"] = _message_id(zone, id)
    # RFC 3834: no holiday note comes back.
    sent["Auto-Submitted"] = "auto-generated"
    sent.set_content(mail.body_of(kind, ref, settings.zone.name, settings.origin("zone")).say(language))
    return sent


def _secure(server: smtplib.SMTP, settings: MailSettings, home: Path, context: ssl.SSLContext) -> None:
    try:
        if settings.security == "starttls":
            # Without an answer to STARTTLS nothing is sent: a middleman could have taken the offer out.
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, password(settings, home))
    except (OSError, smtplib.SMTPException) as error:
        closed = Text("메일 서버가 구역의 접속을 거절합니다: {host}, {why}.", "{host} does not let the zone in: {why}.")
        raise MailFailed(closed.format(host=settings.host, why=_why(error))) from error


def password(settings: MailSettings, home: Path) -> str:
    """The password in its file.

    Raises: MailFailed — if it cannot be read, or others than the zone can read it too.
    """
    path = home / settings.password_file
    try:
        if path.stat().st_mode & 0o077:
            seen = Text("다른 사용자도 읽을 수 있는 파일입니다: {path}", "{path} can be read by others.")
            raise MailFailed(seen.format(path=path), hint=f"chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MailFailed(Text("읽을 수 없는 파일입니다: {path}", "{path} cannot be read.").format(path=path)) from error


def _why(error: Exception) -> str:
    """What a server said, as its code; what it said in words may repeat what it was given."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, ssl.SSLError):
        return "its certificate or encryption is not accepted"
    return type(error).__name__


def _message_id(zone: Zone, id: int) -> str:
    """The same for one mail for ever, and telling nothing."""
    name = hashlib.sha256(f"{zone.zone_id}:{id}".encode()).hexdigest()[:32]
    domain = zone.settings.mail.sender.rpartition("@")[2] or make_msgid().rpartition("@")[2].rstrip(">")
    return f"<{name}@{domain}>"


def _due(zone: Zone, now: datetime) -> list[Waiting]:
    """The mails that are due, each claimed: another process does not find them due before the next try."""
    table = tables.mail
    with zone.db.read() as tx:
        wanted = select(table).where(table.c.ended.is_(None), table.c.due_at <= now).order_by(table.c.id)
        rows = tx.execute(wanted.limit(AT_ONCE)).all()
    claimed = []
    for row in rows:
        tries = row.attempts + 1
        with zone.db.begin() as tx:
            mine = update(table).where(table.c.id == row.id, table.c.attempts == row.attempts, table.c.ended.is_(None))
            if tx.execute(mine.values(attempts=tries, due_at=now + wait_after(tries))).rowcount == 1:
                claimed.append(Waiting(row.id, row.kind, row.request_ref, row.person_ref, row.made_at, tries))
    return claimed


def wait_after(tries: int) -> timedelta:
    """How long after a try the next one is due: doubling from a minute to hours."""
    doubled: timedelta = FIRST_RETRY * int(2 ** min(tries - 1, 16))
    return min(LONGEST_RETRY, doubled)


def _send(zone: Zone, server: smtplib.SMTP, one: Waiting, now: datetime) -> int:
    """Send one mail; 1 if it went."""
    with zone.db.read() as tx:
        try:
            person = queries.person_by_ref(tx, one.person_ref)
        except NotFound:
            person = None
        wanted = one.kind in mail.KINDS and (mail.KINDS[one.kind].duty or mail.wants_mail(tx, one.person_ref))
    if person is None or not person.email or person.status is not PersonStatus.ACTIVE or not wanted:
        _end(zone, one, "unwanted", now)
        return 0
    try:
        server.send_message(message(zone, person, one.kind, one.request_ref, one.id, one.made_at))
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        _refused(zone, one, now, code)
        return 0
    except smtplib.SMTPResponseException as error:
        _refused(zone, one, now, error.smtp_code)
        return 0
    except ValueError:
        _give_up(zone, one, now, "bad_address")
        return 0
    except (OSError, smtplib.SMTPException):
        _later(zone, one, now, "unreachable")
        return 0
    _end(zone, one, "sent", now)
    return 1


def _refused(zone: Zone, one: Waiting, now: datetime, code: int) -> None:
    """A refusal for good ends it; any other is tried again (RFC 5321 section 4.2.1)."""
    if 500 <= code < 600:
        _give_up(zone, one, now, "refused")
    else:
        _later(zone, one, now, "not_now")


def _later(zone: Zone, one: Waiting, now: datetime, why: str) -> None:
    if now - one.made_at > GIVE_UP:
        _give_up(zone, one, now, why)


def _give_up(zone: Zone, one: Waiting, now: datetime, why: str) -> None:
    """End a mail that did not go, and record it: somebody was not told what they should know."""
    event = Event(
        action="mail.undelivered",
        actor=WORKER,
        object=Object("person", one.person_ref),
        subjects=Subjects.none(),
        source=Source(None),
        outcome="failed",
        reason=why,
        detail={"kind": one.kind, "request": one.request_ref, "tries": one.attempts},
    )
    with zone.db.begin() as tx:
        zone.log.append(tx, event)
        tx.execute(_ending(one.id, "given_up", now))


def _end(zone: Zone, one: Waiting, how: str, now: datetime) -> None:
    with zone.db.begin() as tx:
        tx.execute(_ending(one.id, how, now))


def _ending(id: int, how: str, now: datetime) -> Update:
    return update(tables.mail).where(tables.mail.c.id == id).values(ended=how, ended_at=now)


def _end_all(zone: Zone, now: datetime) -> None:
    table = tables.mail
    with zone.db.read() as tx:
        if tx.execute(select(table.c.id).where(table.c.ended.is_(None)).limit(1)).first() is None:
            return
    with zone.db.begin() as tx:
        tx.execute(update(table).where(table.c.ended.is_(None)).values(ended="off", ended_at=now))


def _forget(zone: Zone, now: datetime) -> None:
    table = tables.mail
    old = table.c.ended_at < now - KEPT
    with zone.db.read() as tx:
        if tx.execute(select(table.c.id).where(old).limit(1)).first() is None:
            return
    with zone.db.begin() as tx:
        tx.execute(delete(table).where(old))
