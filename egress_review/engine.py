"""The rule engine: a table of checks, walked for every file; one for pre-check, review and command line.

    report = check(files, policy, Request(claims=claims))

A check that crashes leaves its rules not checked, which is never a pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from egress_review.checks.accuracy import check_accuracy
from egress_review.checks.bases import check_bases
from egress_review.checks.blobs import check_blobs
from egress_review.checks.cases import check_cases
from egress_review.checks.cells import check_cells
from egress_review.checks.changes import check_changes
from egress_review.checks.characters import check_encoded, check_encoding, check_hidden
from egress_review.checks.claimed import Words, check_claimed
from egress_review.checks.complements import check_complements
from egress_review.checks.concentration import check_concentration
from egress_review.checks.containers import CONTAINERS, Container
from egress_review.checks.contributors import RULES as OF_EVIDENCE
from egress_review.checks.contributors import check_acro, check_contributors
from egress_review.checks.counts_apart import RULES as OF_COUNTS_APART
from egress_review.checks.counts_apart import check_counts_apart
from egress_review.checks.curves import check_curves
from egress_review.checks.differencing import Gathered, Released, check_difference, check_linked
from egress_review.checks.errors_told import check_tracebacks
from egress_review.checks.everybody import RULES as OF_EVERYBODY
from egress_review.checks.everybody import check_everybody
from egress_review.checks.excerpts import check_excerpts
from egress_review.checks.few_firms import check_few_firms
from egress_review.checks.few_people import check_few_people
from egress_review.checks.figures import check_counts_behind, check_single_points, check_written_counts
from egress_review.checks.formulas import check_formulas
from egress_review.checks.identifiers import check_identifiers, check_names
from egress_review.checks.images import check_image
from egress_review.checks.implied import RULES as OF_IMPLIED
from egress_review.checks.implied import check_implied
from egress_review.checks.joined_names import check_joined_names
from egress_review.checks.json_values import check_json
from egress_review.checks.kept_rows import RULES as OF_KEPT_ROWS
from egress_review.checks.kept_rows import check_kept_rows
from egress_review.checks.kinds import BYTES_OF, promised_type
from egress_review.checks.listed_people import check_listed_people
from egress_review.checks.listing import Listing
from egress_review.checks.long_rows import RULES as OF_LONG_ROWS
from egress_review.checks.long_rows import check_long_rows
from egress_review.checks.margins import RULES as OF_MARGINS
from egress_review.checks.margins import check_margins
from egress_review.checks.microdata import check_microdata
from egress_review.checks.models import RULES as OF_MODELS
from egress_review.checks.models import check_models
from egress_review.checks.nodes import check_nodes
from egress_review.checks.points import check_bars, check_points
from egress_review.checks.polyglot import check_polyglot
from egress_review.checks.printed_counts import check_printed_counts
from egress_review.checks.printed_keys import check_printed_keys
from egress_review.checks.printed_people import check_printed_people
from egress_review.checks.programs import OF_COMMENTS, check_comments, check_pasted, check_program
from egress_review.checks.programs import RULES as OF_PROGRAMS
from egress_review.checks.promises import check_description, check_promises
from egress_review.checks.prose import check_captions, check_named_cells, check_prose
from egress_review.checks.quantile_rows import check_quantile_rows
from egress_review.checks.request import check_request
from egress_review.checks.said_means import check_said_means
from egress_review.checks.said_parts import check_said_parts
from egress_review.checks.scaled import check_scaled
from egress_review.checks.secrets import RULES as OF_SECRETS
from egress_review.checks.secrets import check_secrets
from egress_review.checks.shape import check_records, check_shape
from egress_review.checks.shares import RULES as OF_SHARES
from egress_review.checks.shares import check_shares
from egress_review.checks.shares_after import check_shares_after
from egress_review.checks.size import check_budget, check_size
from egress_review.checks.spread import RULES as OF_SPREAD
from egress_review.checks.spread import check_spread
from egress_review.checks.stepwise import check_stepwise
from egress_review.checks.subject import Budget, PieceSubject, Subject, surrounded
from egress_review.checks.supporting import Supporting, base_name
from egress_review.checks.suppression import check_suppressed
from egress_review.checks.survival import RULES as OF_SURVIVAL
from egress_review.checks.survival import check_survival
from egress_review.checks.synthesisers import RULES as OF_SYNTHESISERS
from egress_review.checks.synthesisers import check_synthesisers
from egress_review.checks.told_detail import check_detail
from egress_review.checks.tracing import Trace
from egress_review.checks.types import check_name, check_type
from egress_review.checks.unit_rows import check_unit_rows
from egress_review.checks.unlabelled import check_unlabelled
from egress_review.checks.yes_and_no import RULES as OF_YES_AND_NO
from egress_review.checks.yes_and_no import check_yes_and_no
from egress_review.claims import Claims
from egress_review.findings import FileReport, Report, Severity
from egress_review.rules import RULE, RULES
from egress_review.terms import Policy
from egress_review.weights import RULE as OF_WEIGHTS
from egress_review.weights import check_weights
from registry.text import Text

LARGEST_READ = 64 * 1024 * 1024
"""Bytes up to which a file is read at all, whatever a policy allows; above, only its size is judged."""


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
_DRAWN = frozenset(("svg", "json"))
_FIGURES = frozenset(("svg", "pdf"))
"""Types of figures that keep what is written on them."""
_CELLS = ("cells.small", "cells.zero", "cells.claim", "cells.unclear")
OF_SOURCE = ("source.records", "source.identifiers")
"""Rules that the zone decides afterwards, from the rows that the scanner hashed."""
_OF_RELEASES = ("cells.difference", "cells.unaligned")
_IDENTIFIERS = tuple(rule.id for rule in RULES if rule.id.startswith("identifier."))

CHECKS: tuple[Check, ...] = (
    Check(_IDENTIFIERS, _SAID, check_identifiers),
    Check(("image.integrity", "image.metadata", "image.noise", "image.text", "image.content"), _IMAGES, check_image),
    Check(OF_SYNTHESISERS, _TEXTS, check_synthesisers),
    Check(("text.encoding",), _TEXTS, check_encoding),
    Check(("text.hidden",), _SAID, check_hidden),
    Check(("text.encoded",), _SAID, check_encoded),
    Check(("text.encoded",), _SAID, check_blobs),
    Check(OF_SECRETS, _SAID, check_secrets),
    Check(("figure.points",), frozenset(("json",)), check_points),
    Check(("identifier.person",), _TEXTS, check_joined_names),
    Check(("table.shape", "table.rows", "table.records"), _TABLES, check_shape),
    Check(("table.records",), _PROSE | {"json"}, check_records),
    Check(("table.records",), _TABLES | _PROSE, check_excerpts),
    Check(("table.records", "table.singular"), _PROSE | frozenset(("json",)), check_printed_people),
    Check(("table.records",), _PROSE | {"json"}, check_printed_keys),
    Check(("table.unique", "table.singular"), _TEXTS, check_microdata),
    Check(("table.singular",), _TEXTS, check_unit_rows),
    Check(OF_LONG_ROWS, _TEXTS, check_long_rows),
    Check(("table.singular",), _PROSE, check_listed_people),
    Check(("table.singular",), _SAID, check_few_people),
    Check(OF_PROGRAMS, frozenset(("code",)), check_program),
    Check(OF_COMMENTS, frozenset(("code",)), check_comments),
    Check(OF_PROGRAMS, _PROSE, check_pasted),
    Check(("table.singular",), _PROSE, check_cases),
    Check(("table.formula",), _TABLES, check_formulas),
    Check(_CELLS, _TABLES | _PROSE, check_cells),
    Check(("cells.small",), _TABLES, check_captions),
    Check(_CELLS, _TABLES, check_named_cells),
    Check(("cells.small",), _TABLES, check_unlabelled),
    Check(OF_SHARES, _TEXTS, check_shares),
    Check(("cells.percent",), _TEXTS, check_bases),
    Check(("cells.percent",), _TEXTS, check_accuracy),
    Check(OF_YES_AND_NO, _TEXTS, check_yes_and_no),
    Check(OF_EVERYBODY, _TEXTS, check_everybody),
    Check(_CELLS, _TABLES | _PROSE, check_scaled),
    Check(OF_MARGINS, _TEXTS, check_margins),
    Check(OF_IMPLIED, _TEXTS, check_implied),
    Check(OF_COUNTS_APART, _TEXTS, check_counts_apart),
    Check(("cells.suppressed",), _TEXTS, check_changes),
    Check(OF_SPREAD, _TEXTS, check_spread),
    Check(("cells.quantile",), _TEXTS, check_quantile_rows),
    Check(("evidence.dominance", "evidence.p_percent"), _TEXTS, check_concentration),
    Check(OF_MODELS, _TEXTS, check_models),
    Check(OF_KEPT_ROWS, _PROSE | {"json"}, check_kept_rows),
    Check(("model.classes",), _TEXTS, check_curves),
    Check(("table.singular",), _TEXTS, check_stepwise),
    Check(("model.classes",), _PROSE, check_nodes),
    Check(OF_SURVIVAL, _TEXTS, check_survival),
    Check(_CELLS, _PROSE, check_prose),
    Check(("cells.small",), _PROSE, check_said_parts),
    Check(("cells.implied", "cells.percent"), _PROSE, check_said_means),
    Check(("cells.percent",), _PROSE, check_shares_after),
    Check(("cells.small",), _PROSE, check_few_firms),
    Check(_CELLS, _PROSE, check_printed_counts),
    Check(("notebook.error",), _PROSE, check_tracebacks),
    Check(_CELLS, frozenset(("json",)), check_json),
    Check(("cells.small",), frozenset(("json",)), check_bars),
)
"""In this order: what can block a file has the whole of its time, before a slow text can have used it up."""


_OF_TABLES = tuple(dict.fromkeys(rule for one in CHECKS if "csv" in one.types for rule in one.rules))

_CRASHED = Text(
    ko="검사 중 오류가 나서 이 항목은 확인되지 않았습니다.",
    en="The check failed on this file; the rule is not checked.",
)
_LATE = Text(
    ko="점검이 정해진 시간 안에 끝나지 않아 이 항목은 확인되지 않았습니다.",
    en="The check did not end in its time; the rule is not checked.",
)
_NO_PASS = Text(
    ko="파일을 더 작거나 단순하게 나누어 다시 제출하십시오. 차단 규칙이 확인되지 않은 파일은 통과한 것이 아니므로, "
    "이대로는 선임 심사자가 사유를 적고 예외로 승인해야 합니다.",
    en="Hand it in again in smaller or simpler files. A file on which a rule that blocks is not checked has not "
    "passed: as it is, a senior checker has to make an exception and say why.",
)
_TOO_LARGE = Text(
    ko="파일이 너무 커서 내용을 점검하지 않았습니다.",
    en="The file is too large to be read; its content is not checked.",
)
_SMALLER = Text(
    ko="필요한 부분만 담은 작은 파일로 나누십시오. 이대로는 선임 심사자가 예외로 승인해야 합니다.",
    en="Split it into smaller files with the part that is needed; as it is, a senior checker has to make an exception.",
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
    earlier: tuple[Released, ...] = ()
    """Files that were released before; differencing is checked against them."""
    names: frozenset[str] = frozenset()
    """Names of all files that are to leave together."""
    supporting: Supporting = field(default_factory=Supporting)
    """What the supporting files say, which the checks compare with."""
    has_evidence: bool = False
    """Whether there is evidence that only people can compare."""
    attacked: bool = False
    """Whether a report of attacks on a model lies beside the files."""
    gathered: Gathered = field(default_factory=Gathered)
    """Where the tables of the files are gathered to be compared with each other."""
    words: Words = field(default_factory=Words)
    """What the files claim of each other's counts."""
    trace: Trace | None = None
    """Where the rows of the file are gathered to be compared with the source; None where there is none."""
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
    unread = request.has_evidence or bool(request.supporting.unread)
    applied += check_request(policy, request.context, unread, listing)
    if request.context is not None:
        applied.append("request.described")
        check_description(request.context, policy.min_context, listing, has_earlier=bool(request.earlier))
    if _size(file) > len(file.data):
        listing.skip("file.type", _TOO_LARGE, _SMALLER)
        return FileReport(file.name, file.sha256, listing.close(tuple(applied)))
    if request.attacked and check_weights(subject, listing):
        applied.append(OF_WEIGHTS)
    else:
        check_type(subject, listing)
    applied.append("file.polyglot")
    _run(("file.polyglot",), partial(check_polyglot, subject, listing), listing)
    applied += _IDENTIFIERS
    _run(_IDENTIFIERS, partial(check_names, subject, listing), listing)
    if promised and BYTES_OF[promised] == subject.content.kind and promised in policy.types:
        applied += _check_whole(subject, request, listing)
    if request.supporting.acro:
        applied.append("evidence.acro")
        check_acro(subject, request.supporting, listing)
    return FileReport(file.name, file.sha256, listing.close(tuple(dict.fromkeys(applied))))


