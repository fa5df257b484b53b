"""Weights of a model: nobody reads them, so they leave by an exception alone (SATRE v2, 3.3.07).

What can be judged by machine is that the file is weights and nothing else: in an open format that runs nothing when it
is opened, without a free text, a gap or bytes behind its end. What they learned is for the report of attacks that has
to lie beside them as evidence, and for a senior checker who reads it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from egress_review.checks.kinds import extension_of
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from registry.text import Text

RULE = "model.weights"

_BYTES = {"BOOL": 1, "F16": 2, "BF16": 2, "I32": 4, "F32": 4, "I64": 8, "F64": 8}
"""Bytes of a number of each type: weights are fractions, beside them stand counters and masks. Bytes are no weights."""
_MOST_DIMENSIONS = 16
_MADE_WITH = frozenset(("pt", "tf", "flax", "np", "mlx"))
"""What `__metadata__` may say: the library that wrote the file, and no text of anybody's own."""
_NAME = re.compile(r"[A-Za-z0-9_./:\[\]-]{1,200}")
_MODEL_FIELDS = frozenset((1, 2, 3, 4, 5, 7, 8))
"""ModelProto: versions, the program that wrote it, the graph, the operators; no doc_string (6), no metadata (14)."""
_ATTACKS = re.compile(
    r"(?:membership|attribute)[ _-]?inference|\blira\b|worst[ _-]?case|sacro-?ml|(?:구성원|멤버십|속성) ?추론",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d[.,]\d")

_SAID = Text(
    "모델의 가중치입니다. 사람이 읽을 수 없으므로 예외로만 나갑니다.",
    "These are the weights of a model. Nobody can read them, so they leave as an exception only.",
)
_NOT_PLAIN = Text(
    "가중치 말고 다른 것이 들어 있거나, 형식이 올바르지 않습니다.",
    "It holds something else beside weights, or is not of the format that its name says.",
)
_SAVE_PLAIN = Text(
    "가중치만 저장하십시오: safetensors에는 부동소수 텐서만 두고 메타데이터를 빼며, ONNX에는 설명(doc_string)과"
    " metadata_props를 비웁니다.",
    "Save the weights alone: in safetensors tensors of floating-point numbers and no metadata, in ONNX no doc_string "
    "and no metadata_props.",
)
_FIX = Text(
    "선임 심사자가 붙인 공격 시험 보고서를 읽고 사유를 적어 예외로 승인하거나, 성능과 계수를 표로 요청합니다.",
    "A senior checker reads the attached report of attacks and makes an exception with a reason, or asks for "
    "performance and coefficients as a table.",
)


def tells_of_attacks(text: str) -> bool:
    """Whether a supporting file reads like a report of attacks on a model; people judge what it says."""
    return _ATTACKS.search(text) is not None and _FIGURE.search(text) is not None


def check_weights(subject: Subject, listing: Listing) -> bool:
    """Flag weights, which leave as an exception or, in a file that holds more, not at all; false for any other file."""
    is_plain = _PLAIN.get(extension_of(subject.name))
    if is_plain is None:
        return False
    if is_plain(subject.data):
        listing.flag(RULE, _SAID, _FIX)
    else:
        listing.flag("file.type", _NOT_PLAIN, _SAVE_PLAIN)
    return True


def _is_safetensors(data: bytes) -> bool:
    """Whether these are tensors from the first byte to the last, with names and shapes and no other text."""
    length = int.from_bytes(data[:8], "little")
    try:
        text = data[8 : 8 + length].decode("ascii")
        header = json.loads(text, object_pairs_hook=_once)
        made = header.pop("__metadata__", {"format": "pt"})
        spans = sorted(_span(name, tensor) for name, tensor in header.items())
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return False
    # Blanks and escapes could be set in as many ways as there are bits to hide.
    compact = len(text) - len(text.rstrip(" ")) < 8 and not set(text.rstrip(" ")) & set(" \t\r\n\\")
    begins = [0, *(end for _, end in spans)]
    whole = all(begin == before for (begin, _), before in zip(spans, begins, strict=False))
    known = isinstance(made, dict) and set(made) == {"format"} and made["format"] in _MADE_WITH
    return bool(spans) and compact and known and whole and 8 + length + begins[-1] == len(data)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; one that says something twice hides the first.

    Raises: ValueError
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice")
    return found


def _span(name: str, tensor: Mapping[str, Any]) -> tuple[int, int]:
    """From where to where a tensor lies.

    Raises: ValueError, KeyError, TypeError — if its name is a text, or its place does not fit its shape.
    """
    (begin, end), shape = tensor["data_offsets"], tensor["shape"]
    if set(tensor) != {"dtype", "shape", "data_offsets"} or len(shape) > _MOST_DIMENSIONS or not _NAME.fullmatch(name):
        raise ValueError("another thing")
    if not all(type(one) is int and 0 <= one < 2**40 for one in (begin, end, *shape)):
        raise ValueError("no place")
    if end - begin != math.prod(shape) * _BYTES[tensor["dtype"]]:
        raise ValueError("another size")
    return begin, end


def _is_onnx(data: bytes) -> bool:
    """Whether this is one ModelProto with a graph and operators, read to its end, without a text of anybody's own."""
    try:
        fields = list(_fields(data))
    except ValueError:
        return False
    return {7, 8} <= set(fields) <= _MODEL_FIELDS and fields.count(7) == 1


def _fields(data: bytes) -> Iterator[int]:
    """The numbers of the fields of a protobuf message.

    Raises: ValueError — for bytes that are none.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
            at += length
        else:
            raise ValueError("no field of a model has this type")
        if at > len(data):
            raise ValueError("cut off")
        yield number


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise ValueError("no number")


_PLAIN: Mapping[str, Callable[[bytes], bool]] = {"safetensors": _is_safetensors, "onnx": _is_onnx}
"""The open formats that run nothing when they are opened, and whether a file of one is weights and nothing else."""
