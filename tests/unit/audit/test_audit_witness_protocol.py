"""C2SP tlog-witness: the answers to a published series of requests, and to every kind of bad one."""

from __future__ import annotations

import base64
import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import AuditError, MalformedRequest, NotTrusted, SignatureInvalid, WitnessUnusable
from audit.note import Verifier, open_note, parse_signature_line
from audit.schemes import COSIGNATURE, ED25519, ML_DSA_44
from audit.signing import Signer, sign_by_all
from audit.signing_keys import Ed25519Key
from audit.tree_head import Checkpoint
from audit.trusted import TrustedKey, TrustedKeys
from audit.witness.deciding import Refusal
from audit.witness.protocol import AddCheckpoint, cosignature_lines, parse_known_size, parse_request
from audit.witness.service import Cosigned, Witness
from tests.unit.audit.audit_forest import ORIGIN, Branch

# A log and requests that an independent witness (in Go) is tested with; leaves are 2A 00…, 2A 01… and so on.
SERIES_ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SERIES_KEY = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
SIGNED = {
    1: (
        "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=",
    ),
    3: (
        "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=",
        "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=",
    ),
    5: (
        "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=",
        "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=",
    ),
}
LEAF_1, LEAF_2, LEAF_3, LEAF_4 = (base64.b64encode(bytes([0x2A, n]) + bytes(30)).decode() for n in range(1, 5))
FIRST_TWO = "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE="
NODE_2_3 = "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI="
FROM_3_TO_5 = (LEAF_2, LEAF_3, FIRST_TWO, LEAF_4)


def published(old: int, size: int, *path: str, origin: str = SERIES_ORIGIN, signature: str | None = None) -> bytes:
    root, made = SIGNED[size]
    lines = [f"old {old}", *path, "", origin, str(size), root, "", f"— {origin} {signature or made}", ""]
    return "\n".join(lines).encode()


SERIES = (
    # The second differs in padding bits as well, which is no base64 in its one spelling.
    (published(0, 1), 200),
    (published(1, 3, LEAF_1, LEAF_2, signature=SIGNED[3][1].replace("6go=", "6gx=")), 400),
    (published(1, 3, LEAF_1, LEAF_2, signature=SIGNED[1][1]), 403),
    (published(1, 3, LEAF_1, LEAF_2, origin=SERIES_ORIGIN[:-1] + "3"), 404),
    (published(1, 3), 422),
    (published(1, 3, LEAF_1, NODE_2_3), 422),
    (published(1, 3, LEAF_1, LEAF_2), 200),
    (published(1, 5, LEAF_1, NODE_2_3, LEAF_4), 409),
    (published(3, 5, *FROM_3_TO_5), 200),
    (published(0, 5), 409),
    (published(5, 5), 200),
    (published(5, 3), 400),
)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness.create(tmp_path / "witness", "witness.example/1")


@pytest.fixture
def branch(witness: Witness) -> Branch:
    made = Branch()
    made.grow(40)
    witness.trust(TrustedKeys.of(made.signer.verifier))
    return made


def status(said: Cosigned | Refusal) -> int:
    return said.status if isinstance(said, Refusal) else 200


def test_a_published_series_of_requests_is_answered_as_published(witness: Witness) -> None:
    witness.trust(TrustedKeys.of(Verifier(SERIES_ORIGIN, SERIES_KEY)))
    assert [status(witness.add_checkpoint(data)) for data, _ in SERIES] == [expected for _, expected in SERIES]
    known = witness.known(SERIES_ORIGIN)
    assert known is not None
    assert known.head.size == 5


def test_a_conflict_says_the_size_that_is_known(witness: Witness, branch: Branch) -> None:
    witness.add_checkpoint(branch.request(0, 7).text().encode())
    said = witness.add_checkpoint(branch.request(3, 9).text().encode())
    assert isinstance(said, Refusal)
    assert (said.status, said.known_size) == (409, 7)


def test_a_cosignature_is_of_every_kind_and_over_the_whole_tree(witness: Witness, branch: Branch) -> None:
    said = witness.add_checkpoint(branch.request(0, 7).text().encode())
    assert isinstance(said, Cosigned)
    assert {key.kind for key in witness.verifiers} == {COSIGNATURE, ML_DSA_44}
    for verifier in witness.verifiers:
        assert open_note(said.note, [verifier]) == branch.head(7).text()
    assert all(parse_signature_line(line).second > 0 for line in said.lines.splitlines())
    assert open_note(said.note, [branch.signer.verifier])


def test_only_verified_signatures_are_handed_on(witness: Witness, branch: Branch) -> None:
    stranger = Signer("stranger.example", ED25519, Ed25519Key(os.urandom(32)))
    request = branch.request(0, 7)
    spoiled = AddCheckpoint(0, (), request.note + stranger.line(branch.head(7).text(), 1))
    said = witness.add_checkpoint(spoiled.text().encode())
    assert isinstance(said, Cosigned)
    assert "stranger" not in said.note


