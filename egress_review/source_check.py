"""Holding scanned files against the sources of their request: what was hashed in the scanner is compared here.

The key, the fingerprints and the canaries stay in the zone's own process; the container that read the files gets none
of them and learns nothing of the answer. Only sources that the author's workspace may read are compared, so the answer
tells nobody anything about data that is not theirs to see.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from egress_review.canaries import Canary
from egress_review.findings import WHOLE_FILE, FileReport, Finding, Flagged, NotChecked
from egress_review.fingerprint_index import Index, Keys, keyed
from egress_review.job import Alarm, ScanResult, scan_failed
from egress_review.likeness import LIKELY_ROWS, Ints, Likeness, Rows, compare
from egress_review.rules import RULE
from registry.text import Text

RULES = ("source.records", "source.identifiers", "source.rows", "source.coverage")
LEAST_BESIDE = 5
"""Rows from which equally long tables of several files are also read as one table."""
LEAST_SIZE = 50
"""Rows of a source table from which an equally long output is said to be as long as it."""
NEAR = 0.01
"""Share of the rows by which an output may differ from its source and still be as long."""

_STOPPED = Text(
    ko="내보낼 수 없는 내용이 있어 파일을 막았고, 구역에서 확인하고 있습니다.",
    en="The file holds something that may not leave. It is blocked and being looked at.",
)
_AGGREGATE = Text(
    ko="개인 단위의 행이나 그 일부를 빼고, 집단별로 집계한 결과만 내십시오.",
    en="Take out rows about single people, and parts of such rows; hand in results about groups only.",
)
_IDENTIFIES = Text(
    ko="원자료의 식별 값 {number}개가 들어 있습니다.",
    en="The file holds {number} identifying values of the source data.",
)
_DROP = Text(ko="식별자와 일련번호가 든 열을 빼십시오.", en="Leave out identifiers and serial numbers.")
_AS_LONG = Text(
    ko="표가 {rows}행으로 원자료 표의 행 수와 같거나 거의 같습니다.",
    en="A table has {rows} rows, as many as a table of the source, or nearly.",
)
_NO_INDEX = Text(
    ko="원자료 {names}의 지문이 아직 없어 대조하지 못했습니다.",
    en="There are no fingerprints of {names} yet; nothing was compared with it.",
)
_WAIT = Text(
    ko="구역이 지문을 만든 뒤 다시 점검하십시오. 계속되면 운영자에게 알리십시오.",
    en="Check again once the zone has made them; tell an operator if it stays so.",
)
_PARTIAL = Text(
    ko="파일이 커서 일부만 원자료와 대조했습니다.",
    en="The file is so large that only a part was compared with the source.",
)
_SMALLER = Text(ko="파일을 나누거나 더 집계하십시오.", en="Split the file, or aggregate further.")
_UNREAD = Text(
    ko="원자료 파일 {number}개는 표로 읽을 수 없어 대조하지 않았습니다.",
    en="{number} files of the source are no tables that could be read; they were not compared.",
)
_LOOK = Text(ko="심사자가 직접 살핍니다.", en="A reviewer looks at it.")


@dataclass(frozen=True, slots=True)
class Source:
    """One dataset version to compare with: its index, how long its tables are, what could not be read."""

    dataset: str
    index: Index
    lengths: frozenset[int] = frozenset()
    """Rows of each of its tables, and its number of people."""
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that the files of one request are compared with."""

    key: bytes
    sources: tuple[Source, ...] = ()
    missing: tuple[str, ...] = ()
    """Datasets without fingerprints."""
    canaries: Mapping[str, tuple[Canary, ...]] = field(default_factory=dict)
    """By dataset."""
    stop_canaries: bool = False
    """Whether a canary stops the file. A pre-check must not, or it would tell which records are canaries."""

    def amend(self, result: ScanResult) -> ScanResult:
        """The result with what the comparison found.

        Raises: ScanFailed — for rows that are not as the scanner writes them.
        """
        traces = [read_rows(one) for one in result.rows]
        hashed = [self._keyed(rows) for rows in traces]
        alarms: list[Alarm] = []
        judged = [self._each(rows, *keys) for rows, keys in zip(traces, hashed, strict=True)]
        together = self._together(traces, judged)
        files = []
        for file, rows, keys, found in zip(result.report.files, traces, hashed, judged, strict=True):
            birds = self._birds(rows, *keys)
            alarms += [Alarm(file.sha256, dataset, count) for dataset, count in birds.items()]
            stopped = any(one.records for one in found.values()) or any(
                dataset in together and one.likely for dataset, one in found.items()
            )
            stopped = stopped or together.get("", False) or (self.stop_canaries and bool(birds))
            files.append(self._report(file, rows, found, stopped=stopped))
        report = replace(result.report, files=tuple(files))
        return replace(result, report=report, alarms=tuple(alarms))

    def _keyed(self, rows: Rows) -> tuple[Keys, Ints]:
        unique, inverse = np.unique(rows.marks, return_inverse=True)
        if not len(unique):
            return unique, inverse
        return keyed(self.key, unique.tolist(), len(unique)), inverse

    def _each(self, rows: Rows, keys: Keys, inverse: Ints) -> dict[str, Likeness]:
        return {one.dataset: compare(rows, keys, inverse, one.index) for one in self.sources}

    def _together(self, traces: Sequence[Rows], judged: Sequence[Mapping[str, Likeness]]) -> dict[str, bool]:
        """What the files are together: rows of one table over several files, or its columns; "" stands for all."""
        found: dict[str, bool] = {}
        if len(traces) < 2:
            return found
        for source in self.sources:
            whole = Likeness()
            for one in judged:
                whole.add(one[source.dataset])
            if whole.records and len(whole.matched) >= LIKELY_ROWS:
                found[source.dataset] = True
            for beside in _beside(traces):
                keys, inverse = self._keyed(beside)
                if compare(beside, keys, inverse, source.index).records:
                    found[""] = True
        return found

    def _birds(self, rows: Rows, keys: Keys, inverse: Ints) -> dict[str, int]:
        """How many canaries of each dataset stand in the file."""
        known = {one for canaries in self.canaries.values() for bird in canaries for one in bird.values}
        if not known or not (present := known & set(keys.tolist())):
            return {}
        counts: dict[str, set[str]] = defaultdict(set)
        owner = np.repeat(np.arange(len(rows.sizes)), rows.sizes)
        held = keys[inverse]
        hits = np.isin(held, np.array(sorted(present), dtype=np.uint64))
        for row in set(owner[hits].tolist()):
            values = frozenset(held[owner == row].tolist())
            for dataset, canaries in self.canaries.items():
                counts[dataset] |= {bird.ref for bird in canaries if bird.stands_in(values)}
        return {dataset: len(refs) for dataset, refs in counts.items() if refs}

    def _report(self, file: FileReport, rows: Rows, found: Mapping[str, Likeness], *, stopped: bool) -> FileReport:
        added: list[Finding] = []
        if stopped:
            added.append(_flag("source.records", _STOPPED, _AGGREGATE))
        elif self.missing:
            added.append(_skip("source.records", _NO_INDEX.fill(names=", ".join(self.missing)), _WAIT))
        elif rows.partial:
            added.append(_skip("source.records", _PARTIAL, _SMALLER))
        if values := sum(one.identifiers for one in found.values()):
            added.append(_flag("source.identifiers", _IDENTIFIES.fill(number=values), _DROP, values))
        lengths = {length for source in self.sources for length in source.lengths if length >= LEAST_SIZE}
        for _, _, total in rows.tables:
            if any(abs(total - length) <= NEAR * length for length in lengths):
                added.append(_flag("source.rows", _AS_LONG.fill(rows=total), _AGGREGATE, total))
        if unread := sum(source.unread for source in self.sources):
            added.append(_skip("source.coverage", _UNREAD.fill(number=unread), _LOOK))
        flagged = {finding.rule for finding in added}
        kept = tuple(finding for finding in file.findings if finding.rule not in flagged)
        return replace(file, findings=(*kept, *added))


