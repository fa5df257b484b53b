"""The scanner's program: a job in JSON on standard input, one JSON object per line on standard output.

    {"engine": …, "policy": …, "controls": …, "context": …, "together": true, "previews": true,
     "files": [{"path", "name", "sha256"}, …], "previous": [the same with the "controls" it left with, …],
     "supporting": [the same, …]}

The answer is one `{"file": …}` with the findings per file, as each is done (behind it `{"rows": …}`, hashed, if the
job asks for them), then one `{"preview": …, "sha256": …}`
per file, then `{"end": true}`. Values that stand in the files are in previews only, never in findings and never in
an error.
"""

from __future__ import annotations

import hashlib
import json
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from egress_review.checks.differencing import Gathered, Released, released, unreadable
from egress_review.checks.kinds import promised_type
from egress_review.checks.subject import Budget, Subject
from egress_review.checks.supporting import Supporting, read_supporting
from egress_review.checks.tracing import Trace
from egress_review.claims import Claims, FileClaims, parse_claims
from egress_review.engine import LARGEST_READ, InputFile, Request, check_file
from egress_review.engine_version import engine_version
from egress_review.findings import JSON
from egress_review.previews import NONE, Preview, preview_of, preview_to_wire
from egress_review.terms import Policy
from egress_review.weights import tells_of_attacks
from egress_review.wire import file_to_wire


class WrongBytesError(ValueError):
    """A file whose bytes are not those that the job names."""


class OtherVersionError(ValueError):
    """A job of a zone whose rules are not these."""


OTHER_VERSION = 3
"""Exit code that tells a zone that its scanner image is of another version."""


LONGEST_REPORT = 4_000_000
"""Bytes of a report of attacks; the figures of one are few."""

SECONDS_PER_FILE = 30.0
"""Time for one file; a notebook of ten figures, each read by OCR in two ways, takes about ten seconds."""

_HALF = re.compile("[\ud800-\udfff]")


