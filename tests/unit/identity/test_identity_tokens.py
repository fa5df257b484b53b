"""What a provider signs counts once, for this zone, now, with a second factor; everything else is refused."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.identity.errors import NO_TIME, NotVouched
from hub_config.identity.tokens import LOGOUT_EVENT, check_id_token, check_logout_token, methods_of
from portal.sessions import IDLE
from tests.unit.identity.identity_provider import (
    CLIENT,
    ISSUER,
    KEY,
    KEYS,
    NONCE,
    NOW,
    OTHER_KEY,
    RSA,
    SETTINGS,
    claims,
    logout,
    signed,
)

MADE = int(NOW.timestamp())


def checked(token: str, **changes: Any) -> Any:
    given_now = {"nonce": NONCE, "access_token": "a", "now": NOW, "asked_since": NOW - IDLE, **changes}
    return check_id_token(token, KEYS, SETTINGS, **given_now)


def test_a_good_token_vouches_for_its_subject() -> None:
    vouched = checked(signed(claims()))
    assert (vouched.authority, vouched.subject, vouched.methods) == (ISSUER, "24400320", ("mfa",))


def test_a_token_by_another_key_of_the_provider_counts() -> None:
    assert checked(signed(claims(), RSA, alg="RS256")).subject == "24400320"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"iss": "https://idp.evil.example"}, "token_wrong_issuer"),
        ({"iss": ISSUER + "/"}, "token_wrong_issuer"),
        ({"iss": None}, "token_wrong_issuer"),
        ({"aud": "another-zone"}, "token_wrong_audience"),
        ({"aud": [CLIENT, "another-zone"]}, "token_wrong_audience"),
        ({"aud": [CLIENT, "another-zone"], "azp": CLIENT}, "token_wrong_audience"),
        ({"aud": None}, "token_wrong_audience"),
        ({"aud": []}, "token_wrong_audience"),
        ({"azp": "another-zone"}, "token_claim"),
        ({"nonce": "of-another-sign-in"}, "token_claim"),
        ({"nonce": None}, "token_claim"),
        ({"exp": MADE - 120}, "token_expired"),
        ({"exp": None}, "token_claim"),
        ({"nbf": MADE + 600}, "token_claim"),
        ({"iat": MADE - 3600, "exp": MADE + 3600}, "token_not_fresh"),
        ({"iat": MADE + 3600, "exp": MADE + 7200}, "token_claim"),
        ({"iat": True}, "token_claim"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "token_claim"),
        ({"sub": None}, "token_claim"),
        ({"sub": ""}, "token_claim"),
        ({"sub": 7}, "token_claim"),
        ({"sub": "x" * 256}, "token_names_nobody"),
        ({"amr": None}, "no_second_factor"),
        ({"amr": []}, "no_second_factor"),
        ({"amr": ["pwd"]}, "no_second_factor"),
        ({"amr": "mfa"}, "token_claim"),
        ({"amr": ["MFA"]}, "no_second_factor"),
        ({"amr": [["mfa"]]}, "no_second_factor"),
        ({"amr": None, "acr": "mfa"}, "no_second_factor"),
        ({"amr": None, "acr": ["https://refeds.org/profile/mfa"]}, "no_second_factor"),
        ({"events": {LOGOUT_EVENT: {}}}, "token_of_another_kind"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(NotVouched) as refused:
        checked(signed(claims(**changes)))
    if not cause.startswith("token_claim"):
        assert refused.value.cause == cause


def test_a_value_of_acr_says_that_a_second_factor_was_seen() -> None:
    token = signed(claims(amr=None, acr="https://refeds.org/profile/mfa"))
    assert checked(token).methods == ("https://refeds.org/profile/mfa",)


@pytest.mark.parametrize("asked", [MADE - 1900, MADE + 3600, 0, "now", True, -5])
def test_a_person_whom_the_provider_asked_too_long_ago_is_refused(asked: Any) -> None:
    with pytest.raises(NotVouched) as refused:
        checked(signed(claims(auth_time=asked)))
    assert refused.value.cause in {"not_asked_again", "token_claim"}
    assert checked(signed(claims(auth_time=MADE - 1700))).subject == "24400320"


def test_a_provider_that_must_say_when_it_asked_and_does_not_is_refused() -> None:
    with pytest.raises(NotVouched) as refused:
        checked(signed(claims()), must_say_when=True)
    assert (refused.value.cause, refused.value.reason) == ("no_auth_time", NO_TIME)
    assert checked(signed(claims(auth_time=MADE)), must_say_when=True).subject == "24400320"
    assert checked(signed(claims())).subject == "24400320", "not every provider says when"


def test_a_token_of_yesterday_does_not_count_today() -> None:
    with pytest.raises(NotVouched):
        checked(signed(claims()), now=NOW + timedelta(days=1))


def test_a_token_shown_again_in_another_sign_in_is_refused() -> None:
    token = signed(claims())
    checked(token)
    with pytest.raises(NotVouched):
        checked(token, nonce="nonce-of-the-next-sign-in")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def unsigned(algorithm: str, content: dict[str, Any]) -> str:
    parts = [{"alg": algorithm, "typ": "JWT"}, content]
    return ".".join(encoded(json.dumps(one).encode()) for one in parts) + "."


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_that_nobody_signed_is_refused(algorithm: str) -> None:
    with pytest.raises(NotVouched):
        checked(unsigned(algorithm, claims()))


def with_a_secret(secret: bytes, content: dict[str, Any]) -> str:
    """A token of HS256, which joserfc itself refuses to make with a public key."""
    text = unsigned("HS256", content).rstrip(".")
    return text + "." + encoded(hmac.new(secret, text.encode(), "sha256").digest())


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused() -> None:
    for secret in (RSA.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode(), b"client-secret"):
        with pytest.raises(NotVouched):
            checked(with_a_secret(secret, claims()))


def test_a_token_signed_by_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(NotVouched) as refused:
        checked(signed(claims(), OTHER_KEY))
    assert refused.value.cause == "token_signature"


def test_a_token_that_brings_its_own_key_is_refused() -> None:
    with pytest.raises(NotVouched):
        checked(signed(claims(), OTHER_KEY, jwk=OTHER_KEY.as_dict(private=False)))


def test_a_token_whose_content_was_changed_is_refused() -> None:
    head, _, signature = signed(claims()).split(".")
    other = signed(claims(sub="operator")).split(".")[1]
    with pytest.raises(NotVouched):
        checked(f"{head}.{other}.{signature}")


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode() + ".e30.x"))
def test_whatever_is_no_token_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(NotVouched):
        checked(text)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "sub", "aud", "iat", "exp", "nonce", "azp", "nbf", "auth_time", "at_hash", "amr"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
        | st.dictionaries(st.text(max_size=3), st.integers(), max_size=1),
        min_size=1,
        max_size=3,
    )
)  # fmt: skip
def test_claims_of_any_shape_are_refused_or_vouch_for_the_same_person(changes: dict[str, Any]) -> None:
    content = {**claims(), **changes}
    try:
        vouched = checked(signed(content))
    except NotVouched:
        return
    assert (content["iss"], content["nonce"]) == (ISSUER, NONCE)
    assert content["aud"] in (CLIENT, [CLIENT])
    assert vouched.subject == content["sub"]
    assert {"mfa", "hwk"} & set(content["amr"])


@given(st.lists(st.sampled_from(["pwd", "otp", "sms", "mfa ", "hwk\n", "MFA", "mfa,", ""]), max_size=4))
def test_no_value_but_those_of_the_settings_is_a_second_factor(values: list[str]) -> None:
    with pytest.raises(NotVouched):
        methods_of({"amr": values, "acr": " ".join(values)}, SETTINGS)


def test_a_message_of_the_provider_names_whom_it_signed_out() -> None:
    found = check_logout_token(signed(logout(), typ="logout+jwt"), KEYS, SETTINGS, now=NOW)
    assert (found.subject, found.message) == ("24400320", "message-1")
    assert found.until > NOW


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://idp.evil.example"},
        {"aud": "another-zone"},
        {"aud": [CLIENT, "another-zone"]},
        {"iat": MADE - 3600},
        {"iat": None},
        {"exp": MADE - 120},
        {"exp": "soon"},
        {"jti": None},
        {"jti": 7},
        {"sub": None},
        {"nonce": NONCE},
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT_EVENT: "yes"}},
        {"events": [LOGOUT_EVENT]},
    ],
)
def test_a_message_that_is_not_one_signs_nobody_out(changes: dict[str, Any]) -> None:
    with pytest.raises(NotVouched):
        check_logout_token(signed(logout(**changes)), KEYS, SETTINGS, now=NOW)


def test_an_id_token_is_no_message_and_a_message_no_id_token() -> None:
    with pytest.raises(NotVouched):
        check_logout_token(signed(claims()), KEYS, SETTINGS, now=NOW)
    with pytest.raises(NotVouched):
        checked(signed({**claims(), **logout(), "nonce": NONCE}))
    with pytest.raises(NotVouched):
        checked(signed(claims(), typ="logout+jwt"))
