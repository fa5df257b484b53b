"""The operator's pages about people, and the confirmation of a reset second factor by another person."""

from __future__ import annotations

from starlette.responses import Response

from audit.retention.erasure import REASONS
from portal.errors import WrongInput
from portal.i18n import N_
from portal.marks import PERSON
from portal.navigation import Crumb
from portal.visit import Visit
from registry.erasure import erased_handle
from registry.model import Person, PersonStatus, Role
from registry.roles import NAMES, PERSON_ROLES
from registry.text import Text

START = Crumb(N_("People"), "/people")


def people(visit: Visit) -> Response:
    """List everybody with roles and state, and the form for an invitation."""
    registry = visit.zone.registry
    values = {
        "people": registry.people(),
        "marks": PERSON,
        "names": NAMES,
        "choices": [(role.value, NAMES[role]) for role in sorted(PERSON_ROLES)],
        "waiting": waiting_resets(visit),
    }
    return visit.page("people.html", values, crumbs=(Crumb(N_("People")),))


def invite(visit: Visit) -> Response:
    """Invite a person; the one-time link is shown on the answer and nowhere else.

    Raises: Invalid, Denied, Conflict.
    """
    token = visit.zone.registry.invite(
        visit.field("handle"),
        visit.field("name"),
        visit.field("email"),
        [as_role(value) for value in visit.chosen("role")],
        visit.field("language"),
        by=visit.actor,
        source=visit.source,
    )
    return _link(visit, visit.field("handle"), f"/invitation/{token}")


def affiliate(visit: Visit) -> Response:
    """Enter where somebody works; a policy may want an approver from elsewhere.

    Raises: NotFound, Invalid, Denied.
    """
    handle = visit.path("handle")
    organisation = visit.field("organisation", required=False)
    visit.zone.registry.affiliate(handle, organisation, by=visit.actor, source=visit.source)
    return visit.go(f"/people/{handle}", N_("The organisation was entered."))


def invite_again(visit: Visit) -> Response:
    """Make a new link for somebody who has not joined; the old one stops working.

    Raises: NotFound, Denied, Conflict.
    """
    handle = visit.path("handle")
    token = visit.zone.registry.reinvite(handle, by=visit.actor, source=visit.source)
    return _link(visit, handle, f"/invitation/{token}")


def person(visit: Visit) -> Response:
    """Show one person: roles, projects, state, and what may be changed.

    Raises: NotFound.
    """
    registry = visit.zone.registry
    someone = registry.person(visit.path("handle"))
    values = {
        "someone": someone,
        "mark": PERSON[someone.status],
        "Status": PersonStatus,
        "names": NAMES,
        "grantable": [(role.value, NAMES[role]) for role in sorted(PERSON_ROLES - someone.roles)],
        "memberships": registry.memberships(someone.ref),
        **_erasure(visit, someone),
        "reset_waits": any(waiting.ref == someone.ref for waiting in registry.second_factor_resets()),
        "password_waits": any(waiting.ref == someone.ref for waiting in registry.password_resets()),
    }
    return visit.page("person.html", values, crumbs=(START, Crumb(someone.name)))


def change_state(visit: Visit) -> Response:
    """Suspend, reinstate or close an account.

    Raises: WrongInput — for another change. NotFound, Denied, Conflict.
    """
    registry, handle = visit.zone.registry, visit.path("handle")
    changes = {"suspend": registry.suspend, "reinstate": registry.reinstate, "close": registry.close}
    wanted = visit.form.get("change")
    if not isinstance(wanted, str) or wanted not in changes:
        raise WrongInput(Text("할 수 없는 변경입니다.", "There is no such change."))
    changes[wanted](handle, by=visit.actor, source=visit.source)
    return visit.go(f"/people/{handle}", N_("The account was changed."))


def change_role(visit: Visit) -> Response:
    """Grant or revoke a role that is held in the whole zone.

    Raises: WrongInput, NotFound, Denied, Conflict.
    """
    registry, handle = visit.zone.registry, visit.path("handle")
    role = as_role(visit.field("role"))
    change = registry.revoke_role if visit.form.get("change") == "revoke" else registry.grant_role
    change(handle, role, by=visit.actor, source=visit.source)
    return visit.go(f"/people/{handle}", N_("The roles were changed."))


def request_reset(visit: Visit) -> Response:
    """Ask for the reset of a lost second factor; a second person has to confirm it.

    Raises: NotFound, Denied, Conflict.
    """
    handle = visit.path("handle")
    visit.zone.registry.request_second_factor_reset(handle, by=visit.actor, source=visit.source)
    return visit.go(f"/people/{handle}", N_("The reset was requested. A second person has to confirm it."))


def resets(visit: Visit) -> Response:
    """List the resets that wait for a second person."""
    registry = visit.zone.registry
    values = {"factors": registry.second_factor_resets(), "passwords": registry.password_resets()}
    return visit.page("resets.html", values, crumbs=(Crumb(N_("Resets")),))


def confirm_reset(visit: Visit) -> Response:
    """Confirm a reset as the second person; the one-time link is shown on the answer and nowhere else.

    Raises: NotFound, Denied, Conflict.
    """
    handle = visit.path("handle")
    token = visit.zone.registry.confirm_second_factor_reset(handle, by=visit.actor, source=visit.source)
    return _link(visit, handle, f"/second-factor/{token}")


def request_password_reset(visit: Visit) -> Response:
    """Ask for the reset of a forgotten password; a second person has to confirm it.

    Raises: NotFound, Denied, Conflict.
    """
    handle = visit.path("handle")
    visit.zone.registry.request_password_reset(handle, by=visit.actor, source=visit.source)
    return visit.go(f"/people/{handle}", N_("The reset was requested. A second person has to confirm it."))


def confirm_password_reset(visit: Visit) -> Response:
    """Confirm the reset of a password as the second person; the link is shown on the answer and nowhere else.

    Raises: NotFound, Denied, Conflict.
    """
    handle = visit.path("handle")
    token = visit.zone.registry.confirm_password_reset(handle, by=visit.actor, source=visit.source)
    return _link(visit, handle, f"/password/{token}")


def waiting_resets(visit: Visit) -> int:
    """Return how many resets, of either kind, wait for a second person."""
    registry = visit.zone.registry
    return len(registry.second_factor_resets()) + len(registry.password_resets())


def _erasure(visit: Visit, someone: Person) -> dict[str, object]:
    """Return what the page says of erasing somebody, which is asked for once the account is closed."""
    if someone.status is not PersonStatus.CLOSED:
        return {"erasure": None}
    registry = visit.zone.registry
    return {
        "erasure": registry.erasure_plan(someone.handle, visit.zone.retention),
        "erased": someone.handle == erased_handle(someone.ref),
        "erasure_waits": any(one.person.ref == someone.ref for one in registry.erasure_requests()),
        "erasure_reasons": list(REASONS.items()),
    }


def as_role(value: str) -> Role:
    """Return a role by its code name.

    Raises: WrongInput — if there is none.
    """
    try:
        return Role(value)
    except ValueError as error:
        raise WrongInput(Text("그런 역할은 없습니다.", "There is no such role.")) from error


def _link(visit: Visit, handle: str, path: str) -> Response:
    values = {
        "someone": visit.zone.registry.person(handle),
        "link": visit.portal.origin + path,
        "back": "/people" if visit.has(Role.OPERATOR) else "/resets",
    }
    return visit.page("one_time_link.html", values, crumbs=(Crumb(N_("One-time link")),))
