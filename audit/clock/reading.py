"""What is known of the machine's clock at one moment, and what that means.

Values and decisions alone: `audit.clock.sources` asks the machine, `audit.clock.keeping` writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.text import Text

State = Literal["right", "off", "unknown"]

MICROSECONDS = 1_000_000
MOST_OFF_US = MICROSECONDS
"""How far from UTC a clock may be whose times are evidence: one second, as RFC 3628, section 5.2, demands of those who
time-stamp for others. No Korean rule names a figure (K-ISMS-P 2.9.6 asks for one reference of time)."""

NOBODY = "none"
"""The source of a reading where nothing could be asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a keeper of time says of this machine's clock."""

    source: str
    """`chrony`, `systemd`, `kernel`, or `none`."""
    synchronised: bool | None
    """Whether the clock follows a reference; None where nothing could be asked."""
    offset_us: int | None = None
    """How far the clock is before (+) or behind (-) its reference, in microseconds, where the source says so."""
    error_us: int | None = None
    """How far the reference itself may be from UTC, in microseconds, where the source says so."""

    @property
    def state(self) -> State:
        """What this means for the times in the log."""
        if self.synchronised is None:
            return "unknown"
        return "off" if self.reason else "right"

    @property
    def reason(self) -> str | None:
        """Why the clock may not be relied on; None if it may, or if nothing is known."""
        if self.synchronised is False:
            return "unsynchronised"
        return "offset" if self.offset_us is not None and abs(self.offset_us) > MOST_OFF_US else None

    def seconds(self) -> str | None:
        """Return the offset in seconds with its sign, as a person and a spreadsheet read it."""
        return None if self.offset_us is None else f"{self.offset_us / MICROSECONDS:+.6f}"

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        offset, error = (None if us is None else us / MICROSECONDS for us in (self.offset_us, self.error_us))
        return {
            "source": self.source,
            "state": self.state,
            "synchronised": self.synchronised,
            "offset_seconds": offset,
            "error_seconds": error,
        }


UNREAD = Reading(NOBODY, None)

_SAYS: dict[tuple[State, bool], Text] = {
    ("right", True): Text(
        "시각이 동기화되어 있습니다(기준 시각과의 차이 {seconds}초).",
        "It is synchronised ({seconds} s from its reference).",
    ),
    ("right", False): Text(
        "시각이 동기화되어 있습니다(차이는 알 수 없음).", "It is synchronised (how exactly is not known)."
    ),
    ("off", False): Text("시각이 동기화되어 있지 않습니다.", "It is not synchronised."),
    ("unknown", False): Text(
        "이 컴퓨터에서는 시각 동기화 상태를 읽을 수 없습니다.",
        "Whether it is synchronised cannot be read on this machine.",
    ),
}
_TOO_FAR = Text(
    "기준 시각과 {seconds}초 차이가 납니다(허용 1초).", "It is {seconds} s from its reference (1 s is allowed)."
)


def told(reading: Reading) -> Text:
    """Return one sentence about the clock."""
    if reading.reason == "offset":
        return _TOO_FAR.format(seconds=reading.seconds())
    exact = reading.state == "right" and reading.offset_us is not None
    return _SAYS[reading.state, exact].format(seconds=reading.seconds())
