"""What settings that can be read may still not say: addresses open to others, names that this machine does not know."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audit.outward.target import Target
from hub_config.errors import SettingsError

if TYPE_CHECKING:
    from hub_config.settings import Settings, ZoneSettings


def refuse_open_address(zone: ZoneSettings) -> None:
    """Refuse to listen beyond this machine without TLS.

    Raises: SettingsError — if the address is not loopback and the scheme is plain http.
    """
    try:
        loopback = ipaddress.ip_address(zone.bind).is_loopback
    except ValueError as error:
        raise SettingsError(f"zone.bind must be an IP address, not {zone.bind!r}.") from error
    if not loopback:
        raise SettingsError(
            f"zone.bind is {zone.bind}: the zone listens on loopback only, because it has no TLS of its own.",
            hint="Set zone.bind to 127.0.0.1 and put a TLS server in front of it on this machine.",
        )


def refuse_unknown_time_zone(name: str) -> None:
    """Refuse a time zone that this machine does not know.

    Raises: SettingsError
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"zone.time_zone is {name!r}, which is not the name of a time zone.",
            hint="Write a name of the IANA list, such as Asia/Seoul or Europe/London.",
        ) from None


def refuse_unusable_front_ends(settings: Settings) -> None:
    """Refuse front servers that nobody could tell from a browser, or that would not protect what passes.

    Raises: SettingsError — for what is no IP address, and for front servers without TLS.
    """
    for address in settings.gate.front_ends:
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise SettingsError(f"gate.front_ends must be IP addresses, not {address!r}.") from error
    if settings.gate.front_ends and settings.zone.scheme != "https":
        raise SettingsError(
            "gate.front_ends are TLS servers, but zone.scheme is http.",
            hint="Set zone.scheme to https, which browsers then speak with the front server, or name no front_ends.",
        )


def refuse_unusable_targets(targets: tuple[Target, ...]) -> None:
    """Refuse what the record could not be sent to.

    Raises: SettingsError — for a target that breaks a rule, and for a name that stands twice.
    """
    names = [target.name for target in targets]
    for number, target in enumerate(targets, 1):
        if (problem := target.problem()) is not None:
            raise SettingsError(f"outward.targets[{number}]: {problem.en}.")
        if names.count(target.name) > 1:
            raise SettingsError(f"outward.targets: the name {target.name} stands twice.")
