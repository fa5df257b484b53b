"""C2SP tlog-proofs (c2sp.org/tlog-proof): a receipt in one text that proves an entry offline.

Our receipts carry the entry's body as `extra` data, so that whoever holds the receipt sees what it proves.
The body is relied on only after it hashed to the leaf that the path proves.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.body import Body, parse
from audit.checkpoint import Checkpoint, Opens, open_checkpoint, parse_decimal, parse_hash, unverified_checkpoint
from audit.errors import MalformedCheckpoint, MalformedProof, ProofInvalid
from audit.merkle import leaf_hash, verify_inclusion
from audit.note import Verifier

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_CHARACTERS = 300_000
_MAX_PATH = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """The parts of a receipt, not verified."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    """The signed note, verbatim."""
    extra: bytes | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a verified receipt proves: this body is entry `index` of the log with this head."""

    index: int
    checkpoint: Checkpoint
    body: Body


def format_proof(index: int, path: Sequence[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    """Return the text of a receipt."""
    lines = [HEADER]
    if extra is not None:
        lines.append(f"extra {base64.b64encode(extra).decode('ascii')}")
    lines.append(f"index {index}")
    lines.extend(base64.b64encode(sibling).decode("ascii") for sibling in path)
    return "\n".join(lines) + "\n\n" + checkpoint


def parse_proof(text: str) -> Proof:
    """Return the parts of a receipt, with nothing verified.

    Raises: MalformedProof — for any text that is not exactly one tlog-proof.
    """
    if len(text) > MAX_PROOF_CHARACTERS:
        raise MalformedProof("longer than a receipt may be")
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != HEADER:
        raise MalformedProof(f"not a text that begins with {HEADER}")
    extra = _parse_extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise MalformedProof("no line says the index")
    if len(lines) > _MAX_PATH + 1:
        raise MalformedProof("a path longer than any tree is high")
    try:
        index = parse_decimal(lines[0].removeprefix("index "))
        path = tuple(parse_hash(line) for line in lines[1:])
        unverified_checkpoint(checkpoint)
    except MalformedCheckpoint as error:
        raise MalformedProof(str(error)) from None
    return Proof(index, path, checkpoint, extra)


def verify_leaf(proof: Proof, leaf: bytes, trusted: Verifier | Opens, others: Iterable[Verifier] = ()) -> Checkpoint:
    """Return the checkpoint under which `leaf` is proven to be entry `proof.index`.

    Raises: NotTrusted — if the log's key did not sign the checkpoint. ProofInvalid — if the path does not
    lead from the leaf to the signed root.
    """
    checkpoint = open_checkpoint(proof.checkpoint, trusted, others)
    if not verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root):
        raise ProofInvalid("the path does not lead from the entry to the signed root")
    return checkpoint


def verify_receipt(text: str, trusted: Verifier | Opens, others: Iterable[Verifier] = ()) -> Receipt:
    """Return what a receipt with an embedded body proves.

    Raises: MalformedProof — for any text that is not a receipt of this log's kind. MalformedBody — if it
    proves bytes that are no body. NotTrusted and ProofInvalid — as `verify_leaf`.
    """
    proof = parse_proof(text)
    if proof.extra is None:
        raise MalformedProof("the receipt does not carry the entry it proves")
    checkpoint = verify_leaf(proof, leaf_hash(proof.extra), trusted, others)
    return Receipt(proof.index, checkpoint, parse(proof.extra))


def _parse_extra(line: str) -> bytes:
    encoded = line.removeprefix("extra ")
    try:
        value = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise MalformedProof("the extra data is not base64") from None
    if base64.b64encode(value).decode("ascii") != encoded:
        raise MalformedProof("the extra data is not base64 in its one spelling")
    return value
