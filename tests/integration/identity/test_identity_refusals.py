"""What ends a session and what a refusal says, where passwords and identities are kept elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from audit.text import Text
from hub_config.authenticator import RegistryAuthenticator
from hub_config.identity.desk import IdentityDesk
from hub_config.identity.directory import LdapDirectory, PamDirectory
from hub_config.identity.directory_settings import DirectorySettings
from hub_config.identity.errors import NOT_ASKED
from hub_config.identity.pages import NOT_NOW, CallbackHandler, IdentityPages
from hub_config.identity.provider import Provider
from hub_config.identity.under_way import UnderWay
from registry import totp
from registry.desk import CLI
from registry.directory import DirectoryUnreachable
from registry.emergency import OPEN_FOR
from registry.errors import SignInRefused
from registry.identities import UnknownIdentity, Vouched
from tests.integration.registry.registry_house import HOME, House, open_house
from tests.unit.identity.identity_provider import NOW, SETTINGS, FakeProvider, claims, signed

MINJI = Vouched("https://idp.hospital.example", "24400320")


@pytest.fixture
def house(usual_url: str, tmp_path: Path) -> Iterator[House]:
    """A registry in an empty database."""
    made = open_house(usual_url, tmp_path)
    yield made
    made.db.close()


async def test_a_session_that_the_envelope_opened_ends_with_its_time(house: House) -> None:
    """Signs in just before the end: the hub's session would last twelve hours more."""
    bound = type("Bound", (RegistryAuthenticator,), {"zone": SimpleNamespace(registry=house.registry)})
    user: Any = SimpleNamespace(name="emergency", db=SimpleNamespace(commit=lambda: None))
    user.orm_user = SimpleNamespace(cookie_id="", api_tokens=[])
    envelope = house.registry.seal_emergency(by=CLI, source=HOME)
    hub = bound()
    hub._ended = {"emergency": house.registry.person("emergency").sessions_from}
    code = totp.code_at(envelope.totp_secret, house.clock())
    house.registry.sign_in("emergency", envelope.password, code, source=HOME)
    house.clock.now += OPEN_FOR
    house.clock.pass_by(seconds=-1)
    assert await hub.refresh_user(user)
    house.clock.pass_by(seconds=1)
    assert not await hub.refresh_user(user)


class Page(IdentityPages):
    """A page of a refusal, without the browser that asks for it."""

    def __init__(self) -> None:
        self.shown: list[tuple[Text, Vouched | None]] = []

    async def refuse(self, reason: Text, hint: Text | None = None, *, known: Vouched | None = None) -> None:
        self.shown.append((reason, known))


async def test_who_gave_no_password_is_not_told_to_check_it() -> None:
    page = Page()
    await page.refuse_known(SignInRefused(), MINJI)
    await page.refuse_known(UnknownIdentity(), MINJI)
    assert page.shown == [(NOT_NOW, None), (UnknownIdentity().reason, MINJI)]


class Back(CallbackHandler):
    """A browser that comes back from a provider which asked nobody, without the hub around it."""

    desk: Any = None
    authenticator: Any = None

    def __init__(self, desk: IdentityDesk, registry: Any) -> None:
        self.desk, self.led_to, self.shown = desk, list[str](), list[Text]()
        self.authenticator = SimpleNamespace(zone=SimpleNamespace(registry=registry))
        self.cookie = ""

    async def refuse(self, reason: Text, hint: Text | None = None, *, known: Vouched | None = None) -> None:
        self.shown.append(reason)

    def given(self) -> dict[str, str]:
        return {"code": "c", "state": self.state}

    def source(self) -> Any:
        return HOME

    def cookie_for(self, seconds: int | None) -> dict[str, Any]:
        return {}

    def get_cookie(self, name: str, default: Any = None) -> Any:
        return self.cookie

    def set_cookie(self, name: str, value: Any, **attributes: Any) -> None:
        self.cookie = value

    def clear_cookie(self, name: str, **attributes: Any) -> None:
        self.cookie = ""

    def _validate_next_url(self, address: str) -> str:
        return address

    def redirect(self, address: str, *more: Any, **others: Any) -> None:
        self.led_to.append(address)


async def test_a_provider_that_asked_nobody_for_long_is_told_once_more_and_then_refused(
    house: House, tmp_path: Path
) -> None:
    fake, made = FakeProvider(), int(NOW.timestamp())
    (tmp_path / "keys").mkdir(exist_ok=True)
    (tmp_path / "keys" / "oidc-client.secret").write_text("s3cret")
    provider = Provider(SETTINGS, tmp_path, "https://zone.example.org/b", clock=lambda: NOW, transport=fake.transport())
    page = Back(IdentityDesk(provider, UnderWay(lambda: NOW)), house.registry)
    await page.send_to_provider(page.desk, "/requests")
    for _ in range(2):
        asked = parse_qs(urlsplit(page.led_to[-1]).query)
        page.state, [nonce] = asked["state"][0], asked["nonce"]
        fake.tokens = {"id_token": signed(claims(nonce=nonce, auth_time=made - 7200))}
        await page.get()
    assert [parse_qs(urlsplit(one).query).get("prompt") for one in page.led_to] == [None, ["login"]], "no circle"
    assert page.shown == [NOT_ASKED]
    assert house.last()["reason"] == "not_asked_again"


@pytest.mark.parametrize("answer", ["authinfo_unavail", "service_err", "system_err"])
def test_pam_that_cannot_say_is_not_a_wrong_password(answer: str) -> None:
    with pytest.raises(DirectoryUnreachable):
        asked(answer)


@pytest.mark.parametrize("answer", ["auth_err", "user_unknown", "maxtries", "acct_expired"])
def test_pam_that_says_no_is_one(answer: str) -> None:
    assert not asked(answer)


def asked(answer: str) -> bool:
    """Ask the machine's PAM through a service that always answers so."""
    service = Path("/etc/pam.d") / f"ansim-t{uuid.uuid4().hex[:8]}"
    service.write_text(f"auth required pam_debug.so auth={answer}\naccount required pam_permit.so\n")
    try:
        return PamDirectory(DirectorySettings(kind="pam", service=service.name)).is_right("minji", "a password")
    finally:
        service.unlink()


@pytest.mark.parametrize("password", ["bell\x07", "\u200e", "\ue000", "\u0627a", "\u00ad"])
def test_a_password_that_no_directory_can_keep_is_wrong_and_sent_to_none(password: str, tmp_path: Path) -> None:
    settings = DirectorySettings(kind="ldap", host="localhost", port=1, security="none", user_dn="uid={handle},dc=x")
    assert not LdapDirectory(settings, tmp_path).is_right("minji", password)
    with pytest.raises(DirectoryUnreachable):
        LdapDirectory(settings, tmp_path).is_right("minji", "one that may be right")
