"""How each target stands: how far it has the record, and since when it does not take it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from audit.outward import cursor
from audit.outward.cursor import Position
from audit.outward.target import FORMAT_NAMES, Target
from audit.store import log_size
from audit.text import Text

_TAKES = Text(
    "{name}: {format}, {position}건 전송, {behind}건 남음",
    "{name}: {format}, {position} sent, {behind} left",
)
_FAILS = Text(
    "{name}: {since}부터 {failures}회 실패 ({error}), {behind}건 남음. 자동으로 다시 시도합니다.",
    "{name}: failing since {since}, {failures} times ({error}), {behind} left. It is tried again by itself.",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One target: how far it has the record, and what is wrong with it."""

    target: Target
    position: Position
    behind: int
    """Entries that it does not have yet."""

    def document(self) -> dict[str, object]:
        """Return the standing as JSON values."""
        place = self.position
        return {
            "target": self.target.name,
            "format": self.target.format,
            "transport": self.target.transport,
            "position": place.position,
            "behind": self.behind,
            "delivered_at": _iso(place.delivered_at),
            "failing_since": _iso(place.failing_since),
            "failures": place.failures,
            "error": place.error,
        }

    def said(self) -> Text:
        """Return the standing as a sentence."""
        place = self.position
        form = FORMAT_NAMES[self.target.format]
        if place.failing_since is None:
            return _TAKES.format(name=self.target.name, format=form, position=place.position, behind=self.behind)
        return _FAILS.format(
            name=self.target.name,
            since=f"{place.failing_since:%Y-%m-%d %H:%M} UTC",
            failures=place.failures,
            error=place.error,
            behind=self.behind,
        )


def standings(tx: Connection, targets: Iterable[Target]) -> list[Standing]:
    """Return how each target stands, without changing anything."""
    size = log_size(tx)
    places = [(target, cursor.read(tx, target.name)) for target in targets]
    return [Standing(target, place, max(0, size - place.position)) for target, place in places]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
