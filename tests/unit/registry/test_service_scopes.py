"""Accounts of programs, as rules: what may be asked for, and who is let in."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Invalid
from registry.scopes import (
    LONGEST,
    SCOPES,
    STATES,
    Scope,
    ServiceAccount,
    check_addresses,
    check_end,
    check_scopes,
    is_within,
    why_not,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = ServiceAccount(
    ref="svc_aaaaaaaaaaaaaaaa",
    name="monitor",
    purpose="Prometheus",
    scopes=frozenset({Scope.METRICS_READ}),
    owner_ref="p_aaaaaaaaaaaaaaaa",
    project=None,
    addresses=("192.0.2.10/32",),
    expires_at=NOW + DAY,
    asked_by="cli",
    asked_at=NOW - DAY,
    confirmed_at=NOW - DAY,
    token_at=NOW - DAY,
    used_at=None,
    revoked_at=None,
)


def test_every_scope_is_explained_and_says_whether_it_has_a_project() -> None:
    assert set(SCOPES) == set(Scope)
    assert all(about.what.ko and about.what.en for about in SCOPES.values())


@given(
    revoked=st.booleans(),
    confirmed=st.booleans(),
    left=st.integers(-2, 2),
    active=st.booleans(),
    here=st.booleans(),
)
def test_an_account_is_let_in_only_when_everything_holds(
    revoked: bool, confirmed: bool, left: int, active: bool, here: bool
) -> None:
    account = replace(
        GOOD,
        revoked_at=NOW if revoked else None,
        confirmed_at=NOW if confirmed else None,
        expires_at=NOW + left * DAY,
    )
    address = "192.0.2.10" if here else "192.0.2.11"
    cause = why_not(account, owner_active=active, address=address, now=NOW)
    assert (cause is None) == (not revoked and confirmed and left > 0 and active and here)
    assert account.state(NOW) in STATES
    if cause is None:
        assert account.state(NOW) == "active"


@given(st.text(max_size=40) | st.none())
def test_what_is_no_address_lies_in_no_network(address: str | None) -> None:
    try:
        ipaddress.ip_address(address or "")
    except ValueError:
        assert not is_within(address, ("192.0.2.0/24", "2001:db8::/32"))


def test_an_address_of_version_4_in_the_clothes_of_version_6_is_the_same_address() -> None:
    assert is_within("::ffff:192.0.2.10", ("192.0.2.10/32",))
    assert not is_within("::ffff:192.0.2.11", ("192.0.2.10/32",))


@pytest.mark.parametrize("given", [[], ["0.0.0.0/0"], ["::/0"], ["10.0.0.0/8"], ["192.0.2.1/24"], ["monitor"], [" "]])
def test_an_account_comes_from_a_site_and_never_from_everywhere(given: list[str]) -> None:
    with pytest.raises(Invalid):
        check_addresses(given)


def test_addresses_are_kept_as_networks_each_once() -> None:
    assert check_addresses(["192.0.2.10", "192.0.2.10/32", "10.1.0.0/16"]) == ("10.1.0.0/16", "192.0.2.10/32")
    with pytest.raises(Invalid):
        check_addresses([f"192.0.2.{last}" for last in range(17)])


@pytest.mark.parametrize("until", [NOW, NOW - DAY, NOW + LONGEST + timedelta(seconds=1)])
def test_no_account_is_without_an_end_within_a_year(until: datetime) -> None:
    assert check_end(NOW + LONGEST, NOW) == NOW + LONGEST
    with pytest.raises(Invalid):
        check_end(until, NOW)


@pytest.mark.parametrize(
    ("scopes", "project"),
    [([], None), (["metrics.read"], "study"), (["ingress.submit"], None), (["egress.vote"], None), (["*"], "study")],
)
def test_scopes_are_those_of_the_table_with_a_project_where_they_have_one(
    scopes: list[str], project: str | None
) -> None:
    assert check_scopes(["metrics.read", "ingress.submit"], "study") == {Scope.METRICS_READ, Scope.INGRESS_SUBMIT}
    with pytest.raises(Invalid):
        check_scopes(scopes, project)
