"""Canonical JSON: RFC 8785 (JCS), restricted so that the standard library writes it.

The restriction (no floats, |integer| < 2**53, ASCII keys, NFC strings) removes everything in which
`json.dumps(sort_keys=True)` and RFC 8785 differ: number formatting, and key order by UTF-16 code units.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from audit.errors import MalformedBody

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"

MAX_INTEGER = 2**53 - 1  # RFC 8785 section 3.2.2.3: beyond it other readers lose digits
MAX_DEPTH = 8


def encode(value: JSON) -> bytes:
    """Return the canonical bytes of a value.

    Raises: MalformedBody — if the value is outside the restricted form.
    """
    return _dump(_plain(value, MAX_DEPTH))


def encode_text(value: str) -> bytes:
    """Return the canonical bytes of one text, kept as written: sealed values are not normalised.

    Raises: MalformedBody — if the text is not valid Unicode.
    """
    return _dump(value)


def decode(data: bytes) -> JSON:
    """Return the value of canonical bytes.

    Raises: MalformedBody — for any input that is not exactly the canonical form of a value.
    """
    try:
        value: JSON = json.loads(
            data.decode("utf-8"),
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"not JSON of the restricted form: {error}") from None
    if encode(value) != data:
        raise MalformedBody("not in canonical form")
    return value


def _dump(value: object) -> bytes:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedBody("a text is not valid Unicode") from None


def _plain(value: JSON, depth: int) -> object:
    """Return `value` as plain lists and dictionaries, refusing what the restricted form has no place for."""
    if isinstance(value, str):
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):
            raise MalformedBody("a text is not in Unicode normalisation form C")
        # A subclass such as StrEnum would be written by its own rules.
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise MalformedBody(f"an integer is beyond 2**53: {value.bit_length()} bits")
        return int(value)
    if depth == 0:
        raise MalformedBody(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth - 1) for item in value]
    raise MalformedBody(f"no place for a {type(value).__name__} in an event")


def _key(key: object) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise MalformedBody("a key is not an ASCII text")
    return str.__str__(key)


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedBody("a key occurs twice")
    return value


def _refuse_number(text: str) -> NoReturn:
    raise MalformedBody(f"not an integer: {text[:20]}")