def _check_whole(subject: Subject, request: Request, listing: Listing) -> list[str]:
    """Check a file of a type that can be read to the end, and the pieces of one that holds others."""
    container = CONTAINERS.get(subject.type or "")
    pieces = _check_pieces(container, subject, request, listing) if container else []
    return [*pieces, *_check_content(subject, request, listing)]


def _check_content(subject: Subject, request: Request, listing: Listing) -> list[str]:
    """Run every check that reads files of this type; name the rules that were applied."""
    applied: list[str] = []
    if request.trace is not None and subject.type in _SAID:
        applied += OF_SOURCE
        _run(OF_SOURCE, partial(request.trace.read, subject), listing)
    for one in CHECKS:
        if subject.type in one.types:
            applied += one.rules
            _run(one.rules, partial(one.run, subject, listing), listing)
    if subject.type in _IMAGES:
        applied.append("figure.counts")
        seen = partial(check_counts_behind, subject, request.supporting, request.names, listing)
        _run(("figure.counts",), seen, listing)
    if isinstance(subject, PieceSubject) and subject.type == "md" and promised_type(subject.name) in _FIGURES:
        applied.append("figure.counts")
        _run(("figure.counts",), partial(check_written_counts, subject, request.supporting, listing), listing)
    if subject.type in _DRAWN:
        applied.append("figure.points")
        _run(("figure.points",), partial(check_single_points, subject, request.supporting, listing), listing)
    if subject.type in _TEXTS:
        applied += ("request.claim", *OF_EVIDENCE)
        _run(("request.claim",), partial(check_promises, subject, request.context, listing), listing)
        name = base_name(subject.name)
        words = partial(check_claimed, subject, name, request.words, listing)
        _run(("request.claim",), words, listing)
        _run(("request.claim",), partial(check_detail, subject, request.context, name, request.words, listing), listing)
        hold = partial(check_contributors, subject, request.supporting, listing)
        _run(OF_EVIDENCE, hold, listing)
        applied.append("cells.suppressed")
        compute = partial(check_suppressed, subject, request.earlier, listing)
        _run(("cells.suppressed",), compute, listing)
        applied.append("cells.linked")
        _run(("cells.linked",), partial(check_linked, subject, request.gathered, listing), listing)
        add_up = partial(check_complements, subject, request.gathered.columns, listing)
        _run(("cells.linked",), add_up, listing)
        if request.earlier:
            applied += _OF_RELEASES
            _run(_OF_RELEASES, partial(check_difference, subject, request.earlier, request.gathered, listing), listing)
    return applied


