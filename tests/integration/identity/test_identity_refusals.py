"""What ends a session and what a refusal says, where passwords and identities are kept elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.text import Text
from hub_config.authenticator import RegistryAuthenticator
from hub_config.identity.directory import LdapDirectory, PamDirectory
from hub_config.identity.directory_settings import DirectorySettings
from hub_config.identity.pages import NOT_NOW, IdentityPages
from registry import totp
from registry.desk import CLI
from registry.directory import DirectoryUnreachable
from registry.emergency import OPEN_FOR
from registry.errors import SignInRefused
from registry.identities import UnknownIdentity, Vouched
from tests.integration.registry.registry_house import HOME, House, open_house

MINJI = Vouched("https://idp.hospital.example", "24400320")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A registry in a SQLite file."""
    made = open_house(f"sqlite:///{tmp_path / 'ansim.db'}", tmp_path)
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
