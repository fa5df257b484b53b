"""Counts in JSON: under keys that name counts, and in objects that map categories to bare whole numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from egress_review.checks.cells import check_table, flag_dropped, judge
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.json_tables import held_in
from egress_review.checks.listing import Listing
from egress_review.checks.settings_keys import without_settings
from egress_review.checks.statistic_rows import statistic_names
from egress_review.checks.subject import Subject
from egress_review.checks.tallies import is_tally, whole_number
from egress_review.claims import FileClaims
from egress_review.findings import Where


def check_json(subject: Subject, listing: Listing) -> None:
    """Every number of the file that is a count."""
    held = held_in(subject.json)[0] or "$"
    if isinstance(subject.json, dict) and subject.tables and held == "$":
        for table, reading in subject.readings:
            check_table(table, reading, subject.claims, subject.policy, listing)
        return
    content = without_settings(_without_sizes(subject.json))
    counts = dict(counts_in(content, subject.claims))
    for table, reading in subject.readings:
        # Records say by their shape what their keys alone do not: a cross-table counts in every cell.
        for count in reading.counts:
            counts.setdefault(f"{held}[{count.row}].{table.names[count.column - 1][:60]}", count.value)
    for path, value in counts.items():
        judge(value, Where(path=path), subject.claims, subject.policy, listing)
    dropped = [path for path, _ in counts_in(content, subject.claims.taking_nothing_away) if path not in counts]
    dropped += [
        f"{held}[{table.numbers[0]}].{table.names[column][:60]}"
        for table, reading in subject.readings
        for column in (*reading.overruled, *reading.dropped)
    ]
    # Once for a key, however many records have it.
    for path in {_AT.sub("", path): path for path in reversed(dropped)}.values():
        flag_dropped(Where(path=path), listing)


_AT = re.compile(r"\[\d+\]")


def _without_sizes(value: Any) -> Any:
    """A cube as JSON-stat writes it, without the numbers of its categories, which count nobody."""
    if isinstance(value, dict) and {"id", "size", "dimension", "value"} <= value.keys():
        ids, sizes = value["id"], value["size"]
        if isinstance(ids, list) and isinstance(sizes, list) and len(ids) == len(sizes):
            return {key: inner for key, inner in value.items() if key != "size"}
    return value


def counts_in(
    value: Any, claims: FileClaims, path: str = "$", counted: bool | None = None
) -> Iterator[tuple[str, int]]:
    """Counts with their paths; `counted` is what the keys above said, None if they said nothing."""
    if isinstance(value, dict):
        around = True if counted is None and is_tally(value) else counted
        measured = statistic_names(list(value))
        for at, (key, inner) in enumerate(value.items()):
            said = False if at in measured and claims.declared(key) is None else _counted(key, claims, around)
            if said is False and isinstance(inner, dict) and kind_of(key) is Kind.LABEL:
                said = None  # What stands under `region` may be how many there are in each.
            yield from counts_in(inner, claims, f"{path}.{key[:60]}", said)
    elif isinstance(value, list):
        for position, inner in enumerate(value, 1):
            yield from counts_in(inner, claims, f"{path}[{position}]", counted)
    elif counted:
        number = whole_number(value)
        if number is not None and number >= 0:
            yield path, number


def _counted(key: str, claims: FileClaims, around: bool | None) -> bool | None:
    """Whether the numbers under a key are counts: as declared, as named, else as the object around it."""
    declared = claims.declared(key)
    if declared is not None:
        return declared == "counts"
    kind = kind_of(key)
    if kind is Kind.COUNT:
        return True
    if kind is Kind.PERCENT:
        return False
    return around if around or kind is Kind.UNKNOWN else False
