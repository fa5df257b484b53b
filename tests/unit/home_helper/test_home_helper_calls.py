"""The helper for homes takes a handful of calls, to the letter, and nothing that could be a path."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.home_helper.calls import CALLS, Call, line_of, parse_call
from hub_config.home_helper.errors import REASONS, Refused
from hub_config.home_helper.fscrypt import KEY_BYTES, identifier_of

REFS = st.from_regex(r"ws_[a-z2-7]{16}", fullmatch=True)
FIELDS = {"workspace": REFS, "gib": st.integers(1, 1 << 20), "idle": st.integers(0, 86_400)}
CALLED = st.sampled_from(sorted(CALLS)).flatmap(
    lambda verb: st.builds(Call, st.just(verb), **{name: FIELDS[name] for name in CALLS[verb]})
)


@given(CALLED)
def test_a_call_is_read_as_it_was_written(call: Call) -> None:
    assert parse_call(line_of(call)) == call


@given(st.binary(max_size=600) | st.text(max_size=300).map(lambda text: text.encode() + b"\n"))
def test_any_other_line_is_refused_and_nothing_else_happens(line: bytes) -> None:
    with pytest.raises(Refused):
        parse_call(line)


@given(CALLED, st.sampled_from(["path", "key", "workspace", "gib", "idle", "options"]))
def test_a_call_with_more_or_less_than_its_row_is_refused(call: Call, name: str) -> None:
    fields = json.loads(line_of(call))
    if name in fields:
        del fields[name]
    else:
        fields[name] = "ws_aaaaaaaaaaaaaaaa" if name == "workspace" else 1
    with pytest.raises(Refused):
        parse_call(json.dumps(fields).encode() + b"\n")


@pytest.mark.parametrize(
    "ref",
    ["", "ws_", "../../etc", "ws_aaaaaaaaaaaaaaa/", "ws_AAAAAAAAAAAAAAAA", "ws_aaaaaaaaaaaaaaaa\n",
     "ws_aaaaaaaaaaaaaaaaa", "ws_aaaaaaaaaaaaaaa1", "x" * 100, 7, None, True, ["ws_aaaaaaaaaaaaaaaa"]],
)  # fmt: skip
def test_a_workspace_is_named_by_its_reference_and_in_no_other_way(ref: object) -> None:
    with pytest.raises(Refused):
        parse_call(json.dumps({"verb": "open", "workspace": ref}).encode() + b"\n")


@pytest.mark.parametrize("gib", [0, -1, 1 << 21, 1.5, "1", True, None])
def test_a_size_is_a_whole_number_in_bounds(gib: object) -> None:
    with pytest.raises(Refused):
        parse_call(json.dumps({"verb": "make", "workspace": "ws_aaaaaaaaaaaaaaaa", "gib": gib}).encode() + b"\n")


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(Refused):
        parse_call(b'{"verb": "list", "verb": "destroy", "workspace": "ws_aaaaaaaaaaaaaaaa"}\n')


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    for text in REASONS.values():
        assert text.ko.endswith(".")
        assert text.en.endswith(".")


def test_the_name_of_a_key_says_nothing_of_the_key() -> None:
    one, other = identifier_of(bytes(KEY_BYTES)), identifier_of(b"\1" + bytes(KEY_BYTES - 1))
    assert one != other
    assert len(one) == 16