def _beside(traces: Sequence[Rows]) -> Iterable[Rows]:
    """The equally long tables of different files, put beside each other."""
    groups: dict[int, dict[int, int]] = defaultdict(dict)
    for number, rows in enumerate(traces):
        for start, count, _ in rows.tables:
            if count >= LEAST_BESIDE:
                groups[count].setdefault(number, start)
    for count, starts in groups.items():
        if len(starts) > 1:
            yield Rows.beside([traces[number] for number in starts], list(starts.values()), count)


def read_rows(wire: Mapping[str, Any]) -> Rows:
    """The rows as the scanner wrote them.

    Raises: ScanFailed
    """
    try:
        sizes = np.frombuffer(base64.b64decode(wire["sizes"], validate=True), dtype="<u2")
        marks = np.frombuffer(base64.b64decode(wire["marks"], validate=True), dtype="<u8")
        tables = tuple((int(start), int(count), int(total)) for start, count, total in wire["tables"])
        within = all(min(start, count, total) >= 0 and start + count <= len(sizes) for start, count, total in tables)
        if int(sizes.sum(dtype=np.int64)) != len(marks) or not within or not isinstance(wire["partial"], bool):
            raise ValueError
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise scan_failed("malformed") from None
    return Rows(sizes, marks, tables, wire["partial"])


def _flag(rule: str, message: Text, fix: Text, number: int | None = None) -> Flagged:
    about = RULE[rule]
    return Flagged(rule, about.severity, about.source, WHOLE_FILE, number, message, fix)


def _skip(rule: str, message: Text, fix: Text) -> NotChecked:
    about = RULE[rule]
    return NotChecked(rule, about.severity, about.source, message, fix)
