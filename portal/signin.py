"""Sign-in through the hub (OAuth 2 code flow with PKCE), sign-out of both, and the choice of language."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import RedirectResponse, Response

from portal.errors import WrongInput
from portal.i18n import as_language
from portal.pages import LANGUAGE_COOKIE
from portal.visit import Portal, Visit
from registry.errors import NotFound
from registry.model import PersonStatus
from registry.text import Text

CALLBACK = "/oauth_callback"
BEGAN_HERE = frozenset({"same-origin", "same-site", "none"})  # values of Sec-Fetch-Site, which no script can forge
YEAR = 365 * 24 * 3600  # seconds


def sign_in(visit: Visit) -> Response:
    """Begin a sign-in: remember the goal, then let the hub ask for password and code."""
    return _to_the_hub(visit.portal, local_path(visit.query("next")))


def _to_the_hub(portal: Portal, goal: str, *, anew: bool = False) -> Response:
    """Lead to the hub, `anew` if it has to ask for password and code although it knows the browser."""
    cookie, pending = portal.sessions.begin_sign_in(goal, anew=anew)
    path = portal.hub.authorize_path(state=pending.state, verifier=pending.verifier, anew=anew)
    response = RedirectResponse(path, 303)
    # Lax, not Strict: the way back from the hub may count as started by the site that linked here.
    response.set_cookie(
        _cookie_name(portal), cookie, max_age=600, path="/", secure=portal.https, httponly=True, samesite="lax"
    )
    return response


def _cookie_name(portal: Portal) -> str:
    """Return the cookie of a sign-in under way; with TLS no page of another host can plant one, nor sign anybody in."""
    return "__Host-ansim-sign-in" if portal.https else "ansim-sign-in"


def callback(visit: Visit) -> Response:
    """Finish a sign-in and lead on to its goal.

    A browser that did not begin it, or a code that the hub does not accept, leads to a page that begins again; one
    whose session here is over, back to the hub, which asks for password and code.
    """
    portal = visit.portal
    cookie = visit.request.cookies.get(_cookie_name(portal), "")
    pending = portal.sessions.finish_sign_in(cookie, visit.query("state"))
    token = portal.hub.exchange(visit.query("code"), pending.verifier) if pending and visit.query("code") else None
    handle = portal.hub.whoami(token) if token else None
    began = portal.hub.signed_in_at(token) if token else None
    if pending is None or token is None or handle is None or began is None or not _active(portal, handle):
        return visit.page("sign_in_failed.html", status=400)
    if not portal.sessions.may_open(handle, began):
        # A hub that was told to ask and did not: the browser left the demand out.
        failed = visit.page("sign_in_failed.html", status=400)
        return failed if pending.anew else _to_the_hub(portal, pending.goal, anew=True)
    response = open_session(portal, handle, token, began, goal=pending.goal, visit=visit)
    response.delete_cookie(_cookie_name(portal), path="/", secure=portal.https, httponly=True, samesite="lax")
    return response


def _active(portal: Portal, handle: str) -> bool:
    """Say whether a person may be here: for half a minute the hub still vouches for one who was just suspended."""
    try:
        return portal.zone.registry.person(handle).status is PersonStatus.ACTIVE
    except NotFound:
        return False


def open_session(
    portal: Portal, handle: str, hub_token: str, signed_in_at: datetime, *, goal: str, visit: Visit
) -> Response:
    """Open a session for a person named by the hub; an older session of this browser ends.

    Where a link on another site began the sign-in, a page answers and refreshes, because a browser sends no
    SameSite=Strict cookie along redirects that began elsewhere; otherwise a redirect spares the page.
    """
    old = visit.request.cookies.get(portal.cookie_name)
    if old:
        portal.sessions.close(old)
    began_here = visit.request.headers.get("sec-fetch-site") in BEGAN_HERE
    response = RedirectResponse(goal, 303) if began_here else visit.page("signed_in.html", {"goal": goal})
    response.set_cookie(
        portal.cookie_name,
        portal.sessions.open(handle, hub_token, signed_in_at),
        path="/",
        secure=portal.https,
        httponly=True,
        samesite="strict",
    )
    return response


def sign_out(visit: Visit) -> Response:
    """End the sign-in here, then at the hub, which ends the tokens of its session and records the sign-out."""
    portal = visit.portal
    portal.sessions.sign_out(visit.me.cookie)
    response = RedirectResponse("/hub/logout", 303)
    response.delete_cookie(portal.cookie_name, path="/", secure=portal.https, httponly=True, samesite="strict")
    return response


def choose_language(visit: Visit) -> Response:
    """Show this and every later page in the chosen language.

    Raises: WrongInput — for a language that the zone does not speak.
    """
    language = as_language(visit.field("language"))
    if language is None:
        raise WrongInput(Text("지원하지 않는 언어입니다.", "The zone does not speak this language."))
    back = visit.form.get("next")
    response = RedirectResponse(local_path(back if isinstance(back, str) else ""), 303)
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=YEAR, secure=visit.portal.https, httponly=True, samesite="lax"
    )
    return response


def local_path(path: str) -> str:
    """Return a path of this portal, or the first page if it could lead anywhere else."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain and not path.startswith(("/sign-in", CALLBACK)) else "/"
