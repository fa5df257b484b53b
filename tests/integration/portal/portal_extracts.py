"""An extract in the world of the portal, made by the desk as the command line does."""

from __future__ import annotations

from datetime import timedelta

from deid.records.desk import Acting
from deid.records.model import Extract, Verdict
from deid.records.order import load_order
from deid.records.rules import CHECKLIST
from portal.extract_desk import desk_of
from registry.desk import as_actor
from tests.integration.extracts.extract_world import ORDER, POLICY, RAW
from tests.integration.portal.portal_world import HERE, World

REASON = "기준을 모두 지켰습니다."


def portal_extract(world: World, *, until: str) -> Extract:
    """An extract in the portal's world, as far as asked."""
    place = world.zone.settings.home / "orders"
    place.mkdir()
    ends = f"{world.clock() + timedelta(days=30):%Y-%m-%d}"
    for name, text in (("people.yaml", POLICY), ("people.csv", RAW), ("extract.yaml", ORDER)):
        mine = text.replace("project: cardio", "project: study").replace("2026-12-31", ends)
        (place / name).write_text(mine, encoding="utf-8")
    desk, order = desk_of(world.zone, world.clock), load_order(place / "extract.yaml")

    def by(handle: str) -> Acting:
        actor = as_actor(world.zone.registry.person(handle))
        return Acting(actor, actor.ref, HERE)

    extract = desk.process(desk.draft(order.draft, by=by("nari")).ref, order, by=by("nari"))
    if until == "processed":
        return extract
    extract = desk.submit(extract.ref, by=by("nari"))
    if until == "in_review":
        return extract
    assert extract.run is not None
    binding = extract.run.binding
    return desk.review(
        extract.ref, Verdict.ADEQUATE, binding=binding, reason=REASON, checked=CHECKLIST, by=by("dohyun")
    )
