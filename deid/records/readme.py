"""The page that lies beside the tables of an extract: what they hold, and what was done to each column."""

from __future__ import annotations

from collections.abc import Sequence

from deid.catalogue import ROLES
from deid.records.model import Document, Draft, Level
from deid.techniques import TECHNIQUES

README = "README.md"


def readme(draft: Draft, levels: Sequence[Level], tables: Sequence[Document]) -> str:
    """Return the page, Korean and English side by side; it holds no value of the data."""
    lines = [
        f"# {draft.title.ko} · {draft.title.en}\n",
        f"가명처리된 자료입니다. 목적: {draft.purpose}\n",
        f"Pseudonymised data from {draft.owner}, for this project only. Trying to find out who somebody is breaks the"
        " law (PIPA art. 28-5).\n",
    ]
    for table in tables:
        lines += [f"\n### {table['table']}\n", f"{table['rows']:,} 행 · rows\n"]
        lines += ["| 열 · column | 구분 · role | 처리 · what was done |", "|---|---|---|"]
        lines += [_row(level) for level in levels if level.table == table["table"] and level.action != "drop"]
        dropped = [f"`{level.column}`" for level in levels if level.table == table["table"] and level.action == "drop"]
        if dropped:
            lines.append(f"\n제외한 열 · left out: {', '.join(dropped)}")
    return "\n".join(lines) + "\n"


def synthetic_readme(draft: Draft, levels: Sequence[Level], tables: Sequence[Document]) -> str:
    """Return the page beside synthetic tables: that no row is of a person, and what to expect of them."""
    lines = [
        f"# {draft.title.ko} · {draft.title.en}\n",
        f"합성자료입니다. 어떤 행도 실제 사람의 것이 아닙니다. 목적: {draft.purpose}\n",
        f"Synthetic rows made from data of {draft.owner}, for this project only. No row is a person's. Write and try"
        " code with them; results for publication come from the real data.\n",
    ]
    for table in tables:
        lines += [f"\n### {table['table']}\n", f"{table['rows']:,} 행 · rows\n", "| 열 · column | |", "|---|---|"]
        lines += [
            f"| `{level.column}` | {level.parameters} |"
            for level in levels
            if level.table == table["table"] and level.action != "drop"
        ]
    return "\n".join(lines) + "\n"


def _row(level: Level) -> str:
    role = next((text for name, text in ROLES.items() if name == level.role), None)
    named = "–" if role is None else f"{role.ko.partition(':')[0]} · {role.en.partition(':')[0]}"
    technique = TECHNIQUES[level.technique].name if level.technique else None
    done = "그대로 · as it was" if technique is None else f"{technique.ko} · {technique.en}"
    more = f" ({level.parameters})" if level.parameters else ""
    return f"| `{level.column}` | {named} | {done}{more} |"
