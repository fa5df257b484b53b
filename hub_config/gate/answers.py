"""Builds the gate's own answers: refusals, redirects and pages."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from audit.text import Language, Text
from hub_config.gate.config import GateConfig
from hub_config.gate.headers import gate_page_headers
from hub_config.gate.pages import refusal_page
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.sites import SAFE_METHODS
from portal.i18n import as_language, preferred

LANGUAGE = web.RequestKey("language", str)
"""The key under which a request keeps the language of the person, from where it is known whose session it is."""


def page(text: str, headers: Mapping[str, str], *, status: int = 200) -> web.Response:
    """Return an HTML page."""
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def redirect(target: str, config: GateConfig) -> web.Response:
    """Return a redirect that reads the next page with GET."""
    return web.Response(status=303, headers={**gate_page_headers(config), "Location": target})


def set_cookie(
    answer: web.Response, config: GateConfig, name: str, value: str, same_site: str, age: int | None
) -> None:
    """Give the browser a cookie for the host that answers, and no other; `age` in seconds, None until it closes."""
    answer.set_cookie(
        name,
        value,
        path="/",
        httponly=True,
        samesite=same_site,
        secure=config.scheme == "https",
        max_age=age,
    )


def drop_cookie(answer: web.Response, config: GateConfig, name: str) -> None:
    """Take a cookie back in the words in which it was given: a browser ignores `__Host-` in any others."""
    answer.del_cookie(name, path="/", httponly=True, secure=config.scheme == "https")


def refusal(
    code: str,
    request: web.BaseRequest,
    config: GateConfig,
    *,
    notice: Text | None = None,
) -> web.Response:
    """Return the answer to a refused request: a page for a person, JSON for the notebook client.

    Until it is known who asks it speaks the language of the browser: that of a workspace's owner would tell strangers
    who works there. `notice` is what the zone announces; it stands where the fault may be the zone's own.
    """
    language: Language = as_language(request.get(LANGUAGE)) or preferred(request.headers.get("Accept-Language", ""))
    known = REFUSALS[code]
    headers = {**gate_page_headers(config, framed_by=config.origin("zone")), **waiting(code)}
    dest = request.headers.get("Sec-Fetch-Dest", "")
    reads_pages = "text/html" in request.headers.get("Accept", "")
    if dest in ("document", "iframe") or (not dest and reads_pages):
        portal = None if dest == "iframe" else config.origin("zone")
        reloads = request.method in SAFE_METHODS  # what was typed into a form is not to be thrown away
        why = notice if known.status >= 500 else None
        text = refusal_page(code, portal=portal, first=language, demo=config.demo, reloads=reloads, notice=why)
        return page(text, headers, status=known.status)
    message = f"{known.title.say(language)}. {known.body.say(language)}"
    document = {"message": message, "reason": code, "ko": known.body.ko, "en": known.body.en}
    return web.json_response(document, status=known.status, headers=headers)


def waiting(code: str) -> Mapping[str, str]:
    """Return the header that tells a program when to ask again, where waiting helps (RFC 9110 section 10.2.3)."""
    seconds = REFUSALS[code].retry_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}
