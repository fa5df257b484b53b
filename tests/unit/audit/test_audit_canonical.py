"""Canonical JSON: what the log hashes is what RFC 8785 says, and nothing else is read."""

from __future__ import annotations

import json
import unicodedata
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audit.canonical import MAX_INTEGER, decode, dump, encode, encode_text, restricted
from audit.errors import MalformedBody

ANY_TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda t: unicodedata.normalize("NFC", t))
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | ANY_TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_value_is_written_as_rfc_8785_writes_it(value: Any) -> None:
    try:
        ours = encode(value)
    except MalformedBody:
        assume(False)  # nested deeper than the restricted form allows
    assert ours == rfc8785.dumps(value)
    assert decode(ours) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_sealed_text_is_written_as_rfc_8785_writes_it(text: str) -> None:
    assert encode_text(text) == rfc8785.dumps(text)


@given(st.binary(max_size=200) | VALUES.map(rfc8785.dumps) | st.text().map(lambda t: t.encode("utf-8", "replace")))
def test_reading_any_bytes_gives_a_value_or_one_family_of_error(data: bytes) -> None:
    try:
        value = decode(data)
    except MalformedBody:
        return
    assert encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"b":1,"a":2}', id="keys out of order"),
        pytest.param(b'{"a":1, "b":2}', id="white space"),
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b'{"a":1.0}', id="a float"),
        pytest.param(b'{"a":1e3}', id="an exponent"),
        pytest.param(b'{"a":NaN}', id="not a number"),
        pytest.param(b'{"a":-0}', id="negative zero"),
        pytest.param(b'{"a":9007199254740992}', id="an integer that others cannot keep"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="an integer of 5,000 digits"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b'"\\u0041"', id="a needless escape"),
        pytest.param(b'"\xed\xa0\x80"', id="a surrogate"),
        pytest.param(b'"\\ud800"', id="an escaped surrogate"),
        pytest.param('"e\u0301"'.encode(), id="not in normalisation form C"),
        pytest.param('{"é":1}'.encode(), id="a key beyond ASCII"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_second_spelling_of_a_value_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode(data)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, b"bytes", {1: 2}, {"a": object()}, {"a": {1, 2}}, "\ud800"]
)
def test_a_value_outside_the_restricted_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedBody):
        encode(value)


def test_a_member_of_a_text_enumeration_is_written_as_its_text() -> None:
    class Role(StrEnum):
        CHECKER = "checker"

    assert encode({"role": Role.CHECKER}) == b'{"role":"checker"}'


def written_by_the_standard_library(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def decoded_by_the_standard_library(data: bytes) -> Any:
    """Return what the same rule says that is written with the standard library alone."""
    try:
        value = json.loads(data.decode("utf-8"))
        return restricted(value) if written_by_the_standard_library(value) == data else "refused"
    except (ValueError, RecursionError, MalformedBody):
        return "refused"


HOSTILE = st.recursive(
    st.sampled_from(
        [
            *("0", "-0", "00", "1", "-1", "1.0", "1e5", "1E400", "9007199254740991", "9007199254740993"),
            *("18446744073709551615", "18446744073709551616", "-9223372036854775809", "1" * 400),
            *("NaN", "Infinity", "true", "True", "null", "nul", '""', '"\\u0000"', '"\x00"', '"\\u001b"', '"\x1b"'),
            *('"\\ud800"', '"\\ud83d\\ude00"', '"\U0001f600"', '"\\/"', '"/"', '"\\n"', '"\n"', '"\x7f"', '"\u2028"'),
            *('"\\u00e9"', '"é"', '"e\u0301"', '"\\u003c"', '"<"', '"\\b\\f\\t"', '"\ufeff"', '"\uffff"', "'a'", ""),
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(
            st.tuples(st.sampled_from(['"a"', '"b"', '"\\u0061"', '"é"', '"\x7f"', "a"]), inner), max_size=3
        ).map(lambda items: "{" + ",".join(f"{name}:{value}" for name, value in items) + "}")
    ),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(HOSTILE.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40))
def test_hostile_bytes_are_judged_as_the_standard_library_judges_them(data: bytes) -> None:
    try:
        found: Any = decode(data)
    except MalformedBody:
        found = "refused"
    assert found == decoded_by_the_standard_library(data)


@given(VALUES)
def test_every_value_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    assert dump(value) == written_by_the_standard_library(value)


def test_every_character_is_written_as_the_standard_library_writes_it() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x11000, 7), 0x1F600, 0x10FFFF):
        assert dump(chr(code)) == written_by_the_standard_library(chr(code))


@pytest.mark.parametrize("depth", [8, 9, 200, 300, 2000])
def test_depth_is_judged_whatever_the_library_can_hold(depth: int) -> None:
    data = b"[" * depth + b"]" * depth
    if depth <= 8:
        assert encode(decode(data)) == data
    else:
        with pytest.raises(MalformedBody):
            decode(data)
