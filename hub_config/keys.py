"""Keys and tokens of a zone: made once, each in a file that only its owner can read."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audit.durable import create_file
from egress_review.release_keys import ReleaseKeys

HubService = Literal["portal", "gate", "worker", "eraser"]
ZONE_ID_FILE = "zone.id"
HUB_SERVICES: tuple[HubService, ...] = ("portal", "gate", "worker", "eraser")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneKeys:
    """The secrets of one zone; the audit log keeps its own beside them (`audit.keys`)."""

    registry_secret: bytes
    preview_secret: bytes
    hub_cookie_secret: bytes
    release_key: ReleaseKeys
    fingerprint_secret: bytes
    """What the fingerprints of source data are keyed with; see docs/adr/0012."""
    zone_id: str
    """12 hexadecimal digits on the labels of containers: from the first release key, and kept when that is replaced."""
    hub_tokens: dict[HubService, str]

    def hub_token(self, service: HubService) -> str:
        """Return the hub API token of one service."""
        return self.hub_tokens[service]


def load_or_create_keys(directory: Path) -> ZoneKeys:
    """Read every key of the zone, making those that do not exist yet (32 random bytes each, mode 0600)."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    release_key = ReleaseKeys.in_directory(directory)
    return ZoneKeys(
        registry_secret=_secret(directory / "registry.secret"),
        preview_secret=_secret(directory / "preview.secret"),
        hub_cookie_secret=_secret(directory / "hub-cookie.secret"),
        release_key=release_key,
        fingerprint_secret=_secret(directory / "fingerprint.secret"),
        zone_id=_zone_id(directory / ZONE_ID_FILE, release_key),
        hub_tokens={name: _secret(directory / f"hub-{name}.token").hex() for name in HUB_SERVICES},
    )


def _zone_id(path: Path, release_key: ReleaseKeys) -> str:
    """Return the name that this zone gave itself, given on first use."""
    if not path.exists():
        name = hashlib.sha256(release_key.now().public_key().public_bytes_raw()).hexdigest()[:12]
        create_file(path, name.encode("ascii"), mode=0o600)
    return path.read_text(encoding="ascii")


def _secret(path: Path) -> bytes:
    """Return the secret kept at `path`, made on first use; a crash leaves the old state or the whole secret."""
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        pass
    fresh = path.with_suffix(path.suffix + f".{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        # link, not rename: of two processes that start together, one secret wins and both read it.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))
