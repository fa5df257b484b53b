"""Which types of content a workspace may answer with, per kind of request; a type that no row names is refused.

Beside the list of paths it is the second half of "what the browser may receive": a listed path whose answer is a
picture, an archive or a table is no longer what Lab asked for. The header is written anew from what was read, so that
the browser cannot read a type into it that the gate did not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub_config.gate.errors import Refused

MAX_HEADER = 200
# RFC 9110 section 8.3.1: type "/" subtype, then parameters; the one that Jupyter sends is the character set.
TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]{0,62})")
CHARSET = re.compile(r'charset=(?:utf-8|"utf-8")')

JSON = frozenset({"application/json"})
PAGES = frozenset({"text/html"})
SCRIPTS = frozenset({"application/javascript", "text/javascript", "application/wasm"})
STYLES = frozenset({"text/css"})
FONTS = frozenset(
    {"font/woff", "font/woff2", "font/ttf", "font/otf", "application/font-woff", "application/vnd.ms-fontobject"}
)
ICONS = frozenset({"image/png", "image/svg+xml", "image/vnd.microsoft.icon", "image/x-icon", "image/gif"})
PARTS = SCRIPTS | STYLES | FONTS | ICONS | JSON
FAILURES = JSON | PAGES
"""What Jupyter says an error in, whatever was asked for; the browser shows the page of a failed script nowhere."""
BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class ContentType:
    """A type as it was read; `charset` says whether it named UTF-8."""

    name: str
    charset: bool

    def header(self) -> str:
        """Return the header that the browser gets."""
        return f"{self.name}; charset=utf-8" if self.charset else self.name


def parse_content_type(value: str) -> ContentType | None:
    """Read a `Content-Type`; None for whatever is not exactly a type, with UTF-8 as its only parameter."""
    if len(value) > MAX_HEADER or not value.isascii():
        return None
    name, *parameters = (part.strip(" \t") for part in value.lower().split(";"))
    if not TYPE.fullmatch(name) or len(parameters) > 1:
        return None
    if parameters and not CHARSET.fullmatch(parameters[0]):
        return None
    return ContentType(name, bool(parameters))


def check_content_type(values: list[str], allowed: frozenset[str], *, status: int) -> str | None:
    """Return the `Content-Type` that is sent on; None for an answer without a body.

    Raises: Refused — for a type that `allowed` does not name, more than one, or none.
    """
    if status in BODILESS:
        return None
    if 300 <= status < 400 or status >= 400:
        allowed = allowed | FAILURES  # Jupyter says redirects and errors in HTML or JSON
    read = parse_content_type(values[0]) if len(values) == 1 else None
    if read is None or read.name not in allowed:
        raise Refused("response.type", values[0][:80] if values else "no type")
    return read.header()
