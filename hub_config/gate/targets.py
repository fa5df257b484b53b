"""Reads a request target so that the gate and whoever stands behind it cannot read it differently.

The path is decoded once. Whatever a second decoding, a path parser or a file system could take for something
else is refused, and the target that is forwarded is encoded anew from what was checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from hub_config.gate.errors import AmbiguousTarget

MAX_TARGET = 8000
ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\;]")
VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
PATH_SAFE = "/@:!$&'()*+,=~"


@dataclass(frozen=True, slots=True)
class Target:
    """A decoded path with segments that mean one thing only, and the decoded query in its order."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    def encoded(self) -> str:
        """Return the target as it is forwarded: encoded anew, so nothing but what was checked is sent."""
        path = quote(self.path, safe=PATH_SAFE)
        return f"{path}?{urlencode(self.query, quote_via=quote)}" if self.query else path


def parse_target(raw: str) -> Target:
    """Decode the target of a request line.

    Raises: AmbiguousTarget — for any target with more than one reading.
    """
    if not raw.startswith("/") or len(raw) > MAX_TARGET or not VISIBLE_ASCII.fullmatch(raw) or "#" in raw:
        raise AmbiguousTarget("the request target is not a path of visible ASCII characters")
    path, _, query = raw.partition("?")
    return Target(_decoded_path(path), _decoded_query(query))


def _decoded_path(raw: str) -> str:
    if LONE_PERCENT.search(raw):
        raise AmbiguousTarget("a percent sign starts no escape")
    path = _text(raw)
    if path.count("/") != raw.count("/"):
        raise AmbiguousTarget("a slash is encoded")
    if ESCAPE.search(path):
        raise AmbiguousTarget("the path is encoded twice")
    if FORBIDDEN.search(path):
        raise AmbiguousTarget("a control character, backslash or semicolon stands in the path")
    segments = path[1:].split("/")
    if any(segment in (".", "..") for segment in segments) or "" in segments[:-1]:
        raise AmbiguousTarget("an empty or dot segment stands in the path")
    return path


def _decoded_query(raw: str) -> tuple[tuple[str, str], ...]:
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise AmbiguousTarget("the query has no single reading") from error
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        # One program takes the first of two values, another the last.
        raise AmbiguousTarget("a query parameter stands twice")
    return tuple(pairs)


def _text(raw: str) -> str:
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise AmbiguousTarget("the path is not UTF-8") from error
