"""Whose numbers the users of containers have on the server, as the engine says, and whether workspaces keep theirs.

An engine that maps users (`userns-remap`) gives each number in a container another one on the server. The files of a
workspace belong to its number there, so that number has to be mapped to itself; who is root in a container is nobody.
Nothing that the zone hands to a workspace then has another owner than on an engine that does not map.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import DockerException

from audit.text import Text
from hub_config.settings import Settings
from registry.access import FIRST_UID

SUBORDINATE = (Path("/etc/subuid"), Path("/etc/subgid"))

SEE = Text(
    "docs/how-to/run-the-probe.ko.md의 '사용자 네임스페이스'를 보십시오.",
    "See *User namespaces* in docs/how-to/run-the-probe.md.",
)
PROBED = Text("점검이 살핍니다('벽 점검').", "the probe looks at it (see walls)")
NOT_MAPPED = Text(
    "옮기지 않습니다. 컨테이너의 root는 서버의 root입니다. 이미 있던 엔진의 설정은 바꾸지 않습니다.",
    "not mapped: root in a container is root on the server; an engine that was here before is never reconfigured",
)
MAPPED = Text(
    "옮깁니다. 컨테이너의 root는 서버에서 {root}번이고, 분석환경의 번호는 그대로입니다.",
    "mapped: root in a container is number {root} on the server, and workspaces keep their own",
)
UNFIT = Text(
    "엔진이 사용자 번호를 옮기지만 분석환경의 번호({first}번부터)를 그대로 두지 않아 분석환경이 시작되지 않습니다.",
    "the engine maps users, but workspaces do not keep their numbers ({first} and up): none of them starts",
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers in a row: `count` of them from `inside` in a container are those from `outside` on the server."""

    inside: int
    outside: int
    count: int


def maps_users(info: Mapping[str, Any]) -> bool:
    """Say whether an engine maps users, by what `docker info` says."""
    return any("userns" in option or "rootless" in option for option in info.get("SecurityOptions") or [])


def root_outside(info: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return user and group of a container's root on the server: a mapping engine names its directory by them."""
    uid, dot, gid = Path(str(info.get("DockerRootDir", ""))).name.partition(".")
    return (int(uid), int(gid)) if dot and uid.isdecimal() and gid.isdecimal() else None


def stretches(text: str, root: int) -> list[Stretch]:
    """Return the mapping of the owner whose first numbers in subuid(5) begin at `root`, in the order of the file.

    The engine lays an owner's numbers one behind the other, and the first of them is root.
    """
    of: dict[str, list[Stretch]] = {}
    for line in text.splitlines():
        owner, _, numbers = line.partition(":")
        start, _, count = numbers.partition(":")
        if start.isdecimal() and count.isdecimal():
            own = of.setdefault(owner, [])
            own.append(Stretch(sum(one.count for one in own), int(start), int(count)))
    return next((own for own in of.values() if own[0].outside == root), [])


def kernels(table: str) -> list[Stretch]:
    """Return the mapping that the kernel has for a process (`/proc/PID/uid_map`, user_namespaces(7))."""
    return [Stretch(*map(int, line.split())) for line in table.splitlines()]


def outside(number: int, mapping: Sequence[Stretch]) -> int | None:
    """Return what a number in a container is on the server, or None for one that no container may have."""
    for one in mapping:
        if one.inside <= number < one.inside + one.count:
            return one.outside + number - one.inside
    return None


def fits(info: Mapping[str, Any], texts: Sequence[str]) -> bool:
    """Say whether workspaces keep their numbers and root does not, for users as for groups (subuid(5), subgid(5))."""
    roots = root_outside(info)
    if roots is None:
        return False
    maps = [stretches(text, root) for text, root in zip(texts, roots, strict=True)]
    return all(outside(FIRST_UID, one) == FIRST_UID and outside(0, one) != 0 for one in maps)


def found(settings: Settings) -> tuple[bool, Text, Text | str]:
    """Return whether workspaces can start, what is found, and what to read; an engine away is no fault here."""
    if settings.machine.engine_helper:
        return True, PROBED, ""  # the zone's user may not ask the engine what it is like
    try:
        with contextlib.closing(docker.from_env(timeout=10)) as client:
            info = client.info()
        texts = [path.read_text(encoding="utf-8", errors="replace") if path.exists() else "" for path in SUBORDINATE]
    except (DockerException, requests.RequestException, OSError):
        return True, PROBED, ""
    return judged(info, texts)


def judged(info: Mapping[str, Any], texts: Sequence[str]) -> tuple[bool, Text, Text | str]:
    """Return what `found` does, of what an engine and the two files say."""
    if not maps_users(info):
        return True, NOT_MAPPED, SEE
    if not fits(info, texts):
        return False, UNFIT.format(first=FIRST_UID), SEE
    return True, MAPPED.format(root=(root_outside(info) or (0, 0))[0]), ""
