"""The rule engine: a table of checks, walked for every file; one for pre-check, review and command line.

    report = check(files, policy, Request(claims=claims))

A check that crashes leaves its rules not checked, which is never a pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from egress_review.checks.cells import check_cells
from egress_review.checks.characters import check_encoded, check_encoding, check_hidden
from egress_review.checks.differencing import check_difference
from egress_review.checks.formulas import check_formulas
from egress_review.checks.identifiers import check_identifiers
from egress_review.checks.images import check_image
from egress_review.checks.json_values import check_json
from egress_review.checks.listing import Listing
from egress_review.checks.notebooks import check_notebook
from egress_review.checks.office import check_workbook
from egress_review.checks.prose import check_prose
from egress_review.checks.request import check_request
from egress_review.checks.shape import check_shape
from egress_review.checks.size import check_budget, check_size
from egress_review.checks.subject import Budget, Subject
from egress_review.checks.suppression import check_suppressed
from egress_review.checks.types import BYTES_OF, check_name, check_type, promised_type
from egress_review.claims import Claims
from egress_review.findings import FileReport, Report, Where
from egress_review.rules import RULES
from egress_review.terms import Policy
from registry.text import Text

LARGEST_READ = 64 * 1024 * 1024
"""Bytes up to which a file is read at all; above, only its size is judged."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to check: the name it will have outside, its bytes, their SHA-256."""

    name: str
    data: bytes
    sha256: str
    size: int | None = None
    """Size on disk where only the beginning was read."""

    @classmethod
    def of(cls, name: str, data: bytes) -> InputFile:
        """A file from its bytes."""
        return cls(name, data, hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Check:
    """A function, the rules it answers for and the types of file it reads."""

    rules: tuple[str, ...]
    types: frozenset[str]
    run: Callable[[Subject, Listing], None]


_TABLES = frozenset(("csv", "tsv"))
_PROSE = frozenset(("md", "txt"))
_TEXTS = _TABLES | _PROSE | {"json"}
_SAID = _TEXTS | {"code"}
_IMAGES = frozenset(("png", "jpeg"))
_CELLS = ("cells.small", "cells.zero", "cells.claim", "cells.unclear")
_TABLE_CELLS = (*_CELLS, "cells.percent", "cells.extremes")
_IDENTIFIERS = tuple(rule.id for rule in RULES if rule.id.startswith("identifier."))

CHECKS: tuple[Check, ...] = (
    Check(("text.encoding",), _TEXTS, check_encoding),
    Check(("text.hidden",), _SAID, check_hidden),
    Check(("text.encoded",), _SAID, check_encoded),
    Check(("table.shape", "table.rows", "table.records"), _TABLES, check_shape),
    Check(("table.formula",), _TABLES, check_formulas),
    Check(_TABLE_CELLS, _TABLES | _PROSE, check_cells),
    Check(_CELLS, _PROSE, check_prose),
    Check(_CELLS, frozenset(("json",)), check_json),
    Check(_IDENTIFIERS, _SAID, check_identifiers),
    Check(("image.integrity", "image.metadata", "image.content"), _IMAGES, check_image),
)


@dataclass(frozen=True, slots=True)
class Container:
    """A type of file that holds others: what is checked of the whole, and how it is taken into pieces."""

    rules: tuple[str, ...]
    open: Callable[[Subject, Listing], list[tuple[Where, Subject]]]


CONTAINERS: Mapping[str, Container] = {
    "xlsx": Container(
        ("workbook.structure", "workbook.parts", "workbook.hidden", "workbook.formula", "workbook.people"),
        check_workbook,
    ),
    "ipynb": Container(("notebook.structure", "notebook.live", "notebook.error", "notebook.metadata"), check_notebook),
}
_OF_TABLES = tuple(dict.fromkeys(rule for one in CHECKS if "csv" in one.types for rule in one.rules))

_CRASHED = Text(
    ko="검사 중 오류가 나서 이 항목은 확인되지 않았습니다.",
    en="The check failed on this file; the rule is not checked.",
)
_SIMPLIFY = Text(
    ko="파일을 더 단순한 형식으로 저장하거나 운영자에게 알리십시오.",
    en="Save the file in a simpler form, or tell an operator.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is known about the files beside their bytes."""

    claims: Claims = field(default_factory=Claims)
    context: str | None = None
    """The author's description; None where none is asked for."""
    earlier: tuple[Subject, ...] = ()
    """Files that were released before; differencing is checked against them."""
    has_evidence: bool = False
    budget: Budget | None = None
    """What all files of the request come to; None for files that are looked at one by one."""


def check(files: Iterable[InputFile], policy: Policy, request: Request) -> Report:
    """What the policy says about the files, by name."""
    reports = sorted((check_file(file, policy, request) for file in files), key=lambda report: report.path)
    return Report(policy.name, policy.digest, tuple(reports))


def check_file(file: InputFile, policy: Policy, request: Request) -> FileReport:
    """All findings on one file; content is read only when the type can be read to the end."""
    promised = promised_type(file.name)
    claims = request.claims.of(file.name)
    subject = Subject(file.name, file.sha256, file.data, policy, claims, promised, _size(file))
    listing = Listing(policy)
    applied = ["file.name", "file.type", "file.size"]
    check_name(subject, listing)
    check_size(subject, listing)
    if request.budget is not None:
        applied += ["request.files", "request.size"]
        check_budget(subject, request.budget, listing)
    applied += check_request(policy, request.context, request.has_evidence, listing)
    if _size(file) > LARGEST_READ:
        listing.skip("file.type", _CRASHED, _SIMPLIFY)
        return FileReport(file.name, file.sha256, listing.close(tuple(applied)))
    check_type(subject, listing)
    if promised and BYTES_OF[promised] == subject.content.kind and promised in policy.types:
        container = CONTAINERS.get(promised)
        applied += _check_pieces(container, subject, request, listing) if container else ()
        applied += _check_content(subject, request, listing)
    return FileReport(file.name, file.sha256, listing.close(tuple(dict.fromkeys(applied))))


def _check_content(subject: Subject, request: Request, listing: Listing) -> list[str]:
    """Run every check that reads files of this type; name the rules that were applied."""
    applied: list[str] = []
    for one in CHECKS:
        if subject.type in one.types:
            applied += one.rules
            _run(one.rules, partial(one.run, subject, listing), listing)
    if subject.type in _TEXTS:
        applied.append("cells.suppressed")
        compute = partial(check_suppressed, subject, request.earlier, listing)
        _run(("cells.suppressed",), compute, listing)
        if request.earlier:
            applied.append("cells.difference")
            compare = partial(check_difference, subject, request.earlier, listing)
            _run(("cells.difference",), compare, listing)
    return applied


def _check_pieces(container: Container, subject: Subject, request: Request, listing: Listing) -> list[str]:
    """Check what a container holds beside its pieces, then each piece as a file of its own."""
    applied = list(container.rules)
    try:
        pieces = container.open(subject, listing)
    except Exception:
        # As in `_run`: whatever a hostile file found, none of the rules has passed.
        applied += _OF_TABLES
        for rule in applied:
            listing.skip(rule, _CRASHED, _SIMPLIFY)
        return applied
    for place, piece in pieces:
        with listing.within(place):
            applied += _check_content(piece, request, listing)
    return applied


def _run(rules: Sequence[str], run: Callable[[], None], listing: Listing) -> None:
    try:
        run()
    except Exception:
        # Hostile files find the case that nobody thought of; whatever it was, the file has not passed.
        for rule in rules:
            listing.skip(rule, _CRASHED, _SIMPLIFY)


def _size(file: InputFile) -> int:
    return len(file.data) if file.size is None else file.size
