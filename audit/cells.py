"""The cell store: executed code, encrypted, under a name that commits to it without showing it.

The name is SHA-256(label || salt || code) with salt = HMAC(key, code): the same code has one name, nobody
without the key can find it by trying likely code, and one cell can be opened to an auditor by its salt
without giving the key away.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.durable import create_file, sync_directory
from audit.errors import EventRefused, NotDurable, SealedValueLost

MAX_CELL_BYTES = 4 * 1024 * 1024
_LABEL = b"ansim-audit-cell/v1"
_MAGIC = b"ansim-cell/v1\n"
_NONCE_BYTES = 12
_SALT_BYTES = 32
_NAME = re.compile("[0-9a-f]{64}")


class CellStore:
    """Cells in one directory, under one key."""

    def __init__(self, directory: Path, key: bytes) -> None:
        self._directory = directory
        self._salt_key = _derive(key, b"salt")
        self._aead = AESGCM(_derive(key, b"encryption"))

    def put(self, code: bytes) -> str:
        """Store code durably and return its name, 64 hexadecimal digits.

        Raises: EventRefused — if the code is longer than `MAX_CELL_BYTES`. NotDurable — if it cannot be
        written.
        """
        if len(code) > MAX_CELL_BYTES:
            raise EventRefused(f"a cell of {len(code)} bytes is longer than the log takes")
        salt = hmac.digest(self._salt_key, code, "sha256")
        commitment = _commit(salt, code)
        nonce = os.urandom(_NONCE_BYTES)
        data = _MAGIC + nonce + self._aead.encrypt(nonce, salt + code, _LABEL + commitment)
        path = self._path(commitment.hex())
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(self._directory)
            if path.exists():
                # Its content is on the disk since before it had this name; the name may not be yet.
                sync_directory(path.parent)
            else:
                create_file(path, data, mode=0o400)
        except OSError as error:
            raise NotDurable(f"a cell cannot be stored: {error.strerror}") from error
        return commitment.hex()

    def get(self, name: str) -> bytes:
        """Return the code of this name.

        Raises: SealedValueLost — if the store does not have it, or has something else under its name.
        """
        if not _NAME.fullmatch(name):
            raise SealedValueLost("not the name of a cell")
        try:
            data = self._path(name).read_bytes()
        except FileNotFoundError:
            raise SealedValueLost(f"no cell {name[:16]}…") from None
        nonce, ciphertext = data[len(_MAGIC) :][:_NONCE_BYTES], data[len(_MAGIC) + _NONCE_BYTES :]
        try:
            plain = self._aead.decrypt(nonce, ciphertext, _LABEL + bytes.fromhex(name))
        except (InvalidTag, ValueError):
            raise SealedValueLost(f"cell {name[:16]}… is damaged") from None
        salt, code = plain[:_SALT_BYTES], plain[_SALT_BYTES:]
        if _commit(salt, code).hex() != name:
            raise SealedValueLost(f"cell {name[:16]}… is damaged")
        return code

    def _path(self, name: str) -> Path:
        return self._directory / name[:2] / name[2:]


def _commit(salt: bytes, code: bytes) -> bytes:
    return hashlib.sha256(_LABEL + salt + code).digest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL + b" " + purpose).derive(key)
