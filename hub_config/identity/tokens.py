"""What a provider signs, checked: ID tokens (OpenID Connect Core 3.1.3.7) and logout tokens (Back-Channel Logout 2.6).

Signature and form are checked by joserfc and Authlib; what the zone adds is what it wants beyond them: signatures by a
public key alone, a nonce always, one audience, and a second factor. Nothing here asks a clock or a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub_config.identity.errors import NO_SECOND_FACTOR, NO_TIME, NOT_ASKED, NotVouched
from hub_config.identity.settings import OidcSettings
from registry.identities import LONGEST, Vouched

#: A public key alone makes and checks these. With HS256 the secret of the client would do, and `none` takes nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY = 60  # seconds by which clocks may differ
OLDEST = 600  # seconds since an ID token was made; it comes from the provider this moment
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"  # a name, which nobody asks over the network


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """Whom a provider signed out, and the name of the message, which counts once."""

    claim: str
    """Which claim names the person: the zone's own, or `sub`, which is all that a message has to carry."""
    subject: str
    message: str
    until: datetime


def check_id_token(
    token: str,
    keys: KeySet,
    settings: OidcSettings,
    *,
    nonce: str,
    access_token: str,
    now: datetime,
    asked_since: datetime,
    must_say_when: bool = False,
) -> Vouched:
    """Return whom an ID token vouches for.

    The provider was told (`max_age`) to have asked the person since `asked_since`; one that does not say when it did
    is believed unless it `must_say_when`.

    Raises: NotVouched — for every token that is not the provider's, not for this zone, not for this sign-in, not of
    this moment, or without a second factor.
    """
    header, claims = _opened(token, keys)
    if header.get("typ", "JWT").upper() == "LOGOUT+JWT" or "events" in claims:
        raise NotVouched("token_of_another_kind")
    _check_addressed(claims, settings)
    checked = CodeIDToken(
        claims,
        header,
        options={
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
        },
        params={"nonce": nonce, "client_id": settings.client_id, "access_token": access_token},
    )
    try:
        checked.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, TypeError, ValueError) as error:
        raise NotVouched(_cause(error)) from None
    _check_fresh(claims, now)
    _check_asked(claims.get("auth_time"), asked_since, now, must_say_when=must_say_when)
    return Vouched(settings.issuer, _named(claims, settings.person_claim), methods_of(claims, settings))


def check_logout_token(token: str, keys: KeySet, settings: OidcSettings, *, now: datetime) -> SignedOut:
    """Return whom a logout token signs out.

    Raises: NotVouched — for all that is not a message of this moment from the provider to this zone about somebody.
    """
    _, claims = _opened(token, keys)
    _check_addressed(claims, settings)
    _check_fresh(claims, now)
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(LOGOUT_EVENT), Mapping):
        raise NotVouched("token_of_another_kind")
    if "nonce" in claims:  # Back-Channel Logout 2.4: so that no ID token is taken for one
        raise NotVouched("token_of_another_kind")
    message = claims.get("jti")
    if not isinstance(message, str) or not 0 < len(message) <= LONGEST:
        raise NotVouched("token_without_name")
    expires = claims.get("exp", claims["iat"] + OLDEST)
    if not _is_moment(expires) or expires + LEEWAY <= now.timestamp():
        raise NotVouched("token_expired")
    until = datetime.fromtimestamp(claims["iat"] + OLDEST + LEEWAY, tz=now.tzinfo)
    claim = settings.person_claim if settings.person_claim in claims else "sub"
    return SignedOut(claim=claim, subject=_named(claims, claim), message=message, until=until)


def sub_of(token: str, keys: KeySet) -> str:
    """Return the name that the provider itself gives the person of a token. Raises: NotVouched."""
    _, claims = _opened(token, keys)
    return _named(claims, "sub")


def methods_of(claims: Mapping[str, Any], settings: OidcSettings) -> tuple[str, ...]:
    """Return the values by which the provider says that it saw a second factor.

    Raises: NotVouched — if it says none that the settings take; saying nothing is not saying so.
    """
    amr = claims.get("amr", [])
    said = {one for one in amr if isinstance(one, str)} if isinstance(amr, list) else set()
    found = tuple(one for one in settings.amr if one in said)
    acr = claims.get("acr")
    found += tuple(one for one in settings.acr if isinstance(acr, str) and one == acr)
    if not found:
        raise NotVouched("no_second_factor", NO_SECOND_FACTOR)
    return found


def _opened(token: str, keys: KeySet) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token that one of the provider's keys signed."""
    try:
        opened = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise NotVouched(_cause(error)) from None
    return dict(opened.header), dict(opened.claims)


def _check_addressed(claims: Mapping[str, Any], settings: OidcSettings) -> None:
    """Refuse what another provider made, and what was made for anybody beside this zone."""
    if claims.get("iss") != settings.issuer:
        raise NotVouched("token_wrong_issuer")
    audience = claims.get("aud")
    # Core 3.1.3.7 (3): a token that others take as well is one that others could bring here.
    if audience not in (settings.client_id, [settings.client_id]):
        raise NotVouched("token_wrong_audience")


def _check_fresh(claims: Mapping[str, Any], now: datetime) -> None:
    made = claims.get("iat")
    if not _is_moment(made) or not -LEEWAY <= now.timestamp() - float(str(made)) <= OLDEST:
        raise NotVouched("token_not_fresh")


def _check_asked(asked: object, since: datetime, now: datetime, *, must_say_when: bool) -> None:
    """Refuse a person whom the provider asked longer ago than it was told (Core 3.1.2.1)."""
    if asked is None:
        if must_say_when:  # Core 2 requires it wherever `max_age` was sent
            raise NotVouched("no_auth_time", NO_TIME)
    elif not _is_moment(asked) or not since.timestamp() - LEEWAY <= float(str(asked)) <= now.timestamp() + LEEWAY:
        raise NotVouched("not_asked_again", NOT_ASKED)


def _is_moment(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 2**40


def _named(claims: Mapping[str, Any], claim: str) -> str:
    name = claims.get(claim)
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        raise NotVouched("token_names_nobody")
    return name


def _cause(error: Exception) -> str:
    """Return a word for the record; what stood in the token is not repeated."""
    name = {
        "bad_signature": "token_signature",
        "unsupported_algorithm": "token_algorithm",
        "invalid_claim": "token_claim",
        "missing_claim": "token_claim",
        "expired_token": "token_expired",
    }.get(str(getattr(error, "error", "")))
    return name or "token_unreadable"
