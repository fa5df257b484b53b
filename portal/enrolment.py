"""The secret of a new authenticator, derived from the one-time link: the page can be loaded again and stays the same.

The secret is an HMAC under a key of the zone, so the link alone does not reveal it, and nothing is stored before the
person has shown a code that fits.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from base64 import b32encode

import segno

from registry.totp import provisioning_uri

SECRET_BYTES = 20  # RFC 4226 §4 R6: 160 bits are recommended


def authenticator_secret(key: bytes, token: str) -> str:
    """Return the base32 secret that belongs to a one-time link."""
    digest = hmac.new(key, b"authenticator\x00" + token.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return b32encode(digest[:SECRET_BYTES]).decode()


def qr_code(secret: str, *, handle: str, issuer: str) -> bytes:
    """Return the QR code that an authenticator app scans, as SVG."""
    out = io.BytesIO()
    segno.make(provisioning_uri(secret, handle=handle, issuer=issuer), error="m").save(
        out, kind="svg", scale=6, border=2, dark="#17262a", light="#ffffff", xmldecl=False
    )
    return out.getvalue()


def grouped(secret: str) -> str:
    """Write the secret in groups of four, as people type it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
