"""What may become a dataset version: reviewed extracts, demo data in a demo zone, and what was treated elsewhere.

Data about people enters the zone through a policy and an adequacy review. The registry does not know how those work;
whoever does tells it, in the transaction of the version. Where nobody tells it anything, nothing was reviewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from sqlalchemy import Connection

from audit.event import Actor, Source
from registry.errors import Denied
from registry.model import Role
from registry.text import Text

LEAST_REASON = 10
"""Characters of the reason why data needs no review here; fewer explain nothing."""


class Basis(StrEnum):
    """Why files may become a version."""

    REVIEWED = "reviewed"
    DEMO = "demo"
    TREATED_OUTSIDE = "treated_outside"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Files that are about to become a version of a dataset."""

    dataset: str
    version: int
    manifest_sha256: str
    by: Actor
    source: Source
    at: datetime


class Reviews(Protocol):
    """What adequacy reviews say about files and people; each method works in the caller's transaction."""

    def admit(self, tx: Connection, arrival: Arrival) -> bool:
        """Record that reviewed files arrive; False if nobody reviewed exactly these. Raises: Denied."""

    def refuse_mount(self, tx: Connection, dataset: str, version: int, at: datetime) -> None:
        """Raise Denied for a version whose extract has ended."""

    def refuse_grant(
        self, tx: Connection, dataset: str, version: int, project: str, ends_at: datetime, at: datetime
    ) -> None:
        """Raise Denied for a grant that the review of a version does not cover."""

    def parts(self, tx: Connection, project: str) -> Mapping[str, frozenset[Role]]:
        """Return who had a part in making or reviewing a project's data."""


class NoReviews:
    """A registry on its own: nothing was reviewed."""

    def admit(self, tx: Connection, arrival: Arrival) -> bool:
        """Return False."""
        return False

    def refuse_mount(self, tx: Connection, dataset: str, version: int, at: datetime) -> None:
        """Refuse nothing: what came in another way has no end here."""

    def refuse_grant(
        self, tx: Connection, dataset: str, version: int, project: str, ends_at: datetime, at: datetime
    ) -> None:
        """Refuse nothing."""

    def parts(self, tx: Connection, project: str) -> Mapping[str, frozenset[Role]]:
        """Return nobody."""
        return MappingProxyType({})


def basis(*, reviewed: bool, demo: bool, outside_allowed: bool, outside_reason: str) -> Basis:
    """Return why files may become a version; `outside_reason` says who treated them before they came. Pure.

    Raises: Denied — absence is denial: nothing enters the zone unreviewed by default.
    """
    if reviewed:
        return Basis.REVIEWED
    if demo:
        return Basis.DEMO
    if outside_allowed and len(outside_reason.strip()) >= LEAST_REASON:
        return Basis.TREATED_OUTSIDE
    if outside_allowed:
        raise Denied(
            "reason_missing",
            Text(
                ko=f"구역 밖에서 누가 어떻게 처리했는지 {LEAST_REASON}자 이상으로 적으십시오.",
                en=f"Say in {LEAST_REASON} letters or more who treated this data outside the zone, and how.",
            ),
            hint=Text(
                ko='`--treated-outside "…"`로 적거나, 추출본을 만들어 검토를 받으십시오(`ansim extract make`).',
                en='Say it with `--treated-outside "…"`, or have an extract reviewed (`ansim extract make`).',
            ),
        )
    raise Denied(
        "not_reviewed",
        Text(
            ko="적정성 검토를 받은 추출본의 파일이 아니므로 데이터셋으로 등록할 수 없습니다.",
            en="These files are not those of an extract that was found adequate: they cannot become a dataset.",
        ),
        hint=Text(
            ko="`ansim extract make`로 추출본을 만들어 검토를 받으십시오. 밖에서 이미 처리한 자료를 받는 구역이라면"
            " ansim.yaml의 datasets.treated_outside를 true로 하십시오.",
            en="Make an extract and have it reviewed (`ansim extract make`). Where a zone takes data that was treated"
            " elsewhere, set datasets.treated_outside in ansim.yaml to true.",
        ),
    )
