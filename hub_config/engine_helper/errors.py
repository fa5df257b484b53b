"""Why the helper refuses: one family, each refusal with a code that is logged and a sentence for the caller."""

from __future__ import annotations


class HelperError(Exception):
    """Base of what the helper raises."""

    hint = "Write the helper's settings again: `ansim units --write` as root."


class HelperSettingsError(HelperError):
    """The helper's own settings cannot be used."""


class Refused(HelperError):
    """A call that is not ours to make; `code` names the rule, `status` is the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
