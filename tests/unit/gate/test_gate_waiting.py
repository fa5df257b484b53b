"""What a person or a program is told while a part of the zone is coming back."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from hub_config.gate.answers import LANGUAGE, refusal
from hub_config.gate.config import GateConfig
from hub_config.gate.refusals import REFUSALS

CONFIG = GateConfig(domain="ansim.localhost")
DOCUMENT = {"Sec-Fetch-Dest": "document"}


def test_a_refusal_that_says_when_to_come_again_is_temporary() -> None:
    waiting = {code for code, known in REFUSALS.items() if known.retry_seconds is not None}
    at_fault = {"session.elsewhere", "session.other_address", "calls.pace", "address.busy"}  # not the zone
    assert waiting == {"gate.filling", "hub.away", "zone.away", *at_fault}
    assert {REFUSALS[code].status for code in waiting - at_fault} == {503}


def test_the_page_of_a_zone_that_comes_back_reloads_itself_in_both_languages() -> None:
    answer = refusal("gate.filling", make_mocked_request("GET", "/user/a/p/lab", headers=DOCUMENT), CONFIG)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.text is not None
    assert '<meta http-equiv="refresh" content="2">' in answer.text
    assert "이 페이지는 저절로 새로 고쳐집니다." in answer.text
    assert "This page reloads itself." in answer.text


def test_a_form_that_was_sent_is_never_thrown_away_by_a_reload() -> None:
    answer = refusal("zone.away", make_mocked_request("POST", "/requests", headers=DOCUMENT), CONFIG)
    assert answer.text is not None
    assert "refresh" not in answer.text


def test_a_refusal_for_good_does_not_reload() -> None:
    answer = refusal("workspace.closed", make_mocked_request("GET", "/user/a/p/lab", headers=DOCUMENT), CONFIG)
    assert answer.text is not None
    assert "refresh" not in answer.text
    assert "Retry-After" not in answer.headers


def test_a_program_reads_the_same_without_a_page() -> None:
    answer = refusal("gate.filling", make_mocked_request("GET", "/user/a/p/api"), CONFIG)
    assert answer.content_type == "application/json"
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize(("asked", "first"), [("en-GB,en;q=0.9", "en"), ("ko-KR", "ko"), ("", "ko"), ("de", "ko")])
def test_before_it_is_known_who_asks_a_refusal_speaks_the_language_of_the_browser(asked: str, first: str) -> None:
    request = make_mocked_request("GET", "/user/a/p/lab", headers={**DOCUMENT, "Accept-Language": asked})
    text = refusal("site.cross", request, CONFIG).text
    assert text is not None
    assert f'<html lang="{first}"' in text


def test_the_owner_of_a_workspace_reads_their_own_language() -> None:
    request = make_mocked_request("GET", "/user/a/p/lab", headers={**DOCUMENT, "Accept-Language": "ko"})
    request[LANGUAGE] = "en"
    text = refusal("workspace.closed", request, CONFIG).text
    assert text is not None
    assert '<html lang="en"' in text
