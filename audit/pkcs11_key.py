"""A signing key that never leaves its token: PKCS#11, for smart cards, hardware modules and TPMs.

It needs the package `python-pkcs11`, which nothing else here does, so it is imported when a key of this kind is opened.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import KeyFileUnusable

_NAMES = ("module", "token", "key", "pin_file")
_ED25519_BYTES = 32


@dataclass(frozen=True)
class Pkcs11Key:
    """An Ed25519 key on a token, named by its label."""

    module: str
    token: str
    key: str
    pin_file: Path

    @classmethod
    def load(cls, path: Path) -> Pkcs11Key:
        """Return the key that a file names, one `name = value` on a line.

        Raises: KeyFileUnusable — if the file, or the one with the PIN, is damaged or readable by others.
        """
        pairs = [line.partition("=") for line in _private(path).splitlines() if line.strip()]
        values = {name.strip(): value.strip() for name, _, value in pairs}
        if sorted(values) != sorted(_NAMES) or not all(values.values()):
            raise KeyFileUnusable(f"{path.name} has to say {', '.join(_NAMES)}")
        return cls(values["module"], values["token"], values["key"], Path(values["pin_file"]))

    @functools.cached_property
    def public(self) -> bytes:
        """Return the 32 bytes of the public key.

        Raises: KeyFileUnusable — if the token has no such key.
        """
        with self._session() as (session, pkcs11):
            found = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=self.key)
            # A DER octet string around the point, or the point itself: tokens differ.
            point = bytes(found[pkcs11.Attribute.EC_POINT])
            if len(point) not in (_ED25519_BYTES, _ED25519_BYTES + 2):
                raise KeyFileUnusable(f"{self.key} on the token is no Ed25519 key")
            return point[-_ED25519_BYTES:]

    def sign(self, message: bytes) -> bytes:
        """Return the signature of RFC 8032.

        Raises: KeyFileUnusable — if the token does not sign.
        """
        with self._session() as (session, pkcs11):
            found = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.key)
            return bytes(found.sign(message, mechanism=pkcs11.Mechanism.EDDSA))

    @contextmanager
    def _session(self) -> Iterator[tuple[Any, Any]]:
        try:
            import pkcs11
        except ImportError:
            raise KeyFileUnusable("a key on a token needs the package python-pkcs11") from None
        pin = _private(self.pin_file).strip()
        try:
            token = pkcs11.lib(self.module).get_token(token_label=self.token)
            with token.open(user_pin=pin) as session:
                yield session, pkcs11
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise KeyFileUnusable(f"the token {self.token} does not answer: {type(error).__name__}") from None


def _private(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileUnusable(f"{path.name} is readable by others than its owner")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise KeyFileUnusable(f"{path} cannot be read") from None
