"""`ansim mail`: whether the zone sends e-mail, what waits, and one mail to try it with.

Exit codes: 0 done · 2 wrong usage or input · 3 the server cannot be reached or does not take the mail.
"""

from __future__ import annotations

import argparse
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from audit.cli_context import Context, language_of
from audit.text import Text

if TYPE_CHECKING:
    from hub_config.zone import Zone

_OFF = Text("이메일을 보내지 않습니다(mail.host가 비어 있음).", "The zone sends no e-mail (mail.host is empty).")
_HINT_OFF = "Set the section mail in ansim.yaml; docs/how-to/send-email.md says how."
_SENT = Text("{address} 앞으로 시험 메일을 보냈습니다.", "A test mail went to {address}.")
_STATUS = Text(
    "{server} · 대기 {waiting} · 보냄 {sent} · 보내지 못함 {given_up}",
    "{server} · waiting {waiting} · sent {sent} · given up {given_up}",
)
_SUBJECT = Text("시험 메일", "Test mail")
_BODY = Text(
    "안심구역에서 보내는 시험 메일입니다. 받으셨다면 설정이 맞습니다.\n",
    "This is a test mail of the data safe zone. If it reached you, the settings are right.\n",
)


def add_parser(subparsers: Any) -> None:
    """Add `mail` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("mail", help=_say("이메일 알림", "notifications by e-mail"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    tried = commands.add_parser("test", help=_say("시험 메일 보내기", "send one mail to try the settings"))
    tried.add_argument("handle", help=_say("받을 이용자의 아이디", "user name of the person it goes to"))
    tried.set_defaults(func=send_test)
    shown = commands.add_parser("status", help=_say("대기 중인 메일과 결과", "what waits, went or could not be sent"))
    shown.set_defaults(func=status)
    for parser in (tried, shown):
        parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def send_test(arguments: argparse.Namespace, context: Context) -> int:
    """Send a mail at once, past the outbox, and say how the server answered."""
    import smtplib

    from hub_config.mailing import MailFailed, connected

    zone = _with_mail(context)
    person = zone.registry.person(arguments.handle)
    sent = EmailMessage()
    sent["From"], sent["To"] = zone.settings.mail.sender, person.email
    sent["Subject"] = f"[{zone.settings.zone.name}] {_SUBJECT.say(person.language)}"
    sent["Auto-Submitted"] = "auto-generated"
    sent.set_content(_BODY.say(person.language))
    with connected(zone.settings.mail, zone.home) as server:
        try:
            server.send_message(sent)
        except (OSError, smtplib.SMTPException) as error:
            refused = Text(
                "메일 서버가 메일을 받지 않습니다: {host}, {error}.", "{host} does not take the mail: {error}."
            )
            told = refused.format(host=zone.settings.mail.host, error=type(error).__name__)
            raise MailFailed(told) from error
    if context.json:
        context.print(_json({"sent_to": person.handle}))
    else:
        context.print(_SENT.format(address=person.email).say(language_of()))
    return 0


def status(arguments: argparse.Namespace, context: Context) -> int:
    """Count the mails by what became of them."""
    from hub_config.mailing import counts

    zone: Zone = context.zone()
    settings = zone.settings.mail
    numbers = counts(zone)
    if context.json:
        context.print(_json({"on": settings.on, "server": settings.host or None, **numbers}))
    elif not settings.on:
        context.print(_OFF.say(language_of()))
    else:
        server = f"{settings.host}:{settings.port} ({settings.security})"
        context.print(_STATUS.format(server=server, **numbers).say(language_of()))
    return 0


def _with_mail(context: Context) -> Zone:
    from hub_config.mailing import MailFailed

    zone: Zone = context.zone()
    if not zone.settings.mail.on:
        raise MailFailed(_OFF, hint=_HINT_OFF)
    return zone


def _json(document: Any) -> str:
    import json

    return json.dumps(document, ensure_ascii=False)


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
