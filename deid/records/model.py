"""The values of an extract's records, in the words of the guideline on pseudonymisation.

Purpose, target selection, level table, processing run, adequacy review, destruction: each is written once and never
changed. Source: 개인정보보호위원회, 가명정보 처리 가이드라인; PIPA art. 28-2 to 28-7; Enforcement Decree art. 29-5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from audit.text import Text
from deid.records.in_words import how_far
from deid.records.workflow import State
from deid.techniques import TECHNIQUES

Document = dict[str, Any]


class Kind(StrEnum):
    """The purposes for which PIPA art. 28-2(1) permits pseudonymised data without consent."""

    STATISTICS = "statistics"
    RESEARCH = "scientific_research"
    ARCHIVING = "archiving"


KIND_TEXT: Mapping[Kind, Text] = MappingProxyType(
    {
        Kind.STATISTICS: Text("통계작성", "compiling statistics"),
        Kind.RESEARCH: Text("과학적 연구", "scientific research"),
        Kind.ARCHIVING: Text("공익적 기록보존", "archiving in the public interest"),
    }
)

Use = Literal["internal", "provision", "third_party"]
USE_TEXT: Mapping[Use, Text] = MappingProxyType(
    {
        "internal": Text("내부 이용", "used within the institution"),
        "provision": Text("내부 제공", "provided within the institution"),
        "third_party": Text("제3자 제공", "provided to a third party"),
    }
)


_AS_IT_WAS = Text("그대로", "as it was")


class Verdict(StrEnum):
    """What an adequacy review finds."""

    ADEQUATE = "adequate"
    INADEQUATE = "inadequate"


VERDICT_TEXT: Mapping[Verdict, Text] = MappingProxyType(
    {Verdict.ADEQUATE: Text("적정", "adequate"), Verdict.INADEQUATE: Text("부적정", "inadequate")}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked for before anything is processed: for what, whose data, for whom, how long."""

    dataset: str
    project: str
    title: Text
    owner: str
    people: int
    """Data subjects in the source."""
    sensitive: bool
    kind: Kind
    purpose: str
    """The specific purpose in words; whether it is specific enough is for people to judge."""
    basis: str
    """The legal basis, such as the article that permits it."""
    scope: str
    """Whose data and which records (대상 선정)."""
    need: str
    """Why these items are the fewest that serve the purpose."""
    use: Use
    recipients: tuple[str, ...]
    environment: str
    """How the place of use is protected."""
    ends_at: datetime
    """The end of the processing period."""


@dataclass(frozen=True, slots=True)
class Level:
    """One row of the level definition table (가명처리 수준 정의표)."""

    table: str
    column: str
    role: str
    action: str
    technique: str | None
    parameters: str
    reason: str

    @property
    def technique_text(self) -> Text:
        """Return the technique by its name in the guideline; what was left as it was has none."""
        return TECHNIQUES[self.technique].name if self.technique else _AS_IT_WAS

    @property
    def how_far(self) -> Text:
        """Return how far it goes, in words; empty where there is nothing to say."""
        return how_far(self.parameters)


@dataclass(frozen=True, slots=True)
class Run:
    """One processing run: what came out, and everything that a review of it binds to."""

    ref: str
    number: int
    directory: Path
    manifest_sha256: str
    files: int
    policy_sha256: str
    """Of the digests of all policies."""
    linkage_domain: str
    key_version: int
    tables: tuple[Document, ...]
    """By table: policy digest, source and output digests, rows before and after, rows and columns left out."""
    levels: tuple[Level, ...]
    risk: Document
    """The risk report: by table, before and after, and the criteria of the policy."""
    binding: str
    """What a reviewer says yes to: the digest of all of the above."""
    by_ref: str
    at: datetime
    event_id: str

    @property
    def rows(self) -> int:
        """Rows of all tables of the extract."""
        return sum(int(table["rows"]) for table in self.tables)

    @property
    def synthetic(self) -> Document | None:
        """The report on a synthetic extract: by table, how safe and how useful it is; None where rows are real."""
        found: Document | None = self.risk.get("synthetic")
        return found


@dataclass(frozen=True, slots=True)
class Review:
    """One adequacy review (적정성 검토) of exactly one run."""

    run: int
    verdict: Verdict
    reason: str
    conditions: str
    checked: tuple[str, ...]
    binding: str
    by_ref: str
    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Step:
    """One move that was taken."""

    number: int
    state: State
    by_ref: str
    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Destruction:
    """That an extract was destroyed, and what became of the additional information."""

    by_ref: str
    at: datetime
    reason: str
    key: Document | None
    """The destruction record of the key; None where another extract still needs it."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One extract with its whole record."""

    ref: str
    draft: Draft
    by_ref: str
    at: datetime
    runs: tuple[Run, ...]
    reviews: tuple[Review, ...]
    steps: tuple[Step, ...]
    version: int | None
    """The number of the dataset version in the registry, once it is mountable."""
    destruction: Destruction | None

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.steps[-1].state

    @property
    def run(self) -> Run | None:
        """Return the latest run."""
        return self.runs[-1] if self.runs else None

    @property
    def review(self) -> Review | None:
        """Return the review of the latest run."""
        found = [review for review in self.reviews if self.run is not None and review.run == self.run.number]
        return found[-1] if found else None