def run(
    job: Mapping[str, Any], limit: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Iterator[dict[str, JSON]]:
    """The lines of output for a job; `limit` surrounds the work on each file.

    Raises: WrongBytesError — if a file is not the one that the job names. OtherVersionError.
    """
    if job["engine"] != engine_version():
        raise OtherVersionError
    policy, claims = Policy.from_json(job["policy"]), parse_claims(job.get("controls"))
    entries = job["files"]
    # What is larger than the policy lets a file be is not read: the limits of the scanner are made for files below it.
    largest = min(LARGEST_READ, policy.max_file_bytes)
    sizes = [Path(entry["path"]).stat().st_size for entry in entries]
    earlier = []
    for entry in job.get("previous", ()):
        with limit():
            earlier.append(_released(entry, policy, claims.counted))
    request = Request(
        claims=claims,
        context=job.get("context"),
        earlier=tuple(earlier),
        names=frozenset(str(entry["name"]) for entry in entries),
        supporting=_supporting(job.get("supporting", ()), policy, limit),
        has_evidence=bool(job.get("evidence")),
        attacked=any(_is_report(entry, policy) for entry in job.get("supporting", ())),
        budget=Budget(len(sizes), sum(sizes)) if job.get("together") else None,
    )
    # One file at a time: a job may be larger than the memory that the scanner has.
    for entry in entries:
        trace = Trace() if job.get("rows") else None
        gathered = request.gathered if job.get("together") else Gathered()
        with limit():
            report = check_file(_read(entry, largest), policy, replace(request, trace=trace, gathered=gathered))
        yield _whole({"file": file_to_wire(report)})
        if trace is not None:
            yield {"rows": trace.as_wire()}
    if job.get("previews"):
        # Reviewers look into evidence as into outputs.
        for entry in (*entries, *job.get("supporting", ())):
            file = _read(entry, largest)
            preview = _preview(file, policy, claims, limit)
            yield _whole({"preview": preview_to_wire(preview), "sha256": file.sha256})
    yield {"end": True}


def _whole(line: dict[str, JSON]) -> dict[str, JSON]:
    """The line with every half of a pair of surrogates, which JSON can hold and no text, written as its code point."""
    text = json.dumps(line, ensure_ascii=False)
    if _HALF.search(text) is None:
        return line
    written: dict[str, JSON] = json.loads(_HALF.sub(lambda half: f"⟦U+{ord(half[0]):04X}⟧", text))
    return written


def _read(entry: Mapping[str, Any], largest: int = LARGEST_READ) -> InputFile:
    """The bytes of one file, checked against its name in the job; of a giant only the hash and the size."""
    path, name, expected = Path(entry["path"]), str(entry["name"]), str(entry["sha256"])
    size = path.stat().st_size
    with path.open("rb") as stream:
        if size > largest:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            file = InputFile(name, b"", digest, size)
        else:
            file = InputFile.of(name, stream.read())
    if file.sha256 != expected:
        raise WrongBytesError(expected)
    return file


def _supporting(
    entries: Iterable[Mapping[str, Any]], policy: Policy, limit: Callable[[], AbstractContextManager[None]]
) -> Supporting:
    """What the supporting files say, each in the time of one file; one that takes longer is one that nobody read."""
    supporting = Supporting()
    for entry in entries:
        file = _subject(_read(entry), policy, Claims())
        try:
            with limit():
                read = read_supporting((file,))
        except Exception:
            # As with an output that stops its reader: what is said of it must not stop the check of the others.
            read = Supporting(unread=(file.name,))
        supporting = supporting.with_more(read)
    return supporting


def _is_report(entry: Mapping[str, Any], policy: Policy) -> bool:
    """Whether a supporting file tells of attacks on a model; one that is no text tells nothing."""
    file = _read(entry, LONGEST_REPORT)
    return file.size is None and tells_of_attacks(_subject(file, policy, Claims()).text)


def _preview(
    file: InputFile, policy: Policy, claims: Claims, limit: Callable[[], AbstractContextManager[None]]
) -> Preview:
    """What may be shown of a file; nothing of one that takes too long or breaks what shows it."""
    if file.size is not None:
        return NONE
    try:
        with limit():
            return preview_of(_subject(file, policy, claims))
    except Exception:
        # The reviewers are told that nothing is shown; the other files of the request still are.
        return NONE


def _released(entry: Mapping[str, Any], policy: Policy, counted: frozenset[str]) -> Released:
    """What is kept of a file that left before; of one that cannot be read, that it was not compared.

    No declaration hides what it counts: it is read without any, and once more with the columns that are said to count
    people, when it left or now (`counted`).
    """
    file, own = _read(entry), parse_claims(entry.get("controls")).general
    bare = _read_again(file, policy, FileClaims(rounded_to=own.rounded_to))
    names = counted | own.counted
    if not names:
        return bare
    told = _read_again(file, policy, FileClaims(dict.fromkeys(names, "counts"), own.rounded_to))
    cells = {cell: bare.cells.get(cell, frozenset()) | values for cell, values in told.cells.items()}
    more = tuple(cut for cut in told.cuts if cut not in bare.cuts)
    return replace(bare, cells={**bare.cells, **cells}, cuts=(*bare.cuts, *more))


def _read_again(file: InputFile, policy: Policy, claims: FileClaims) -> Released:
    try:
        return released(_subject(file, policy, Claims(claims)))
    except Exception:
        # Whatever it is that cannot be read today, it must not stop the check of other files.
        return unreadable(file.name)


def _subject(file: InputFile, policy: Policy, claims: Claims) -> Subject:
    return Subject(
        file.name,
        file.sha256,
        file.data,
        policy,
        claims.of(file.name),
        promised_type(file.name),
        len(file.data),
    )


@contextmanager
def _time_limit() -> Iterator[None]:
    """Interrupts the work on a file that takes too long; the check at work then counts as not done.

    The timer goes on every second, so that each of the remaining checks of that file is cut short as well.
    """
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_FILE, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _interrupt(_signal: int, _frame: object) -> None:
    raise TimeoutError


def main() -> int:
    """Read the job, write the lines; say no more than the kind of error on failure."""
    try:
        for line in run(json.load(sys.stdin), _time_limit):
            sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
            sys.stdout.flush()
    except OtherVersionError:
        return OTHER_VERSION
    except Exception as error:
        # The message of an exception may quote a file.
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
