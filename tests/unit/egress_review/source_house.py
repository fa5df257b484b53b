"""A made-up source with its fingerprints, and short words for holding outputs against it."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from egress_review.canaries import Canaries, Canary
from egress_review.checks.subject import Subject
from egress_review.checks.tracing import Trace
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Flagged, Report
from egress_review.fingerprint_build import build, tables_below
from egress_review.fingerprint_index import Index
from egress_review.job import JobFile, ScanJob, ScanResult
from egress_review.policy import load_policy
from egress_review.scanner import InProcessScanner
from egress_review.source_check import Source, Sources

KEY = b"the key of a zone that is a test"
HEAD = ("person_id", "token", "sex", "birth", "region", "visit", "cost", "bmi", "sbp", "diagnosis")
Row = tuple[str, ...]


def people(count: int, seed: int = 7) -> list[Row]:
    """Records as a study has them: serial numbers, pseudonyms, dates, amounts, measures, codes."""
    chance = random.Random(seed)
    return [
        (
            str(number + 1),
            f"{chance.getrandbits(64):016x}",
            chance.choice("FM"),
            f"{chance.randrange(1930, 2015)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            chance.choice(("서울", "부산", "대구", "인천", "광주")),
            f"{chance.randrange(2015, 2025)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            str(chance.randrange(1_000, 3_000_000)),
            f"{chance.uniform(15, 45):.2f}",
            str(chance.randrange(80, 200)),
            f"{chance.choice('ABCDE')}{chance.randrange(10, 99)}.{chance.randrange(9)}",
        )
        for number in range(count)
    ]


def as_csv(rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD, delimiter: str = ",") -> bytes:
    """A delimited file."""
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows((head, *rows))
    return target.getvalue().encode()


@dataclass(frozen=True)
class SourceHouse:
    """A source of a few thousand people, indexed."""

    rows: list[Row]
    index: Index
    home: Path
    canaries: Mapping[str, tuple[Canary, ...]] = field(default_factory=dict)

    def sources(self, **changes: object) -> Sources:
        source = Source("cohort", self.index, frozenset({len(self.rows)}))
        return Sources(KEY, (source,), **changes)  # type: ignore[arg-type]

    def scan(self, files: Mapping[str, bytes], sources: Sources | None = None) -> ScanResult:
        """The result of a scan of some files, held against the source."""
        with tempfile.TemporaryDirectory() as scratch:
            jobs = []
            for number, (name, data) in enumerate(files.items()):
                path = Path(scratch) / str(number)
                path.write_bytes(data)
                jobs.append(JobFile(name, hashlib.sha256(data).hexdigest(), path))
            job = ScanJob(files=tuple(jobs), policy=load_policy("kr-default"), sources=sources or self.sources())
            return InProcessScanner().scan(job)

    def traced(self, data: bytes) -> FileReport:
        """The report on one long file by the comparison alone, without the other checks."""
        policy = load_policy("kr-default")
        subject = Subject("out.csv", hashlib.sha256(data).hexdigest(), data, policy, FileClaims(), "csv", len(data))
        trace = Trace()
        trace.read(subject)
        report = Report(policy.name, policy.digest, (FileReport(subject.name, subject.sha256, ()),))
        return self.sources().amend(ScanResult(report, rows=(trace.as_wire(),))).report.files[0]

    def look(self, name: str, data: bytes) -> FileReport:
        """The report on one file."""
        return self.scan({name: data}).report.files[0]

    def stops(self, name: str, data: bytes) -> bool:
        """Whether a file is stopped as repeating records."""
        return "source.records" in flagged(self.look(name, data))


def flagged(report: FileReport) -> set[str]:
    """The rules that found something."""
    return {finding.rule for finding in report.findings if isinstance(finding, Flagged)}


@cache
def source_house(count: int = 3000) -> SourceHouse:
    """The source, made once."""
    rows = people(count)
    home = Path(tempfile.mkdtemp(prefix="source-"))
    (home / "data").mkdir()
    (home / "index").mkdir()
    (home / "data" / "person.csv").write_bytes(as_csv(rows))
    built = build(tables_below(home / "data"), KEY, home / "index")
    return SourceHouse(rows, Index.open(home / "index", built.total), home)


def canaries_of(house: SourceHouse, rows: Sequence[Row]) -> tuple[Canary, ...]:
    """Canaries declared from records that are in no source."""
    file = house.home / "canaries.csv"
    file.write_bytes(as_csv(rows))
    return Canaries(house.home / "canaries", KEY).read(file)
