"""The cell store: executed code, encrypted, under a name that commits to it without showing it.

The name is SHA-256(label || salt || code) with salt = HMAC(key, code): the same code of one person has one name,
nobody without the key can find it by trying likely code, and one cell can be opened to an auditor by its salt without
giving the key away. Each person's cells are under a key of their own, in a directory named after the key: the same
code of two people has two names, so that neither tells of the other and erasing one leaves the other whole.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.durable import create_file, replace_file, sync_directory
from audit.errors import EventRefused, NotDurable, SealedValueLost
from audit.sealing import ZONE_SUBJECT
from audit.secret_file import SecretFile

MAX_CELL_BYTES = 4 * 1024 * 1024
_LABEL = b"ansim-audit-cell/v1"
_MAGIC = b"ansim-cell/v1\n"
_NONCE_BYTES = 12
_SALT_BYTES = 32
_NAME = re.compile("[0-9a-f]{64}")
_KEY_ID = re.compile("k_[a-z2-7]{16}")


class Keys(Protocol):
    """Where the keys of people's cells come from: `audit.subject_keys.CellKeys`."""

    def of_subject(self, subject: str) -> tuple[str, bytes]:
        """Return the id and the key under which a subject's cells are kept."""

    def by_id(self, key_id: str) -> bytes | None:
        """Return the key of this id; None if it was destroyed."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The cells under one key."""

    directory: Path
    salt_key: bytes = field(repr=False)
    aead: AESGCM = field(repr=False)

    @classmethod
    def under(cls, directory: Path, key: bytes) -> _Shelf:
        return cls(directory, _derive(key, b"salt"), AESGCM(_derive(key, b"encryption")))

    def path(self, name: str) -> Path:
        return _path(self.directory, name)


