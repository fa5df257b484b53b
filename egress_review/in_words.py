"""How a finding is said to a person: what it weighs and where it stands, the same on a terminal as in the portal."""

from __future__ import annotations

from collections.abc import Mapping

from egress_review.findings import Severity, Where
from registry.text import Text

SEVERITY_TEXT: Mapping[Severity, Text] = {
    Severity.BLOCK: Text("통과 불가", "may not pass"),
    Severity.FAIL: Text("고쳐야 함", "must be fixed"),
    Severity.WARN: Text("확인 필요", "look at this"),
    Severity.NOTE: Text("참고", "note"),
}

NOT_APPLIED = Text("점검하지 못함", "not checked")
"""What a rule weighs that could not be applied."""


def place(where: Where) -> Text:
    """Write a place in a file in words; nothing for the whole file."""
    parts = (
        (where.page, "{}쪽", "page {}"),
        (where.sheet, "시트 {}", "sheet {}"),
        (where.row, "{}행", "row {}"),
        (where.column, "{}열", "column {}"),
        (where.path, "위치 {}", "at {}"),
    )
    said = [Text(ko.format(value), en.format(value)) for value, ko, en in parts if value]
    return Text(", ".join(one.ko for one in said), ", ".join(one.en for one in said))


def printable(text: str) -> str:
    """The text with whatever does not show written as its code: names of files come from anywhere.

    A terminal obeys escape sequences, a mark of direction turns a line round, and bytes that are no text break it off.
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
