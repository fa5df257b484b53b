"""What a program's account may be made for, and when it is let in. Values and decisions only.

An account of a program is no person: it holds no role, so that no page, no vote and no data is within its reach. Each
scope opens the calls that name it and nothing else; what no row names is refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from registry.errors import Invalid
from registry.text import Text

LONGEST = timedelta(days=366)
"""How far away the end of an account may lie when it is asked for."""
MOST_ADDRESSES = 16
WIDEST: Mapping[int, int] = MappingProxyType({4: 16, 6: 32})
"""The shortest prefix of a network that an account may come from, by IP version: a site, never the whole world."""


class Scope(StrEnum):
    """One thing that an account of a program may do."""

    METRICS_READ = "metrics.read"
    INGRESS_SUBMIT = "ingress.submit"
    REQUESTS_READ = "requests.read"


@dataclass(frozen=True, slots=True)
class ScopeText:
    """What a scope opens, in plain words, and whether it is bound to one project."""

    what: Text
    in_project: bool


SCOPES: Mapping[Scope, ScopeText] = MappingProxyType(
    {
        Scope.METRICS_READ: ScopeText(
            Text(ko="감시 지표를 읽습니다.", en="Reads the metrics of the zone."), in_project=False
        ),
        Scope.INGRESS_SUBMIT: ScopeText(
            Text(
                ko="책임자를 대신해 한 과제에 반입신청을 냅니다. 심사는 그대로 두 사람이 합니다.",
                en="Hands in ingress requests of one project for the person who answers; two people still decide.",
            ),
            in_project=True,
        ),
        Scope.REQUESTS_READ: ScopeText(
            Text(
                ko="이 계정이 낸 신청의 상태를 읽습니다. 내용과 파일은 읽지 못합니다.",
                en="Reads how the requests stand that this account handed in; no content and no files.",
            ),
            in_project=True,
        ),
    }
)
"""Every scope there is."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The account of a program; it counts from `token_at` until it is revoked or over."""

    ref: str
    name: str
    purpose: str
    scopes: frozenset[Scope]
    owner_ref: str
    """Who answers for it; it works only while this person's account is active."""
    project: str | None
    addresses: tuple[str, ...]
    expires_at: datetime
    asked_by: str
    asked_at: datetime
    confirmed_at: datetime | None
    token_at: datetime | None
    """When its present token was made."""
    used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """One of the keys of `STATES`."""
        causes = (
            ("revoked", self.revoked_at is not None),
            ("expired", now >= self.expires_at),
            ("asked", self.confirmed_at is None),
            ("no_token", self.token_at is None),
        )
        return next((state for state, applies in causes if applies), "active")


STATES: Mapping[str, Text] = MappingProxyType(
    {
        "asked": Text(ko="두 번째 사람의 확인을 기다림", en="waits for a second person"),
        "no_token": Text(ko="확인됨, 토큰 없음", en="confirmed, without a token"),
        "active": Text(ko="사용 중", en="active"),
        "expired": Text(ko="기한 만료", en="expired"),
        "revoked": Text(ko="회수됨", en="revoked"),
    }
)
"""Where an account is in its life."""


def why_not(account: ServiceAccount, *, owner_active: bool, address: str | None, now: datetime) -> str | None:
    """Return why an account is not let in now, as a code for the audit log; None if it is."""
    causes = (
        ("account_revoked", account.revoked_at is not None),
        ("account_not_confirmed", account.confirmed_at is None),
        ("account_expired", now >= account.expires_at),
        ("owner_not_active", not owner_active),
        ("other_address", not is_within(address, account.addresses)),
    )
    return next((cause for cause, applies in causes if applies), None)


def is_within(address: str | None, networks: Iterable[str]) -> bool:
    """Tell whether an address lies in one of the networks; one that is no address lies in none."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)


def check_scopes(given: Iterable[str], project: str | None) -> frozenset[Scope]:
    """Accept at least one scope, with a project exactly where one of them is bound to a project.

    Raises: Invalid.
    """
    try:
        scopes = frozenset(Scope(one) for one in given)
    except ValueError as error:
        raise Invalid("unknown_scope", _UNKNOWN) from error
    if not scopes:
        raise Invalid("no_scope", _UNKNOWN)
    bound = any(SCOPES[scope].in_project for scope in scopes)
    if bound and project is None:
        raise Invalid("scope_needs_project", _NEEDS_PROJECT)
    if not bound and project is not None:
        raise Invalid("scope_has_no_project", _NO_PROJECT)
    return scopes


def check_addresses(given: Iterable[str]) -> tuple[str, ...]:
    """Accept 1 to 16 networks, none wider than a site; a single address is a network of its own.

    Raises: Invalid.
    """
    found = []
    for text in given:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            raise Invalid("not_a_network", _NOT_A_NETWORK) from error
        if network.prefixlen < WIDEST[network.version]:
            raise Invalid("network_too_wide", _TOO_WIDE)
        found.append(str(network))
    if not 1 <= len(found) <= MOST_ADDRESSES:
        raise Invalid("addresses_needed", _ADDRESSES_NEEDED)
    return tuple(sorted(set(found)))


def check_end(until: datetime, now: datetime) -> datetime:
    """Accept an end within a year; an account without an end is not made.

    Raises: Invalid.
    """
    if not now < until <= now + LONGEST:
        raise Invalid("account_end", _END)
    return until


_NAMES = ", ".join(scope.value for scope in Scope)
_UNKNOWN = Text(ko=f"권한 범위는 {_NAMES} 중에서 하나 이상입니다.", en=f"Give one or more scopes of: {_NAMES}.")
_NEEDS_PROJECT = Text(
    ko="이 권한 범위는 한 과제에 매이므로 과제를 지정해야 합니다.", en="This scope is bound to one project: name it."
)
_NO_PROJECT = Text(
    ko="이 권한 범위는 과제와 관계가 없으므로 과제를 지정하지 않습니다.", en="This scope has no project: name none."
)
_NOT_A_NETWORK = Text(
    ko="주소는 192.0.2.10이나 192.0.2.0/24처럼 적습니다.", en="Write addresses as 192.0.2.10 or 192.0.2.0/24."
)
_TOO_WIDE = Text(
    ko="너무 넓은 네트워크입니다. IPv4는 /16, IPv6는 /32보다 넓을 수 없습니다.",
    en="The network is too wide: no wider than /16 for IPv4, /32 for IPv6.",
)
_ADDRESSES_NEEDED = Text(
    ko=f"접속을 허용할 주소를 1개에서 {MOST_ADDRESSES}개까지 지정하십시오.",
    en=f"Name 1 to {MOST_ADDRESSES} addresses from which the account may come.",
)
_END = Text(
    ko="만료일은 지금부터 1년 안이어야 합니다. 만료일이 없는 계정은 만들 수 없습니다.",
    en="The account must end within a year; there is none without an end.",
)
