"""How a request to lead tokens back stands, and whether one more token may be opened now. Pure.

The limits are few and fixed: a person looks at every single token, so that nothing grows into a bulk search.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from audit.text import Text
from deid.errors import Refused, UsageError

MAX_TOKENS = 20
MAX_DAYS = 30
DEFAULT_DAYS = 7
APPROVALS = 2
PAUSE = timedelta(seconds=30)
"""Between two openings anywhere in the zone: as long as a one-time code lives."""
PER_DAY = 50
"""Openings within 24 hours in the whole zone."""

State = Literal["asked", "approved", "refused", "expired", "used"]
STATES: Mapping[State, Text] = MappingProxyType(
    {
        "asked": Text("승인 대기", "waits for approval"),
        "approved": Text("승인됨", "approved"),
        "refused": Text("거절됨", "refused"),
        "expired": Text("기간이 끝남", "expired"),
        "used": Text("모두 열람함", "used up"),
    }
)
GROUNDS: Mapping[str, Text] = MappingProxyType(
    {
        "consent": Text("정보주체의 동의", "consent of the person concerned"),
        "law": Text("법률의 규정 또는 법령상 의무", "a statute, or a duty that it sets"),
        "vital_interest": Text("급박한 생명·신체·재산의 이익", "an imminent danger to life, body or property"),
        "recall": Text(
            "식별된 정보의 회수·파기(개인정보 보호법 제28조의5)",
            "recall and destruction of what was identified (PIPA art. 28-5)",
        ),
    }
)
"""The grounds that a request may name; which of them holds is for the people who approve to judge."""

_TOKEN = re.compile("[0-9a-f]{32,512}")


@dataclass(frozen=True, slots=True)
class Extract:
    """The extract whose tokens are asked about, as its entry in the log says it."""

    sha256: str
    dataset: str
    version: int
    project: str
    domain: str
    key_version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for."""

    extract: Extract
    tokens: tuple[str, ...]
    """Digests of the tokens; the tokens themselves stand nowhere."""
    limit: int
    """How many of them may be opened."""
    ground: str
    until: datetime
    space: str = "person"


@dataclass(frozen=True, slots=True)
class Request:
    """A request with what became of it, as the log tells."""

    ref: str
    wanted: Wanted
    by: str
    at: datetime
    event_id: str
    approved_by: tuple[str, ...]
    refused: bool
    opened: frozenset[str]
    """Digests of the tokens that were opened."""

    def state(self, now: datetime) -> State:
        """Return how it stands."""
        if self.refused:
            return "refused"
        if len(self.opened) >= self.wanted.limit:
            return "used"
        if now >= self.wanted.until:
            return "expired"
        return "approved" if len(set(self.approved_by)) >= APPROVALS else "asked"


def token_digest(token: str) -> str:
    """Return the SHA-256 of a token in its one spelling.

    Raises: UsageError — if it has not the form of a reversible token.
    """
    plain = token.strip().lower()
    if not _TOKEN.fullmatch(plain) or len(plain) % 2:
        raise UsageError(
            Text(
                "되돌릴 수 있는 가명의 형식(16진수 32자 이상)이 아닙니다.",
                "not of the form of a reversible token (32 or more hexadecimal digits).",
            )
        )
    return hashlib.sha256(plain.encode("ascii")).hexdigest()


def check_wanted(tokens: Sequence[str], limit: int, ground: str, days: int) -> tuple[str, ...]:
    """Return the digests of the tokens of a request that may be made.

    Raises: UsageError — if it asks for too much, for nothing, or without a ground.
    """
    digests = tuple(dict.fromkeys(token_digest(token) for token in tokens))
    if not 1 <= len(digests) <= MAX_TOKENS:
        raise UsageError(
            Text(f"한 요청에는 가명을 1~{MAX_TOKENS}개 적습니다.", f"A request names 1 to {MAX_TOKENS} tokens.")
        )
    if not 1 <= limit <= len(digests):
        raise UsageError(
            Text("열람 한도는 1 이상, 적은 가명의 수 이하입니다.", "The limit is from 1 to the number of tokens named.")
        )
    if ground not in GROUNDS:
        raise UsageError(
            Text(f"근거는 다음 중 하나입니다: {', '.join(GROUNDS)}", f"The ground is one of {', '.join(GROUNDS)}.")
        )
    if not 1 <= days <= MAX_DAYS:
        raise UsageError(Text(f"기간은 1~{MAX_DAYS}일입니다.", f"The period is 1 to {MAX_DAYS} days."))
    return digests


def check_pending(request: Request, now: datetime) -> None:
    """Accept a request that still waits for somebody to agree or to refuse.

    Raises: Refused — if it does not.
    """
    state = request.state(now)
    if state != "asked":
        raise Refused(f"is_{state}", _IS[state])


def check_opening(request: Request, digest: str, recent: Sequence[datetime], now: datetime) -> None:
    """Accept one more token of a request; `recent` are the last openings of the whole zone, newest first.

    Raises: Refused — with the first limit that is reached.
    """
    state = request.state(now)
    if state == "asked":
        raise Refused("not_approved", Text("두 사람의 승인이 필요합니다.", "Two people must approve first."))
    if state != "approved":
        raise Refused(f"is_{state}", _IS[state])
    if digest not in request.wanted.tokens:
        raise Refused("not_listed", Text("이 요청에 적지 않은 가명입니다.", "The request does not name this token."))
    if digest in request.opened:
        raise Refused(
            "opened_before", Text("이미 한 번 열람한 가명입니다.", "This token was opened before; it is shown once.")
        )
    if recent and now - recent[0] < PAUSE:
        raise Refused(
            "too_soon",
            Text(
                f"열람 사이에는 {PAUSE.seconds}초의 간격이 필요합니다.",
                f"Two openings lie at least {PAUSE.seconds} seconds apart.",
            ),
        )
    if sum(now - at < timedelta(days=1) for at in recent) >= PER_DAY:
        raise Refused(
            "too_many",
            Text(
                f"안심구역 전체의 하루 한도({PER_DAY}건)에 이르렀습니다.",
                f"The zone's limit of {PER_DAY} a day is reached.",
            ),
        )


_IS: Mapping[State, Text] = MappingProxyType(
    {
        "asked": Text("승인을 기다리는 요청입니다.", "The request waits for approval."),
        "approved": Text("이미 두 사람이 승인한 요청입니다.", "The request was approved by two people already."),
        "refused": Text("거절된 요청입니다.", "The request was refused."),
        "expired": Text("기간이 끝난 요청입니다. 새로 요청하십시오.", "The request has expired; make a new one."),
        "used": Text("한도까지 열람한 요청입니다.", "As many tokens were opened as the request permits."),
    }
)
