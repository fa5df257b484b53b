"""Which OpenID provider vouches for people, and what it must have seen of them. Off without an issuer."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from audit.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The OpenID provider; people sign in with password and code alone while `issuer` is empty.

    `client_secret_file` holds the secret that the provider gave this zone, relative to ANSIM_HOME; nobody but the zone
    may read it. `person_claim` is the claim that names a person for good: `sub`, or another that the provider never
    gives to somebody else, such as a staff number; never an e-mail address. A message of the provider that it signed
    somebody out carries `sub`: with another claim it counts for whom signed in since the hub last started, unless the
    message carries that claim too. `amr` and `acr` are the values of which the provider must send one, to say that it
    saw a second factor. `contact` is whom people ask, as the pages show it. `certificates` are the authorities (PEM)
    that the provider is checked with, where those of the machine do not do. `must_say_when` is when the provider must
    say at what time it asked the person (`auth_time`): `always`, where it was told to ask `anew`, or `never`; a time
    that is too long ago is refused with each of them.
    """

    issuer: str = ""
    name_ko: str = ""
    name_en: str = ""
    client_id: str = ""
    client_secret_file: str = "keys/oidc-client.secret"  # noqa: S105 — where it is, not what
    scopes: tuple[str, ...] = ("openid",)
    person_claim: str = "sub"
    amr: tuple[str, ...] = ("mfa",)
    acr: tuple[str, ...] = ()
    contact: str = ""
    certificates: str = ""
    must_say_when: Literal["always", "anew", "never"] = "anew"

    @property
    def on(self) -> bool:
        """Whether people may sign in through the provider."""
        return bool(self.issuer)

    @property
    def name(self) -> Text:
        """What the provider is called on the button."""
        host = urlsplit(self.issuer).hostname or ""
        return Text(ko=self.name_ko or self.name_en or host, en=self.name_en or self.name_ko or host)

    def problem(self) -> Text | None:
        """The first rule that these settings break; None for usable ones."""
        return next((said for broken, said in _RULES if broken(self)), None) if self.on else None


def is_safe_address(address: str) -> bool:
    """Say whether nobody between can read or change what goes there: TLS, or a server on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host)))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_RULES: tuple[tuple[Callable[[OidcSettings], bool], Text], ...] = (
    (
        lambda oidc: not is_safe_address(oidc.issuer) or bool(urlsplit(oidc.issuer).query),
        Text(
            "oidc.issuer는 https 주소여야 합니다(이 컴퓨터의 서버만 http 가능)",
            "oidc.issuer must be an https address; http is for a server on this machine",
        ),
    ),
    (
        lambda oidc: not oidc.client_id,
        Text(
            "oidc.client_id에 제공자가 이 구역에 준 이름이 필요합니다",
            "oidc.client_id must be the name that the provider gave this zone",
        ),
    ),
    (
        lambda oidc: not oidc.client_secret_file,
        Text(
            "oidc.client_secret_file에 비밀값이 든 파일이 필요합니다",
            "oidc.client_secret_file must name the file with the secret of this zone at the provider",
        ),
    ),
    (
        lambda oidc: "openid" not in oidc.scopes,
        Text("oidc.scopes에는 openid가 있어야 합니다", "oidc.scopes must contain openid"),
    ),
    (
        lambda oidc: oidc.person_claim in {"", "email", "name", "preferred_username", "nickname", "phone_number"},
        Text(
            "oidc.person_claim은 다른 사람에게 다시 주지 않는 값이어야 합니다. 이메일이나 이름은 쓸 수 없습니다",
            "oidc.person_claim must name somebody for good; addresses and names are given to others later, use sub",
        ),
    ),
    (
        lambda oidc: not (oidc.amr or oidc.acr),
        Text(
            "oidc.amr이나 oidc.acr에 2차 인증을 뜻하는 값이 하나는 있어야 합니다",
            "oidc.amr or oidc.acr must hold a value that means a second factor, such as mfa",
        ),
    ),
    (
        lambda oidc: bool({"pwd", "pin", "kba", "none", "0"} & {*oidc.amr, *oidc.acr}),
        Text(
            "pwd, pin, kba는 한 가지 요소만 뜻하므로 2차 인증이 될 수 없습니다",
            "pwd, pin and kba (RFC 8176) mean one factor alone: take a value that means a second, such as mfa",
        ),
    ),
)
