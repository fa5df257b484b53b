"""Signatures of every kind, held against notes and keys that other implementations published."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import open_checkpoint
from audit.errors import MalformedNote, NotTrusted, SignatureInvalid
from audit.note import Verifier, open_note, parse_note, parse_signature_line, parse_vkey, signatures_by
from audit.schemes import COSIGNATURE, ED25519, ML_DSA_44, SCHEMES, tree_message, verifies
from audit.signing import Signer, sign_by_all
from audit.signing_keys import Ed25519Key, MlDsa44Key
from audit.tree_head import Checkpoint

# A checkpoint of a public Certificate Transparency log with the cosignatures of public witnesses, as served.
CT_NOTE = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501 - signed bytes, as published
CT_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
CT_WITNESSES = (
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
)
# Made by an independent implementation in Go, over leaves 8 to 13 of a tree and without a time.
SUBTREE = Path(__file__).parent / "vectors" / "ml_dsa_44_subtree.txt"
SUBTREE_ROOT = base64.b64decode("E7ERCtFloiK1fdb+B6/dLG0pM1nmIR0ETKBSauCjtVw=")

ORIGIN, COSIGNER = "zone.example/audit", "witness.example/1"
HEAD = Checkpoint(ORIGIN, 5, b"\x07" * 32)
LOG = Signer(ORIGIN, ED25519, Ed25519Key(os.urandom(32)))
LOG_PQ = Signer(ORIGIN, ML_DSA_44, MlDsa44Key(os.urandom(32)))
WITNESS = Signer(COSIGNER, COSIGNATURE, Ed25519Key(os.urandom(32)))
WITNESS_PQ = Signer(COSIGNER, ML_DSA_44, MlDsa44Key(os.urandom(32)))
EVERY = (LOG, LOG_PQ, WITNESS, WITNESS_PQ)
SECOND = 1_795_000_000
NOTE = sign_by_all(HEAD.text(), EVERY, SECOND)


def test_cosignatures_of_public_witnesses_verify() -> None:
    keys = [parse_vkey(vkey) for vkey in CT_WITNESSES]
    found = signatures_by(parse_note(CT_NOTE), keys)
    assert {verifier for verifier, _ in found} == set(keys)
    assert {made.second for _, made in found} == {0x6A122120}
    assert open_checkpoint(CT_NOTE, parse_vkey(CT_LOG), keys).size == 1432088532


def test_cosignatures_of_public_witnesses_do_not_verify_over_another_size() -> None:
    for vkey in CT_WITNESSES:
        with pytest.raises(SignatureInvalid):
            open_note(CT_NOTE.replace("1432088532", "1432088533"), [parse_vkey(vkey)])


def test_an_ml_dsa_signature_of_another_implementation_verifies() -> None:
    vkey, encoded = SUBTREE.read_text().split()
    verifier, data = parse_vkey(vkey), base64.b64decode(encoded)
    message = tree_message(verifier.name, 0, "example.com/log", 8, 13, SUBTREE_ROOT)
    assert message is not None
    assert data[:4] == verifier.key_id
    SCHEMES[ML_DSA_44].check(verifier.key, data[12:], message)


@pytest.mark.parametrize("vkey", [CT_LOG, *CT_WITNESSES, SUBTREE.read_text().split()[0]], ids=lambda v: v[:12])
def test_a_published_key_reads_as_it_was_written(vkey: str) -> None:
    assert parse_vkey(vkey).vkey() == vkey


@pytest.mark.parametrize("signer", EVERY, ids=lambda signer: SCHEMES[signer.kind].title)
def test_every_kind_verifies_under_its_own_key_alone(signer: Signer) -> None:
    assert open_note(NOTE, [signer.verifier]) == HEAD.text()
    for other in EVERY:
        if other is not signer:
            taken = Verifier(signer.name, other.key.public, other.kind)
            assert not taken.verify(HEAD.text(), parse_signature_line(signer.line(HEAD.text(), SECOND)).value)


@pytest.mark.parametrize("signer", EVERY, ids=lambda signer: SCHEMES[signer.kind].title)
def test_no_bit_of_text_or_signature_may_change(signer: Signer) -> None:
    value = parse_signature_line(signer.line(HEAD.text(), SECOND)).value
    verify = signer.verifier.verify
    assert verify(HEAD.text(), value)
    for other in (
        Checkpoint("other", 5, HEAD.root),
        Checkpoint(ORIGIN, 6, HEAD.root),
        Checkpoint(ORIGIN, 5, b"\0" * 32),
    ):
        assert not verify(other.text(), value)
    for place in {0, 7, 8, 9, len(value) // 2, len(value) - 1}:
        changed = bytearray(value)
        changed[place] ^= 1
        assert not verify(HEAD.text(), bytes(changed))
    assert not verify(HEAD.text(), value[:-1])
    assert not verify(HEAD.text(), value + b"\0")


def test_an_ml_dsa_signature_is_bound_to_the_name_of_its_key() -> None:
    value = parse_signature_line(WITNESS_PQ.line(HEAD.text(), SECOND)).value
    assert not verifies(ML_DSA_44, WITNESS_PQ.key.public, "witness.example/2", HEAD.text(), value)


def test_timestamped_kinds_sign_checkpoints_only() -> None:
    for signer in (LOG_PQ, WITNESS, WITNESS_PQ):
        with pytest.raises(MalformedNote):
            signer.line("not a checkpoint\n", SECOND)
        assert not signer.verifier.verify("not a checkpoint\n", bytes(SCHEMES[signer.kind].signature_bytes + 8))


@pytest.mark.parametrize("second", [0, -1, 2**63])
def test_a_signature_needs_a_time(second: int) -> None:
    with pytest.raises(MalformedNote):
        WITNESS.line(HEAD.text(), second)


def test_names_beyond_255_bytes_cannot_be_signed() -> None:
    assert tree_message("n" * 255, 1, ORIGIN, 0, 1, b"\0" * 32) is not None
    assert tree_message("n" * 256, 1, ORIGIN, 0, 1, b"\0" * 32) is None
    assert tree_message(COSIGNER, 1, "가" * 86, 0, 1, b"\0" * 32) is None


def test_unknown_kinds_and_keys_are_ignored() -> None:
    # The first line of the published note is of kind 0x05, which nothing here knows.
    assert [made.key_id for _, made in signatures_by(parse_note(CT_NOTE), [parse_vkey(CT_LOG)])] != []
    with pytest.raises(NotTrusted):
        open_note(CT_NOTE, [LOG.verifier])
    with pytest.raises(MalformedNote):
        parse_vkey(Verifier("n", b"\0" * 32, b"\x02").vkey())


def test_a_cosignature_is_not_enough_where_the_log_did_not_sign() -> None:
    cosigned = sign_by_all(HEAD.text(), (WITNESS, WITNESS_PQ), SECOND)
    with pytest.raises(NotTrusted):
        open_checkpoint(cosigned, LOG.verifier, [WITNESS.verifier, WITNESS_PQ.verifier])


@given(kind=st.sampled_from(sorted(SCHEMES)), value=st.binary(max_size=200), text=st.text(max_size=200))
def test_arbitrary_bytes_are_no_signature_and_no_error(kind: bytes, value: bytes, text: str) -> None:
    key = next(signer for signer in EVERY if signer.kind == kind).key.public
    assert not verifies(kind, key, "n", text.encode("utf-8", "replace").decode() + "\n", value)


@given(st.text(max_size=300))
def test_a_signature_line_parses_or_is_malformed(text: str) -> None:
    try:
        parsed = parse_signature_line(text)
    except MalformedNote:
        return
    assert parsed.line() == text.removesuffix("\n") + "\n"


@given(st.binary(min_size=1312, max_size=1312))
def test_an_arbitrary_ml_dsa_key_is_no_error(key: bytes) -> None:
    assert not verifies(ML_DSA_44, key, "n", HEAD.text(), bytes(8 + 2420))
