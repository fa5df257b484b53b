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

    hint = Text(
        "이름이 나온 줄을 고치십시오. 모든 항목은 audit/review/policies/kr-default.yaml에 있습니다.",
        "Correct the line that is named; audit/review/policies/kr-default.yaml shows every key.",
    )


class ReviewRefused(ReviewError):
    """This step is not possible for this review, this person or this time."""

    hint = Text(
        "달마다의 상태는 `ansim audit review list`로 볼 수 있습니다.",
        "`ansim audit review list` shows where each month stands.",
    )


class ReviewMissing(ReviewError):
    """There is no such review."""

    hint = Text(
        "한 달의 보고서는 `ansim audit review make`가 만듭니다.",
        "`ansim audit review make` makes the report of a month.",
    )


class ReviewAltered(ReviewError):
    """A kept report is not the one that the log names."""

    hint = Text(
        "데이터베이스를 그대로 두고 `ansim audit verify`를 실행하십시오. 보고서를 다시 만들어 견주어 보십시오.",
        "Keep the database as it is and run `ansim audit verify`; make the report again to compare.",
    )
