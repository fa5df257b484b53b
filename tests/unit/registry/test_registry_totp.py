"""The second factor: RFC 6238 codes, each once; secrets unreadable in the database."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import totp
from registry.errors import Invalid

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
STEP = timedelta(seconds=30)
NOW = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(RFC_SECRET, at) == code
    assert totp.matching_step(RFC_SECRET, code, at, after=None) == seconds // 30


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off_and_no_more(steps: int, accepted: bool) -> None:
    code = totp.code_at(RFC_SECRET, NOW + steps * STEP)
    assert (totp.matching_step(RFC_SECRET, code, NOW, after=None) is not None) is accepted


def test_a_step_that_was_used_and_every_earlier_one_is_used_up() -> None:
    used = totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, NOW), NOW, after=None)
    assert used is not None
    for steps in (-1, 0):
        code = totp.code_at(RFC_SECRET, NOW + steps * STEP)
        assert totp.matching_step(RFC_SECRET, code, NOW, after=used) is None
    later = totp.code_at(RFC_SECRET, NOW + STEP)
    assert totp.matching_step(RFC_SECRET, later, NOW, after=used) == used + 1


@given(st.text(max_size=12))
def test_any_text_is_a_code_or_not_and_never_an_error(code: str) -> None:
    totp.matching_step(RFC_SECRET, code, NOW, after=None)


@pytest.mark.parametrize("secret", ["", "short", RFC_SECRET[:24], RFC_SECRET.lower(), "1" * 32, "é" * 32])
def test_a_secret_that_is_short_or_not_base32_is_refused(secret: str) -> None:
    with pytest.raises(Invalid):
        totp.check_secret(secret)


def test_a_fresh_secret_is_accepted_and_never_the_same_twice() -> None:
    secrets = {totp.new_secret() for _ in range(20)}
    assert len(secrets) == 20
    for secret in secrets:
        totp.check_secret(secret)


def test_the_address_for_the_app_names_zone_and_user() -> None:
    address = totp.provisioning_uri(RFC_SECRET, handle="minji", issuer="Ansim")
    assert address.startswith("otpauth://totp/Ansim:minji?secret=")


def test_a_sealed_secret_opens_for_its_owner_with_its_key_only() -> None:
    box = totp.SecretBox(bytes(32))
    sealed = box.seal(RFC_SECRET, person_ref="p_a")
    assert RFC_SECRET.encode() not in sealed
    assert box.open(sealed, person_ref="p_a") == RFC_SECRET
    assert sealed != box.seal(RFC_SECRET, person_ref="p_a")
    with pytest.raises(RuntimeError):
        box.open(sealed, person_ref="p_b")
    with pytest.raises(RuntimeError):
        totp.SecretBox(b"\x01" * 32).open(sealed, person_ref="p_a")
    with pytest.raises(RuntimeError):
        box.open(b"\x02" + sealed[1:], person_ref="p_a")


@pytest.mark.parametrize("position", [1, 12, 13, 40])
def test_a_changed_byte_of_a_sealed_secret_is_noticed(position: int) -> None:
    box = totp.SecretBox(bytes(32))
    sealed = bytearray(box.seal(RFC_SECRET, person_ref="p_a"))
    sealed[position] ^= 1
    with pytest.raises(RuntimeError):
        box.open(bytes(sealed), person_ref="p_a")


def test_fingerprints_differ_by_zone_kind_and_value_and_do_not_show_the_value() -> None:
    box, other = totp.SecretBox(bytes(32)), totp.SecretBox(b"\x01" * 32)
    prints = {
        box.fingerprint("handle", "minji"),
        box.fingerprint("source", "minji"),
        box.fingerprint("handle", "junho"),
        other.fingerprint("handle", "minji"),
    }
    assert len(prints) == 4
    assert box.fingerprint("handle", "minji") in prints


def test_a_key_of_another_length_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        totp.SecretBox(b"short")
