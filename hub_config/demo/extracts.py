"""The hospital data of the demo world enters as real data would: a policy, a review by somebody else, a registration.

Each step looks where the extract stands, so that a load that was cut off goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from audit.event import Source
from audit.text import Text
from deid.records.desk import Acting
from deid.records.model import Draft, Extract, Kind, Verdict
from deid.records.order import Item, Order
from deid.records.rules import CHECKLIST
from deid.records.workflow import State
from hub_config.zone import Zone
from registry.desk import as_actor

POLICIES = Path(__file__).parent / "policies"
HERE = Source(None)
GRACE = timedelta(days=1)  # the extract outlives the project, whose grants may not outlast it


@dataclass(frozen=True, slots=True)
class DemoExtract:
    """What makes a dataset of the demo world an extract: its purpose, its tables, and who does what."""

    tables: tuple[str, ...]
    maker: str
    reviewer: str
    steward: str
    purpose: str
    scope: str
    need: str
    verdict: str
    conditions: str


def bring_extract(
    zone: Zone,
    about: DemoExtract,
    described: Callable[[], tuple[str, str, Text, str, int, bool]],
    raw: Callable[[tuple[str, ...]], Path],
) -> None:
    """Take an extract from wherever it stands to a version of its dataset.

    `described` says dataset, project, title, owner, people and whether it is sensitive; `raw` gives the directory
    with the tables as they came.
    """
    desk = zone.extracts
    dataset, project, title, owner, people, sensitive = described()
    maker, reviewer, steward = (_acting(zone, name) for name in (about.maker, about.reviewer, about.steward))
    extract = next((one for one in desk.every() if one.draft.dataset == dataset), None)
    if extract is None:
        draft = Draft(
            dataset=dataset,
            project=project,
            title=title,
            owner=owner,
            people=people,
            sensitive=sensitive,
            kind=Kind.RESEARCH,
            purpose=about.purpose,
            basis="개인정보 보호법 제28조의2 (PIPA art. 28-2)",
            scope=about.scope,
            need=about.need,
            use="internal",
            recipients=(),
            environment="네트워크 없는 분석환경, 반출은 두 사람의 심사 (workspaces without a network, reviewed egress)",
            ends_at=zone.registry.project(project).ends_at + GRACE,
        )
        extract = desk.draft(draft, by=maker)
    if extract.state is State.DRAFT:
        place = raw(about.tables)
        items = {name: Item(POLICIES / f"{name}.yaml", place / f"{name}.parquet") for name in about.tables}
        extract = desk.process(extract.ref, Order(extract.draft, items), by=maker)
    if extract.state is State.PROCESSED:
        extract = desk.submit(extract.ref, by=maker)
    if extract.state is State.IN_REVIEW:
        extract = desk.review(
            extract.ref,
            Verdict.ADEQUATE,
            binding=_binding(extract),
            reason=about.verdict,
            conditions=about.conditions,
            checked=tuple(CHECKLIST),
            by=reviewer,
        )
    if extract.state is State.ADEQUATE:
        desk.register(extract.ref, by=steward)


def _binding(extract: Extract) -> str:
    assert extract.run is not None
    return extract.run.binding


def _acting(zone: Zone, handle: str) -> Acting:
    actor = as_actor(zone.registry.person(handle))
    return Acting(actor, actor.ref, HERE)
