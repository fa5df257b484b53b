"""A workspace answers with the types of content that its path is listed with; the browser reads no other into it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.content_types import JSON, PAGES, PARTS, check_content_type, parse_content_type
from hub_config.gate.errors import Refused
from hub_config.gate.routes import ROUTES, SOCKETS, Kind, find_route
from hub_config.gate.targets import Target

LISTED = [
    ("lab", "text/html; charset=UTF-8"),
    ("static/lab/main.js", "application/javascript"),
    ("static/lab/main.js", "text/javascript"),
    ("static/lab/x.woff2", "font/woff2"),
    ("static/favicon.ico", "image/vnd.microsoft.icon"),
    ("lab/api/themes/x/index.css", "text/css"),
    ("kernelspecs/python3/logo-svg.svg", "image/svg+xml"),
    ("api/contents/x.ipynb", "application/json"),
    ("api/status", 'application/json; charset="utf-8"'),
]
UNLISTED = [
    ("api/contents/x.csv", "text/csv"),
    ("api/contents/x.csv", "application/octet-stream"),
    ("api/contents/x.html", "text/html"),
    ("api/status", "text/event-stream"),
    ("api/status", "application/pdf"),
    ("api/status", "multipart/x-mixed-replace"),
    ("lab", "image/png"),
    ("lab", "application/zip"),
    ("lab", "application/xhtml+xml"),
    ("static/lab/main.js", "text/html"),
    ("static/lab/main.js", "video/mp4"),
    ("lab/api/themes/x/index.css", "application/json"),
    ("favicon.ico", "text/plain"),
]
HOSTILE = [
    [],
    [""],
    ["application/json", "text/html"],
    ["application/json, text/html"],
    ["application/json; charset=utf-7"],
    ["application/json; charset=utf-8; charset=utf-7"],
    ["application/json; boundary=x"],
    ["application/json;"],
    ["application/json\x0b; charset=utf-8"],
    ["application /json"],
    ["*/*"],
    ["application/jsonſ"],
    ["application/json" + ";" * 500],
]


def sent(path: str, *values: str, status: int = 200) -> str | None:
    route = find_route("GET", Target(path), websocket=False)
    return check_content_type(list(values), route.types, status=status)


@pytest.mark.parametrize(("path", "value"), LISTED)
def test_what_lab_loads_passes(path: str, value: str) -> None:
    passed = sent(path, value)
    assert passed is not None
    assert passed.split(";")[0] == value.split(";")[0]


@pytest.mark.parametrize(("path", "value"), UNLISTED)
def test_a_type_that_the_row_does_not_name_is_refused(path: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        sent(path, value)
    assert refused.value.code == "response.type"


@pytest.mark.parametrize("values", HOSTILE)
def test_a_header_with_more_than_one_reading_is_refused(values: list[str]) -> None:
    with pytest.raises(Refused):
        sent("api/status", *values)


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_an_error_or_redirect_may_be_said_in_a_page(status: int) -> None:
    assert sent("static/lab/gone.js", "text/html; charset=UTF-8", status=status) == "text/html; charset=utf-8"
    with pytest.raises(Refused):
        sent("static/lab/gone.js", "application/zip", status=status)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_needs_no_type(status: int) -> None:
    assert sent("api/status", status=status) is None


@given(st.text(string.printable + "é한", max_size=60))
def test_whatever_a_workspace_says_what_is_sent_is_listed_word_for_word(value: str) -> None:
    try:
        passed = check_content_type([value], JSON | PAGES | PARTS, status=200)
    except Refused:
        return
    assert passed is not None
    name, _, parameter = passed.partition("; ")
    assert name in JSON | PAGES | PARTS
    assert parameter in {"", "charset=utf-8"}


@given(
    st.sampled_from(sorted(JSON | PAGES | PARTS)),
    st.text("; =\"',/\t\x00\r\n", max_size=4).flatmap(
        lambda gap: st.sampled_from([gap, gap + "charset=utf-8", gap + "charset=x"])
    ),
)
def test_nothing_hides_behind_a_listed_type(name: str, tail: str) -> None:
    read = parse_content_type(name + tail)
    listed = read is not None and read.name in JSON | PAGES | PARTS
    assert not listed or read is None or read.header() in {name, f"{name}; charset=utf-8"}


def test_every_row_lists_types_and_none_that_a_browser_would_save_or_play() -> None:
    for route in (*ROUTES, *SOCKETS):
        assert route.types
        for name in route.types:
            assert parse_content_type(name) is not None
            assert not name.startswith(("video/", "audio/", "multipart/"))
            assert name not in {"application/octet-stream", "application/zip", "application/pdf", "text/csv"}


def test_only_pages_are_pages() -> None:
    assert {r.kind for r in ROUTES if "text/html" in r.types} == {Kind.PAGE}