def _check_pieces(container: Container, subject: Subject, request: Request, listing: Listing) -> list[str]:
    """Check what a container holds beside its pieces, then each piece as a file of its own."""
    applied = list(container.rules)
    try:
        pieces = surrounded(container.open(subject, listing))
    except Exception as error:
        # As in `_run`: whatever a hostile file found, none of the rules has passed.
        applied += _OF_TABLES
        _skip(applied, _LATE if isinstance(error, TimeoutError) else _CRASHED, listing)
        return applied
    for place, piece in pieces:
        with listing.within(place):
            applied += _check_piece(piece, request, listing)
    return applied


def _check_piece(piece: Subject, request: Request, listing: Listing) -> list[str]:
    """Check a piece; a member of an archive is a file, whose bytes must be what its name says."""
    if isinstance(piece, PieceSubject):
        return _check_content(piece, request, listing)
    _run(("file.polyglot",), partial(check_polyglot, piece, listing), listing)
    _run(_IDENTIFIERS, partial(check_names, piece, listing), listing)
    if piece.type in piece.policy.types and BYTES_OF[piece.type or ""] == piece.content.kind:
        return _check_whole(piece, request, listing)
    return []


def _run(rules: Sequence[str], run: Callable[[], None], listing: Listing) -> None:
    try:
        run()
    except Exception as error:
        # Hostile files find the case that nobody thought of; whatever it was, the file has not passed.
        _skip(rules, _LATE if isinstance(error, TimeoutError) else _CRASHED, listing)


def _skip(rules: Sequence[str], why: Text, listing: Listing) -> None:
    for rule in rules:
        listing.skip(rule, why, _NO_PASS if RULE[rule].severity is Severity.BLOCK else _SIMPLIFY)


def _size(file: InputFile) -> int:
    return len(file.data) if file.size is None else file.size
