"""Receipts are C2SP tlog-proofs that verify offline, and hostile text fails in one family."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.errors import AuditError, MalformedBody, MalformedProof, NotTrusted, ProofInvalid
from audit.merkle import fold, inclusion_path, leaf_hash, subtree_root
from audit.note import Verifier, sign_note
from audit.proof import format_proof, parse_proof, verify_leaf, verify_receipt

KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
ORIGIN = "ansim.example/audit"
TRUSTED = Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
ENTRIES = [b'{"entry":%d}' % i for i in range(11)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def nodes(height: int, index: int) -> bytes:
    return fold(LEAVES[index << height : (index + 1) << height])


def receipt(index: int, size: int = len(ENTRIES), *, key: Ed25519PrivateKey = KEY) -> str:
    head = Checkpoint(ORIGIN, size, subtree_root(0, size, nodes))
    note = sign_note(head.text(), ORIGIN, key)
    return format_proof(index, inclusion_path(index, size, nodes), note, ENTRIES[index])


def check(text: str) -> None:
    proof = parse_proof(text)
    assert proof.extra is not None
    verify_leaf(proof, leaf_hash(proof.extra), TRUSTED)


@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_a_receipt_is_read_as_it_was_written_and_proves_its_entry(index: int) -> None:
    proof = parse_proof(receipt(index))
    assert (proof.index, proof.extra) == (index, ENTRIES[index])
    assert verify_leaf(proof, LEAVES[index], TRUSTED).size == len(ENTRIES)


def test_a_receipt_in_the_example_form_of_the_specification_is_read() -> None:
    sibling = base64.b64encode(b"\x05" * 32).decode()
    note = sign_note(Checkpoint(ORIGIN, 9, b"\x06" * 32).text(), ORIGIN, KEY)
    text = f"c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 8\n{sibling}\n\n{note}"
    proof = parse_proof(text)
    assert (proof.index, proof.path, proof.extra) == (8, (b"\x05" * 32,), b"hello")
    assert parse_proof(text.replace("extra aGVsbG8=\n", "")).extra is None


def test_the_only_entry_of_a_log_is_proven_by_an_empty_path() -> None:
    assert verify_leaf(parse_proof(receipt(0, 1)), LEAVES[0], TRUSTED).size == 1


def test_a_receipt_proves_no_other_entry() -> None:
    proof = parse_proof(receipt(3))
    with pytest.raises(ProofInvalid):
        verify_leaf(proof, LEAVES[4], TRUSTED)


def test_a_receipt_under_an_unknown_key_is_not_trusted() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    with pytest.raises(NotTrusted):
        verify_leaf(parse_proof(receipt(3, key=other)), LEAVES[3], TRUSTED)


def test_what_a_receipt_proves_must_be_the_body_of_an_entry() -> None:
    with pytest.raises(MalformedBody):
        verify_receipt(receipt(3), TRUSTED)


def test_a_receipt_without_its_entry_is_refused_where_the_entry_is_wanted() -> None:
    head = sign_note(Checkpoint(ORIGIN, 1, LEAVES[0]).text(), ORIGIN, KEY)
    with pytest.raises(MalformedProof):
        verify_receipt(format_proof(0, [], head), TRUSTED)


def test_one_changed_character_anywhere_spoils_a_receipt() -> None:
    text = receipt(5)
    for position in range(len(text)):
        changed = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]
        with pytest.raises(AuditError):
            check(changed)


def test_deleting_inserting_swapping_truncating_and_replaying_any_line_spoils_a_receipt() -> None:
    lines, other = receipt(5).splitlines(), receipt(5, 9).splitlines()
    spoilt = [lines[:n] + lines[n + 1 :] for n in range(len(lines))]
    spoilt += [[*lines[:n], lines[n], *lines[n:]] for n in range(len(lines) - 1)]  # a signature may be there twice
    spoilt += [[*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]] for n in range(len(lines) - 1)]
    spoilt += [lines[:n] for n in range(len(lines))]
    # Of a receipt of the same entry under an earlier checkpoint.
    spoilt += [[*lines[:n], old, *lines[n + 1 :]] for n, old in enumerate(other) if old != lines[n]]
    texts = {"".join(f"{line}\n" for line in one) for one in spoilt}
    texts |= {receipt(5)[:end] for end in range(len(receipt(5)))}
    for text in texts - {receipt(5)}:
        # Cut off right before its entry it is a receipt of whatever has that hash, and none of the entry.
        with pytest.raises((AuditError, AssertionError)):
            check(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v2" + receipt(1)[22:],
        receipt(1).replace("index 1", "index 01"),
        receipt(1).replace("index 1\n", ""),
        receipt(1).replace("\n\n", "\n", 1),
        receipt(1).replace("extra ", "extra  "),
        receipt(1).replace("\nindex", "\nextra YQ==\nindex"),
        receipt(1).replace("index 1\n", "index 1\n" + "A" * 43 + "=\n" + ("A" * 43 + "=\n") * 63),
        "x" * 300_001,
    ],
)
def test_a_text_that_is_not_one_receipt_is_refused(text: str) -> None:
    with pytest.raises(MalformedProof):
        parse_proof(text)


@given(st.text() | st.text().map(lambda text: receipt(2).replace("index 2", text)))
@settings(max_examples=200)
def test_any_text_is_a_receipt_or_one_family_of_error(text: str) -> None:
    try:
        parse_proof(text)
    except MalformedProof:
        return
    assert text.startswith("c2sp.org/tlog-proof@v1\n")
