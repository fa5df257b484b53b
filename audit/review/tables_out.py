"""A report as rows of texts, for spreadsheets and for paper: one for each line of each item and of each rule."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from audit.catalogue import CATALOGUE
from audit.review.items import ITEMS
from audit.review.service import Opened
from audit.review.store import VERDICTS
from audit.text import Language, Text

BOM = "\ufeff"  # without it spreadsheets read Korean as another encoding
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADINGS = (
    Text("항목", "item"),
    Text("이름", "title"),
    Text("의견", "finding"),
    Text("대상", "who"),
    Text("작업", "action"),
    Text("관련", "about"),
    Text("건수", "count"),
    Text("기록 번호", "entries"),
    Text("그 밖에", "more"),
)
_MORE: Mapping[str, Text] = {
    "project": Text("과제", "project"),
    "reason": Text("사유", "reason"),
    "days": Text("일수", "days"),
    "busiest": Text("가장 많은 날", "busiest day"),
    "on_that_day": Text("그날 건수", "on that day"),
    "threshold": Text("기준", "limit"),
    "approvers": Text("승인자", "approved by"),
    "approved": Text("승인 기록", "approval"),
    "outcome": Text("결과", "outcome"),
    "covered": Text("검증한 건수", "covered"),
    "officer": Text("준법감시 담당자", "compliance officer"),
    "for": Text("대신한 사람", "for"),
}
"""What the further fields of a row are called."""
_OWN = ("who", "action", "object", "what", "count", "measured", "index", "entries", "first", "last", "kind", "rule")


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a report is written: language, what the rules are called, and who a reference is."""

    language: Language
    titles: Mapping[str, Text]
    name: Callable[[str], str] = str


def report_csv(opened: Opened, reader: Reader) -> str:
    """Return the report as CSV."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(text.say(reader.language) for text in HEADINGS)
    for row in report_rows(opened, reader):
        table.writerow([_harmless(cell) for cell in row])
    return BOM + file.getvalue()


def report_rows(opened: Opened, reader: Reader) -> Iterator[tuple[str, ...]]:
    """Yield the rows in the order of `HEADINGS`: items first, then what the rules found."""
    language = reader.language
    for item in opened.report.content["items"]:
        title = ITEMS[item["id"]].title.say(language)
        for row in item["rows"]:
            yield _row(opened, item["id"], title, row, reader)
        if (rest := item["count"] - len(item["rows"])) > 0:
            yield (item["id"], title, *[""] * 6, Text(f"외 {rest}건", f"and {rest} more").say(language))
    for found in opened.report.content["anomalies"]:
        title = reader.titles.get(found["rule"], Text(found["rule"], found["rule"])).say(language)
        yield _row(opened, f"rule.{found['rule']}", title, found, reader)


def _row(opened: Opened, item: str, title: str, row: Mapping[str, object], reader: Reader) -> tuple[str, ...]:
    judged = opened.judgements.get(item)
    who = row.get("who", "")
    people = who if isinstance(who, list) else [who]
    more = ((key, value) for key, value in row.items() if key not in _OWN and value is not None)
    rest = "; ".join(
        f"{_MORE.get(key, Text(key, key)).say(reader.language)}: {_plain(value, reader)}" for key, value in more
    )
    spec = CATALOGUE.get(str(row.get("action", "")))
    return (
        item,
        title,
        VERDICTS[judged.verdict].say(reader.language) if judged else "",
        " ".join(reader.name(str(one)) for one in people),
        spec.say(reader.language) if spec else str(row.get("action", "")),
        str(row.get("object") or row.get("what") or ""),
        str(row.get("measured", row.get("count", 1))),
        _entries(row),
        rest,
    )


def _entries(row: Mapping[str, object]) -> str:
    if isinstance(entries := row.get("entries"), list):
        return " ".join(map(str, entries))
    if "first" in row:
        return f"{row['first']}…{row['last']}"
    return str(row.get("index", ""))


def _plain(value: object, reader: Reader) -> str:
    if isinstance(value, bool):
        return (Text("예", "yes") if value else Text("아니요", "no")).say(reader.language)
    values = value if isinstance(value, list) else [value]
    return ", ".join(reader.name(str(one)) for one in values)


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
