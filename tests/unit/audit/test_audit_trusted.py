"""Which keys may have signed a checkpoint, by the size of its tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import AuditError, MalformedCheckpoint, MalformedNote, NotTrusted, SignatureInvalid
from audit.note import parse_signature_line
from audit.schemes import ED25519, ML_DSA_44
from audit.signing import Signer, sign_by_all
from audit.signing_keys import Ed25519Key, MlDsa44Key
from audit.tree_head import Checkpoint
from audit.trusted import TrustedKey, TrustedKeys

ORIGIN = "zone.example/audit"
OLD, NEW = (Signer(ORIGIN, ED25519, Ed25519Key(bytes([number]) * 32)) for number in (4, 5))
PQ = Signer(ORIGIN, ML_DSA_44, MlDsa44Key(bytes([2]) * 32))
STRANGER = Signer(ORIGIN, ED25519, Ed25519Key(bytes([3]) * 32))
KEYS = TrustedKeys((TrustedKey(OLD.verifier, last=100), TrustedKey(NEW.verifier, 100), TrustedKey(PQ.verifier)))


def a_note(size: int, *signers: Signer, origin: str = ORIGIN) -> str:
    return sign_by_all(Checkpoint(origin, size, b"\x01" * 32).text(), signers, 1)


@pytest.mark.parametrize(
    ("size", "signer", "valid"),
    [(0, OLD, True), (100, OLD, True), (101, OLD, False), (99, NEW, False), (100, NEW, True), (10**12, NEW, True)],
)
def test_a_key_counts_at_the_sizes_at_which_it_was_the_logs(size: int, signer: Signer, valid: bool) -> None:
    if valid:
        assert KEYS.open(a_note(size, signer)).size == size
    else:
        with pytest.raises(NotTrusted):
            KEYS.open(a_note(size, signer))


def test_one_valid_signature_is_enough_and_others_are_ignored() -> None:
    assert KEYS.open(a_note(500, OLD, NEW, STRANGER)).size == 500


def test_an_expired_key_cannot_spoil_a_checkpoint() -> None:
    line = OLD.line(Checkpoint(ORIGIN, 3, b"\x02" * 32).text(), 1)
    assert KEYS.open(a_note(500, NEW) + line).size == 500


def test_a_forged_signature_of_a_valid_key_is_told_from_a_strangers() -> None:
    line = NEW.line(Checkpoint(ORIGIN, 3, b"\x02" * 32).text(), 1)
    with pytest.raises(SignatureInvalid):
        KEYS.open(a_note(500, PQ) + line)
    with pytest.raises(NotTrusted):
        KEYS.open(a_note(500, STRANGER))


def test_a_checkpoint_of_another_log_is_not_trusted() -> None:
    body = Checkpoint("other.example/audit", 5, b"\x01" * 32).text()
    note = f"{body}\n{PQ.line(body, 1)}"
    with pytest.raises(NotTrusted):
        KEYS.open(note)


def test_the_file_reads_as_it_was_written() -> None:
    assert TrustedKeys.parse(KEYS.format()) == KEYS
    assert TrustedKeys.parse("# kept by the officer\n\n" + KEYS.format().replace(" to=", "   to=")) == KEYS
    assert TrustedKeys.parse(OLD.verifier.vkey()) == TrustedKeys.of(OLD.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "zone.example\n",
        OLD.verifier.vkey() + " from=01\n",
        OLD.verifier.vkey() + " from=1 from=2\n",
        OLD.verifier.vkey() + " until=7\n",
        OLD.verifier.vkey() + " from=9 to=8\n",
        OLD.verifier.vkey() + "\n" + OLD.verifier.vkey() + " from=5\n",
        OLD.verifier.vkey() + "\n" + Signer("other", ED25519, OLD.key).verifier.vkey() + "\n",
    ],
)
def test_any_other_file_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        TrustedKeys.parse(text)


def test_what_is_not_one_checkpoint_is_malformed() -> None:
    note = a_note(5, NEW)
    for broken in ("", note[:-1], note.replace("\n\n", "\n"), note.replace("\n5\n", "\n05\n")):
        with pytest.raises((MalformedCheckpoint, MalformedNote)):
            KEYS.open(broken)


@given(st.text(max_size=400))
def test_arbitrary_text_opens_nothing_and_fails_in_one_family(text: str) -> None:
    for attempt in (TrustedKeys.parse, KEYS.open):
        with pytest.raises(AuditError):
            attempt(text)


@given(st.integers(0, 2**40), st.lists(st.sampled_from([OLD, NEW, STRANGER]), min_size=1, max_size=3, unique=True))
def test_a_checkpoint_opens_exactly_if_a_key_that_counts_there_signed(size: int, signers: list[Signer]) -> None:
    counts = {OLD: size <= 100, NEW: size >= 100, STRANGER: False}
    try:
        opened = KEYS.open(a_note(size, *signers)).size == size
    except NotTrusted:
        opened = False
    assert opened == any(counts[signer] for signer in signers)


def test_a_signature_line_of_a_note_can_be_read_alone() -> None:
    assert parse_signature_line(NEW.line(Checkpoint(ORIGIN, 3, b"\x02" * 32).text(), 7)).name == ORIGIN
