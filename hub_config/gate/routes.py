"""Which requests a workspace may get and what it may answer with: a table of what JupyterLab 4.6 and Jupyter
Server 2.21 need, and nothing else.

Paths are those below the workspace's prefix, decoded. Absence is denial; the second table only chooses the
words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from hub_config.gate.content_types import FONTS, ICONS, JSON, PAGES, PARTS, SCRIPTS, STYLES
from hub_config.gate.errors import Refused
from hub_config.gate.targets import Target

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
READ = frozenset({"GET", "HEAD"})
LAB_BYTES = 2_000_000  # what Lab is made of passes below it whatever a policy says: its settings have 0.6 MB
ICON_BYTES = 256_000
# The logos of Jupyter's kernels; a folder of other files would be a place to read them from.
KERNEL_FILE = r"(?:logo-(?:32x32|64x64)\.png|logo-svg\.svg|kernel\.(?:js|css))"


class Kind(Enum):
    """How a listed request is handled."""

    PAGE = "page"  # HTML that a person opens
    PLAIN = "plain"  # forwarded as it is; a body is smaller still, and recorded where there is one
    STATIC = "static"  # a part of Lab: may come packed, and is kept by the browser where its name is its hash
    WRITE = "write"  # recorded before it is forwarded, with its body
    SETTING = "setting"  # the same, but small, and the page sends it by itself
    KERNEL = "kernel"  # WebSocket: cells are recorded before they are forwarded
    EVENTS = "events"  # WebSocket: the browser only listens


@dataclass(frozen=True, slots=True)
class Route:
    """One listed kind of request and why the notebook client needs it."""

    methods: frozenset[str]
    pattern: re.Pattern[str]
    reason: str
    kind: Kind = Kind.PLAIN
    types: frozenset[str] = JSON
    """Types of content that an answer may have; the API speaks JSON and nothing else."""
    least: int = 0
    """Bytes that an answer may always have; beyond it counts what the policy shows at once."""
    most: int | None = None
    """Bytes that an answer has at most, whatever the policy says."""
    looked_at: bool = False
    """Whether its answers hold what people made, and are looked at like outputs."""

    def limit(self, shown_bytes: int) -> int:
        """Return how large an answer may be where the policy shows so much at once."""
        wide = max(shown_bytes, self.least)
        return wide if self.most is None else min(wide, self.most)


def _route(
    methods: str,
    pattern: str,
    reason: str,
    kind: Kind = Kind.PLAIN,
    types: frozenset[str] | None = None,
    *,
    most: int | None = None,
    least: int = 0,
    looked_at: bool = False,
) -> Route:
    return Route(
        frozenset(methods.split()),
        re.compile(pattern),
        reason,
        kind,
        types or TYPES.get(kind, JSON),
        LAB_BYTES if kind is Kind.PAGE else least,
        most,
        looked_at,
    )


TYPES: Mapping[Kind, frozenset[str]] = {Kind.PAGE: PAGES, Kind.STATIC: PARTS}


ROUTES: tuple[Route, ...] = (
    _route("GET HEAD", r"", "start page, which leads to Lab", Kind.PAGE),
    _route("GET HEAD", r"lab/?", "Lab itself", Kind.PAGE),
    _route("GET HEAD", r"(?:lab|doc)(?:/workspaces/[\w-]+)?/tree(?:/.+)?", "Lab with a file open", Kind.PAGE),
    _route("GET HEAD", r"lab/workspaces/[\w-]+", "a saved layout of Lab", Kind.PAGE),
    _route("GET HEAD", r"static/.+", "scripts, styles and fonts of Lab", Kind.STATIC),
    _route(
        "GET HEAD", r"lab/extensions/.+", "scripts of extensions that the image carries", types=PARTS, least=LAB_BYTES
    ),
    _route("GET HEAD", r"lab/api/themes/.+", "styles of themes", types=STYLES | FONTS | ICONS, least=LAB_BYTES),
    _route(
        *("GET HEAD", rf"kernelspecs/[\w.-]+/{KERNEL_FILE}", "icons of kernels"),
        types=ICONS | SCRIPTS | STYLES,
        most=ICON_BYTES,
    ),
    _route("GET HEAD", r"(?:static/)?favicon\.ico", "icon of the tab", types=ICONS, most=ICON_BYTES),
    _route("GET HEAD", r"lab/api/settings(?:/.*)?", "settings of Lab", least=LAB_BYTES),
    _route("PUT", r"lab/api/settings/.+", "a changed setting of Lab", Kind.SETTING),
    _route("GET HEAD", r"lab/api/translations(?:/.*)?", "Korean and other languages of Lab", least=LAB_BYTES),
    _route("GET HEAD", r"lab/api/workspaces(?:/.*)?", "saved layouts of Lab", looked_at=True),
    _route("PUT POST DELETE", r"lab/api/workspaces/.+", "saving the layout of Lab", Kind.SETTING),
    _route("GET HEAD", r"api/?", "version of the server"),
    _route("GET HEAD", r"api/status", "activity of the server"),
    _route("GET HEAD", r"api/me", "name shown in Lab"),
    _route("GET HEAD", r"api/config/\w+", "settings of the notebook client"),
    _route("PATCH PUT", r"api/config/\w+", "a changed setting of the notebook client", Kind.SETTING),
    _route("GET HEAD", r"api/kernelspecs(?:/[\w.-]+)?", "which kernels there are"),
    _route("GET HEAD", r"api/kernels", "which kernels run"),
    _route("POST", r"api/kernels", "starting a kernel"),
    _route("GET HEAD DELETE", rf"api/kernels/{UUID}", "state of a kernel, stopping it"),
    _route("POST", rf"api/kernels/{UUID}/(?:restart|interrupt)", "restarting or interrupting a kernel"),
    _route("GET HEAD POST", r"api/sessions", "which notebook uses which kernel"),
    _route("GET HEAD PATCH DELETE", rf"api/sessions/{UUID}", "changing that"),
    _route("GET HEAD", r"api/contents(?:/.*)?", "listing and opening files", looked_at=True),
    _route("PUT POST PATCH DELETE", r"api/contents(?:/.*)?", "creating, saving, renaming, deleting files", Kind.WRITE),
    _route("GET HEAD", r"api/resolvePath", "where a path in an error message leads"),
)

SOCKETS: tuple[Route, ...] = (
    _route("GET", rf"api/kernels/{UUID}/channels", "messages to and from a kernel", Kind.KERNEL),
    _route("GET", r"api/events/subscribe", "news of the server", Kind.EVENTS),
)

WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:files|view)(?:/.*)?"), "route.download"),
    (re.compile(r"(?:api/)?nbconvert(?:/.*)?"), "route.convert"),
    (re.compile(r"(?:api/)?terminals?(?:/.*)?"), "route.terminal"),
    (re.compile(r"(?:proxy|lsp)(?:/.*)?"), "route.proxy"),
    (re.compile(r"lab/api/(?:extensions|plugins|listings|build|update|news)(?:/.*)?"), "route.extension"),
)

HASHED = re.compile(r"static/lab/(?:[\w-]+\.)?[0-9a-f]{16,20}\.\w+")  # such a file never changes, only its name does
CONTENTS = re.compile(r"api/contents(?:/.*)?")
CONTENTS_QUERY: Mapping[str, frozenset[str] | None] = {
    "content": frozenset({"0", "1"}),
    "hash": frozenset({"0", "1"}),
    "type": frozenset({"notebook", "file", "directory"}),
    "format": frozenset({"text", "json"}),  # base64 would carry any file to the browser
    "require_hash": frozenset({"0", "1"}),
    "contentProviderId": frozenset({"undefined"}),  # Lab 4.6 sends it so where there is one provider only
}
CACHE_BUSTER = re.compile(r"\d{1,16}")  # Lab appends the time as a parameter without a value


def find_route(method: str, target: Target, *, websocket: bool) -> Route:
    """Return the route of a request; `target.path` is below the workspace's prefix.

    Raises: Refused — for whatever no row names.
    """
    _check_query(target)
    for route in SOCKETS if websocket else ROUTES:
        if method in route.methods and route.pattern.fullmatch(target.path):
            return route
    for pattern, code in WORDS:
        if pattern.fullmatch(target.path):
            raise Refused(code)
    raise Refused("route.unlisted")


def forwarded(method: str, target: Target) -> Target:
    """Return the target as the workspace gets it.

    A file read without a format would be answered in base64 if it is not text, so the gate asks for text.
    """
    asks = method in READ and CONTENTS.fullmatch(target.path) is not None
    names = {name for name, _ in target.query}
    notebook = ("type", "notebook") in target.query
    if not asks or notebook or "format" in names:
        return target
    return Target(target.path, (*target.query, ("format", "text")))


def _check_query(target: Target) -> None:
    for name, value in target.query:
        if name.casefold() == "download" or value.casefold() == "base64":
            raise Refused("route.download")
    if not CONTENTS.fullmatch(target.path):
        return
    for name, value in target.query:
        allowed = CONTENTS_QUERY.get(name)
        if CACHE_BUSTER.fullmatch(name) and not value:
            continue
        if allowed is None or value not in allowed:
            raise Refused("route.unlisted")
