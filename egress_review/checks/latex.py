"""Tables in LaTeX, as R and pandas write them: rows of cells between ampersands."""

from __future__ import annotations

import re
from collections.abc import Sequence

_END = re.compile(r"\\\\(?:\[[^\]\\]{0,20}\])?\s*(?:\\(?:hline|midrule|bottomrule|toprule)\s*)*$")
_ALONE = re.compile(r"\s*\\(?:begin|end|[a-z]*rule|hline|cline|cmidrule|caption|label|centering|small)\b.*")
_AMPERSAND = re.compile(r"(?<!\\)&")
_SPANNING = re.compile(r"\\multi(?:column|row)\{(\d{1,2})\}\{[^{}]*\}\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?\{([^{}]*)\}")
_REMARK = re.compile(r"(?<!\\)%.*$")
_THOUSANDS = re.compile(r"(?<=\d)(?:\\[,;: !]|\{,\}|~|\\thinspace\s?)(?=\d{3}(?!\d))")
_ESCAPED = re.compile(r"\\([%&#_$])")


def latex_cells(lines: Sequence[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """The cells of each row, by line, those that are commented out too; empty where the lines are no table of LaTeX."""
    shown = [(number, _said(line)) for number, line in lines]
    rows = [(number, line) for number, line in shown if _AMPERSAND.search(line) and not _ALONE.fullmatch(line)]
    if len(rows) < 2 or not any(_END.search(line) for _, line in rows):
        return []
    return [(number, [_plain(cell) for cell in _AMPERSAND.split(_END.sub("", line))]) for number, line in rows]


def _said(line: str) -> str:
    """A line without its remark; a row that is only commented out stands in the file like any other."""
    return _REMARK.sub("", line.lstrip().lstrip("%")).rstrip()


def _plain(cell: str) -> str:
    """A cell without its commands: `\\textbf{12}` is 12, `5\\%` is 5%."""
    text = _SPANNING.sub(r"\2", cell)
    for _ in range(3):
        text = _COMMAND.sub(r"\1", text)
    return _THOUSANDS.sub(",", _ESCAPED.sub(r"\1", text).replace("$", "")).strip()
