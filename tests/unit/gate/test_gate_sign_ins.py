"""Sign-ins under way: a stranger pushes out their own, and a link on another site signs nobody in or out."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hub_config.gate import sign_ins
from hub_config.gate.door import counted_as
from hub_config.gate.errors import Refused
from hub_config.gate.hub_identity import SignIn
from hub_config.gate.sign_ins import MOST_OF_ONE, SIGN_IN_SECONDS, SignIns
from hub_config.gate.sites import Initiator, check_sign_out

HOST = "w-own.d.example"
STRANGER, HOSPITAL = "203.0.113.7", "198.51.100.20"


def begin(under_way: SignIns, address: str) -> str:
    sign_in = SignIn("/user/a/b/", HOST)
    under_way.begin(sign_in, address)
    return sign_in.state


def test_a_stranger_pushes_out_their_own_sign_ins_and_no_others() -> None:
    under_way = SignIns()
    mine = begin(under_way, HOSPITAL)
    first = begin(under_way, STRANGER)
    for _ in range(2 * MOST_OF_ONE):
        begin(under_way, STRANGER)
    assert under_way.find(mine) is not None
    assert under_way.find(first) is None
    assert len(under_way) == MOST_OF_ONE + 1


def test_where_there_is_no_room_at_all_those_lose_one_who_hold_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "MOST", 30)
    under_way = SignIns()
    mine = [begin(under_way, HOSPITAL) for _ in range(3)]
    for number in range(200):
        begin(under_way, f"203.0.113.{number % 4}")
    assert all(under_way.find(state) is not None for state in mine)
    assert len(under_way) == 30


def test_an_address_of_ipv6_counts_with_its_neighbours_and_one_in_another_form_as_itself() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:2") != counted_as("2001:db8:0:1::1")
    assert counted_as("::ffff:203.0.113.7") == counted_as(STRANGER) != counted_as(HOSPITAL)
    assert counted_as("") == counted_as("nowhere") == ""


def test_a_sign_in_that_took_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way = SignIns()
    now = time.monotonic()
    state = begin(under_way, HOSPITAL)
    monkeypatch.setattr(time, "monotonic", lambda: now + SIGN_IN_SECONDS + 1)
    assert under_way.find(state) is None
    begin(under_way, STRANGER)
    assert len(under_way) == 1


def test_what_is_finished_makes_room() -> None:
    under_way = SignIns()
    state = begin(under_way, HOSPITAL)
    assert under_way.name(state, "a browser").browser == "a browser"
    under_way.drop(state)
    under_way.drop(state)
    assert (len(under_way), under_way.find(state)) == (0, None)


@pytest.mark.parametrize(
    ("method", "site", "passes"),
    [
        ("GET", "none", True),
        ("GET", "same-origin", True),
        ("GET", "same-site", True),
        ("POST", None, True),
        ("GET", "cross-site", False),
        ("HEAD", "cross-site", False),
        ("GET", None, False),  # a browser without a word about it may have come from anywhere
    ],
)
def test_no_link_of_another_site_signs_anybody_out(method: str, site: Any, passes: bool) -> None:
    asked = Initiator(method, None, site, "navigate", "document", has_cookie=True)
    if passes:
        check_sign_out(asked)
    else:
        with pytest.raises(Refused, match="elsewhere"):
            check_sign_out(asked)


@pytest.mark.parametrize(("mode", "dest"), [("cors", "empty"), ("no-cors", "image"), ("navigate", "iframe")])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_script_of_a_notebook_signs_its_person_out(method: str, mode: str, dest: str) -> None:
    asked = Initiator(method, None, "same-origin", mode, dest, has_cookie=True)
    with pytest.raises(Refused, match="a sign-out as"):
        check_sign_out(asked)


def test_a_browser_that_does_not_say_what_it_opens_signs_out() -> None:
    check_sign_out(Initiator("GET", None, "none", None, None, has_cookie=True))
