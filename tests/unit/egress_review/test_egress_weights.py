"""Weights of a model: blocked, unless the file is weights and nothing else and a report of attacks lies beside it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.findings import FileReport, Flagged, Severity, Verdict
from egress_review.weights import tells_of_attacks
from tests.unit.egress_review.egress_files import flagged, look

TENSOR = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
COUNTER = {"dtype": "I64", "shape": [], "data_offsets": [16, 24]}
WRITTEN = json.dumps({"w": TENSOR}, separators=(",", ":"))
NUMBERS = struct.pack("<4fq", 0.5, -1.0, 2.0, 0.25, 7)


def tensors(header: Any = None, data: bytes = NUMBERS, *, text: str | None = None) -> bytes:
    """A safetensors file as its own library writes it."""
    given = {"layer.0.weight": TENSOR, "seen": COUNTER} if header is None else header
    head = (text or json.dumps(given, separators=(",", ":"))).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


def field(number: int, content: bytes | int) -> bytes:
    """One field of a protobuf message, of a short text or a small number."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


ONNX = field(1, 9) + field(2, b"pytorch") + field(7, field(2, b"g") + field(5, b"w")) + field(8, field(2, 17))


def judged(name: str, data: bytes, *, attacked: bool = True) -> FileReport:
    return look(name, data, attacked=attacked)


@pytest.mark.parametrize(("name", "data"), [("m.safetensors", tensors()), ("m.onnx", ONNX)])
def test_weights_with_a_report_of_attacks_take_a_senior_checker(name: str, data: bytes) -> None:
    report = judged(name, data)
    (found,) = [one for one in report.findings if isinstance(one, Flagged) and one.severity.decides]
    assert (found.rule, found.severity) == ("model.weights", Severity.FAIL)
    assert (report.blocked, report.verdict) == (False, Verdict.FLAGGED)


@pytest.mark.parametrize(("name", "data"), [("m.safetensors", tensors()), ("m.onnx", ONNX)])
def test_weights_without_a_report_are_blocked(name: str, data: bytes) -> None:
    report = judged(name, data, attacked=False)
    assert report.blocked
    assert "model.weights" not in [rule for rule, _ in flagged(report)]


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("a text in the metadata", tensors({"__metadata__": {"format": "pt", "note": "a"}, "w": TENSOR}, NUMBERS[:16])),
        ("metadata that is no library", tensors({"__metadata__": {"format": "Hong"}, "w": TENSOR}, NUMBERS[:16])),
        ("something said twice", tensors(text='{"w":{"a":"Hong"},' + WRITTEN[1:], data=NUMBERS[:16])),
        ("blanks that could be bits", tensors(text=json.dumps({"w": TENSOR}), data=NUMBERS[:16])),
        ("a name that is a sentence", tensors({"Hong Gildong, 37": TENSOR}, NUMBERS[:16])),
        ("bytes that are no weights", tensors({"w": TENSOR | {"dtype": "U8", "shape": [16]}}, NUMBERS[:16])),
        ("bytes behind the end", tensors(data=NUMBERS + b"x")),
        ("a gap between tensors", tensors({"w": TENSOR | {"data_offsets": [8, 24]}})),
        ("a tensor larger than its place", tensors({"w": TENSOR | {"shape": [2, 3]}}, NUMBERS[:16])),
        ("nothing at all", tensors({}, b"")),
        ("no header", b"\xff" * 40),
        ("a pickle", b"\x80\x04K\x01."),
    ],
)
def test_what_holds_more_than_weights_is_blocked_whatever_lies_beside_it(what: str, data: bytes) -> None:
    assert judged("m.safetensors", data).blocked, what


@pytest.mark.parametrize(
    "data",
    [
        ONNX + field(6, b"a description"),
        ONNX + field(14, b"metadata"),
        ONNX + b"\x00",
        ONNX[:-1],
        ONNX + ONNX,
        field(7, b"graph without operators"),
        b"",
    ],
    ids=repr,
)
def test_a_model_with_words_or_remains_is_blocked(data: bytes) -> None:
    assert judged("m.onnx", data).blocked


@pytest.mark.parametrize("name", ["m.pt", "m.pkl", "m.joblib", "m.h5"])
def test_a_format_that_runs_code_or_hides_data_stays_blocked(name: str) -> None:
    assert judged(name, b"\x80\x04K\x01.").blocked


@given(at=st.integers(0, 200), noise=st.binary(max_size=12), name=st.sampled_from(["m.safetensors", "m.onnx"]))
@settings(max_examples=150, deadline=None)
def test_no_spoilt_weights_pass_or_break_the_check(at: int, noise: bytes, name: str) -> None:
    good = tensors() if name == "m.safetensors" else ONNX
    assert judged(name, good[:at] + noise + good[at + len(noise) :]).verdict is Verdict.FLAGGED


def test_a_report_of_attacks_names_an_attack_and_gives_figures() -> None:
    assert tells_of_attacks('{"attack": "LIRA", "AUC": 0.51}')
    assert tells_of_attacks("구성원 추론 공격의 AUC는 0.52이다.")
    assert not tells_of_attacks("membership inference was not tried")
    assert not tells_of_attacks("AUC of the model: 0.93")
