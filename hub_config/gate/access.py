"""What the policy of a project says about one workspace, as the hub tells it: parsed once, unknown keys refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from hub_config.gate.errors import Refused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_NETWORKS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Limits of one workspace; sizes in bytes, times in seconds. Without a word of the hub, the widest there are."""

    shown_bytes: int = 64_000_000
    session_bytes: int = 2_000_000_000
    pictures: bool = True
    dense_bytes: int = 100_000
    one_connection: bool = False
    addresses: tuple[Network, ...] = ()
    idle_seconds: int = 12 * 3600
    longest_seconds: int = 12 * 3600
    uploads: bool = True
    """Whether files are brought in by review; one that is sent from the browser is refused either way."""
    watermark: bool = True

    def upload(self) -> Refused:
        """Return the refusal of a file that is sent from the browser, with the way in if there is one."""
        return Refused("upload.refused" if self.uploads else "upload.closed")

    def check_address(self, address: str) -> None:
        """Let an address pass.

        Raises: Refused — for one outside the networks of the project, and for what is no address.
        """
        if not self.addresses:
            return
        here = parse_address(address)
        if here is None:
            raise Refused("address.unlisted", "no address")
        if not any(here in network for network in self.addresses):
            raise Refused("address.unlisted")


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, one of IPv4 within IPv6 as what it is; None for anything else."""
    try:
        here = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = here.ipv4_mapped if isinstance(here, ipaddress.IPv6Address) else None
    return here if mapped is None else mapped


def parse_access(document: Any) -> Access:
    """Read the policy in the body of `PUT /workspaces/<ref>`.

    Raises: ValueError — for anything but an object of known keys with values of the right type.
    """
    if not isinstance(document, Mapping):
        raise ValueError("the access policy is an object")
    defaults = {one.name: one.default for one in fields(Access)}
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key not in defaults:
            raise ValueError(f"unknown key of the access policy: {key!r}")
        if key == "addresses":
            values[key] = _networks(value)
        elif type(value) is not type(defaults[key]):
            raise ValueError(f"{key} of the access policy has the wrong type")
        elif type(value) is int and value <= 0:
            raise ValueError(f"{key} of the access policy is a positive number")
        else:
            values[key] = value
    return Access(**values)


def _networks(value: Any) -> tuple[Network, ...]:
    if not isinstance(value, list) or len(value) > MAX_NETWORKS or not all(isinstance(one, str) for one in value):
        raise ValueError("addresses of the access policy are a list of networks")
    return tuple(ipaddress.ip_network(one) for one in value)
