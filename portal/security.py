"""What a browser may do with our pages, and which requests we refuse before reading them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.errors import CrossSite
from registry.text import Text

READING = frozenset({"GET", "HEAD"})

COMMON_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # `no-referrer` would turn the Origin of our own forms into null
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Cache-Control": "no-store",
}


def page_headers(*, preview_origin: str, https: bool) -> dict[str, str]:
    """Return the headers of every page of the zone's origin; only previews may be framed, and by us alone."""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        f"frame-src {preview_origin}; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        **COMMON_HEADERS,
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
        **_transport(https),
    }


def preview_headers(*, zone_origin: str, https: bool) -> dict[str, str]:
    """Return the headers of the preview origin: an opaque origin that runs nothing and posts nowhere.

    Its style sheet is requested by a sandboxed (opaque) document, hence the cross-origin resource policy; the only
    pictures are those inside the answer itself, re-encoded by the scanner.
    """
    policy = (
        "sandbox; default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; "
        f"frame-ancestors {zone_origin}; base-uri 'none'"
    )
    return {
        **COMMON_HEADERS,
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "cross-origin",
        **_transport(https),
    }


def _transport(https: bool) -> dict[str, str]:
    return {"Strict-Transport-Security": "max-age=31536000"} if https else {}


def check_same_origin(method: str, headers: Headers, own_origin: str) -> None:
    """Refuse what a page of another origin started.

    `work.` and `preview.` are the same *site* as the portal, so SameSite cookies alone do not stop them. The
    browser names the initiator in Sec-Fetch-Site (Fetch Metadata) or Origin (RFC 6454); a request that changes
    something and carries neither is refused too. A link from elsewhere may open a page, nothing else.

    Raises: CrossSite — if the request was started elsewhere or does not say where.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if method in READING:
        navigation = headers.get("sec-fetch-mode", "navigate") == "navigate"
        if site in (None, "none", "same-origin") or navigation:
            return
        raise CrossSite(
            Text("다른 출처의 스크립트나 문서가 보낸 요청입니다.", "A document of another origin sent this.")
        )
    if site not in (None, "same-origin") or origin not in (None, own_origin) or (site is None and origin is None):
        raise CrossSite(
            Text("이 포털의 화면에서 보낸 요청이 아닙니다.", "The request was not sent by a page of this portal.")
        )


class ResponseHeaders:
    """ASGI middleware that sets fixed headers on every response, unless the response brings its own."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)
