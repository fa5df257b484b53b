"""The scanner's program: a job in JSON on standard input, one JSON object per line on standard output.

    {"engine": …, "policy": …, "controls": …, "context": …, "together": true, "previews": true,
     "files": [{"path", "name", "sha256"}, …], "previous": [the same, …]}

The answer is one `{"file": …}` with the findings per file, as each is done, then one `{"preview": …, "sha256": …}`
per file, then `{"end": true}`. Values that stand in the files are in previews only, never in findings and never in
an error.
"""

from __future__ import annotations

import hashlib
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from egress_review.checks.subject import Budget, Subject
from egress_review.checks.types import promised_type
from egress_review.claims import Claims, parse_claims
from egress_review.engine import LARGEST_READ, InputFile, Request, check_file
from egress_review.engine_version import engine_version
from egress_review.findings import JSON
from egress_review.previews import NONE, preview_of, preview_to_wire
from egress_review.terms import Policy
from egress_review.wire import file_to_wire


class WrongBytesError(ValueError):
    """A file whose bytes are not those that the job names."""


class OtherVersionError(ValueError):
    """A job of a zone whose rules are not these."""


OTHER_VERSION = 3
"""Exit code that tells a zone that its scanner image is of another version."""


SECONDS_PER_FILE = 15.0


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
    sizes = [Path(entry["path"]).stat().st_size for entry in entries]
    earlier = tuple(_subject(_read(entry), policy, claims) for entry in job.get("previous", ()))
    request = Request(
        claims=claims,
        context=job.get("context"),
        earlier=earlier,
        has_evidence=bool(job.get("evidence")),
        budget=Budget(len(sizes), sum(sizes)) if job.get("together") else None,
    )
    # One file at a time: a job may be larger than the memory that the scanner has.
    for entry in entries:
        with limit():
            report = check_file(_read(entry), policy, request)
        yield {"file": file_to_wire(report)}
    if job.get("previews"):
        for file in map(_read, entries):
            with limit():
                preview = preview_of(_subject(file, policy, claims)) if file.size is None else NONE
            yield {"preview": preview_to_wire(preview), "sha256": file.sha256}
    yield {"end": True}


def _read(entry: Mapping[str, Any]) -> InputFile:
    """The bytes of one file, checked against its name in the job; of a giant only the hash and the size."""
    path, name, expected = Path(entry["path"]), str(entry["name"]), str(entry["sha256"])
    size = path.stat().st_size
    with path.open("rb") as stream:
        if size > LARGEST_READ:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            file = InputFile(name, b"", digest, size)
        else:
            file = InputFile.of(name, stream.read())
    if file.sha256 != expected:
        raise WrongBytesError(expected)
    return file


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
