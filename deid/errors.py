"""What deid raises: a reason a person can read and a next step."""

from __future__ import annotations


class DeidError(Exception):
    """Base of everything deid raises on purpose."""

    hint: str = "Run `ansim deid --help` for the forms of input."


class InputError(DeidError):
    """The input is not what the command reads.

    The message names the line and what is wrong with it, never what stands in it: it may be a person's data.
    """

    hint = 'Give one JSON object per line: {"id": …, "text": "…", "lang": "ko" or "en"}.'
