"""Pages about oneself: the notice, language, password, messages, and what the zone has recorded."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from audit.search import timeline
from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.navigation import Crumb
from portal.records import nobody, told
from portal.visit import Visit
from registry.errors import Invalid, RegistryError, SignInRefused
from registry.notice import NOTICES
from registry.roles import NAMES
from registry.text import Text

OWN_ENTRIES = 15  # how many of a person's own latest entries the account page shows


def notice(visit: Visit) -> Response:
    """Show what is recorded, who may read it, and for how long."""
    registry = visit.zone.registry
    version = registry.notice_version
    accepted = visit.person.notice_version == version
    return visit.page(
        "notice.html",
        {"notice": NOTICES[version], "accepted": accepted},
        crumbs=(Crumb(N_("What is recorded")),) if accepted else (),
    )


def accept_notice(visit: Visit) -> Response:
    """Record that the person accepts the version that was shown."""
    if visit.form.get("accept") != "yes":
        raise WrongInput(Text("확인란을 선택해야 이용할 수 있습니다.", "Tick the box to use the zone."))
    version = visit.form.get("version")
    visit.zone.registry.accept_notice(visit.person, str(version), source=visit.source)
    return visit.go("/", N_("Thank you. You can start now."))


def account(visit: Visit, refusal: RegistryError | WrongInput | None = None) -> Response:
    """Show a person's own account."""
    me = visit.person
    with visit.zone.db.read() as tx:
        entries = timeline(tx, person=me.ref, limit=OWN_ENTRIES, newest_first=True)
    values = {
        "messages": visit.zone.registry.messages(me.ref),
        "wants_mail": visit.zone.desk.wants_mail(me.ref),
        "role_names": [NAMES[role] for role in sorted(visit.me.roles)],
        "events": [told(entry, nobody) for entry in entries],
        "refusal": reason_of(refusal) if refusal else None,
        "advice": advice_of(refusal) if refusal else None,
    }
    return visit.page("account.html", values, crumbs=(Crumb(N_("My account")),), status=422 if refusal else 200)


def change_password(visit: Visit) -> Response:
    """Replace the password, or show the account again with what must be corrected."""
    old, new, again = (str(visit.form.get(name) or "") for name in ("old", "password", "again"))
    try:
        for name in ("old", "password", "code"):
            visit.field(name)
        if new != again:
            raise WrongInput(Text("두 비밀번호가 서로 다릅니다.", "The two passwords are not the same."))
        visit.zone.registry.change_password(visit.person, old, new, visit.field("code"), source=visit.source)
    except (Invalid, SignInRefused, WrongInput) as error:
        return account(visit, error)
    return visit.go("/account", N_("Your password was changed."))


def choose_mail(visit: Visit) -> Response:
    """Switch e-mail about what is no duty of theirs on or off."""
    visit.zone.desk.choose_mail(visit.person.ref, wanted=visit.field("mail") == "on")
    return visit.go("/account", N_("Your choice was kept."))


def read_messages(visit: Visit) -> Response:
    """Mark every message as read."""
    visit.zone.registry.mark_read(visit.person.ref)
    back = "/account" if visit.form.get("next") == "account" else "/"
    return RedirectResponse(back, 303)
