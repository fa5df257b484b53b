"""The first page: what each role needs next, one section per role."""

from __future__ import annotations

from starlette.responses import Response

from audit.search import Query, search
from portal.awaiting import ICONS, tiles
from portal.errors import HubUnavailable
from portal.hub import WorkspaceState
from portal.marks import WORKSPACE
from portal.navigation import CHECKERS, COMPLIANCE, OPERATORS, RESEARCHERS, STEWARDS
from portal.records import handles, told
from portal.requests import rows, waiting_row
from portal.views.people import waiting_resets
from portal.views.workspace import WorkCard, open_address, work_card
from portal.visit import Visit

FEW = 5  # how many requests the first page shows


def home(visit: Visit) -> Response:
    """Show the sections of the person's roles."""
    values: dict[str, object] = {
        "messages": [m for m in visit.zone.registry.messages(visit.person.ref) if m.read_at is None],
        "marks": WORKSPACE,
        "State": WorkspaceState,
        "work": None,
        "queue": None,
        "log": None,
        "keeping": None,
    }
    if visit.has(*RESEARCHERS):
        values |= {"work": _work(visit), "mine": rows(visit.zone.desk.requests_of(visit.person))[:FEW]}
    if visit.has(*CHECKERS):
        values |= {"queue": [waiting_row(one) for one in visit.zone.desk.waiting(visit.person)[:FEW]]}
    if visit.has(*COMPLIANCE):
        values |= {"log": _log(visit)}
    if visit.has(*STEWARDS):
        values |= {"keeping": _keeping(visit)}
    values |= {"awaiting": tiles(visit), "tone_icons": ICONS}
    values["waiting"] = waiting_resets(visit) if visit.has(*OPERATORS, *COMPLIANCE, *STEWARDS) else 0
    return visit.page("home.html", values)


def _work(visit: Visit) -> list[tuple[WorkCard, str]]:
    """Return a card for each project that the person works in, open ones first."""
    registry, handle = visit.zone.registry, visit.person.handle
    mine = [m for m in registry.memberships(visit.person.ref) if m.role in RESEARCHERS and m.in_force(visit.now)]
    projects = sorted({m.project for m in mine})
    cards = []
    for project_id in projects:
        try:
            state = visit.portal.hub.workspace(handle, project_id)
        except HubUnavailable:
            state = None
        cards.append((work_card(visit, registry.project(project_id), state), open_address(visit, project_id)))
    return sorted(cards, key=lambda card: (card[0].refusal is not None, card[0].ends_at, card[0].project.id))


def _log(visit: Visit) -> dict[str, object]:
    zone = visit.zone
    with zone.db.read() as tx:
        size = zone.log.size(tx)
        last = search(tx, Query(action="log.verified", limit=1))
    return {"size": size, "verified": told(last[0], handles(zone.registry)) if last else None}


def _keeping(visit: Visit) -> dict[str, int]:
    registry = visit.zone.registry
    return {
        "people": len(registry.people()),
        "projects": len(registry.projects()),
        "datasets": len(registry.datasets()),
        "workspaces": len(registry.workspaces()),
    }
