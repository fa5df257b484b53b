"""RFC 3161 tokens over checkpoints: what is stamped, asking an authority, and checking what it gave.

What is stamped is the checkpoint with the signatures of the log, as it was signed, without cosignatures: so a stamp
shows that the log's key had signed by that time, also after the key was lost.
"""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from audit.checkpoint import unverified_checkpoint
from audit.errors import MalformedToken, NotTrusted, TimestampRefused
from audit.note import parse_note

MAX_TOKEN_BYTES = 100_000
TIMEOUT_SECONDS = 15.0

Fetch = Callable[[str, bytes], bytes]
"""Takes an address and a DER request, returns the DER response. Raises: TimestampRefused."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificates that a token may be traced back to."""

    roots: tuple[x509.Certificate, ...]
    others: tuple[x509.Certificate, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Return the certificates in a PEM file: those that signed themselves are the roots.

        Raises: NotTrusted — if the file cannot be read or holds no root.
        """
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            raise NotTrusted(f"no certificates of a time-stamping authority at {path}") from None
        roots = tuple(certificate for certificate in found if certificate.issuer == certificate.subject)
        if not roots:
            raise NotTrusted(f"{path} holds no root certificate")
        return cls(roots, tuple(certificate for certificate in found if certificate not in roots))


def stamped_bytes(note: str) -> bytes:
    """Return what is stamped of a checkpoint, with or without cosignatures: its text and the log's own signatures.

    Raises: MalformedCheckpoint — for any text that is not exactly one signed checkpoint.
    """
    origin = unverified_checkpoint(note).origin
    parsed = parse_note(note)
    lines = (made.line() for made in parsed.signatures if made.name == origin)
    return (parsed.text + "\n" + "".join(lines)).encode("utf-8")


def obtain(url: str, note: str, trust: Trust, fetch: Fetch) -> tuple[bytes, datetime]:
    """Return a token over a checkpoint, verified, and its time.

    Raises: TimestampRefused — if the authority gives none. MalformedToken, NotTrusted — as `check`.
    """
    message = stamped_bytes(note)
    request = TimestampRequestBuilder(data=message, hash_algorithm=HashAlgorithm.SHA256).build()
    token = fetch(url, request.as_bytes())
    return token, check(token, message, trust, nonce=request.nonce)


def check(token: bytes, message: bytes, trust: Trust, *, nonce: int | None = None) -> datetime:
    """Return the time at which an authority that leads to a trusted root stamped a message.

    Raises: MalformedToken — for any bytes that are not exactly one granted RFC 3161 response. NotTrusted — if it is
    not by a trusted authority, not over this message, or not the answer to this nonce.
    """
    response = decode(token)
    builder = VerifierBuilder(roots=list(trust.roots), intermediates=list(trust.others), nonce=nonce)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise NotTrusted(f"the time stamp does not hold: {error}") from None
    return response.tst_info.gen_time


def decode(token: bytes) -> TimeStampResponse:
    """Return the parts of a response, with nothing verified.

    Raises: MalformedToken — for any bytes that are not exactly one granted RFC 3161 response.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise MalformedToken("longer than a time stamp may be")
    try:
        response = decode_timestamp_response(token)
        # Both are parsed on demand; a refusal has neither.
        _ = (response.tst_info.gen_time, response.signed_data.signer_infos)
    except (ValueError, VerificationError) as error:
        raise MalformedToken(str(error)) from None
    return response


def fetch(url: str, request: bytes) -> bytes:
    """Ask an authority over HTTP.

    Raises: TimestampRefused — `unreachable`, `http_<status>` or `answer_malformed`.
    """
    if not url.startswith(("http://", "https://")):
        raise TimestampRefused("unreachable")
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": "ansim"}
    call = urllib.request.Request(url, data=request, headers=headers, method="POST")  # noqa: S310 - checked above
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
        opener.add_handler(handler)
    try:
        with opener.open(call, timeout=TIMEOUT_SECONDS) as answer:
            status: int = answer.status
            data: bytes = answer.read(MAX_TOKEN_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError):
        raise TimestampRefused("unreachable") from None
    if status != http.client.OK:
        raise TimestampRefused(f"http_{status}")
    if len(data) > MAX_TOKEN_BYTES:
        raise TimestampRefused("answer_malformed")
    return data