class CellStore:
    """Cells in one directory."""

    def __init__(self, directory: Path, key: bytes | SecretFile, keys: Keys | None = None) -> None:
        """Open the store; `key` is that of cells from before each person had a key, and of a store without `keys`."""
        self._directory = directory
        self._key = key
        self._keys = keys

    def put(self, code: bytes, subject: str = ZONE_SUBJECT) -> str:
        """Store code durably among a subject's cells and return its name, 64 hexadecimal digits.

        Raises: EventRefused — if the code is longer than `MAX_CELL_BYTES`. NotDurable — if it cannot be
        written.
        """
        if len(code) > MAX_CELL_BYTES:
            raise EventRefused(f"a cell of {len(code)} bytes is longer than the log takes")
        shelf = self._shelf_of(subject)
        salt = hmac.digest(shelf.salt_key, code, "sha256")
        commitment = _commit(salt, code)
        data = _sealed(shelf, commitment, salt + code)
        path = shelf.path(commitment.hex())
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(shelf.directory)
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

        Raises: SealedValueLost — if the store does not have it (any more), or has something else under its name.
        """
        if not _NAME.fullmatch(name):
            raise SealedValueLost("not the name of a cell")
        if _path(self._directory, name).exists():
            return self._open_common(name)
        for key_id in self.key_ids():
            if not _path(self._directory / key_id, name).exists():
                continue
            key = None if self._keys is None else self._keys.by_id(key_id)
            if key is None:
                raise SealedValueLost(f"the key of cell {name[:16]}… was destroyed")
            return _open(_Shelf.under(self._directory / key_id, key), name)
        raise SealedValueLost(f"no cell {name[:16]}…")

    def key_ids(self) -> list[str]:
        """Return the ids of the keys under which there are cells."""
        return sorted(path.name for path in self._directory.glob("k_*") if _KEY_ID.fullmatch(path.name))

    def remove_key(self, key_id: str) -> None:
        """Remove every cell under a key that was destroyed.

        Raises: NotDurable — if they cannot be removed.
        """
        if not _KEY_ID.fullmatch(key_id):
            raise ValueError("not the id of a key")
        try:
            shutil.rmtree(self._directory / key_id)
            sync_directory(self._directory)
        except FileNotFoundError:
            return
        except OSError as error:
            raise NotDurable(f"cells cannot be removed: {error.strerror}") from error

    def names(self) -> Iterator[tuple[str, Path]]:
        """Yield the name and the file of every cell."""
        for shelf in (self._directory, *(self._directory / key_id for key_id in self.key_ids())):
            for path in shelf.glob("??/*"):
                if _NAME.fullmatch(path.parent.name + path.name):
                    yield path.parent.name + path.name, path

    def renew(self) -> int:
        """Encrypt the cells that no person's key protects under the newest key, and return how many there were.

        Their names stay, because the log has them; a cell that is under that key already stays as it is.

        Raises: SealedValueLost — if a cell cannot be opened. NotDurable — if one cannot be written.
        """
        done = 0
        for directory in sorted(self._directory.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(directory.iterdir()):
                name = path.parent.name + path.name
                if _NAME.fullmatch(name):
                    self._renew(name, path)
                    done += 1
        return done

    def _renew(self, name: str, path: Path) -> None:
        shelf, *former = self._common()
        try:
            _open(shelf, name)
        except SealedValueLost:
            plain = next((text for old in former if (text := _plain(old, name)) is not None), None)
            if plain is None:
                raise
            try:
                replace_file(path, _sealed(shelf, bytes.fromhex(name), plain), mode=0o400)
            except OSError as error:
                raise NotDurable(f"a cell cannot be stored: {error.strerror}") from error

    def _common(self) -> list[_Shelf]:
        """Return the shelf without persons, under each key that its cells may be under."""
        every = (self._key,) if isinstance(self._key, bytes) else self._key.every()
        return [_Shelf.under(self._directory, key) for key in every]

    def _open_common(self, name: str) -> bytes:
        *others, last = self._common()
        for shelf in others:
            if _plain(shelf, name) is not None:
                return _open(shelf, name)
        return _open(last, name)

    def _shelf_of(self, subject: str) -> _Shelf:
        if self._keys is None:
            return self._common()[0]
        key_id, key = self._keys.of_subject(subject)
        return _Shelf.under(self._directory / key_id, key)


def _path(directory: Path, name: str) -> Path:
    return directory / name[:2] / name[2:]


def _open(shelf: _Shelf, name: str) -> bytes:
    try:
        data = shelf.path(name).read_bytes()
    except FileNotFoundError:
        raise SealedValueLost(f"no cell {name[:16]}…") from None
    plain = _decrypted(shelf, name, data)
    if plain is None:
        raise SealedValueLost(f"cell {name[:16]}… is damaged")
    salt, code = plain[:_SALT_BYTES], plain[_SALT_BYTES:]
    if _commit(salt, code).hex() != name:
        raise SealedValueLost(f"cell {name[:16]}… is damaged")
    return code


def _plain(shelf: _Shelf, name: str) -> bytes | None:
    """Return salt and code of a cell; None if it is not under the key of this shelf."""
    try:
        return _decrypted(shelf, name, shelf.path(name).read_bytes())
    except FileNotFoundError:
        return None


def _decrypted(shelf: _Shelf, name: str, data: bytes) -> bytes | None:
    nonce, ciphertext = data[len(_MAGIC) :][:_NONCE_BYTES], data[len(_MAGIC) + _NONCE_BYTES :]
    try:
        return shelf.aead.decrypt(nonce, ciphertext, _LABEL + bytes.fromhex(name))
    except (InvalidTag, ValueError):
        return None


def _sealed(shelf: _Shelf, commitment: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _MAGIC + nonce + shelf.aead.encrypt(nonce, plain, _LABEL + commitment)


def _commit(salt: bytes, code: bytes) -> bytes:
    return hashlib.sha256(_LABEL + salt + code).digest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL + b" " + purpose).derive(key)
