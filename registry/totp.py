"""Second factor: six digits that change every 30 s (RFC 6238), each accepted once; encrypted at rest."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.errors import Invalid
from registry.text import Text

STEP_SECONDS = 30
DRIFT_STEPS = 1
MIN_SECRET_BYTES = 20
"""RFC 4226 section 4, R6: the shared secret is recommended to have 160 bits."""

_NONCE_BYTES = 12
_FORMAT = b"\x01"
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A fresh secret of 160 bits in the base32 letters that authenticator apps read."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, *, handle: str, issuer: str) -> str:
    """The `otpauth://` address to show as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=handle, issuer_name=issuer)


def check_secret(secret: str) -> None:
    """Accepts a base32 secret of at least 160 bits.

    Raises: Invalid — for anything else, as a short secret could be found by trying.
    """
    try:
        raw = base64.b32decode(secret, casefold=False)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) < MIN_SECRET_BYTES:
        raise Invalid(
            "second_factor_secret",
            Text(
                ko="인증 앱 등록 값이 올바르지 않습니다. 화면을 새로 열어 다시 등록하십시오.",
                en="The authenticator secret is not usable. Open the page again and register anew.",
            ),
        )


def code_at(secret: str, at: datetime) -> str:
    """The code that an authenticator app shows at that time."""
    return pyotp.TOTP(secret).at(at)


def matching_step(secret: str, code: str, at: datetime, *, after: int | None) -> int | None:
    """The time step whose code this is, if it is within one step of `at` and later than step `after`.

    A step at or before `after` was used up by an earlier sign-in: RFC 6238 section 5.2 forbids a second use.
    All candidate steps are compared, in constant time, whatever matches.
    """
    totp = pyotp.TOTP(secret)
    now = int(at.timestamp()) // STEP_SECONDS
    given = code if _CODE.fullmatch(code) else "------"
    found: int | None = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        same = hmac.compare_digest(totp.generate_otp(step), given)
        if same and found is None and (after is None or step > after):
            found = step
    return found


class SecretBox:
    """Encrypts secrets for the database with AES-256-GCM, each bound to the person it belongs to.

    A row copied onto another person does not open; a stolen database without the key file gives no codes.
    """

    def __init__(self, key: bytes) -> None:
        """Derives its keys from the zone's secrets key, which has 32 bytes."""
        if len(key) != 32:
            raise ValueError("the secrets key has 32 bytes")
        self._aead = AESGCM(_derive(key, b"ansim registry second factor v1"))
        self._mac = _derive(key, b"ansim registry throttle v1")

    def seal(self, secret: str, *, person_ref: str) -> bytes:
        """Format byte, nonce and ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._aead.encrypt(nonce, secret.encode(), person_ref.encode())

    def open(self, sealed: bytes, *, person_ref: str) -> str:
        """The secret again.

        Raises: RuntimeError — the row was altered or the key file is not the one it was sealed with.
        """
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _FORMAT:
            raise RuntimeError("a second-factor secret has an unknown format")
        try:
            return self._aead.decrypt(nonce, ciphertext, person_ref.encode()).decode()
        except InvalidTag as error:
            raise RuntimeError("a second-factor secret does not open with this zone's key") from error

    def fingerprint(self, kind: str, value: str) -> str:
        """A keyed hash by which the throttle knows a handle or address again without storing it."""
        return hmac.new(self._mac, f"{kind}\0{value}".encode(), "sha256").hexdigest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
