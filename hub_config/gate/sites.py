"""Who started a request: decided from the headers that a browser sets and a script cannot forge.

Fetch Metadata (Sec-Fetch-*) where the browser sends it, Origin otherwise. A request with neither is no
browser of today; it passes for reading, and for writing only without a cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub_config.gate.errors import Refused

SAFE_METHODS = frozenset({"GET", "HEAD"})
OWN = frozenset({"same-origin", "none"})
BEGAN_HERE = OWN | {"same-site"}


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """What one of the three hosts accepts from elsewhere."""

    origin: str
    embedded: Mapping[str, Embedding] = field(default_factory=dict)
    """By destination, such as an iframe: what pages of other origins may load."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """One kind of read that a page of another origin may start."""

    mode: str
    sites: frozenset[str]


FRAME = Embedding("navigate", frozenset({"same-site"}))
# A sandboxed document has an opaque origin, so what it loads from its own host comes from another site.
SANDBOXED_PART = Embedding("no-cors", frozenset({"same-site", "cross-site"}))


@dataclass(frozen=True, slots=True)
class Initiator:
    """What the headers say about who started a request."""

    method: str
    origin: str | None
    site: str | None
    mode: str | None
    dest: str | None
    has_cookie: bool
    websocket: bool = False

    @classmethod
    def of(cls, method: str, headers: Mapping[str, str], *, websocket: bool = False) -> Initiator:
        """Read the headers of a request."""
        return cls(
            method,
            headers.get("Origin"),
            headers.get("Sec-Fetch-Site"),
            headers.get("Sec-Fetch-Mode"),
            headers.get("Sec-Fetch-Dest"),
            "Cookie" in headers,
            websocket,
        )

    @property
    def top_level(self) -> bool:
        """Whether a person opens the address as the page of a tab."""
        return self.mode == "navigate" and self.dest == "document"


def check_initiator(policy: SitePolicy, request: Initiator) -> None:
    """Let a request pass, or not.

    Raises: Refused — if another origin started it and no row of the policy allows that.
    """
    if request.dest == "serviceworker":
        # A service worker would outlive the page and stand between the browser and the gate.
        raise Refused("site.cross", "service worker")
    if request.method not in SAFE_METHODS or request.websocket:
        _check_unsafe(policy, request)
    elif request.site is not None and request.site not in OWN:
        row = policy.embedded.get(request.dest or "")
        listed = row is not None and request.mode == row.mode and request.site in row.sites
        if not (request.top_level or listed):
            raise Refused("site.cross", f"read from {request.site}")


def check_sign_out(request: Initiator) -> None:
    """Let a request to sign out pass that the zone's own pages or the person began; a link elsewhere signs nobody out.

    It has to open as the page of a tab, which no script in the frame of a workspace can do, though its origin is this
    one: there are no pop-ups there. A browser that says nothing about it has to write, which `check_initiator` looks
    at more closely.
    Raises: Refused.
    """
    if request.method in SAFE_METHODS and request.site not in BEGAN_HERE:
        raise Refused("site.cross", "a sign-out from elsewhere")
    if request.dest not in (None, "document"):
        raise Refused("site.cross", f"a sign-out as {request.dest}")


def _check_unsafe(policy: SitePolicy, request: Initiator) -> None:
    if request.site is None and request.origin is None:
        if request.has_cookie:
            raise Refused("site.cross", "no origin")
        return
    if request.site not in (None, "same-origin"):
        raise Refused("site.cross", f"written from {request.site}")
    # A form of a page with `Referrer-Policy: no-referrer` sends the origin `null` even to its own site.
    expected = {policy.origin} if request.site is None or request.websocket else {policy.origin, "null", None}
    if request.origin not in expected:
        raise Refused("site.cross", "written from another origin")
