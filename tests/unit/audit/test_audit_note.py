"""Signed notes, checkpoints and receipts are those of C2SP, and hostile text fails in one family."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, open_checkpoint, parse_text, unverified_checkpoint
from audit.errors import MalformedCheckpoint, MalformedNote, NotTrusted
from audit.note import Verifier, open_note, parse_note, parse_vkey, sign_note

# The example of c2sp.org/signed-note.
EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
ORIGIN = "ansim.example/audit"
TRUSTED = Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
HEAD = Checkpoint(ORIGIN, 17, b"\x07" * 32)
SIGNED = sign_note(HEAD.text(), ORIGIN, KEY)


def test_the_published_example_verifies() -> None:
    assert open_note(EXAMPLE_NOTE, [parse_vkey(EXAMPLE_VKEY)]) == "This is an example message.\n"


def test_a_verifier_key_is_written_as_it_was_read() -> None:
    assert parse_vkey(EXAMPLE_VKEY).vkey() == EXAMPLE_VKEY
    assert parse_vkey(TRUSTED.vkey() + "\n") == TRUSTED


def test_a_signed_text_is_returned_and_no_other() -> None:
    assert open_note(SIGNED, [TRUSTED]) == HEAD.text()
    for position in range(len(SIGNED)):
        changed = SIGNED[:position] + chr(ord(SIGNED[position]) ^ 1) + SIGNED[position + 1 :]
        with pytest.raises((NotTrusted, MalformedNote)):
            open_note(changed, [TRUSTED])


def test_signatures_of_unknown_keys_are_ignored() -> None:
    witness = sign_note(HEAD.text(), "witness.example", OTHER).split("\n\n")[1]
    assert open_note(SIGNED + witness, [TRUSTED]) == HEAD.text()
    assert open_checkpoint(SIGNED + witness, TRUSTED) == HEAD


def test_a_note_without_a_trusted_signature_is_refused() -> None:
    with pytest.raises(NotTrusted):
        open_note(sign_note(HEAD.text(), ORIGIN, OTHER), [TRUSTED])


def test_a_trusted_key_whose_signature_does_not_verify_spoils_the_note() -> None:
    forged = base64.b64encode(TRUSTED.key_id + b"\x00" * 64).decode()
    with pytest.raises(NotTrusted):
        open_note(f"{SIGNED}— {ORIGIN} {forged}\n", [TRUSTED])


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("", id="nothing"),
        pytest.param("text\n", id="no signature"),
        pytest.param("text\n\n", id="a blank line and nothing"),
        pytest.param("text\n\nsignature\n", id="a signature without a dash"),
        pytest.param(SIGNED[:-1], id="no newline at the end"),
        pytest.param(SIGNED + "\n", id="a line too many"),
        pytest.param("a\tb\n\n" + SIGNED.split("\n\n")[1], id="a control character"),
        pytest.param("a\n\n— name AAAA\n", id="a signature that is only a key id"),
        pytest.param("a\n\n— na+me " + "A" * 96 + "\n", id="a plus in the name"),
        pytest.param("a\n\n— name " + "A" * 96 + "=\n", id="padding that does not belong"),
        pytest.param("a\n\n" + "— name AAAAAAA=\n" * 65, id="too many signatures"),
        pytest.param("a" * 100_001 + "\n\n— name AAAAAAA=\n", id="too long"),
    ],
)
def test_a_text_that_is_not_one_note_is_refused(note: str) -> None:
    with pytest.raises(MalformedNote):
        parse_note(note)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a+b+c",
        "a+00000000+AAAA",
        EXAMPLE_VKEY.replace("530d", "530e"),
        EXAMPLE_VKEY.replace("+A", "+B"),
        "+" + EXAMPLE_VKEY,
    ],
)
def test_a_text_that_is_not_one_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(MalformedNote):
        parse_vkey(vkey)


@given(st.text() | st.text().map(lambda text: text + "\n\n— a AAAAAAA=\n"))
def test_any_text_is_a_note_or_one_family_of_error(text: str) -> None:
    try:
        note = parse_note(text)
    except MalformedNote:
        return
    assert note.text.endswith("\n")
    assert note.signatures


@given(st.text() | st.tuples(st.text(), st.text(), st.text()).map("+".join))
def test_any_text_is_a_verifier_key_or_one_family_of_error(text: str) -> None:
    try:
        verifier = parse_vkey(text)
    except MalformedNote:
        return
    assert verifier.vkey() == text.strip("\n")


@given(st.text() | st.lists(st.text(max_size=50), min_size=3, max_size=4).map(lambda lines: "\n".join(lines) + "\n"))
def test_any_text_is_a_checkpoint_or_one_family_of_error(text: str) -> None:
    for parse in (parse_text, unverified_checkpoint):
        try:
            found = parse(text)
        except MalformedCheckpoint:
            continue
        assert found.size >= 0
        assert len(found.root) == 32


@pytest.mark.parametrize(
    "text",
    [
        "origin\n17\n" + "A" * 44 + "\n",
        "origin\n017\n" + HEAD.text().split("\n")[2] + "\n",
        "origin\n-1\n" + HEAD.text().split("\n")[2] + "\n",
        "origin\n१७\n" + HEAD.text().split("\n")[2] + "\n",
        "\n17\n" + HEAD.text().split("\n")[2] + "\n",
        HEAD.text() + "\n",
        HEAD.text().rstrip("\n"),
        "origin\n17\n",
    ],
)
def test_a_second_spelling_of_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        parse_text(text)


def test_a_checkpoint_of_another_log_is_not_trusted_even_if_the_same_key_signed_it() -> None:
    other = Checkpoint("other.example/audit", 17, b"\x07" * 32)
    with pytest.raises(NotTrusted):
        open_checkpoint(sign_note(other.text(), ORIGIN, KEY), TRUSTED)


def test_extension_lines_are_accepted_and_ignored() -> None:
    assert parse_text(HEAD.text() + "extension\n") == HEAD
