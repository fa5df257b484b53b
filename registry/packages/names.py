"""Names of Python packages and of wheels, in the one form in which the zone compares them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.errors import Invalid
from registry.text import Text

LONGEST = 64
#: The normalised form of PEP 503; nothing else is asked for, stored or served.
NAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{LONGEST - 2}}}[a-z0-9])?")
# Every part of a wheel's name as PEP 427 has it; a build number is part of the version here.
_WHEEL = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-(?P<version>[A-Za-z0-9.!+_]+(?:-[0-9][A-Za-z0-9_.]*)?)"
    r"-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+\.whl"
)


@dataclass(frozen=True, slots=True)
class WheelName:
    """What the name of a wheel's file says."""

    package: str
    version: str


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_name(name: str) -> bool:
    """Say whether this is the normalised name of a package."""
    return NAME.fullmatch(name) is not None


def check_name(name: str) -> str:
    """Return the normalised name of what somebody typed.

    Raises: Invalid — if no package can be called so.
    """
    found = normalised(name.strip())
    if not is_name(found):
        raise Invalid(
            "invalid_package",
            Text(
                ko=f"패키지 이름이 아닙니다. 영문자, 숫자, 붙임표로 된 {LONGEST}자 이하의 이름만 적습니다(버전 제외).",
                en=f"Not the name of a package: letters, digits and hyphens, at most {LONGEST}; without a version.",
            ),
        )
    return found


def wheel_name(file: str) -> WheelName | None:
    """Return what the name of a wheel's file says; None for anything that is not one."""
    match = _WHEEL.fullmatch(file)
    if match is None or not is_name(normalised(match["name"])):
        return None
    return WheelName(normalised(match["name"]), match["version"].partition("-")[0])
