"""The inventory of many tables: one line for each, as a ministry's survey of data asks for it (CSV or HTML).

What a table is and how far it may be provided comes from looking at it (`deid.survey`). What nobody can see in it,
such as the purpose that it was collected for, is left for the institution to write.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.text import Language, Text
from deid.label_names import label_names
from deid.risk.measures import NotComputed
from deid.risk.page import Cell, Grid, Heading, Note, Page, Tone
from deid.risk.page_html import html
from deid.survey import KINDS, READINESS, Readiness, Survey

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
_TITLE = Text("보유 데이터 조사표", "Inventory of data")
_TONES: dict[Readiness, Tone] = {
    "ready": "met",
    "after_deid": "plain",
    "after_quality": "unknown",
    "not_providable": "failed",
}
_FAILED = Text("읽을 수 없음", "cannot be read")
_ROLES = {"direct": Text("식별정보", "identifier"), "free": Text("글", "text")}
_BY_HAND = Text("기관이 적는 항목", "for the institution to fill in")
_TOTALS = Text("제공 가능성별 자료 수", "tables by readiness")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One table, or why it could not be looked at."""

    name: str
    form: str
    size: int
    """Bytes of the file; 0 for a table of a database."""
    found: Survey | Text


def tables_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named, in order; links are not followed."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            found.extend(p for p in inside if p.is_file() and not p.is_symlink())
        else:
            found.append(path)
    return found


def inventory_csv(rows: Sequence[Surveyed], language: Language) -> bytes:
    """Return the inventory for a spreadsheet: UTF-8 with a mark, no field that it would run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([title.say(language) for title, _ in _FIELDS])
    for row in rows:
        writer.writerow([_harmless(value(row, language)) for _, value in _FIELDS])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def inventory_html(rows: Sequence[Surveyed], language: Language) -> str:
    """Return the inventory as a page to print."""
    head = tuple(title.say(language) for title, _ in _FIELDS)
    lines = tuple(
        tuple(Cell(value(row, language), _tone(row) if title is _VERDICT else "plain") for title, value in _FIELDS)
        for row in rows
    )
    counts = [sum(not isinstance(r.found, Text) and r.found.readiness == kind for r in rows) for kind in READINESS]
    totals = ", ".join(f"{text.say(language)} {count}" for text, count in zip(READINESS.values(), counts, strict=True))
    blocks = (
        Note(f"{_TOTALS.say(language)}: {totals}"),
        Grid(_TITLE.say(language), head, lines),
        Heading(_BY_HAND.say(language)),
        Note(" · ".join(title.say(language) for title, value in _FIELDS if value is _blank)),
    )
    return html(Page(_TITLE.say(language), f"{len(rows)}", language, blocks))


def _tone(row: Surveyed) -> Tone:
    return "failed" if isinstance(row.found, Text) else _TONES[row.found.readiness]


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def _blank(_row: Surveyed, _language: Language) -> str:
    return ""


def _of(read: Callable[[Survey, Language], str]) -> Callable[[Surveyed, Language], str]:
    def value(row: Surveyed, language: Language) -> str:
        return "" if isinstance(row.found, Text) else read(row.found, language)

    return value


def _structure(found: Survey, language: Language) -> str:
    counts = {kind: sum(column.kind == kind for column in found.columns) for kind in KINDS}
    return ", ".join(f"{KINDS[kind].say(language)} {count}" for kind, count in counts.items() if count)


def _identifiers(found: Survey, language: Language) -> str:
    return "; ".join(
        f"{column.name}: {label_names(column.identifiers, language) or _ROLES[column.role].say(language)}"
        for column in found.columns
        if column.role in ("direct", "free")
    )


def _scope(found: Survey, _language: Language) -> str:
    if found.readiness == "not_providable":
        return ""
    return ", ".join(column.name for column in found.columns if column.role in ("quasi", "sensitive", "keep"))


def _k(found: Survey, language: Language) -> str:
    return found.k.reason.say(language) if isinstance(found.k, NotComputed) else f"{found.k:g}"


def _missing(found: Survey, _language: Language) -> str:
    return f"{sum(column.missing for column in found.columns) / max(1, len(found.columns)):.1%}"


def _verdict(row: Surveyed, language: Language) -> str:
    return _FAILED.say(language) if isinstance(row.found, Text) else READINESS[row.found.readiness].say(language)


def _reasons(row: Surveyed, language: Language) -> str:
    if isinstance(row.found, Text):
        return row.found.say(language)
    return "; ".join(reason.say(language) for reason in row.found.reasons)


_VERDICT = Text("제공 가능성", "readiness")
_FIELDS: tuple[tuple[Text, Callable[[Surveyed, Language], str]], ...] = (
    (Text("자료명", "name"), lambda row, _: row.name),
    (Text("형식", "form"), lambda row, _: row.form),
    (Text("크기(바이트)", "bytes"), lambda row, _: str(row.size) if row.size else ""),
    (Text("행 수", "rows"), _of(lambda found, _: str(found.rows))),
    (Text("열 수", "columns"), _of(lambda found, _: str(len(found.columns)))),
    (Text("구조", "structure"), _of(_structure)),
    (Text("평균 결측률", "mean share missing"), _of(_missing)),
    (Text("중복 행", "duplicate rows"), _of(lambda found, _: str(found.duplicates))),
    (Text("식별정보·글 열", "identifiers and free text"), _of(_identifiers)),
    (
        Text("식별가능정보 열", "quasi-identifiers"),
        _of(lambda found, _: ", ".join(found.of_role("quasi"))),
    ),
    (Text("k-익명성", "k-anonymity"), _of(_k)),
    (Text("제공 가능 범위(열)", "scope of provision (columns)"), _of(_scope)),
    (_VERDICT, _verdict),
    (Text("이유", "reasons"), _reasons),
    (Text("수집 목적", "original purpose"), _blank),
    (Text("담당 부서", "department"), _blank),
)
