"""A probe, what it found, and the report of one run; values only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from audit.canonical import encode
from audit.text import Text

Way = Literal["inside", "memory", "browser", "host"]

WAYS: Mapping[Way, Text] = {
    "inside": Text("분석환경 안의 셀", "a cell in the workspace"),
    "memory": Text("분석환경의 메모리를 서버에서", "the workspace's memory, from the server"),
    "browser": Text("게이트에 대한 요청", "requests to the gate"),
    "host": Text("서버의 설정", "the server's configuration"),
}


class Verdict(Enum):
    """How a probe ended; only `BROKEN` means that a wall of the zone does not stand."""

    HELD = "held"
    BROKEN = "broken"
    LACKING = "lacking"
    NOT_COMPUTED = "not_computed"
    NOT_APPLICABLE = "not_applicable"


VERDICTS: Mapping[Verdict, Text] = {
    Verdict.HELD: Text("막음", "held"),
    Verdict.BROKEN: Text("뚫림", "broken"),
    Verdict.LACKING: Text("권고 미충족", "advised, missing"),
    Verdict.NOT_COMPUTED: Text("계산하지 못함", "not computed"),
    Verdict.NOT_APPLICABLE: Text("해당 없음", "not applicable"),
}


@dataclass(frozen=True, slots=True)
class Wall:
    """What a group of probes attacks."""

    id: str
    title: Text


@dataclass(frozen=True, slots=True)
class Probe:
    """One named attack: what is tried, what counts as held, and the items that it covers.

    `covers` names SATRE statements (`SATRE 2.2.11`) and recommendations in the manner of the CIS Docker benchmark.
    An `advice` is something that should be there beside the walls: without it the probe says so, and no wall counts
    as broken. One that needs `data` from outside computes nothing without them, and never says that all is well.
    """

    id: str
    tried: Text
    held: Text
    covers: tuple[str, ...]
    way: Way = "inside"
    advice: bool = False
    data: bool = False

    @property
    def wall(self) -> str:
        """The wall that it attacks: the first part of its id."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe saw: names of errors, counts and paths, and never a value of the data."""

    probe: str
    verdict: Verdict
    seen: str


def judged(probe: Probe, held: bool | None, seen: str) -> Finding:
    """Turn what was seen into a verdict; None means that it could not be tried, and `seen` says why."""
    if held is None:
        return Finding(probe.id, Verdict.NOT_COMPUTED if probe.data else Verdict.NOT_APPLICABLE, seen)
    if held:
        return Finding(probe.id, Verdict.HELD, seen)
    return Finding(probe.id, Verdict.LACKING if probe.advice else Verdict.BROKEN, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run; `image` and `runtime` say what was attacked."""

    began: datetime
    ended: datetime
    zone: str
    image: str
    runtime: str
    engine: str
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The probes that show a broken wall."""
        return tuple(f.probe for f in self.findings if f.verdict is Verdict.BROKEN)

    @property
    def held(self) -> bool:
        """Whether every wall stands."""
        return not self.broken

    def counts(self) -> dict[str, int]:
        """Return how many probes ended with each verdict."""
        found = Counter(f.verdict for f in self.findings)
        return {verdict.value: found[verdict] for verdict in Verdict}

    def document(self) -> dict[str, Any]:
        """Return the report as JSON values; `findings` are in the order of the table."""
        return {
            "began": self.began.isoformat(timespec="seconds"),
            "ended": self.ended.isoformat(timespec="seconds"),
            "zone": self.zone,
            "image": self.image,
            "runtime": self.runtime,
            "engine": self.engine,
            "counts": self.counts(),
            "findings": [{"probe": f.probe, "verdict": f.verdict.value, "seen": f.seen} for f in self.findings],
        }

    def digest(self) -> str:
        """Return the SHA-256 of the report's canonical JSON, which the log names."""
        return hashlib.sha256(encode(self.document())).hexdigest()
