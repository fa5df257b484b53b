"""What the records of extracts raise: a reason a person can read, a code for the audit log, and a next step.

RecordError
├── Denied     the rules say no
├── NotFound   no such extract
├── Conflict   true in another state, or not the bytes that are meant
├── TooRisky   the privacy gate of a synthetic extract refused it
└── Invalid    the input is not what it must be
"""

from __future__ import annotations

from typing import Any

from audit.text import Language, Text
from deid.errors import DeidError

_SHOW = Text(
    "`ansim extract show`로 지금 상태와 다음 할 일을 볼 수 있습니다.",
    "`ansim extract show` says how it stands and what comes next.",
)


class RecordError(DeidError):
    """Base of everything the records of extracts raise on purpose."""

    exit_code = 2
    advice: Text = _SHOW

    def __init__(self, code: str, reason: Text, *, advice: Text | None = None) -> None:
        super().__init__(reason.en)
        self.code = code
        """Lower-case code for the audit log; never free text."""
        self.reason = reason
        if advice is not None:
            self.advice = advice
        self.hint = self.advice

    def text(self, language: Language) -> str:
        """Return the reason in one language."""
        return self.reason.say(language)


class Denied(RecordError):
    """The rules of the zone do not allow it."""

    exit_code = 1
    advice = Text(
        "가명처리한 사람, 검토하는 사람, 이용하는 사람은 서로 달라야 합니다. 다른 사람에게 맡기십시오.",
        "Whoever makes, reviews and uses an extract must be different people: ask somebody else.",
    )


class NotFound(RecordError):
    """There is no such extract."""

    advice = Text("`ansim extract list`에서 번호를 찾으십시오.", "`ansim extract list` shows every extract.")


class Conflict(RecordError):
    """The request does not fit the present state, or the bytes are not those that are meant."""


class TooRisky(RecordError):
    """The privacy gate refused a synthetic extract; `report` says which risk of which table."""

    exit_code = 1
    advice = Text(
        "한도를 넘은 위험을 보고 열을 줄이거나 묶거나, privacy 항목으로 잡음을 더하십시오.",
        "See which risk is too high; take fewer or coarser columns, or set a privacy budget.",
    )

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__(
            "risk_too_high",
            Text(
                "한도를 넘거나 측정되지 않은 위험이 있어 합성자료를 만들지 않았습니다.",
                "A risk is above its limit or not measured, so no synthetic extract was made.",
            ),
        )
        self.report = report


class Invalid(RecordError):
    """The input is not what it must be."""

    advice = Text("입력한 값을 고쳐서 다시 시도하십시오.", "Correct the input and try again.")
