"""The filters of the review queue: read from the address, applied to its lines, and back into addresses; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from egress_review.queueing import Waiting
from egress_review.workflow import OPEN_REVIEW
from registry.text import Text

PAGE = 50  # lines of the queue on one page

AGES: Mapping[str, tuple[Text, timedelta]] = {
    "": (Text("전체", "any"), timedelta(0)),
    "1": (Text("1일 넘음", "more than a day"), timedelta(days=1)),
    "3": (Text("3일 넘음", "more than 3 days"), timedelta(days=3)),
    "7": (Text("7일 넘음", "more than 7 days"), timedelta(days=7)),
}
WHOSE: Mapping[str, Text] = {
    "": Text("전체", "any"),
    "mine": Text("내가 맡은 것", "taken by me"),
    "free": Text("아무도 맡지 않은 것", "taken by nobody"),
    "todo": Text("내 의견을 기다리는 것", "waiting for my vote"),
}

DUE: Mapping[str, Text] = {
    "": Text("전체", "any"),
    "over": Text("기한이 지난 것", "overdue"),
    "day": Text("하루 안에 끝나는 것", "due within a day"),
}


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a checker wants to see of the queue; every field that is not empty must hold."""

    state: str = ""
    project: str = ""
    age: str = ""
    whose: str = ""
    due: str = ""
    page: int = 1

    def holds(self, one: Waiting, now: datetime) -> bool:
        """Whether a line is wanted."""
        return (
            self.state in ("", one.state.value)
            and self.project in ("", one.project)
            and now - one.submitted_at >= AGES[self.age][1]
            and _is_of(one, self.whose)
            and _is_due(one, self.due, now)
        )

    def link(self, page: int) -> str:
        """The address of a page of the same lines."""
        fields = {name: value for name, value in asdict(replace(self, page=page)).items() if value}
        return f"/review?{urlencode(fields)}"


def filter_of(values: Mapping[str, str]) -> QueueFilter:
    """Return the filter in an address; what it does not know is left out."""
    fields = ("state", "age", "whose", "due", "page")
    state, age, whose, due, page = (values.get(name, "").strip() for name in fields)
    return QueueFilter(
        state=state if state in {known.value for known in OPEN_REVIEW} else "",
        project=values.get("project", "").strip()[:64],
        age=age if age in AGES else "",
        whose=whose if whose in WHOSE else "",
        due=due if due in DUE else "",
        page=max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
    )


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of the lines that a filter leaves."""

    lines: tuple[Waiting, ...]
    found: int
    number: int
    pages: int


def page_of(waiting: Sequence[Waiting], wanted: QueueFilter, now: datetime) -> QueuePage:
    """Return the page that is asked for; the last one if there are fewer."""
    found = [one for one in waiting if wanted.holds(one, now)]
    pages = max(1, -(-len(found) // PAGE))
    number = min(wanted.page, pages)
    return QueuePage(tuple(found[(number - 1) * PAGE : number * PAGE]), len(found), number, pages)


def _is_due(one: Waiting, due: str, now: datetime) -> bool:
    if not due:
        return True
    return one.due_at is not None and one.due_at - now < (timedelta(0) if due == "over" else timedelta(days=1))


def _is_of(one: Waiting, whose: str) -> bool:
    match whose:
        case "mine":
            return one.mine
        case "free":
            return not one.mine and not one.others
        case "todo":
            return not one.voted
        case _:
            return True
