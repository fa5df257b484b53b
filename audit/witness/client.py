"""Asks a witness over HTTP; every way in which that can fail is one kind of error with a code."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass

from audit.errors import MalformedRequest, WitnessRefused
from audit.witness.protocol import CONFLICT, AddCheckpoint, parse_known_size

MAX_ANSWER_BYTES = 120_000
TIMEOUT_SECONDS = 10.0

# No proxies of the environment and no redirects: an answer comes from the address that the policy names.
_OPENER = urllib.request.OpenerDirector()
for _handler in (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
    _OPENER.add_handler(_handler)

REASONS = {
    400: "request_refused",
    403: "key_not_trusted",
    404: "origin_unknown",
    422: "proof_refused",
}
# What no later try mends: the log and the witness disagree about what was signed.
GRAVE = frozenset({"proof_refused", "witness_ahead", "signature_invalid", "log_inconsistent"})


@dataclass(frozen=True, slots=True)
class OtherSize:
    """The witness knows the log at another size than the request began at."""

    size: int


def ask(url: str, request: AddCheckpoint, *, timeout: float = TIMEOUT_SECONDS) -> str | OtherSize:
    """Return the signature lines of a witness, not verified, or at which size it stands.

    Raises: WitnessRefused — with a code of `REASONS`, `unreachable`, or `answer_malformed`.
    """
    target = url.rstrip("/") + "/add-checkpoint"
    if not target.startswith(("http://", "https://")):
        raise WitnessRefused("unreachable")
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "ansim"}
    call = urllib.request.Request(target, data=request.text().encode("utf-8"), headers=headers, method="POST")  # noqa: S310
    try:
        with _OPENER.open(call, timeout=timeout) as answer:
            status: int = answer.status
            data: bytes = answer.read(MAX_ANSWER_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError):
        raise WitnessRefused("unreachable") from None
    if len(data) > MAX_ANSWER_BYTES:
        raise WitnessRefused("answer_malformed")
    try:
        if status == CONFLICT:
            return OtherSize(parse_known_size(data))
        text = data.decode("utf-8")
    except (MalformedRequest, UnicodeDecodeError):
        raise WitnessRefused("answer_malformed") from None
    if status != http.client.OK:
        raise WitnessRefused(REASONS.get(status, f"http_{status}"))
    return text
