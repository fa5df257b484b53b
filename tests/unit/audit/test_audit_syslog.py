from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.event import Object
from audit.outward.formats import message
from audit.outward.syslog import BOM, escaped, frame, one_line, syslog_message
from tests.unit.audit.audit_outgoing import ORIGIN, REQUEST, SHA256, an_event, outgoing

# RFC 5424 section 6, written from its grammar and not from the code under test.
GRAMMAR = re.compile(
    r"<(?P<pri>[0-9]{1,3})>(?P<version>[1-9][0-9]{0,2}) (?P<time>\S+) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48})"
    r" (?P<process>[!-~]{1,128}) (?P<id>[!-~]{1,32})"
    r' (?P<data>-|(?:\[[!#-<>-\\^-~]{1,32}(?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\])+) (?P<text>.*)',
    re.DOTALL,
)
PARAMETER = re.compile(r'([!#-<>-\\^-~]+)="((?:[^"\\\]]|\\["\\\]])*)"')


def parsed(text: str) -> dict[str, str]:
    match = GRAMMAR.fullmatch(text)
    assert match, text
    return match.groupdict()


def parameters(text: str) -> dict[str, str]:
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in PARAMETER.findall(parsed(text)["data"])}


@pytest.mark.parametrize("action", sorted(CATALOGUE))
def test_every_action_gives_a_message_of_the_grammar(action: str) -> None:
    parts = parsed(syslog_message(outgoing(an_event(action))))
    facility, severity = divmod(int(parts["pri"]), 8)
    assert (facility, parts["version"], parts["app"], parts["host"]) == (13, "1", "ansim", "zone1")
    assert severity in range(8)
    assert parts["id"] == action[:32]
    assert parameters(syslog_message(outgoing(an_event(action))))["action"] == action


def test_time_keeps_the_microseconds_of_the_entry() -> None:
    parts = parsed(syslog_message(outgoing()))
    assert datetime.fromisoformat(parts["time"]) == outgoing().entry.ts


def test_the_proof_of_the_entry_is_structured_data() -> None:
    sent = outgoing(index=41)
    facts = parameters(syslog_message(sent))
    assert (facts["origin"], facts["index"], facts["leafHash"]) == (ORIGIN, "41", sent.entry.leaf_hash.hex())


def test_structured_data_tells_who_what_whose_and_how_it_ended() -> None:
    event = an_event(object=Object("request", REQUEST, "gibleed", SHA256), outcome="denied", reason="own_request")
    facts = parameters(syslog_message(outgoing(event)))
    wanted = {
        "actor": event.actor.ref,
        "object": REQUEST,
        "objectKind": "request",
        "project": "gibleed",
        "sha256": SHA256,
        "subjects": "gibleed:1",
        "outcome": "denied",
        "reason": "own_request",
    }
    assert wanted.items() <= facts.items()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_text_begins_with_the_byte_order_mark_and_speaks_the_language_of_the_target(language: str) -> None:
    text = parsed(syslog_message(outgoing(), "ko" if language == "ko" else "en"))["text"]
    said = CATALOGUE["egress.voted"]
    assert text == BOM + (said.ko if language == "ko" else said.en) + " (ok)"
    assert text.encode("utf-8").startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("form", ["ocsf", "cef"])
def test_another_format_travels_as_the_text_of_a_message_without_a_mark(form: str) -> None:
    carried = message(outgoing(), "ocsf" if form == "ocsf" else "cef", "tls")
    parts = parsed(carried)
    assert parts["data"] == "-"
    assert parts["text"].startswith("{" if form == "ocsf" else "CEF:0|")


def test_messages_are_framed_by_the_number_of_their_octets() -> None:
    assert frame(["abc", "가"]) == b"3 abc3 \xea\xb0\x80"


def unframed(data: bytes) -> list[str]:
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        found.append(rest[: int(length)].decode())
        data = rest[int(length) :]
    return found


@given(st.lists(st.text(min_size=1, max_size=40)))
def test_no_text_can_break_the_framing(messages: list[str]) -> None:
    whole = [text.encode("utf-8", "replace").decode() for text in messages]
    assert unframed(frame(whole)) == whole


@given(st.text(max_size=60))
def test_no_value_can_leave_its_parameter(value: str) -> None:
    match = PARAMETER.fullmatch(f'name="{escaped(value)}"')
    assert match
    assert re.sub(r"\\(.)", r"\1", match.group(2)) == one_line(value)


@given(st.text(max_size=60))
def test_no_text_can_begin_a_second_line(value: str) -> None:
    assert len(one_line(value).splitlines()) <= 1
