"""Which header fields pass, as tables; everything else is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from multidict import CIMultiDict

from hub_config.gate.access import Access
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import AmbiguousTarget, Refused
from hub_config.gate.targets import parse_target

# Jupyter refuses a Host that is not local, and needs to know nothing of the zone's names.
WORKSPACE_HOST = "localhost:8888"

TO_WORKSPACE = (
    "Accept",
    "Accept-Language",
    "Content-Type",
    "If-Modified-Since",
    "If-None-Match",
    "User-Agent",
    "X-Requested-With",
    "X-XSRFToken",
)
FROM_WORKSPACE = ("Cache-Control", "Content-Type", "ETag", "Last-Modified", "Vary")
JUPYTER_COOKIE = re.compile(r"_xsrf|username-[A-Za-z0-9-]{1,64}")
MAX_COOKIE = 4096
MAX_COOKIES = 4

# RFC 9110 section 7.6.1, and what only the gate may say about where a request came from.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
#: A browser takes a cookie of such a name over TLS only, and from no other host (RFC 6265bis section 4.1.3.2).
HOST_PREFIX = "__Host-"
#: Cookies of the hub that it gives no prefix by itself; the gate does, and takes it off again. Planted by a script in a
#: workspace, the first would keep signing out from ending what it should, and the second would sign somebody in as
#: whoever planted it.
BOUND = frozenset({"jupyterhub-session-id", "ansim-identity"})
OWN_WORD = re.compile(r"x-forwarded-.*|forwarded|x-real-ip|x-scheme|ansim-.*|host|content-length", re.IGNORECASE)
BANNERS = frozenset({"server", "x-powered-by", "date", "x-jupyterhub-version"})

WORKSPACE_CSP = (
    "sandbox allow-scripts allow-same-origin allow-forms allow-modals",
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "media-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "frame-src 'self' blob:",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
)
#: Where pictures are held: nothing that stands in a page itself is drawn as one.
WITHOUT_PICTURES = {"img-src": "img-src 'self'", "media-src": "media-src 'none'"}
SHUT = (
    "camera",
    "clipboard-read",
    "clipboard-write",
    "display-capture",
    "geolocation",
    "hid",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
#: A page connects to the origin that it came from and to no other, in every way there is: also by hints such as
#: `preconnect` and `dns-prefetch`, and by WebRTC, of which a content security policy knows nothing. Chromium keeps to
#: it since 152; other browsers do not know the field.
OWN_ORIGIN_ALONE = {"Connection-Allowlist": "(response-origin)"}
OPEN = Access()


def workspace_headers(config: GateConfig, host: str, access: Access = OPEN) -> Mapping[str, str]:
    """Return what the gate says about every answer of a workspace on its host, whatever the workspace says."""
    held = {} if access.pictures else WITHOUT_PICTURES
    csp = (
        *(held.get(rule.partition(" ")[0], rule) for rule in WORKSPACE_CSP),
        f"connect-src 'self' {config.socket_origin(host)}",
        f"frame-ancestors 'self' {config.origin('zone')}",
    )
    return {
        **_common(config),
        **OWN_ORIGIN_ALONE,
        "Content-Security-Policy": "; ".join(csp),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in SHUT),
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
    }


def gate_page_headers(
    config: GateConfig, *, frames: Iterable[str] = (), framed_by: str = "'none'"
) -> Mapping[str, str]:
    """Return the headers of a page that the gate itself wrote."""
    sources = " ".join(frames) or "'none'"
    return {
        **_common(config),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
        f"form-action 'none'; frame-src {sources}; frame-ancestors {framed_by}",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }


def preview_headers(config: GateConfig) -> Mapping[str, str]:
    """Return what the gate says about a preview: hostile content, shown without rights."""
    return {
        **_common(config),
        **OWN_ORIGIN_ALONE,
        "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {config.origin('zone')}",
        # Its own parts are loaded by a document without an origin; signed, short-lived addresses protect them.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
    }


def zone_headers(config: GateConfig) -> Mapping[str, str]:
    """Return what the gate adds to an answer of the hub or the portal that does not say it itself."""
    return {
        **_common(config),
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }


def _common(config: GateConfig) -> Mapping[str, str]:
    shared = {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Origin-Agent-Cluster": "?1",
        "Server": "ansim",
        "X-Content-Type-Options": "nosniff",
    }
    if config.scheme == "https":
        shared["Strict-Transport-Security"] = "max-age=31536000"
    return shared


def to_workspace(headers: Mapping[str, str], *, packed: bool = False) -> CIMultiDict[str]:
    """Return the header of a request as a workspace gets it: no cookie, token or address of the zone.

    With `packed` it may answer compressed, if the browser takes that: what is counted is what was sent.
    """
    passed: CIMultiDict[str] = CIMultiDict({name: headers[name] for name in TO_WORKSPACE if name in headers})
    takes = packed and "gzip" in headers.get("Accept-Encoding", "")
    passed["Accept-Encoding"] = "gzip" if takes else "identity"
    passed["Host"] = WORKSPACE_HOST
    cookie = "; ".join(f"{name}={value}" for name, value in cookies(headers) if JUPYTER_COOKIE.fullmatch(name))
    if cookie:
        passed["Cookie"] = cookie
    return passed


def cookies(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the cookies of a request in their order, a name possibly more than once."""
    pairs = [part.partition("=") for part in headers.get("Cookie", "").split(";")]
    return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip()]


