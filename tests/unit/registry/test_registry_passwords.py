"""Passwords: what is refused, what is stored."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher

from registry.errors import Invalid
from registry.passwords import check_new_password, hash_password, renewed, verify_password

GOOD = "correct horse battery"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("", "password_too_short"),
        ("x1y2z" * 60, "password_too_long"),
        ("kim-minji-researcher", "password_is_handle"),
        ("KIM-MINJI-RESEARCHER", "password_is_handle"),
        ("minji@hospital.example", "password_is_email"),
        ("aaaabbbbccccdddd", "password_too_uniform"),
        (GOOD, "password_is_old"),
    ],
)
def test_a_weak_password_is_refused_with_the_rule_it_breaks(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_new_password(password, handle="kim-minji-researcher", email="minji@hospital.example", old=GOOD)
    assert refusal.value.code == code


def test_a_short_handle_typed_several_times_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        check_new_password("minjiminjiminji", handle="minji", email="m@x.org")
    assert refusal.value.code == "password_is_handle"


def test_twelve_different_letters_are_enough_in_any_script() -> None:
    check_new_password("안심구역에서연구를한다요", handle="minji", email="m@x.org")


def test_a_password_verifies_against_its_own_hash_only() -> None:
    stored = hash_password(GOOD)
    assert stored.startswith("$argon2id$")
    assert verify_password(stored, GOOD)
    assert not verify_password(stored, GOOD + " ")
    assert not verify_password(None, GOOD)
    assert not verify_password(None, "no person has this password")


def test_composed_and_decomposed_hangul_are_the_same_password() -> None:
    typed = "데이터안심구역의비밀번호"
    stored = hash_password(unicodedata.normalize("NFC", typed))
    assert verify_password(stored, unicodedata.normalize("NFD", typed))


def test_a_hash_with_outdated_parameters_is_renewed_and_a_current_one_is_kept() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    new = renewed(old, GOOD)
    assert new is not None
    assert new != old
    assert verify_password(new, GOOD)
    assert renewed(new, GOOD) == new


def test_a_damaged_hash_verifies_nothing() -> None:
    assert not verify_password("$argon2id$damaged", GOOD)
