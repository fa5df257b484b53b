"""The kernel's own encryption of directories, by its four calls (fscrypt, linux/fscrypt.h), policies of version 2.

A key is added to a mounted file system and named by the identifier that the kernel derives from it. Contents are
AES-256-XTS, names AES-256-CBC-CTS, padded to 32 bytes: what every kernel since 5.4 knows.
"""

from __future__ import annotations

import errno
import fcntl
import hmac
import os
import struct
from dataclasses import dataclass

KEY_BYTES = 64
IDENTIFIER_BYTES = 16
_SET_POLICY, _GET_POLICY = 0x800C6613, 0xC0096616
_ADD_KEY, _REMOVE_KEY_ALL_USERS = 0xC0506617, 0xC0406619
_VERSION, _AES_256_XTS, _AES_256_CTS, _PAD_32 = 2, 1, 4, 3
_BY_IDENTIFIER = 2
_SPECIFIER = struct.Struct(f"=II{IDENTIFIER_BYTES}s16x")
_POLICY = struct.Struct(f"=BBBB4x{IDENTIFIER_BYTES}s")
_FILES_BUSY = 1


@dataclass(frozen=True, slots=True)
class Policy:
    """What a directory is encrypted with; `ours` says whether by the modes of this module."""

    identifier: bytes
    ours: bool


def add_key(file_system: int, key: bytes) -> bytes:
    """Give a mounted file system a key and return the key's identifier; one that is there already stays.

    Raises: OSError — EOPNOTSUPP or ENOTTY where the file system or the kernel does not encrypt.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    head = _SPECIFIER.pack(_BY_IDENTIFIER, 0, bytes(IDENTIFIER_BYTES)) + struct.pack("=II32x", len(key), 0)
    told = bytearray(head + key)
    fcntl.ioctl(file_system, _ADD_KEY, told, True)
    identifier: bytes = _SPECIFIER.unpack_from(told)[2]
    told[:] = bytes(len(told))
    return identifier


def remove_key(file_system: int, identifier: bytes) -> bool:
    """Take a key away, and the decrypted pages with it; return whether no file was in use.

    Raises: OSError — except for a key that is not there.
    """
    told = bytearray(_SPECIFIER.pack(_BY_IDENTIFIER, 0, identifier) + bytes(24))
    try:
        fcntl.ioctl(file_system, _REMOVE_KEY_ALL_USERS, told, True)
    except OSError as error:
        if error.errno == errno.ENOKEY:
            return True
        raise
    flags: int = struct.unpack_from("=I", told, _SPECIFIER.size)[0]
    return not flags & _FILES_BUSY


def set_policy(directory: int, identifier: bytes) -> None:
    """Encrypt an empty directory, and all that will be in it.

    Raises: OSError
    """
    told = _POLICY.pack(_VERSION, _AES_256_XTS, _AES_256_CTS, _PAD_32, identifier)
    fcntl.ioctl(directory, _SET_POLICY, told)


def policy_of(directory: int) -> Policy | None:
    """Return what a directory is encrypted with, None if it is not.

    Raises: OSError
    """
    told = bytearray(struct.pack("=Q", _POLICY.size) + bytes(_POLICY.size))
    try:
        fcntl.ioctl(directory, _GET_POLICY, told, True)
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return None
        raise
    version, contents, names, flags, identifier = _POLICY.unpack_from(told, 8)
    return Policy(identifier, (version, contents, names, flags) == (_VERSION, _AES_256_XTS, _AES_256_CTS, _PAD_32))


def new_key() -> bytes:
    """Return a key that nobody had before."""
    return os.urandom(KEY_BYTES)


def identifier_of(key: bytes) -> bytes:
    """Return the identifier of a key as the kernel derives it: HKDF-SHA512 with the context of identifiers."""
    drawn = hmac.digest(bytes(64), key, "sha512")
    return hmac.digest(drawn, b"fscrypt\0\x01\x01", "sha512")[:IDENTIFIER_BYTES]