@pytest.mark.parametrize(
    ("old", "size", "salt", "expected"),
    [
        pytest.param(10, 10, b"x", 422, id="another root of the same size"),
        pytest.param(10, 20, b"x", 422, id="a fork"),
        pytest.param(0, 20, b"x", 409, id="a fork that begins anew"),
        pytest.param(5, 5, b"", 409, id="a replay of an older size"),
        pytest.param(0, 5, b"", 409, id="a log that was rolled back"),
        pytest.param(10, 20, b"", 200, id="growth"),
    ],
)
def test_a_witness_refuses_any_other_history(
    witness: Witness, branch: Branch, old: int, size: int, salt: bytes, expected: int
) -> None:
    witness.add_checkpoint(branch.request(0, 10).text().encode())
    other = branch.fork(8 if salt else 40)
    other.grow(32, salt)
    assert status(witness.add_checkpoint(other.request(old, size).text().encode())) == expected


def test_what_a_log_signed_against_itself_is_kept_as_evidence(witness: Witness, branch: Branch) -> None:
    witness.add_checkpoint(branch.request(0, 10).text().encode())
    other = branch.fork(8)
    other.grow(32, b"x")
    asked = other.request(10, 10)
    witness.add_checkpoint(asked.text().encode())
    with witness.state.changing() as tx:
        [(size, _, _, kept)] = tx.evidence(ORIGIN)
    assert (size, kept) == (10, asked.text())


def test_an_empty_tree_has_one_root(witness: Witness, branch: Branch) -> None:
    assert status(witness.add_checkpoint(branch.request(0, 0).text().encode())) == 200
    wrong = sign_by_all(Checkpoint(ORIGIN, 0, b"\1" * 32).text(), (branch.signer,), 1)
    assert status(witness.add_checkpoint(AddCheckpoint(0, (), wrong).text().encode())) == 422


def test_a_first_request_brings_no_proof(witness: Witness, branch: Branch) -> None:
    asked = AddCheckpoint(0, (b"\0" * 32,), branch.note(7))
    assert status(witness.add_checkpoint(asked.text().encode())) == 422


def test_a_rotated_key_counts_from_its_size_only(witness: Witness, branch: Branch) -> None:
    coming = Branch(branch.leaves, Signer(ORIGIN, ED25519, Ed25519Key(os.urandom(32))))
    old, new = branch.signer.verifier, coming.signer.verifier
    witness.trust(TrustedKeys((TrustedKey(old, last=10), TrustedKey(new, 10))))
    assert status(witness.add_checkpoint(coming.request(0, 9).text().encode())) == 403
    assert status(witness.add_checkpoint(branch.request(0, 10).text().encode())) == 200
    assert status(witness.add_checkpoint(branch.request(10, 12).text().encode())) == 403
    assert status(witness.add_checkpoint(coming.request(10, 12).text().encode())) == 200


def test_a_size_beyond_every_number_is_refused(witness: Witness, branch: Branch) -> None:
    note = sign_by_all(Checkpoint(ORIGIN, 9_300_000_000_000_000_000, b"\1" * 32).text(), (branch.signer,), 1)
    assert status(witness.add_checkpoint(AddCheckpoint(0, (), note).text().encode())) == 400


def test_there_is_one_witness_in_a_directory(witness: Witness) -> None:
    with pytest.raises(WitnessUnusable):
        Witness.create(witness.directory, "witness.example/2")
    with pytest.raises(WitnessUnusable):
        Witness(witness.directory / "logs")


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_a_request_or_malformed(data: bytes) -> None:
    for parse in (parse_request, parse_known_size):
        with contextlib.suppress(MalformedRequest):
            parse(data)


@given(st.text(max_size=300), st.booleans())
def test_an_arbitrary_answer_gives_no_cosignature(answer: str, whole: bool) -> None:
    branch, key = Branch(), Signer("w.example", COSIGNATURE, Ed25519Key(bytes(32))).verifier
    branch.grow(3)
    note = branch.note(3)
    with contextlib.suppress(AuditError):
        assert cosignature_lines(note, note + answer if whole else answer, [key]) == []


def test_an_answer_about_another_checkpoint_is_not_taken() -> None:
    branch = Branch()
    branch.grow(5)
    signer = Signer("w.example", COSIGNATURE, Ed25519Key(os.urandom(32)))
    line = signer.line(branch.head(3).text(), 9)
    with pytest.raises(NotTrusted):
        cosignature_lines(branch.note(5), branch.note(3) + line, [signer.verifier])
    with pytest.raises(SignatureInvalid):
        cosignature_lines(branch.note(5), line, [signer.verifier])
    assert cosignature_lines(branch.note(3), line, [signer.verifier]) == [(signer.verifier, line)]
