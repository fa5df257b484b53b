"""What settings that can be read may still not say: addresses open to others, names that this machine does not know."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audit.outward.target import Target
from audit.text import Text
from hub_config.errors import SettingsError

if TYPE_CHECKING:
    from hub_config.settings import Settings, ZoneSettings

HELPER_SOCKET = re.compile(r"/run(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")


def refuse_open_address(zone: ZoneSettings) -> None:
    """Refuse to listen beyond this machine without TLS.

    Raises: SettingsError — if the address is not loopback and the scheme is plain http.
    """
    try:
        loopback = ipaddress.ip_address(zone.bind).is_loopback
    except ValueError as error:
        raise SettingsError(
            Text(
                "zone.bind 값은 IP 주소여야 합니다: {given!r}.", "zone.bind must be an IP address, not {given!r}."
            ).format(given=zone.bind)
        ) from error
    if not loopback:
        raise SettingsError(
            Text(
                "zone.bind 값이 {given}입니다. 구역에는 자체 TLS가 없어 루프백에서만 듣습니다.",
                "zone.bind is {given}: the zone listens on loopback only, because it has no TLS of its own.",
            ).format(given=zone.bind),
            hint=Text(
                "zone.bind를 127.0.0.1로 하고, 이 컴퓨터에서 TLS 서버를 그 앞에 두십시오.",
                "Set zone.bind to 127.0.0.1 and put a TLS server in front of it on this machine.",
            ),
        )


def refuse_unusable_helper(key: str, socket: str) -> None:
    """Refuse a socket of a helper that is not a plain path below /run: root writes it into units.

    Raises: SettingsError — for anything else but no helper.
    """
    if socket and not HELPER_SOCKET.fullmatch(socket):
        raise SettingsError(
            Text(
                "machine.{key} 값은 /run 아래의 소켓 경로여야 합니다: {given!r}.",
                "machine.{key} must be the path of a socket below /run, not {given!r}.",
            ).format(key=key, given=socket)
        )


def refuse_unknown_time_zone(name: str) -> None:
    """Refuse a time zone that this machine does not know.

    Raises: SettingsError
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            Text(
                "zone.time_zone 값 {name!r}: 그런 이름의 시간대가 없습니다.",
                "zone.time_zone is {name!r}, which is not the name of a time zone.",
            ).format(name=name),
            hint=Text(
                "Asia/Seoul이나 Europe/London처럼 IANA 목록의 이름을 적으십시오.",
                "Write a name of the IANA list, such as Asia/Seoul or Europe/London.",
            ),
        ) from None


def refuse_unusable_front_ends(settings: Settings) -> None:
    """Refuse front servers that nobody could tell from a browser, or that would not protect what passes.

    Raises: SettingsError — for what is no IP address, and for front servers without TLS.
    """
    for address in settings.gate.front_ends:
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise SettingsError(
                Text(
                    "gate.front_ends 값은 IP 주소여야 합니다: {given!r}.",
                    "gate.front_ends must be IP addresses, not {given!r}.",
                ).format(given=address)
            ) from error
    if settings.gate.front_ends and settings.zone.scheme != "https":
        raise SettingsError(
            Text(
                "gate.front_ends는 TLS 서버인데 zone.scheme이 http입니다.",
                "gate.front_ends are TLS servers, but zone.scheme is http.",
            ),
            hint=Text(
                "브라우저가 앞의 서버와 쓰는 https를 zone.scheme에 적거나, front_ends를 비우십시오.",
                "Set zone.scheme to https, which browsers then speak with the front server, or name no front_ends.",
            ),
        )


def refuse_unsafe_roots(settings: Settings) -> None:
    """Refuse directories of the system, and of the zone itself, as places of datasets: workspaces would see them.

    Raises: SettingsError
    """
    home = os.path.normpath(settings.home)
    for given, root in zip(settings.datasets.roots, settings.dataset_roots(), strict=True):
        place = PurePosixPath(os.path.normpath(root))
        within = place.relative_to(home).parts if place.is_relative_to(home) else None
        inside = within is not None and within[:1] != ("datasets",)
        outside = within is None and (len(place.parts) < 2 or place.parts[1] in SYSTEM or str(place) in WIDE)
        if inside or outside or PurePosixPath(home).is_relative_to(place):
            raise SettingsError(
                Text(
                    "datasets.roots의 {given!r}: 시스템이나 구역 자체의 디렉터리에는 데이터를 둘 수 없습니다.",
                    "datasets.roots: {given!r} is a directory of the system or of the zone itself.",
                ).format(given=given),
                hint=Text(
                    "데이터만 두는 디렉터리를 적으십시오. 예: /srv/datasets",
                    "Name a directory that holds data only, such as /srv/datasets.",
                ),
            )


SYSTEM = frozenset({"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "root", "run", "sbin", "sys", "usr"})
WIDE = frozenset({"/home", "/opt", "/var", "/var/lib", "/var/log", "/var/run"})
"""What holds more than data; a directory of its own below most of them is fine."""


def refuse_unusable_targets(targets: tuple[Target, ...]) -> None:
    """Refuse what the record could not be sent to.

    Raises: SettingsError — for a target that breaks a rule, and for a name that stands twice.
    """
    names = [target.name for target in targets]
    for number, target in enumerate(targets, 1):
        if (problem := target.problem()) is not None:
            raise SettingsError(
                Text(f"outward.targets[{number}]: {problem.ko}.", f"outward.targets[{number}]: {problem.en}.")
            )
        if names.count(target.name) > 1:
            raise SettingsError(
                Text(
                    "outward.targets에 같은 이름이 두 번 있습니다: {name}.",
                    "outward.targets: the name {name} stands twice.",
                ).format(name=target.name)
            )
