"""Opaque references and event identifiers: random, so that they say nothing about whom they name."""

from __future__ import annotations

import base64
import os
import time
import uuid


def new_ref(prefix: str) -> str:
    """Return `prefix` + "_" + 16 lower-case base32 characters (80 random bits)."""
    return f"{prefix}_{base64.b32encode(os.urandom(10)).decode('ascii').lower()}"


def new_event_id() -> str:
    """Return a UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits.

    Time-ordered, so that the unique index on it grows at its end.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
