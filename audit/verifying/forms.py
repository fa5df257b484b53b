"""Whether the short values that every body has are of their form: checked for a whole run, over all of them joined."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Sequence

ID_BYTES, HEX_BYTES, TS_BYTES = 36, 64, 27
END = b'","v":1}'
"""What stands behind the time, where a body ends."""
TAIL_BYTES = TS_BYTES + len(END)

_HEX_DIGITS, _DIGITS = b"0123456789abcdef", b"0123456789"
_ID_CLASSES = bytes(104 if n in _HEX_DIGITS else n if n == 45 else 0 for n in range(256))  # h for any digit
_ID_FORM = b"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"
_TIME_CLASSES = bytes(48 if n in _DIGITS else n for n in range(256))
_TIME_FORM = b'0000-00-00T00:00:00.000000Z","v":0}'
# Digits of ids and times that may not be just any: where they stand, and which they may be.
_ID_DIGITS = {14: b"7", 19: b"89ab"}
_TIME_DIGITS = {5: b"01", 8: b"0123", 11: b"012", 14: b"012345", 17: b"012345", 33: b"1"}


def are_ids(values: Sequence[bytes]) -> bool:
    """Return whether every value is a UUIDv7 as bodies write it; none is longer than one."""
    joined = b"".join(values)
    return joined.translate(_ID_CLASSES) == _ID_FORM * len(values) and _have(joined, ID_BYTES, _ID_DIGITS)


def are_tails(values: Sequence[bytes]) -> bool:
    """Return whether every value is a time with the version behind it, as bodies end; none is longer than that."""
    joined = b"".join(values)
    return joined.translate(_TIME_CLASSES) == _TIME_FORM * len(values) and _have(joined, TAIL_BYTES, _TIME_DIGITS)


def _have(joined: bytes, width: int, digits: dict[int, bytes]) -> bool:
    return not any(joined[at::width].translate(None, some) for at, some in digits.items())


def are_hex(joined: bytes) -> bool:
    """Return whether these are hashes in lower-case hexadecimal, one after the other."""
    try:
        return len(joined) % HEX_BYTES == 0 and unhexlify(joined).hex().encode() == joined
    except ValueError:
        return False
