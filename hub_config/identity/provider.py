"""The OpenID provider, as the hub asks it: what it can do, its keys, and the tokens for a code."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub_config.identity.errors import GIVEN_UP, UNREACHABLE, NotVouched
from hub_config.identity.settings import OidcSettings, is_safe_address
from hub_config.identity.tokens import SignedOut, check_id_token, check_logout_token, sub_of
from hub_config.identity.under_way import Begun
from registry.identities import Vouched

ANSWER_TIME = httpx.Timeout(10.0, connect=4.0)
LONGEST_ANSWER = 1_000_000  # bytes
KEPT = timedelta(hours=1)  # how long what a provider says of itself is believed
KEYS_AGAIN = timedelta(minutes=1)  # how soon its keys are asked for again, when a token names one that is not known
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Described:
    """What the zone uses of a provider's description of itself (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    names_itself: bool
    """Whether answers carry `iss` (RFC 9207); one without it is then refused."""
    keys: KeySet
    key_ids: frozenset[str]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom the provider vouched for, and its token, with which the zone later asks it to sign the person out."""

    vouched: Vouched
    id_token: str
    sub: str
    """By which the provider's messages name the person, whatever claim the zone goes by."""


class Provider:
    """One provider; safe to use from several threads. Every refusal is a NotVouched."""

    def __init__(
        self,
        settings: OidcSettings,
        home: Path,
        redirect_uri: str,
        *,
        clock: Callable[[], datetime],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self._home = home
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._transport = transport
        self._lock = threading.Lock()
        self._described: Described | None = None

    def address_for(self, begun: Begun) -> str:
        """Return where the browser goes to sign in. Raises: NotVouched — the provider does not answer."""
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": create_s256_code_challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        # Core 3.1.2.1; not every provider knows both. What it answers is looked at in `check_id_token`.
        query["max_age"] = str(int(begun.longest.total_seconds()))
        if begun.anew:
            query["prompt"] = "login"
        if self.settings.acr:
            query["acr_values"] = " ".join(self.settings.acr)
        return _with_query(self.described().authorization_endpoint, query)

    def finish(self, begun: Begun, answer: Mapping[str, str]) -> SignedIn:
        """Return whom the provider vouches for, from what the browser brought back.

        Raises: NotVouched.
        """
        described = self.described()
        issuer = answer.get("iss")
        # RFC 9207 2.4: an answer of another provider is how one is mixed up with another.
        if (issuer is None and described.names_itself) or issuer not in (None, self.settings.issuer):
            raise NotVouched("answer_of_another_provider")
        if "error" in answer:
            raise NotVouched("given_up", GIVEN_UP)
        code = answer.get("code", "")
        if not 0 < len(code) <= 4096:
            raise NotVouched("no_code")
        tokens = self._exchange(described, code, begun.verifier)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str) or len(id_token) > LONGEST_ANSWER:
            raise NotVouched("no_id_token")
        access_token = str(tokens.get("access_token", ""))
        keys = self._keys_for(id_token)
        vouched = check_id_token(
            id_token,
            keys,
            self.settings,
            nonce=begun.nonce,
            access_token=access_token,
            now=self._clock(),
            asked_since=begun.asked_since,
            must_say_when=self.settings.must_say_when == "always"
            or (self.settings.must_say_when == "anew" and bool(begun.anew)),
        )
        return SignedIn(vouched, id_token, sub_of(id_token, keys))

    def signed_out(self, logout_token: str) -> SignedOut:
        """Return whom a message of the provider signs out. Raises: NotVouched."""
        return check_logout_token(logout_token, self._keys_for(logout_token), self.settings, now=self._clock())

    def sign_out_address(self, back: str, id_token: str | None) -> str | None:
        """Return where a browser also signs out at the provider (RP-Initiated Logout 1.0), if that can be done."""
        try:
            endpoint = self.described().end_session_endpoint
        except NotVouched:
            return None
        if endpoint is None:
            return None
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return _with_query(endpoint, {**query, "id_token_hint": id_token} if id_token else query)

    def described(self) -> Described:
        """Return what the provider says of itself, asked again after an hour.

        Raises: NotVouched — it does not answer, or describes another.
        """
        with self._lock:
            known = self._described
            if known is None or self._clock() - known.read_at >= KEPT:
                known = self._described = self._describe()
            return known

    def _keys_for(self, token: str) -> KeySet:
        """Return the provider's keys, asked for again when a token names a new one, as after a rotation."""
        described = self.described()
        if _key_id(token) not in described.key_ids and self._clock() - described.read_at >= KEYS_AGAIN:
            with self._lock:
                described = self._described = self._describe()
        return described.keys

    def _describe(self) -> Described:
        document = self._read(self.settings.issuer.rstrip("/") + DISCOVERY)
        if document.get("issuer") != self.settings.issuer:  # Discovery 4.3, exactly
            raise NotVouched("provider_describes_another", UNREACHABLE)
        needed = [document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(isinstance(one, str) and is_safe_address(one) for one in needed):
            raise NotVouched("provider_not_safe", UNREACHABLE)
        authorize, token, jwks = map(str, needed)
        ending = document.get("end_session_endpoint")
        described = self._read(jwks)
        try:
            keys = KeySet.import_key_set(_public(described))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise NotVouched("provider_keys_unreadable", UNREACHABLE) from None
        return Described(
            authorization_endpoint=authorize,
            token_endpoint=token,
            end_session_endpoint=str(ending) if isinstance(ending, str) and is_safe_address(ending) else None,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
            keys=keys,
            key_ids=frozenset(str(one.kid) for one in keys.keys),
            read_at=self._clock(),
        )

    def _exchange(self, described: Described, code: str, verifier: str) -> dict[str, Any]:
        secret = self._secret()
        try:
            with OAuth2Client(
                self.settings.client_id,
                secret,
                redirect_uri=self._redirect_uri,
                timeout=ANSWER_TIME,
                follow_redirects=False,
                **self._trust(),
            ) as client:
                return dict(client.fetch_token(described.token_endpoint, code=code, code_verifier=verifier))
        except (AuthlibBaseError, httpx.HTTPError, OSError, ValueError, TypeError, KeyError):
            raise NotVouched("code_refused") from None

    def _read(self, address: str) -> dict[str, Any]:
        try:
            with httpx.Client(timeout=ANSWER_TIME, follow_redirects=False, **self._trust()) as client:
                answer = client.get(address, headers={"Accept": "application/json"})
            document = answer.json() if answer.status_code == 200 and len(answer.content) <= LONGEST_ANSWER else None
        except (httpx.HTTPError, OSError, ValueError):
            document = None
        if not isinstance(document, dict):
            raise NotVouched("provider_unreachable", UNREACHABLE)
        return document

    def _secret(self) -> str:
        try:
            return (self._home / self.settings.client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            raise NotVouched("client_secret_unreadable", UNREACHABLE) from None

    def _trust(self) -> dict[str, Any]:
        """Return what connections are made with; the machine's proxies are for others."""
        trust: dict[str, Any] = {"trust_env": False}
        if self.settings.certificates:
            trust["verify"] = ssl.create_default_context(cafile=str(self._home / self.settings.certificates))
        if self._transport is not None:
            trust["transport"] = self._transport
        return trust


def _public(document: Mapping[str, Any]) -> Any:
    """Return the keys that check signatures; a symmetric key in a public list would let anybody sign."""
    keys = [one for one in document["keys"] if one.get("kty") in {"RSA", "EC", "OKP"} and one.get("use") != "enc"]
    return {"keys": keys}


def _key_id(token: str) -> str:
    from joserfc.jws import extract_compact

    try:
        return str(extract_compact(token.encode()).headers().get("kid"))
    except (JoseError, ValueError, TypeError):
        return ""


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
