"""What a person reads at the hub where nothing can be kept: a disk is full, or the log or a database is away."""

from __future__ import annotations

from tornado.web import HTTPError

from audit.errors import AuditError
from portal.errors import DATABASE_AWAY, advice_of, answer_for, away, reason_of
from registry.text import Text

NOT_KEPT = (AuditError, *DATABASE_AWAY)


class NotKept(HTTPError):
    """A step that could not be kept, and so was not taken; `why` says what is wrong and what to do.

    The page of the hub's errors shows `jupyterhub_message`.
    """

    def __init__(self, error: Exception) -> None:
        said = error if isinstance(error, AuditError) else away(error)
        reason, advice = reason_of(said), advice_of(said) or Text("", "")
        self.why = Text(f"{reason.ko} {advice.ko}", f"{reason.en} {advice.en}")
        self.jupyterhub_message = self.why
        super().__init__(answer_for(said).status, "not kept (%s)", type(error).__name__)
