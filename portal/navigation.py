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


MENU = (
    Entry("/", "home", N_("Home"), EVERY_ROLE),
    Entry("/requests", "egress", N_("Egress and ingress"), RESEARCHERS),
    Entry("/review", "policy", N_("Egress and ingress review"), CHECKERS),
    Entry("/rechecks", "eye", N_("Second looks"), CHECKERS | COMPLIANCE),
    Entry("/as-recorded", "alert", N_("Not as recorded"), LOOKERS),
    Entry("/compliance", "log", N_("Audit log"), COMPLIANCE),
    Entry("/dashboard", "picture", N_("Dashboard"), COMPLIANCE | OPERATORS),
    Entry("/monthly-reviews", "calendar", N_("Monthly review"), COMPLIANCE),
    Entry("/retention", "lock", N_("Retention and erasure"), COMPLIANCE),
    Entry("/people", "users", N_("People"), OPERATORS),
    Entry("/projects", "folder", N_("Projects"), PROJECT_READERS),
    Entry("/datasets", "database", N_("Datasets"), STEWARDS),
    Entry("/policies", "policy", N_("Egress policies"), STEWARDS),
    Entry("/extracts", "shield", N_("Extracts"), EXTRACT_READERS),
    Entry("/synthetic", "table", N_("Synthetic extracts"), MAKERS),
    Entry("/linkages", "users", N_("Linking projects"), ASKERS | AGREEING),
    Entry("/reidentification", "user", N_("Re-identification"), ASKERS | AGREEING),
    Entry("/additional-information", "key", N_("Additional information"), ASKERS | AGREEING),
    Entry("/walls", "shield", N_("Walls"), COMPLIANCE | OPERATORS),
    Entry("/images", "box", N_("Images"), OPERATORS),
    Entry("/zone", "server", N_("Zone"), OPERATORS),
)


def menu(roles: frozenset[Role] | None) -> tuple[Entry, ...]:
    """Return the lines of the menu for a person's roles; nothing for a guest."""
    if roles is None:
        return ()
    return tuple(entry for entry in MENU if entry.address == "/" or not entry.needs.isdisjoint(roles))
