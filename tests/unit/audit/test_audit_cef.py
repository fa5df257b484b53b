from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.event import Object
from audit.outward.cef import cef_line, extension_value, header_value
from audit.outward.syslog import one_line
from tests.unit.audit.audit_outgoing import ALICE, ORIGIN, REQUEST, SHA256, an_event, entry_of, outgoing


def parsed(line: str) -> tuple[list[str], dict[str, str]]:
    """Read a CEF event as a receiver does: fields to an unescaped bar, values to the next unescaped `key=`."""
    parts = re.split(r"\|", re.sub(r"\\([\\|])", _hidden, line), maxsplit=7)
    header = [_shown(part) for part in parts[:7]]
    rest = _restored(parts[7]) if len(parts) == 8 else ""
    pairs = re.findall(r"(\w+)=((?:[^=\\]|\\.)*?)(?= \w+=|$)", rest)
    return header, {key: _plain(value) for key, value in pairs}


def _hidden(match: re.Match[str]) -> str:
    return {"\\": "\x00", "|": "\x01"}[match.group(1)]


def _shown(text: str) -> str:
    return text.replace("\x00", "\\").replace("\x01", "|")


def _restored(text: str) -> str:
    return text.replace("\x00", "\\\\").replace("\x01", "\\|")


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m.group(1), m.group(1)), value)


@pytest.mark.parametrize("action", sorted(CATALOGUE))
def test_every_action_gives_one_event_of_seven_fields_and_an_extension(action: str) -> None:
    header, extension = parsed(cef_line(outgoing(an_event(action))))
    assert header[:3] == ["CEF:0", "Ansim", "Ansim"]
    assert header[4:6] == [action, CATALOGUE[action].en]
    assert 0 <= int(header[6]) <= 10
    assert extension["act"] == action


def test_the_extension_tells_who_what_where_and_ties_the_event_to_its_proof() -> None:
    event = an_event(
        object=Object("request", REQUEST, "gibleed", SHA256),
        outcome="denied",
        reason="own_request",
        detail={"round": 1, "verdict": "a=b"},
    )
    sent = outgoing(event, index=41)
    _, extension = parsed(cef_line(sent))
    wanted = {
        "rt": "1795230245678",
        "externalId": event.id,
        "cat": "egress",
        "outcome": "denied",
        "reason": "own_request",
        "suid": ALICE,
        "fileHash": SHA256,
        "cn1": "41",
        "cn1Label": "logIndex",
        "cs1": sent.entry.leaf_hash.hex(),
        "cs1Label": "leafHash",
        "cs2": ORIGIN,
        "cs3": f"request {REQUEST}",
        "cs4": "gibleed",
        "cs5": "gibleed:1",
        "cs6": '{"round":1,"verdict":"a=b"}',
    }
    assert wanted.items() <= extension.items()


def test_a_damaged_entry_is_of_the_highest_severity_and_says_so() -> None:
    header, extension = parsed(cef_line(replace(outgoing(), entry=entry_of(an_event(), intact=False))))
    assert header[6] == "10"
    assert extension["cs1"].endswith(" damaged")


@pytest.mark.parametrize(
    ("text", "written"),
    [("a|b", "a\\|b"), ("a\\b", "a\\\\b"), ("a=b", "a=b"), ("a\nb", "a b")],
)
def test_a_header_escapes_bars_and_backslashes_only(text: str, written: str) -> None:
    assert header_value(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [("a=b", "a\\=b"), ("a\\b", "a\\\\b"), ("a|b", "a|b"), ("a\nb", "a\\nb"), ("a\r\nb", "a\\nb"), ("a\rb", "a\\rb")],
)
def test_an_extension_escapes_equal_signs_backslashes_and_line_ends(text: str, written: str) -> None:
    assert extension_value(text) == written


@given(st.text(max_size=60))
def test_no_header_field_can_begin_another(text: str) -> None:
    header, _ = parsed(f"CEF:0|Ansim|Ansim|1|{header_value(text)}|name|3|act=x")
    assert (len(header), header[4], header[5]) == (7, one_line(text), "name")


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60))
def test_no_value_can_begin_another_key(text: str) -> None:
    _, extension = parsed(f"CEF:0|Ansim|Ansim|1|x|name|3|cs1={extension_value(text)} cn1=7")
    assert extension == {"cs1": text, "cn1": "7"}


@given(st.text(max_size=60))
def test_no_value_can_begin_a_second_line(text: str) -> None:
    assert len(extension_value(text).splitlines()) <= 1
