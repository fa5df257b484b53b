"""How the zone sends e-mail: which server, how it is reached and how the zone signs in there. Off without a host."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from audit.text import Text

Security = Literal["starttls", "tls", "none"]

SUBMISSION_PORT = 587  # RFC 6409: submission, which STARTTLS makes secret
_ADDRESS = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,190}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The mail server; nothing is sent while `host` is empty.

    `security` is starttls (usual, port 587), tls (port 465), or none, which only a server on this machine may have.
    `password_file` holds the password of `user`, relative to ANSIM_HOME; nobody but the zone may read it.
    `certificates` are the authorities (PEM) that the server is checked with, where those of the machine do not do.
    """

    host: str = ""
    port: int = SUBMISSION_PORT
    security: Security = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = ""
    certificates: str = ""

    @property
    def on(self) -> bool:
        """Whether the zone sends mail."""
        return bool(self.host)

    def problem(self) -> Text | None:
        """The first rule that these settings break; None for usable ones."""
        return next((said for broken, said in _RULES if broken(self)), None) if self.on else None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_RULES: tuple[tuple[Callable[[MailSettings], bool], Text], ...] = (
    (
        lambda mail: not _ADDRESS.fullmatch(mail.sender),
        Text("mail.sender에 보내는 주소가 필요합니다", "mail.sender must be the address that mails come from"),
    ),
    (
        lambda mail: not 0 < mail.port < 65536,
        Text("mail.port는 1에서 65535까지입니다", "mail.port is 1 to 65535"),
    ),
    (
        lambda mail: mail.security == "none" and not _is_here(mail.host),
        Text(
            "mail.security가 none인 서버는 이 컴퓨터에 있어야 합니다",
            "mail.security none is for a server on this machine: others could read what is sent",
        ),
    ),
    (
        lambda mail: bool(mail.user) is not bool(mail.password_file),
        Text(
            "mail.user와 mail.password_file은 함께 정합니다", "mail.user and mail.password_file are set together or not"
        ),
    ),
    (
        lambda mail: bool(mail.user) and mail.security == "none",
        Text("비밀번호는 암호화된 연결로만 보냅니다", "a password is sent over starttls or tls only"),
    ),
)
