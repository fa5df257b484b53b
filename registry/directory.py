"""Passwords that an organisation keeps: the registry asks whether one is right, and never stores it."""

from __future__ import annotations

from typing import Protocol

from registry.errors import Invalid
from registry.text import Text

NOBODY = "nobody-of-this-zone"
"""Whose password is asked for when the zone knows no such person: so that both answers take as long, and guessing here
shuts nobody out there."""


class DirectoryUnreachable(Exception):
    """The directory did not say whether the password is right."""


class Directory(Protocol):
    """LDAP, PAM, or whatever else knows people by the user names of the zone."""

    def is_right(self, handle: str, password: str) -> bool:
        """Whether this is the person's password. Raises: DirectoryUnreachable."""
        ...


def passwords_elsewhere() -> Invalid:
    """What somebody is told who wants to change here what is kept there."""
    return Invalid(
        "password_elsewhere",
        Text(
            ko="이 구역은 기관의 비밀번호로 로그인합니다. 여기에서는 바꿀 수 없습니다.",
            en="This zone takes the password of your organisation, which cannot be changed here.",
        ),
        hint=Text(
            ko="기관의 계정 관리 화면이나 전산 부서에서 바꾸십시오.",
            en="Change it where your organisation lets you, or ask its IT department.",
        ),
    )
