"""Canonical JSON: RFC 8785 (JCS), restricted so that a common library writes it.

The restriction (no floats, |integer| < 2**53, ASCII keys, NFC strings) removes everything in which orjson with sorted
keys and RFC 8785 differ: number formatting, and key order by UTF-16 code units. A test holds it against the standard
library and against RFC 8785, value by value and byte by byte.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import orjson

from audit.errors import MalformedBody

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"

MAX_INTEGER = 2**53 - 1  # RFC 8785 section 3.2.2.3: beyond it other readers lose digits
MAX_DEPTH = 8
# What orjson writes for objects of its own accord is no JSON value here.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def encode(value: JSON) -> bytes:
    """Return the canonical bytes of a value.

    Raises: MalformedBody — if the value is outside the restricted form.
    """
    return dump(restricted(value))


def restricted(value: JSON) -> JSON:
    """Return a value of the restricted form as plain lists and dictionaries.

    Raises: MalformedBody — if the value is outside the restricted form.
    """
    return _plain(value, MAX_DEPTH)


def dump(value: JSON) -> bytes:
    """Return the canonical bytes of a value that is known to be of the restricted form.

    Raises: MalformedBody — if a text is not valid Unicode.
    """
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError as error:
        raise MalformedBody(f"a text is not valid Unicode, or a value no JSON: {error}") from None


def encode_text(value: str) -> bytes:
    """Return the canonical bytes of one text, kept as written: sealed values are not normalised.

    Raises: MalformedBody — if the text is not valid Unicode.
    """
    return dump(value)


def decode(data: bytes) -> JSON:
    """Return the value of canonical bytes.

    Raises: MalformedBody — for any input that is not exactly the canonical form of a value.
    """
    return restricted(read(data))


def read(data: bytes) -> JSON:
    """Return the value that `dump` writes as these bytes; whether it is of the restricted form is not checked.

    Raises: MalformedBody — for any input that `dump` does not write.
    """
    try:
        value: JSON = orjson.loads(data)
    except ValueError as error:
        raise MalformedBody(f"not JSON of the restricted form: {error}") from None
    # Also tells a key that occurs twice: it is written once.
    if dump(value) != data:
        raise MalformedBody("not in canonical form")
    return value


def _plain(value: JSON, depth: int) -> JSON:
    """Return `value` as plain lists and dictionaries, refusing what the restricted form has no place for."""
    if isinstance(value, str):
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):
            raise MalformedBody("a text is not in Unicode normalisation form C")
        # A subclass such as StrEnum would be written by its own rules.
        return value if type(value) is str else str.__str__(value)
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise MalformedBody(f"an integer is beyond 2**53: {value.bit_length()} bits")
        return int(value)
    if depth == 0:
        raise MalformedBody(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, (dict, Mapping)):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise MalformedBody("a key is not an ASCII text")
        return {str.__str__(key): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth - 1) for item in value]
    raise MalformedBody(f"no place for a {type(value).__name__} in an event")
