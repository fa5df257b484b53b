"""Where passwords are kept if not in the zone: an LDAP directory, or the accounts of this machine (PAM)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from audit.text import Text

Kind = Literal["none", "ldap", "pam"]
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings:
    """Who checks passwords; `none` is the zone itself. The one-time code stays the zone's in every case.

    For `ldap`: `host`, `port` and `security` of the server (`none` only on this machine), `certificates` of its
    authorities (PEM, relative to ANSIM_HOME; empty for those of the machine), and `user_dn`, the name under which a
    person signs in there, with `{handle}` for the user name. For `pam`: the `service`, a file in /etc/pam.d.
    The emergency account keeps its password in the zone.
    """

    kind: Kind = "none"
    host: str = ""
    port: int = 389
    security: Security = "starttls"
    user_dn: str = "uid={handle},ou=people,dc=example,dc=org"
    certificates: str = ""
    service: str = "ansim"

    @property
    def on(self) -> bool:
        """Whether passwords are kept elsewhere."""
        return self.kind != "none"

    def problem(self) -> Text | None:
        """The first rule that these settings break; None for usable ones."""
        return next((said for kind, broken, said in _RULES if kind == self.kind and broken(self)), None)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_RULES: tuple[tuple[Kind, Callable[[DirectorySettings], bool], Text], ...] = (
    (
        "ldap",
        lambda at: not at.host,
        Text("directory.host에 LDAP 서버가 필요합니다", "directory.host must be the server"),
    ),
    (
        "ldap",
        lambda at: at.user_dn.count("{handle}") != 1 or "{" in at.user_dn.replace("{handle}", ""),
        Text(
            "directory.user_dn에는 {handle}이 한 번 있어야 합니다",
            "directory.user_dn must contain {handle} once, for the user name",
        ),
    ),
    (
        "ldap",
        lambda at: at.security == "none" and not _is_here(at.host),
        Text(
            "비밀번호는 암호화된 연결로만 보냅니다. directory.security를 starttls나 tls로 정하십시오",
            "directory.security none is for a server on this machine: others could read the passwords",
        ),
    ),
    (
        "pam",
        lambda at: not at.service or not at.service.replace("-", "").replace("_", "").isalnum(),
        Text(
            "directory.service는 /etc/pam.d에 있는 파일 이름입니다",
            "directory.service must be the name of a file in /etc/pam.d",
        ),
    ),
)