def from_workspace(
    headers: CIMultiDict[str],
    prefix: str,
    config: GateConfig,
    host: str,
    *,
    packed: bool = False,
    lasting: bool = False,
    access: Access = OPEN,
) -> CIMultiDict[str]:
    """Return the header of an answer as the browser gets it; `lasting` where its content never changes.

    Raises: Refused — for an attachment, a compressed answer where none is expected, or a redirect out of the
    workspace.
    """
    if "attachment" in headers.get("Content-Disposition", "").casefold():
        raise Refused("response.attachment")
    encoding = headers.get("Content-Encoding", "identity").casefold()
    if encoding not in (("identity", "gzip") if packed else ("identity",)):
        raise Refused("response.encoded")
    passed: CIMultiDict[str] = CIMultiDict({name: headers[name] for name in FROM_WORKSPACE if name in headers})
    if encoding != "identity":
        passed["Content-Encoding"] = encoding
    if lasting:
        passed["Cache-Control"] = "private, max-age=31536000, immutable"
    if "Location" in headers:
        passed["Location"] = _inside(headers["Location"], prefix)
    for value in headers.getall("Set-Cookie", [])[:MAX_COOKIES]:
        for cookie in _jupyter_cookies(value, prefix, secure=config.scheme == "https"):
            passed.add("Set-Cookie", cookie)
    passed.update(workspace_headers(config, host, access))
    return passed


def _inside(location: str, prefix: str) -> str:
    """Return a redirect target that stays below the prefix."""
    parts = urlsplit(location)
    try:
        target = parse_target(parts.path + (f"?{parts.query}" if parts.query else ""))
    except AmbiguousTarget as error:
        raise Refused("response.outside") from error
    if parts.scheme or parts.netloc or not target.path.startswith(prefix):
        raise Refused("response.outside")
    return target.encoded()


def _jupyter_cookies(value: str, prefix: str, *, secure: bool) -> list[str]:
    """Return Jupyter's own cookies written anew: below the prefix, never sent across sites."""
    try:
        parsed = SimpleCookie(value[:MAX_COOKIE])
    except CookieError:
        return []
    written = []
    for name, morsel in parsed.items():
        if not JUPYTER_COOKIE.fullmatch(name):
            continue
        # Scripts of Lab read `_xsrf`; nothing reads the other.
        flags = ("" if name == "_xsrf" else "; HttpOnly") + ("; Secure" if secure else "")
        written.append(f"{name}={morsel.coded_value}; Path={prefix}; SameSite=Strict{flags}")
    return written


def to_neighbour(headers: CIMultiDict[str], address: str, config: GateConfig, host: str) -> CIMultiDict[str]:
    """Return the header of a request as the hub or the portal gets it."""
    named = {token.strip().lower() for token in headers.get("Connection", "").split(",")}
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.lower() not in HOP_BY_HOP | named and not OWN_WORD.fullmatch(name):
            passed.add(name, value)
    if config.scheme == "https" and "Cookie" in passed:
        passed["Cookie"] = _without_prefix("; ".join(passed.popall("Cookie")))
    passed["Host"] = host
    passed["X-Forwarded-For"] = address
    passed["X-Forwarded-Host"] = host
    passed["X-Forwarded-Proto"] = config.scheme
    return passed


def _without_prefix(cookie: str) -> str:
    """Return a Cookie field as the hub expects it; without what a page of another host may have planted."""
    kept = []
    for part in cookie.split(";"):
        name = part.partition("=")[0].strip()
        if name not in BOUND:
            bare = name.removeprefix(HOST_PREFIX)
            kept.append(part.strip().removeprefix(HOST_PREFIX) if bare in BOUND else part.strip())
    return "; ".join(kept)


def from_neighbour(headers: CIMultiDict[str], config: GateConfig) -> CIMultiDict[str]:
    """Return the header of an answer of the hub or the portal without hop-by-hop fields and banners."""
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.lower() == "set-cookie" and config.scheme == "https":
            passed.add(name, _with_prefix(value))
        elif name.lower() not in HOP_BY_HOP | BANNERS and name.lower() != "content-length":
            passed.add(name, value)
    return passed


def _with_prefix(cookie: str) -> str:
    """Return a Set-Cookie field with the prefix and what it demands, if the cookie is one of those that get it."""
    given, *attributes = cookie.split(";")
    if given.partition("=")[0].strip() not in BOUND:
        return cookie
    kept = [one.strip() for one in attributes if one.partition("=")[0].strip().lower() not in _OF_PREFIX]
    return "; ".join((HOST_PREFIX + given.strip(), *kept, "Path=/", "Secure"))


_OF_PREFIX = frozenset({"domain", "path", "secure"})
