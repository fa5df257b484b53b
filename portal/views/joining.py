"""Pages behind one-time links: the first day of an invited person, a new second factor, a new password."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from portal import enrolment
from portal.errors import WrongInput, advice_of, reason_of
from portal.visit import Visit
from registry.errors import Invalid, SignInRefused
from registry.model import Person
from registry.text import Text


def invitation(visit: Visit) -> Response:
    """Show the form by which an invited person sets password and authenticator."""
    person = visit.zone.registry.invitation(visit.path("token"))
    return _form(visit, "invitation.html", person)


def accept(visit: Visit) -> Response:
    """Open the account, or show the form again with what must be corrected."""
    registry, token = visit.zone.registry, visit.path("token")
    person = registry.invitation(token)

    def join() -> None:
        password = "" if registry.passwords_elsewhere else _new_password(visit)
        registry.accept_invitation(token, password, _secret(visit), visit.field("code"), source=visit.source)

    return _finish(visit, "invitation.html", person, join)


def second_factor(visit: Visit) -> Response:
    """Show the form by which a person registers a new authenticator."""
    person = visit.zone.registry.second_factor_link(visit.path("token"))
    return _form(visit, "second_factor.html", person)


def enrol(visit: Visit) -> Response:
    """Register the new authenticator, or show the form again with what must be corrected."""
    registry, token = visit.zone.registry, visit.path("token")
    person = registry.second_factor_link(token)

    def set_factor() -> None:
        registry.enrol_second_factor(
            token, visit.field("password"), _secret(visit), visit.field("code"), source=visit.source
        )

    return _finish(visit, "second_factor.html", person, set_factor)


def password(visit: Visit) -> Response:
    """Show the form by which a person replaces a forgotten password."""
    person = visit.zone.registry.password_link(visit.path("token"))
    return _form(visit, "password.html", person)


def set_password(visit: Visit) -> Response:
    """Set the new password, or show the form again with what must be corrected."""
    registry, token = visit.zone.registry, visit.path("token")
    person = registry.password_link(token)

    def choose() -> None:
        registry.set_password(token, _new_password(visit), visit.field("code"), source=visit.source)

    return _finish(visit, "password.html", person, choose)


def invitation_qr(visit: Visit) -> Response:
    """Return the QR code of an invitation."""
    return _qr(visit, visit.zone.registry.invitation(visit.path("token")))


def second_factor_qr(visit: Visit) -> Response:
    """Return the QR code of a new second factor."""
    return _qr(visit, visit.zone.registry.second_factor_link(visit.path("token")))


def _form(visit: Visit, template: str, person: Person, error: Exception | None = None) -> Response:
    values = {
        "invited": person,
        "token": visit.path("token"),
        "secret": enrolment.grouped(_secret(visit)),
        "elsewhere": visit.zone.registry.passwords_elsewhere,
        "refusal": reason_of(error) if error else None,
        "advice": advice_of(error) if error else None,
    }
    return visit.page(template, values, status=422 if error else 200)


def _finish(visit: Visit, template: str, person: Person, act: Callable[[], None]) -> Response:
    try:
        act()
    except (Invalid, SignInRefused, WrongInput) as error:
        return _form(visit, template, person, error)
    return visit.page("joined.html", {"joined": person})


def _new_password(visit: Visit) -> str:
    # A password is taken as typed: spaces at its ends belong to it.
    password, again = visit.form.get("password"), visit.form.get("again")
    visit.field("password")
    if password != again:
        raise WrongInput(Text("두 비밀번호가 서로 다릅니다.", "The two passwords are not the same."))
    return str(password)


def _qr(visit: Visit, person: Person) -> Response:
    issuer = f"Ansim {visit.zone.settings.host('zone')}"
    return Response(enrolment.qr_code(_secret(visit), handle=person.handle, issuer=issuer), media_type="image/svg+xml")


def _secret(visit: Visit) -> str:
    return enrolment.authenticator_secret(visit.portal.preview_secret, visit.path("token"))
