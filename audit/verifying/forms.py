"""Whether the short values that every body has are of their form: checked for a whole run, over all of them joined."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Mapping, Sequence

ID_BYTES, HEX_BYTES, TS_BYTES = 36, 64, 27
END = b'","v":1}'
"""What stands behind the time, where a body ends."""
TAIL_BYTES = TS_BYTES + len(END)

_HEX_DIGITS, _DIGITS = b"0123456789abcdef", b"0123456789"
_NEXT = b","
_ID_CLASSES = bytes(104 if n in _HEX_DIGITS else n if n in b"-," else 0 for n in range(256))  # h for any digit
_ID_FORM = b"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh,"
_TIME_CLASSES = bytes(48 if n in _DIGITS else n for n in range(256))
_TIME_FORM = b"0000-00-00T00:00:00.000000Z,"
# Digits of ids and times that may not be just any: where they stand, and which they may be.
_ID_DIGITS = {14: b"7", 19: b"89ab"}
_TIME_DIGITS = {5: b"01", 8: b"0123", 11: b"012", 14: b"012345", 17: b"012345"}


def are_ids(values: Sequence[bytes]) -> bool:
    """Return whether every value is a UUIDv7 as bodies write it."""
    return _are(values, _ID_CLASSES, _ID_FORM, _ID_DIGITS)


def are_times(values: Sequence[bytes]) -> bool:
    """Return whether every value is a time as bodies write it."""
    return _are(values, _TIME_CLASSES, _TIME_FORM, _TIME_DIGITS)


def _are(values: Sequence[bytes], classes: bytes, form: bytes, digits: Mapping[int, bytes]) -> bool:
    """Return whether every value is of a form, which ends with the comma that stands behind each, as in no value."""
    joined = _NEXT.join(values) + _NEXT
    if joined.translate(classes) != form * len(values):
        return False
    return not any(joined[at :: len(form)].translate(None, some) for at, some in digits.items())


def are_hex(joined: bytes) -> bool:
    """Return whether these are hashes in lower-case hexadecimal, one after the other."""
    try:
        return len(joined) % HEX_BYTES == 0 and unhexlify(joined).hex().encode() == joined
    except ValueError:
        return False
