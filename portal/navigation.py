"""The menu and the trail of a page; the menu is a table by role."""

from __future__ import annotations

from dataclasses import dataclass

from portal.i18n import N_
from registry.model import Role

RESEARCHERS = frozenset({Role.RESEARCHER, Role.PROJECT_LEAD})
CHECKERS = frozenset({Role.CHECKER, Role.SENIOR_CHECKER})
COMPLIANCE = frozenset({Role.COMPLIANCE_OFFICER})
LOOKERS = COMPLIANCE | {Role.SENIOR_CHECKER}
"""Who looks into a request that is not as the log has it."""
OPERATORS = frozenset({Role.OPERATOR})
STEWARDS = frozenset({Role.OPERATOR, Role.DATA_CONTROLLER})
PROJECT_READERS = STEWARDS | COMPLIANCE
MAKERS = frozenset({Role.DEID_OPERATOR})
ADEQUACY = frozenset({Role.ADEQUACY_REVIEWER})
EXTRACT_READERS = MAKERS | ADEQUACY | STEWARDS | COMPLIANCE
ASKERS = MAKERS | frozenset({Role.DATA_CONTROLLER})
AGREEING = ADEQUACY | COMPLIANCE | frozenset({Role.DATA_CONTROLLER})
EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the trail; `label` is a msgid or a name, the last step has no address."""

    label: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu and who sees it."""

    address: str
    icon: str
    label: str
    needs: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the menu that belong together; `label` is a msgid, empty for the lines above every heading."""

    label: str
    entries: tuple[Entry, ...]


MENU = (
    Group("", (Entry("/", "home", N_("Home"), EVERY_ROLE),)),
    Group(
        N_("Requests and review"),
        (
            Entry("/requests", "egress", N_("Egress and ingress"), RESEARCHERS),
            Entry("/review", "policy", N_("Egress and ingress review"), CHECKERS),
            Entry("/rechecks", "eye", N_("Second looks"), CHECKERS | COMPLIANCE),
            Entry("/as-recorded", "alert", N_("Not as recorded"), LOOKERS),
            Entry("/policies", "policy", N_("Egress policies"), STEWARDS),
        ),
    ),
    Group(
        N_("Records"),
        (
            Entry("/compliance", "log", N_("Audit log"), COMPLIANCE),
            Entry("/dashboard", "picture", N_("Dashboard"), COMPLIANCE | OPERATORS),
            Entry("/monthly-reviews", "calendar", N_("Monthly review"), COMPLIANCE),
            Entry("/retention", "lock", N_("Retention and erasure"), COMPLIANCE),
        ),
    ),
    Group(
        N_("People and data"),
        (
            Entry("/people", "users", N_("People"), OPERATORS),
            Entry("/service-accounts", "server", N_("Accounts of programs"), STEWARDS | COMPLIANCE),
            Entry("/projects", "folder", N_("Projects"), PROJECT_READERS),
            Entry("/datasets", "database", N_("Datasets"), STEWARDS),
        ),
    ),
    Group(
        N_("De-identification"),
        (
            Entry("/extracts", "shield", N_("Extracts"), EXTRACT_READERS),
            Entry("/synthetic", "table", N_("Synthetic extracts"), MAKERS),
            Entry("/linkages", "users", N_("Linking projects"), ASKERS | AGREEING),
            Entry("/reidentification", "user", N_("Re-identification"), ASKERS | AGREEING),
            Entry("/additional-information", "key", N_("Additional information"), ASKERS | AGREEING),
        ),
    ),
    Group(
        N_("Operation"),
        (
            Entry("/walls", "shield", N_("Walls"), COMPLIANCE | OPERATORS),
            Entry("/packages", "box", N_("Packages"), RESEARCHERS | OPERATORS),
            Entry("/images", "box", N_("Images"), OPERATORS),
            Entry("/zone", "server", N_("Zone"), OPERATORS),
        ),
    ),
)
FLAT = 7
"""More lines than these go down the side of the page under their headings; fewer stand in one row above it."""


def menu(roles: frozenset[Role] | None) -> tuple[Group, ...]:
    """Return the groups a person's roles see something of; nothing for a guest."""
    if roles is None:
        return ()
    seen = (
        Group(
            group.label,
            tuple(entry for entry in group.entries if not entry.needs.isdisjoint(roles) or entry.address == "/"),
        )
        for group in MENU
    )
    return tuple(group for group in seen if group.entries)


def beside(groups: tuple[Group, ...]) -> bool:
    """Tell whether the menu stands down the side of the page."""
    return sum(len(group.entries) for group in groups) > FLAT
