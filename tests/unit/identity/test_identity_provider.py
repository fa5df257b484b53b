"""How the zone asks a provider: PKCE and nonce each time, one browser per sign-in, no other provider's answers."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from joserfc.jwk import KeySet, OctKey, OKPKey

from hub_config.errors import SettingsError
from hub_config.identity.desk import IdentityDesk
from hub_config.identity.errors import NotVouched
from hub_config.identity.provider import Provider
from hub_config.identity.settings import OidcSettings, is_safe_address
from hub_config.identity.under_way import TIME, Begun, UnderWay, demands_anew
from hub_config.settings import parse_settings
from portal.sessions import IDLE
from tests.unit.identity.identity_provider import (
    CLIENT,
    ISSUER,
    KEY,
    KEYS,
    NOW,
    SETTINGS,
    FakeProvider,
    claims,
    logout,
    signed,
)

BACK = "https://zone.example.org/hub/identity/callback"
ANEW = "/hub/api/oauth2/authorize?client_id=service-portal&state=s&max_age=60"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def provider(home: Path, fake: FakeProvider, clock: Clock | None = None) -> Provider:
    (home / "keys").mkdir(exist_ok=True)
    (home / "keys" / "oidc-client.secret").write_text("s3cret\n")
    return Provider(SETTINGS, home, BACK, clock=clock or Clock(), transport=fake.transport())


def begun() -> Begun:
    return UnderWay(Clock()).begin("/requests")[1]


def test_a_browser_is_sent_with_state_nonce_and_a_challenge(tmp_path: Path) -> None:
    way = begun()
    query = parse_qs(urlsplit(provider(tmp_path, FakeProvider()).address_for(way)).query)
    assert query["state"] == [way.state]
    assert query["nonce"] == [way.nonce]
    assert query["redirect_uri"] == [BACK]
    assert query["code_challenge_method"] == ["S256"]
    import base64

    expected = base64.urlsafe_b64encode(sha256(way.verifier.encode()).digest()).rstrip(b"=").decode()
    assert query["code_challenge"] == [expected]
    assert way.verifier not in str(query)


def test_a_sign_in_that_was_demanded_anew_is_demanded_of_the_provider_too(tmp_path: Path) -> None:
    def asked(goal: str) -> dict[str, list[str]]:
        way = UnderWay(Clock()).begin(goal)[1]
        return parse_qs(urlsplit(provider(tmp_path, FakeProvider()).address_for(way)).query)

    plain = asked("/hub/api/oauth2/authorize?client_id=service-portal")
    assert ("prompt" in plain, plain["max_age"]) == (False, [str(int(IDLE.total_seconds()))])
    anew = asked(ANEW)
    assert (anew["prompt"], anew["max_age"]) == (["login"], ["60"])


@pytest.mark.parametrize(
    "given",
    [
        "",
        "client_id=service-portal",
        "client_id=service-portal&max_age=0",
        "client_id=service-portal&max_age=٦٠",
        "client_id=service-portal&max_age=60&max_age=60",
        "client_id=service-gate&max_age=60",
        "max_age=60",
    ],
)
def test_what_the_portal_does_not_say_demands_nothing(given: str) -> None:
    assert demands_anew(ANEW)
    assert not demands_anew(f"/hub/api/oauth2/authorize?{given}")
    assert not demands_anew(f"http://[?{given}")


@pytest.mark.parametrize(
    ("must_say_when", "goal", "ago", "cause"),
    [
        ("anew", ANEW, 20, None),
        ("anew", ANEW, 600, "not_asked_again"),
        ("anew", ANEW, None, "no_auth_time"),
        ("anew", "/requests", 1200, None),
        ("anew", "/requests", 7200, "not_asked_again"),  # cookies deleted, or the demand left out
        ("anew", "/requests", None, None),
        ("always", "/requests", None, "no_auth_time"),
        ("never", ANEW, None, None),
        ("never", ANEW, 600, "not_asked_again"),
    ],
)
def test_a_silent_answer_of_the_provider_counts_only_while_nobody_had_to_be_asked(
    tmp_path: Path, must_say_when: Any, goal: str, ago: int | None, cause: str | None
) -> None:
    way, fake = UnderWay(Clock()).begin(goal)[1], FakeProvider()
    asked_at = None if ago is None else int(NOW.timestamp()) - ago
    fake.tokens = {"id_token": signed(claims(nonce=way.nonce, auth_time=asked_at))}
    asked = provider(tmp_path, fake)
    asked.settings = replace(SETTINGS, must_say_when=must_say_when)
    with contextlib.nullcontext() if cause is None else pytest.raises(NotVouched, match=cause):
        asked.finish(way, {"code": "c"})


def test_the_code_is_exchanged_with_the_verifier_and_the_token_vouches(tmp_path: Path) -> None:
    way, fake = begun(), FakeProvider()
    fake.tokens = {"id_token": signed(claims(nonce=way.nonce))}
    signed_in = provider(tmp_path, fake).finish(way, {"code": "c", "state": way.state})
    assert signed_in.vouched.subject == "24400320"
    assert fake.forms[0]["code_verifier"] == [way.verifier]
    assert fake.forms[0]["redirect_uri"] == [BACK]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ({"code": "c", "iss": "https://idp.evil.example"}, "answer_of_another_provider"),
        ({"error": "access_denied"}, "given_up"),
        ({}, "no_code"),
        ({"code": "x" * 5000}, "no_code"),
        ({"code": "c", "error": "access_denied"}, "given_up"),
    ],
)
def test_an_answer_that_is_not_of_this_provider_asks_for_no_token(
    tmp_path: Path, answer: dict[str, str], cause: str
) -> None:
    fake = FakeProvider()
    with pytest.raises(NotVouched) as refused:
        provider(tmp_path, fake).finish(begun(), answer)
    assert refused.value.cause == cause
    assert "/token" not in fake.asked


def test_a_provider_that_names_itself_in_answers_is_held_to_it(tmp_path: Path) -> None:
    way, fake = begun(), FakeProvider({"authorization_response_iss_parameter_supported": True})
    fake.tokens = {"id_token": signed(claims(nonce=way.nonce))}
    asked = provider(tmp_path, fake)
    with pytest.raises(NotVouched):
        asked.finish(way, {"code": "c"})
    assert asked.finish(way, {"code": "c", "iss": ISSUER}).vouched.subject == "24400320"


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://idp.evil.example"},
        {"issuer": ISSUER + "/"},
        {"token_endpoint": "http://idp.hospital.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_describes_another_or_an_open_connection_is_not_asked(
    tmp_path: Path, description: dict[str, Any]
) -> None:
    with pytest.raises(NotVouched):
        provider(tmp_path, FakeProvider(description)).address_for(begun())


@pytest.mark.parametrize(
    "tokens", [{}, {"id_token": ""}, {"id_token": 7}, {"error": "invalid_grant"}, {"id_token": "a.b.c"}]
)
def test_an_answer_without_a_token_vouches_for_nobody(tmp_path: Path, tokens: dict[str, Any]) -> None:
    fake = FakeProvider(tokens=tokens)
    with pytest.raises(NotVouched):
        provider(tmp_path, fake).finish(begun(), {"code": "c"})


def test_new_keys_of_the_provider_are_asked_for_once_a_minute(tmp_path: Path) -> None:
    fake, clock, way = FakeProvider(), Clock(), begun()
    asked = provider(tmp_path, fake, clock)
    asked.described()
    fresh = OKPKey.generate_key("Ed25519", {"kid": "2027"})
    fake.keys = KeySet([*KEYS.keys, fresh])
    fake.tokens = {"id_token": signed(claims(nonce=way.nonce), fresh)}
    with pytest.raises(NotVouched):
        asked.finish(way, {"code": "c"})
    assert fake.asked.count("/jwks") == 1
    clock.now += timedelta(minutes=1)
    assert asked.finish(way, {"code": "c"}).vouched.subject == "24400320"
    assert fake.asked.count("/jwks") == 2


def test_a_secret_in_the_public_keys_signs_nothing(tmp_path: Path) -> None:
    way, secret = begun(), OctKey.generate_key(256, {"kid": "s"})
    fake = FakeProvider(keys=KeySet([KEY, secret]), tokens={"id_token": "x"})
    assert "s" not in provider(tmp_path, fake).described().key_ids
    fake.tokens = {"id_token": signed(claims(nonce=way.nonce), secret, alg="HS256")}
    with pytest.raises(NotVouched):
        provider(tmp_path, fake).finish(way, {"code": "c"})


def test_a_sign_in_is_finished_once_and_by_its_own_browser() -> None:
    clock = Clock()
    ways = UnderWay(clock)
    mine, way = ways.begin("/a")
    theirs, other = ways.begin("/b")
    assert ways.finish(theirs, way.state) is None, "an answer that somebody else began (login CSRF)"
    assert ways.finish(theirs, other.state) is None, "and that attempt used theirs up"
    assert ways.finish("", way.state) is None
    assert ways.finish(mine, way.state) == way
    assert ways.finish(mine, way.state) is None


def test_a_sign_in_that_takes_too_long_is_begun_anew() -> None:
    clock = Clock()
    ways = UnderWay(clock)
    cookie, way = ways.begin("/")
    clock.now += TIME
    assert ways.finish(cookie, way.state) is None


def test_many_sign_ins_of_strangers_push_nobody_out_and_take_no_room() -> None:
    ways = UnderWay(Clock())
    first, way = ways.begin("/")
    for _ in range(3000):
        ways.begin("/")
    assert ways.finish(first, way.state) == way


def test_a_browser_makes_up_no_sign_in_and_reads_none(tmp_path: Path) -> None:
    ways, others = UnderWay(Clock()), UnderWay(Clock())
    cookie, way = others.begin("/")
    for made_up in (cookie, cookie[:-2], "", "한글", "A" * 5000, way.state):
        assert ways.finish(made_up, way.state) is None
    assert way.verifier not in cookie
    assert others.finish(cookie, way.state) == way


def test_a_message_counts_once() -> None:
    clock = Clock()
    ways = UnderWay(clock)
    assert ways.is_new("message-1")
    ways.done("message-1", NOW + timedelta(minutes=11))
    assert not ways.is_new("message-1")
    assert ways.is_new("message-2")


async def test_a_message_whose_sessions_could_not_be_ended_counts_when_it_comes_again(tmp_path: Path) -> None:
    clock = Clock()
    desk = IdentityDesk(provider(tmp_path, FakeProvider(), clock), UnderWay(clock))
    token = signed(logout(), typ="logout+jwt")
    ended: list[str] = []

    async def busy(subject: str) -> None:
        raise OSError(subject)

    async def end(subject: str) -> None:
        ended.append(subject)

    with pytest.raises(OSError, match="24400320"):
        await desk.take_message(token, busy)
    await desk.take_message(token, end)
    with pytest.raises(NotVouched):
        await desk.take_message(token, end)
    with pytest.raises(NotVouched):
        await desk.take_message("", end)
    assert ended == ["24400320"]


async def test_a_message_names_by_sub_somebody_whom_the_zone_knows_by_their_staff_number(tmp_path: Path) -> None:
    clock, fake = Clock(), FakeProvider()
    asked = provider(tmp_path, fake, clock)
    asked.settings = replace(SETTINGS, person_claim="staff_number")
    desk, way, ended = IdentityDesk(asked, UnderWay(clock)), begun(), list[str]()

    async def end(subject: str) -> None:
        ended.append(subject)

    with pytest.raises(NotVouched, match="token_names_nobody"):
        await desk.take_message(signed(logout(jti="before"), typ="logout+jwt"), end)
    fake.tokens = {"id_token": signed(claims(nonce=way.nonce, staff_number="h-0042"))}
    assert (await desk.finish(way, {"code": "c"})).vouched.subject == "h-0042"
    await desk.take_message(signed(logout(jti="by sub"), typ="logout+jwt"), end)
    await desk.take_message(signed(logout(jti="by number", staff_number="h-0042"), typ="logout+jwt"), end)
    with pytest.raises(NotVouched, match="token_names_nobody"):
        await desk.take_message(signed(logout(jti="h-0042 as sub", sub="h-0042"), typ="logout+jwt"), end)
    assert ended == ["h-0042", "h-0042"]


class Strange(FakeProvider):
    """Publishes something else than keys."""

    odd: Any = None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"keys": self.odd}) if request.url.path == "/jwks" else super()._answer(request)


@pytest.mark.parametrize("odd", [["RSA"], [None], [7], "RSA", 7, None, [[]], {"kty": "RSA"}])
def test_keys_that_are_none_are_refused_like_every_other_fault(tmp_path: Path, odd: Any) -> None:
    fake = Strange()
    fake.odd = odd
    with pytest.raises(NotVouched) as refused:
        provider(tmp_path, fake).address_for(begun())
    assert refused.value.cause == "provider_keys_unreadable"


def test_authorities_that_cannot_be_read_while_a_code_is_exchanged_vouch_for_nobody(tmp_path: Path) -> None:
    asked = provider(tmp_path, FakeProvider())
    asked.described()
    asked.settings = replace(SETTINGS, certificates="gone.pem")
    with pytest.raises(NotVouched) as refused:
        asked.finish(begun(), {"code": "c"})
    assert refused.value.cause == "code_refused"


def test_signing_out_at_the_provider_names_the_zone_and_the_way_back(tmp_path: Path) -> None:
    address = provider(tmp_path, FakeProvider()).sign_out_address("https://zone.example.org/hub/logout", "t")
    assert address is not None
    query = parse_qs(urlsplit(address).query)
    assert (query["client_id"], query["id_token_hint"]) == ([CLIENT], ["t"])
    silent = FakeProvider({"end_session_endpoint": "javascript:alert(1)"})
    assert provider(tmp_path, silent).sign_out_address("https://zone.example.org/", None) is None


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://idp.example", True),
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000/realm", True),
        ("http://idp.example", False),
        ("https://user:word@idp.example", False),
        ("https://", False),
        ("https://[broken", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_only_what_nobody_can_listen_to_is_asked(address: str, safe: bool) -> None:
    assert is_safe_address(address) is safe


@pytest.mark.parametrize(
    "line",
    [
        "issuer: http://idp.example",
        "client_id: ''",
        "scopes: [profile]",
        "person_claim: email",
        "amr: []",
        "amr: [pwd]",
        "client_secret_file: ''",
        "unknown: 1",
    ],
)
def test_settings_that_could_not_work_are_refused_in_words(line: str, tmp_path: Path) -> None:
    good = {"issuer": f"issuer: {ISSUER}", "client_id": f"client_id: {CLIENT}"}
    good[line.split(":")[0]] = line
    with pytest.raises(SettingsError) as refused:
        parse_settings("oidc:\n" + "".join(f"  {one}\n" for one in good.values()), home=tmp_path)
    assert "oidc" in str(refused.value) or "pwd" in str(refused.value) or "unknown" in str(refused.value)


def test_a_zone_without_a_provider_needs_no_settings_for_one(tmp_path: Path) -> None:
    assert not parse_settings("", home=tmp_path).oidc.on
    assert OidcSettings().problem() is None
