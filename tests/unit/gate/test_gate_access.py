"""What the hub says of a project's policy is read exactly, and holds: addresses, uploads, times, the notices."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.access import Access, parse_access
from hub_config.gate.errors import Refused
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.headers import gate_page_headers, preview_headers, workspace_headers
from hub_config.gate.pages import bar_page, frame_page, mark_page
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.sessions import Session
from hub_config.gate.uploads import check_write as check_write_up_to
from registry.access_policy import PROFILES, AccessPolicy, chosen, problem_of
from tests.unit.gate.test_gate_headers import CONFIG, HOST

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def refused(code: str, act: Any, *given: Any) -> None:
    with pytest.raises(Refused) as refusal:
        act(*given)
    assert refusal.value.code == code
    assert code in REFUSALS


def test_what_the_hub_sends_is_what_the_gate_reads() -> None:
    policy = AccessPolicy(addresses=("10.1.0.0/16",), profile="hardened", pictures="hold", one_connection=True)
    access = parse_access(json.loads(json.dumps(policy.payload())))
    assert set(policy.payload()) == {one.name for one in fields(Access)}
    assert (access.pictures, access.one_connection) == (False, True)
    assert parse_access({}) == Access()


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {"unknown": 1},
        {"shown_bytes": 0},
        {"shown_bytes": -5},
        {"shown_bytes": "9"},
        {"shown_bytes": 1.5},
        {"shown_bytes": True},
        {"pictures": 1},
        {"addresses": "10.0.0.0/8"},
        {"addresses": ["10.0.0.1/8"]},
        {"addresses": [1]},
        {"addresses": ["10.0.0.0/8"] * 300},
    ],
)
def test_a_policy_that_is_not_exactly_one_opens_nothing(document: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_access(document)


KEYS = st.sampled_from([one.name for one in fields(Access)]) | st.text(max_size=5)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=20), max_size=3)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_document_is_a_policy_of_right_types_or_one_error(document: dict[str, Any]) -> None:
    try:
        access = parse_access(document)
    except ValueError:
        return
    assert access.shown_bytes > 0
    assert isinstance(access.pictures, bool)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"])
def test_listed_addresses_pass(address: str) -> None:
    parse_access({"addresses": ["10.1.0.0/16", "fd00::/8"]}).check_address(address)


@pytest.mark.parametrize("address", ["10.2.0.1", "127.0.0.1", "::1", "", "10.1.2.3, 6.6.6.6", "unix:", "10.1.2.3%1"])
def test_every_other_address_is_refused(address: str) -> None:
    refused("address.unlisted", parse_access({"addresses": ["10.1.0.0/16", "fd00::/8"]}).check_address, address)


TEXT_BYTES = 10_000


def check_write(body: bytes, access: Access) -> None:
    check_write_up_to(body, access, text_bytes=TEXT_BYTES)


WRITES = [
    {"type": "notebook", "content": {"cells": []}, "format": "json"},
    {"type": "file", "format": "text", "content": "x"},
    {"type": "directory"},
    {"copy_from": "a.ipynb"},
    {"path": "b.ipynb"},
    {"ext": ".txt", "type": "file"},
]
UPLOADS = [
    {"type": "file", "format": "base64", "content": "eA=="},
    {"type": "file", "format": "base64", "content": "eA==", "chunk": 1},
    {"type": "file", "format": "text", "content": "x", "chunk": -1},
    {"type": "notebook", "format": "json", "content": {}, "chunk": None},
]


@pytest.mark.parametrize("document", WRITES)
def test_what_an_editor_saves_passes(document: dict[str, Any]) -> None:
    check_write(json.dumps(document).encode(), Access())
    check_write(b"", Access())


@pytest.mark.parametrize("document", UPLOADS)
def test_a_file_sent_as_bytes_is_refused_and_sent_to_the_review(document: dict[str, Any]) -> None:
    refused("upload.refused", check_write, json.dumps(document).encode(), Access())
    assert "반입" in REFUSALS["upload.refused"].body.ko


@pytest.mark.parametrize("uploads", ["review", "refuse"])
@pytest.mark.parametrize("model", [{"type": "file", "format": "text"}, {"type": "file"}, {"format": "text"}, {}])
def test_a_file_that_nobody_typed_is_not_saved_as_text(uploads: Any, model: dict[str, Any]) -> None:
    access = parse_access(AccessPolicy(uploads=uploads).payload())
    check_write(json.dumps({**model, "content": "x" * (TEXT_BYTES - 200)}).encode(), access)
    refused("upload.long", check_write, json.dumps({**model, "content": "x" * TEXT_BYTES}).encode(), access)
    notebook = {"type": "notebook", "format": "json", "content": {"cells": ["x" * TEXT_BYTES]}}
    check_write(json.dumps(notebook).encode(), access)


def test_where_nothing_is_brought_in_nobody_is_sent_to_the_page_for_it() -> None:
    access = parse_access(AccessPolicy(uploads="refuse").payload())
    refused("upload.closed", check_write, json.dumps(UPLOADS[0]).encode(), access)
    assert "파일 반입" not in REFUSALS["upload.closed"].body.ko
    assert "Bring files in" not in REFUSALS["upload.closed"].body.en


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"x",
        b'{"format":"text","format":"base64"}',
        b'{"format":"BASE64"}',
        b'{"format":"base64 "}',
        b'{"format":["base64"]}',
        b'{"Chunk":1}',
        b'{"content":NaN}',
        b"\xff\xfe{}",
        b'{"extra":1}',
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_refused(body: bytes) -> None:
    refused("body.malformed", check_write, body, Access())


@given(st.binary(max_size=200))
def test_any_body_passes_or_is_refused(body: bytes) -> None:
    with contextlib.suppress(Refused):
        check_write(body, Access())


def test_the_strictest_times_of_the_workspaces_that_were_entered_count() -> None:
    session = Session("alice", "token", 0.0)
    session.hold_to(Access(idle_seconds=600, longest_seconds=7200))
    session.hold_to(Access(idle_seconds=900, longest_seconds=3600))
    assert (session.idle_seconds, session.longest_seconds) == (600, 3600)
    began = session.created
    assert not session.over(began + 599)
    assert session.over(began + 601)
    session.touched = began + 3500
    assert not session.over(began + 3590)
    assert session.over(began + 3610)


def test_no_profile_leaves_the_clipboard_to_pages_that_ask_for_it() -> None:
    shut = workspace_headers(CONFIG, HOST)["Permissions-Policy"].split(", ")
    assert {"clipboard-read=()", "clipboard-write=()"} <= set(shut)


def test_what_a_workspace_and_a_preview_may_connect_to_is_where_they_came_from() -> None:
    for headers in (workspace_headers(CONFIG, HOST), preview_headers(CONFIG)):
        assert headers["Connection-Allowlist"] == "(response-origin)"


def test_where_pictures_are_held_a_page_may_draw_none_that_stands_in_itself() -> None:
    assert "img-src 'self' data: blob:" in workspace_headers(CONFIG, HOST)["Content-Security-Policy"]
    rules = workspace_headers(CONFIG, HOST, Access(pictures=False))["Content-Security-Policy"].split("; ")
    assert [rule for rule in rules if rule.startswith(("img-src", "media-src"))] == [
        "img-src 'self'",
        "media-src 'none'",
    ]


def test_a_body_of_a_million_lists_is_refused_before_it_is_read() -> None:
    body = b'{"content":[' + b"[]," * 600_000 + b"[]]}"
    began = time.process_time()
    refused("body.malformed", check_write, body, Access())
    many = time.process_time() - began
    began = time.process_time()
    json.loads(body)
    assert many < time.process_time() - began


def test_a_page_of_the_gate_that_renews_itself_stands_in_no_sandbox_without_scripts() -> None:
    frame = frame_page(workspace_url="/w", bar_url="/b", project="p", language="en", mark_url="/m")
    mark = frame.split('<iframe class="mark"')[1].split(">")[0]
    assert "sandbox" not in mark
    assert 'http-equiv="refresh"' in mark_page(person="p", zone="z", language="en", now=NOW)
    assert "default-src 'none'" in gate_page_headers(CONFIG)["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["choose-an-access-policy.md", "choose-an-access-policy.ko.md"])
def test_the_guide_turns_printing_off_where_a_browser_is_managed_for_the_zone_cannot(name: str) -> None:
    guide = (Path("docs/how-to") / name).read_text(encoding="utf-8")
    policies = json.loads(guide.split("```json")[1].split("```")[0])
    assert policies["PrintingEnabled"] is False
    assert "window.print()" in guide
    direct, managed = PROFILES["direct"], PROFILES["hardened"]
    assert any("인쇄" in limit.ko and "printed" in limit.en for limit in direct.residual)
    assert "인쇄" in managed.what.ko
    assert "printing" in managed.what.en


def test_the_watermark_says_who_when_and_where_without_a_script_and_takes_no_click() -> None:
    text = mark_page(person="al<ice", zone="ansim.example", language="ko", now=NOW)
    assert text.count("al&lt;ice") > 20
    assert "2026-11-22" in text
    assert "ansim.example" in text
    assert "2026-11-22 06:00+00:00" in text
    assert "<script" not in text
    frame = frame_page(workspace_url="/w", bar_url="/b", project="p", language="en", mark_url="/m?a=1&b=2")
    assert "pointer-events:none" in frame
    assert 'src="/m?a=1&amp;b=2"' in frame
    assert 'class="mark" src' not in frame_page(workspace_url="/w", bar_url="/b", project="p", language="en")


@pytest.mark.parametrize(("share", "held", "words"), [(0.85, 0, "85%"), (1.0, 0, "다 썼습니다"), (0.0, 3, "3개")])
def test_the_bar_says_what_was_held_and_how_much_is_left(share: float, held: int, words: str) -> None:
    rest: dict[str, Any] = {"ends_at": None, "language": "ko", "portal": "http://z", "now": NOW}
    assert words in bar_page(closed=False, share=share, held=held, **rest)
    assert words not in bar_page(closed=False, **rest)


@pytest.mark.parametrize("code", ["audit.unavailable", "audit.full", "frame.too_large", "upload.closed"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_bar_says_why_a_message_was_not_sent_on_and_what_to_do(code: str, language: Any) -> None:
    rest: dict[str, Any] = {"ends_at": None, "language": language, "portal": "http://z", "now": NOW}
    said = REFUSALS[code].title.say(language)
    assert said in bar_page(closed=False, stopped=code, **rest)
    assert REFUSALS[code].body.say(language) in bar_page(closed=False, stopped=code, **rest)
    assert said not in bar_page(closed=False, **rest)
    assert said not in bar_page(closed=True, stopped=code, **rest)


def test_a_ticket_that_was_not_used_is_dropped_with_its_workspace() -> None:
    tickets = FrameTickets()
    mine, other = tickets.issue("ws_a", "/a", "en"), tickets.issue("ws_b", "/b", "en")
    tickets.drop({"ws_a"})
    assert tickets.open(mine, "/a") is None
    assert tickets.open(other, "/b") is not None


def test_a_project_gets_the_policy_that_names_it_else_the_one_for_all_else_the_defaults() -> None:
    strict, rest = AccessPolicy(name="strict", projects=("a",)), AccessPolicy(name="rest", shown_bytes=5)
    assert chosen((strict, rest), "a") is strict
    assert chosen((strict, rest), "b") is rest
    assert chosen((strict,), "b") == AccessPolicy()


@pytest.mark.parametrize(
    "policies",
    [
        (AccessPolicy(addresses=("10.0.0.1/8",)),),
        (AccessPolicy(longest_hours=13),),
        (AccessPolicy(name="a", projects=("x",)), AccessPolicy(name="a", projects=("y",))),
        (AccessPolicy(name="a", projects=("x",)), AccessPolicy(name="b", projects=("x",))),
        (AccessPolicy(name="a"), AccessPolicy(name="b")),
    ],
)
def test_policies_that_contradict_each_other_are_refused(policies: tuple[AccessPolicy, ...]) -> None:
    assert problem_of(policies) is not None
    assert problem_of((AccessPolicy(), AccessPolicy(name="b", projects=("x",)))) is None


def test_every_profile_says_what_is_left_in_both_languages() -> None:
    for profile in PROFILES.values():
        assert profile.residual
        for text in (profile.name, profile.what, *profile.residual):
            assert text.ko
            assert text.en
