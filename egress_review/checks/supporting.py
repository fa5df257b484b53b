"""The files that were handed in beside the outputs: evidence, counts behind plots, a session of ACRO."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from egress_review.checks.acro import Acro, read_acro
from egress_review.checks.evidence import Evidence, EvidenceError, claims_to_be_evidence, read_evidence
from egress_review.checks.subject import Subject
from egress_review.checks.within_json import tables_within

SUFFIX = ".evidence.json"
LARGEST = 32 * 1024 * 1024
"""Bytes up to which a supporting file is read."""

_OF_COUNTS = re.compile(
    r"[ _.-](?:counts?|n|freq(?:s|uency|uencies)?|numbers?|data|tables?|values?|source|빈도수?|도수|인원수?|명수|건수|"
    r"수|표|자료|집계)$",
    re.IGNORECASE,
)
"""How the name of the counts behind a figure ends, beside the name of the figure."""


@dataclass(frozen=True, slots=True)
class Supporting:
    """What the supporting files of one request say, and which of them could not be read."""

    evidence: tuple[Evidence, ...] = ()
    acro: tuple[Acro, ...] = ()
    tables: tuple[Subject, ...] = ()
    """Files with tables, such as the counts behind a plot."""
    broken: tuple[str, ...] = ()
    """Names of files that call themselves evidence and are none."""
    unread: tuple[str, ...] = ()
    """Names of files that only people can read."""

    def with_more(self, other: Supporting) -> Supporting:
        """What these files and those of `other` say together."""
        return Supporting(
            self.evidence + other.evidence,
            self.acro + other.acro,
            self.tables + other.tables,
            self.broken + other.broken,
            self.unread + other.unread,
        )

    def about(self, name: str) -> tuple[Evidence, ...]:
        """The evidence on one output, by its name without folders."""
        return tuple(one for one in self.evidence if base_name(one.table) == base_name(name))

    def broken_for(self, name: str) -> bool:
        """Whether the evidence on one output, by its name, is broken."""
        return f"{base_name(name)}{SUFFIX}" in map(base_name, self.broken)

    def counts_for(self, name: str) -> Subject | None:
        """The file of counts that goes with a plot: of the same name but for its ending, or with a word for counts."""
        stem = _stem(base_name(name))
        stems = [_stem(base_name(one.name)) for one in self.tables]
        for names in (stems, [_OF_COUNTS.sub("", one) for one in stems]):
            if stem in names:
                return self.tables[names.index(stem)]
        return None


def read_supporting(files: Iterable[Subject]) -> Supporting:
    """Read what can be read of the supporting files."""
    evidence: list[Evidence] = []
    acro: list[Acro] = []
    tables: list[Subject] = []
    broken: list[str] = []
    unread: list[str] = []
    for file in files:
        content = _json(file)
        if claims_to_be_evidence(content) or file.name.endswith(SUFFIX):
            try:
                evidence += read_evidence(file.data)
            except EvidenceError:
                broken.append(file.name)
        elif (session := read_acro(content)) is not None:
            acro.append(session)
        elif file.size <= LARGEST and _has_tables(file):
            tables.append(file)
        else:
            unread.append(file.name)
    return Supporting(tuple(evidence), tuple(acro), tuple(tables), tuple(broken), tuple(unread))


def _json(file: Subject) -> object:
    if not file.name.lower().endswith(".json") or file.size > LARGEST:
        return None
    try:
        content: object = json.loads(file.data)
    except (ValueError, RecursionError):
        return None
    return content


def _has_tables(file: Subject) -> bool:
    try:
        return bool(file.tables) or (file.type == "json" and bool(tables_within(file.json)))
    except Exception:
        # A supporting file is as hostile as an output; one that stops its reader is one that nobody read.
        return False


def base_name(name: str) -> str:
    """A name without folders."""
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
