"""A provider that signs whatever a test tells it to, and answers without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx2 as httpx
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey, RSAKey

from hub_config.identity.settings import OidcSettings
from hub_config.identity.tokens import LOGOUT_EVENT

ISSUER = "https://idp.hospital.example"
CLIENT = "safe-zone"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NONCE = "nonce-of-this-sign-in"
SETTINGS = OidcSettings(issuer=ISSUER, client_id=CLIENT, amr=("mfa", "hwk"), acr=("https://refeds.org/profile/mfa",))
KEY = OKPKey.generate_key("Ed25519", {"kid": "2026"})
OTHER_KEY = OKPKey.generate_key("Ed25519", {"kid": "2026"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = KeySet([KEY, RSA])


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good ID token; a change to None leaves one out."""
    made = int(NOW.timestamp())
    good = {
        "iss": ISSUER,
        "sub": "24400320",
        "aud": CLIENT,
        "iat": made,
        "exp": made + 300,
        "nonce": NONCE,
        "amr": ["pwd", "mfa"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def logout(**changes: Any) -> dict[str, Any]:
    """The claims of a good message that somebody signed out; a change to None leaves one out."""
    made = int(NOW.timestamp())
    good = {"iss": ISSUER, "aud": CLIENT, "iat": made, "exp": made + 120, "jti": "message-1", "sub": "24400320"}
    return {
        name: value for name, value in {**good, "events": {LOGOUT_EVENT: {}}, **changes}.items() if value is not None
    }


def signed(content: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    """A token with this content, signed."""
    algorithm = header.pop("alg", "Ed25519")
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, content, key, algorithms=[algorithm])


@dataclass(slots=True)
class FakeProvider:
    """The provider's side of the network, and what it was asked."""

    description: dict[str, Any] = field(default_factory=dict)
    keys: KeySet = field(default_factory=lambda: KEYS)
    tokens: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        """What stands for the network."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            good = {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/jwks",
                "end_session_endpoint": f"{ISSUER}/end",
            }
            return httpx.Response(200, json={**good, **self.description})
        if path == "/jwks":
            return httpx.Response(200, json=json.loads(json.dumps(self.keys.as_dict(private=False))))
        self.forms.append(parse_qs(request.content.decode()))
        status = 400 if "error" in self.tokens else 200
        return httpx.Response(status, json={"access_token": "a", "token_type": "Bearer", **self.tokens})
