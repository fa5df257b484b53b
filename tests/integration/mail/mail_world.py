"""A zone with people and a mail server of its own that is as strict as a real one: STARTTLS, a password, refusals."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from egress_review.model import Choice, Draft, Request
from egress_review.scanner import InProcessScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from hub_config.mail_settings import MailSettings
from hub_config.zone import Zone, open_zone
from registry.model import Role
from tests.integration.audit.audit_receiver import Authority
from tests.integration.house.house_people import HERE, at_work, join, make_zone
from tests.ports import free_port

USER, PASSWORD = "zone@x.org", "correct horse battery"
TABLE = "drug,sex,patients\ncelecoxib,m,212\ncelecoxib,f,240\n"
TITLE, CONTEXT = "Hidden title", "Patients of the cohort by sex, counted once each; 452 people in all."


@dataclass(slots=True)
class Inbox:
    """What the server took, and how it answers."""

    mails: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """What is said to RCPT TO, by address, instead of yes."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 — the name that aiosmtpd calls
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 — the name that aiosmtpd calls
        assert session.ssl is not None, "a mail came in clear"
        mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        assert mail["To"] == envelope.rcpt_tos[0]
        self.mails.append(mail)
        return "250 taken"

    def to(self, handle: str) -> list[str]:
        """The texts that somebody was sent."""
        return [str(mail.get_content()) for mail in self.mails if mail["To"] == f"{handle}@x.org"]


@contextmanager
def serving(authority: Authority, inbox: Inbox, port: int) -> Iterator[None]:
    """Serve as a submission server: no mail without STARTTLS and the password."""
    certificate, key = authority.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def may(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)

    controller = Controller(
        inbox,
        hostname="localhost",
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=may,
    )
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@dataclass(slots=True)
class MailWorld:
    """A zone with an author, three checkers and the settings for one server."""

    zone: Zone
    authority: Authority
    inbox: Inbox
    port: int

    def submitted(self, content: str = TABLE) -> Request:
        """A request that waits for its scan."""
        desk = self.zone.desk
        author = self.zone.registry.person("minji")
        workspace = self.zone.registry.may_work("minji", "study").workspace
        (desk.outbox_of(workspace) / "secret-name.csv").write_text(content, encoding="utf-8")
        draft = Draft(title=TITLE, purpose="Secret purpose", context=CONTEXT, controls="", files=("secret-name.csv",))
        return desk.submit(author, workspace, draft, source=HERE)

    def in_review(self) -> Request:
        return self.zone.desk.scan(self.submitted().ref)

    def vote(self, handle: str, request: Request, choice: Choice = Choice.APPROVE) -> Request:
        votes = {file.sha256: choice for file in request.files}
        person = self.zone.registry.person(handle)
        comment = "a secret reason"
        return self.zone.desk.vote(
            person, request.ref, votes, comment, request.round, request.confirm_code, source=HERE
        )

    def released(self) -> Request:
        request = self.in_review()
        for handle in ("hana", "duri"):
            self.vote(handle, request)
        return self.zone.desk.release(request.ref)


def make_mail_zone(home: Path) -> None:
    """The zone on disk, with its people: made once, copied for each test."""
    make_zone(home)
    zone = open_zone(home, "worker")
    at_work(zone)
    for handle in ("hana", "duri", "sena"):
        join(zone, handle, Role.CHECKER)
    zone.log.settle()
    zone.db.close()


def open_mail_world(home: Path, authority: Authority) -> MailWorld:
    """A zone whose mail goes to a port where nobody may answer yet."""
    made = open_zone(home, "worker")
    workspace = made.registry.may_work("minji", "study").workspace
    (home / "mail.password").write_text(PASSWORD + "\n", encoding="utf-8")
    (home / "mail.password").chmod(0o600)
    port = free_port()
    settings = MailSettings(
        host="localhost",
        port=port,
        user=USER,
        password_file="mail.password",
        sender="zone@x.org",
        certificates=str(authority.file),
    )
    desk = EgressDesk(
        made.db,
        made.log,
        made.registry,
        vault=Vault(home / "vault"),
        policy=made.policy,
        scanner=InProcessScanner(),
        release_key=made.keys.release_key,
        releases_dir=home / "releases",
        workspaces_dir=home / "workspaces",
    )
    zone = replace(made, settings=replace(made.settings, mail=settings), desk=desk)
    desk.outbox_of(workspace).mkdir(parents=True)
    return MailWorld(zone, authority, Inbox(), port)
