"""The self-contained verifier, as text: it is handed out with every copy and imported by nothing."""

from __future__ import annotations

from pathlib import Path

_FILE = Path(__file__).with_name("ansim_verify.py")


def source() -> bytes:
    """Return the program."""
    return _FILE.read_bytes()
