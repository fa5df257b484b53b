"""Passwords: what a new one must be, how it is kept, and a check as slow for nobody as for somebody.

Argon2id with 19 MiB, 2 passes and 1 lane, an option of the OWASP password storage cheat sheet that lets twenty
people sign in within a second or two on two processors; the second factor and the throttle do the rest.
Passwords are normalised with NFKC first: a Korean keyboard may send composed or decomposed jamo
for the same key strokes (NIST SP 800-63B section 3.1.1.2).
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registry.errors import Invalid
from registry.text import Text

MIN_LENGTH = 12
MAX_LENGTH = 256
MIN_DISTINCT = 5

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# A crowd at the door waits its turn instead of taking all memory and processors of the zone.
_AT_ONCE = threading.BoundedSemaphore(4)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A new password, normalised, beside what it must not be."""

    password: str
    handle: str
    email: str
    old: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a new password must be."""

    code: str
    keeps: Callable[[Candidate], bool]
    reason: Text


RULES: tuple[Rule, ...] = (
    Rule(
        "password_too_short",
        lambda new: len(new.password) >= MIN_LENGTH,
        Text(
            ko=f"비밀번호는 {MIN_LENGTH}자 이상이어야 합니다.",
            en=f"The password must have at least {MIN_LENGTH} characters.",
        ),
    ),
    Rule(
        "password_too_long",
        lambda new: len(new.password) <= MAX_LENGTH,
        Text(
            ko=f"비밀번호는 {MAX_LENGTH}자 이하여야 합니다.",
            en=f"The password must have at most {MAX_LENGTH} characters.",
        ),
    ),
    Rule(
        "password_is_handle",
        lambda new: not _repeats(new.password.casefold(), new.handle.casefold()),
        Text(ko="비밀번호는 아이디와 달라야 합니다.", en="The password must not be the user name."),
    ),
    Rule(
        "password_is_email",
        lambda new: new.password.casefold() != new.email.casefold(),
        Text(ko="비밀번호는 이메일 주소와 달라야 합니다.", en="The password must not be the e-mail address."),
    ),
    Rule(
        "password_too_uniform",
        lambda new: len(set(new.password)) >= MIN_DISTINCT,
        Text(
            ko=f"비밀번호에는 서로 다른 글자가 {MIN_DISTINCT}개 이상 있어야 합니다.",
            en=f"The password must use at least {MIN_DISTINCT} different characters.",
        ),
    ),
    Rule(
        "password_is_old",
        lambda new: new.password != new.old,
        Text(ko="새 비밀번호는 이전 비밀번호와 달라야 합니다.", en="The new password must not be the old one."),
    ),
)


def check_new_password(password: str, *, handle: str, email: str, old: str | None = None) -> None:
    """Accepts a new password that breaks none of `RULES`.

    Raises: Invalid — with the first rule that it breaks.
    """
    new = Candidate(_normalise(password), handle, email, None if old is None else _normalise(old))
    for rule in RULES:
        if not rule.keeps(new):
            raise Invalid(rule.code, rule.reason)


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(_normalise(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one whose hash is `stored`.

    With no stored hash (nobody has that handle, or no password yet) a hash of the same cost is verified
    all the same, so that the time of the answer does not tell who has an account.
    """
    # A cut password can only be wrong: `check_new_password` accepts none that long.
    normal = _normalise(password[: 4 * MAX_LENGTH])
    with _AT_ONCE:
        try:
            _HASHER.verify(stored if stored is not None else _nobody(), normal)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def renewed(stored: str | None, password: str) -> str | None:
    """The hash to keep after a right password: the stored one, or a new one if that is outdated."""
    if stored is not None and _HASHER.check_needs_rehash(stored):
        return hash_password(password)
    return stored


@cache
def _nobody() -> str:
    return _HASHER.hash("no person has this password")


def _normalise(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _repeats(text: str, part: str) -> bool:
    return bool(part) and len(text) % len(part) == 0 and text == part * (len(text) // len(part))
