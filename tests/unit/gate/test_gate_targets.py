"""A request target means one thing, or it is refused."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.errors import AmbiguousTarget
from hub_config.gate.targets import Target, parse_target

SEGMENT = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/\\;%"), min_size=1, max_size=12
).filter(lambda s: s not in (".", ".."))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "user/alice",
        "http://work.example/user",
        "*",
        "/a/../b",
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/a/./b",
        "/a//b",
        "//evil.example/",
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a\\b",
        "/a%00b",
        "/a%0d%0ab",
        "/a%7fb",
        "/a;b",
        "/a%3bb",
        "/%252e%252e/",
        "/%25%32%66",
        "/a%",
        "/a%zz",
        "/a%2",
        "/%ff",
        "/%c0%af",
        "/%ed%a0%80",
        "/a b",
        "/a#b",
        "/a\tb",
        "/é",
        "/a?x=1&x=2",
        "/a?x=%ff",
        "/a?format=text&form%61t=base64",
        "/" + "a" * 8000,
    ],
)
def test_a_target_with_two_readings_is_refused(raw: str) -> None:
    with pytest.raises(AmbiguousTarget):
        parse_target(raw)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/", "/"),
        ("/user/alice/gibleed/lab", "/user/alice/gibleed/lab"),
        ("/%EA%B2%B0%EA%B3%BC.ipynb", "/결과.ipynb"),
        ("/100%25.csv", "/100%.csv"),
        ("/a%20b", "/a b"),
        ("/%6cab", "/lab"),
        ("/api/contents/", "/api/contents/"),
    ],
)
def test_a_plain_target_is_decoded_once(raw: str, path: str) -> None:
    assert parse_target(raw).path == path


@given(st.lists(SEGMENT, max_size=5), st.dictionaries(st.text("abc", min_size=1), st.text(max_size=8), max_size=3))
def test_what_is_forwarded_is_read_as_what_was_checked(segments: list[str], query: dict[str, str]) -> None:
    target = Target("/" + "/".join(segments), tuple(query.items()))
    try:
        again = parse_target(target.encoded())
    except AmbiguousTarget:
        return
    assert again == target


@given(st.lists(SEGMENT, min_size=1, max_size=5))
def test_every_plain_path_has_a_reading(segments: list[str]) -> None:
    assert parse_target(quote("/" + "/".join(segments))).path == "/" + "/".join(segments)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40))
def test_an_accepted_path_has_no_second_decoding_and_no_dot_segment(text: str) -> None:
    try:
        target = parse_target("/" + text)
    except AmbiguousTarget:
        return
    assert unquote(target.path) == target.path
    assert not {".", ".."} & set(target.path.split("/"))
    assert "\\" not in target.path
    assert ";" not in target.path


@given(st.binary(max_size=60))
def test_any_bytes_become_a_target_or_one_error(data: bytes) -> None:
    try:
        parse_target(data.decode("latin-1"))
    except AmbiguousTarget:
        return
