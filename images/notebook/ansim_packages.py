"""The packages of a project as rows of a table: what may be installed, and how requests for others stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

COLUMNS = ("package", "version", "state", "what")


def heading(document: Mapping[str, Any], word: Callable[[str], str]) -> str:
    """How many packages may be installed, and how to ask for another."""
    count = len({str(one.get("package")) for one in document.get("packages", [])})
    return f"{word('packages')}: {count}\n{word('install')}: %pip install NAME\n{word('ask')}"


def rows(
    document: Mapping[str, Any], word: Callable[[str], str], say: Callable[[object], str]
) -> Iterator[Sequence[str]]:
    """The requests first, then what may be installed, then what may be but is not in the zone yet."""
    for one in document.get("requests", []):
        yield (str(one.get("package", "")), "", say(one.get("state_text")), say(one.get("note")))
    for one in document.get("packages", []):
        yield (str(one.get("package", "")), str(one.get("version", "")), word("allowed"), "")
    for name in document.get("not_here_yet", []):
        yield (str(name), "", word("not_here_yet"), "")
