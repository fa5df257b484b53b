"""What can go wrong with a review: members of the one family of `audit`, each with its reason in both languages."""

from __future__ import annotations

from audit.errors import AuditError
from audit.text import Language, Text


class ReviewError(AuditError):
    """Base of the errors of this package; the reason is meant for the officer."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason

    def text(self, language: Language) -> str:
        """Return the reason in a language."""
        return self.reason.say(language)


class ReviewPolicyUnusable(ReviewError):
    """The policy file of reviews cannot be used."""

    hint = "Correct the line that is named; audit/review/policies/kr-default.yaml shows every key."


class ReviewRefused(ReviewError):
    """This step is not possible for this review, this person or this time."""

    hint = "`ansim audit review list` shows where each month stands."


class ReviewMissing(ReviewError):
    """There is no such review."""

    hint = "`ansim audit review make` makes the report of a month."


class ReviewAltered(ReviewError):
    """A kept report is not the one that the log names."""

    hint = "Keep the database as it is and run `ansim audit verify`; make the report again to compare."
