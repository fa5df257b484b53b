"""Signing in and out over HTTP, through the real gate, against the real registry."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2 as httpx
import pytest
from sqlalchemy import update

from audit.event import Source
from hub_config.authenticator import RegistryAuthenticator
from hub_config.hub import bound
from registry.desk import CLI, as_actor
from registry.errors import SignInRefused
from registry.model import Role
from registry.tables import person as person_table

pytestmark = pytest.mark.engine
REFUSAL = SignInRefused()
NEW_PASSWORD = "a quiet river at dawn"


def alert(answer: httpx.Response) -> str:
    """Return what the page says in red."""
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    assert found is not None, answer.text
    return found[1]


def test_the_form_needs_no_script_and_helps_password_managers(hub: Any) -> None:
    page = hub.browser().get("/hub/login")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for attribute in ("username", "current-password", "one-time-code"):
        assert f'autocomplete="{attribute}"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert "시범 구역" in page.text


@pytest.mark.parametrize(
    ("wish", "query", "cookie", "language"),
    [
        ("ko", "", "", "ko"),
        ("en-GB,en;q=0.9", "", "", "en"),
        ("fr", "", "", "ko"),
        ("ko", "?lang=en", "", "en"),
        ("en", "?lang=ko", "", "ko"),
        ("ko", "", "en", "en"),
        ("ko", "?lang=xx", "", "ko"),
    ],
)
def test_the_page_speaks_the_language_that_was_chosen(
    hub: Any, wish: str, query: str, cookie: str, language: str
) -> None:
    browser = hub.browser(wish)
    headers = {"Cookie": f"ansim-language={cookie}"} if cookie else {}
    page = browser.get(f"/hub/login{query}", headers=headers).text
    assert f'<html lang="{language}">' in page
    assert ("Six-digit code" in page) is (language == "en")


@pytest.mark.parametrize("wrong", ["handle", "password", "code"])
def test_every_refusal_says_the_same(hub: Any, world: Any, wrong: str) -> None:
    handle = world.person()
    browser = hub.browser()
    given = {
        "handle": ("nobody-here", "kalmia-otter-7-lantern", "123456"),
        "password": (handle, "not-the-password", None),
        "code": (handle, "kalmia-otter-7-lantern", "000000"),
    }[wrong]
    answer = hub.sign_in(browser, given[0], password=given[1], code=given[2] if wrong != "password" else None)
    assert answer.status_code == 403
    assert alert(answer) == f"{REFUSAL.text('ko')} {REFUSAL.hint.text('ko')}"
    assert not [c for c in browser.cookies if c.startswith("jupyterhub")]


def test_a_refusal_keeps_the_name_and_the_language_but_never_the_password(hub: Any, world: Any) -> None:
    handle = world.person()
    browser = hub.browser("en")
    answer = hub.sign_in(browser, handle, password="not-the-password")
    assert f'value="{handle}"' in answer.text
    assert "not-the-password" not in answer.text
    assert '<html lang="en">' in answer.text


def test_signing_in_leads_to_the_portal_and_is_recorded_with_the_address(hub: Any, world: Any) -> None:
    handle = world.person()
    browser = hub.browser()
    answer = hub.sign_in(browser, handle)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    entry = world.entries(action="session.signed_in", actor=world.ref(handle))[0]
    assert "127.0.0.1" in world.zone.log.unseal(entry.index).values()
    assert "127.0.0.1" not in str(entry.body)
    assert browser.get("/hub/login").headers["Location"] == "/"


def test_a_form_from_another_browser_is_refused_in_words(hub: Any, world: Any) -> None:
    handle = world.person()
    answer = hub.browser("en").post(
        "/hub/login", data={"username": handle, "password": "x", "code": "1", "_xsrf": "forged"}
    )
    assert answer.status_code == 403
    assert "once more" in alert(answer)


def test_a_goal_outside_the_zone_is_not_followed(hub: Any, world: Any) -> None:
    answer = hub.sign_in(hub.browser(), world.person(), goal="https://evil.example/")
    assert answer.headers["Location"] == "/"


def portal_token(hub: Any, browser: httpx.Client) -> str:
    """Sign in to the portal as its own code does, and return the person's token."""
    settings = hub.world.zone.settings
    client = {"client_id": "service-portal", "redirect_uri": settings.origin("zone") + "/oauth_callback"}
    query = urlencode({**client, "response_type": "code", "state": "s"})
    answer = browser.get(f"/hub/api/oauth2/authorize?{query}")
    assert answer.status_code == 302, answer.text
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    form = {
        **client,
        "client_secret": hub.world.zone.keys.hub_token("portal"),
        "grant_type": "authorization_code",
        "code": code,
    }
    granted = httpx.post(f"{settings.hub_url()}/hub/api/oauth2/token", data=form)
    return str(granted.json()["access_token"])


def test_a_persons_token_names_the_person_and_can_do_nothing_else(hub: Any, world: Any) -> None:
    handle = world.person()
    browser = hub.browser()
    hub.sign_in(browser, handle)
    api = hub.api(token=portal_token(hub, browser))
    assert api.get("/user").json()["name"] == handle
    for method, path in (
        ("POST", f"/users/{handle}/servers/gibleed-study"),
        ("POST", f"/users/{handle}/server"),
        ("POST", f"/users/{handle}/tokens"),
        ("GET", "/users"),
        ("GET", "/services"),
        ("GET", "/proxy"),
        ("POST", "/shutdown"),
    ):
        assert api.request(method, path).status_code in (403, 404), path


def test_signing_out_is_recorded_and_ends_the_persons_tokens(hub: Any, world: Any) -> None:
    handle = world.person()
    browser = hub.browser()
    hub.sign_in(browser, handle)
    api = hub.api(token=portal_token(hub, browser))
    page = browser.get("/hub/logout")
    assert "로그아웃했습니다" in page.text
    assert len(world.entries(action="session.signed_out", actor=world.ref(handle))) == 1
    assert api.get("/user").status_code == 403
    assert browser.get("/hub/logout").status_code == 200
    assert len(world.entries(action="session.signed_out", actor=world.ref(handle))) == 1


async def test_an_account_that_was_suspended_is_no_longer_signed_in(world: Any) -> None:
    handle = world.person()
    authenticator = bound(RegistryAuthenticator, world.zone)()
    user = type("User", (), {"name": handle})()
    assert await authenticator.refresh_user(user) is True
    world.zone.registry.suspend(handle, by=CLI, source=Source(None))
    assert await authenticator.refresh_user(user) is False


def test_a_reset_ends_the_sessions_of_before_and_none_of_after(hub: Any, world: Any) -> None:
    """Attacks with what was taken before the reset: the hub's cookie, and the token that the portal holds."""
    handle, registry = world.person(), world.zone.registry
    stolen = hub.browser()
    hub.sign_in(stolen, handle)
    api = hub.api(token=portal_token(hub, stolen))
    assert api.get("/user").status_code == 200
    officer = registry.person(world.person(Role.COMPLIANCE_OFFICER, projects=()))
    registry.request_password_reset(handle, by=CLI, source=Source(None))
    link = registry.confirm_password_reset(handle, by=as_actor(officer), source=Source(None))
    registry.set_password(link, NEW_PASSWORD, world.code(handle, 1), source=Source(None))
    with world.zone.db.begin() as tx:  # as if half a minute had passed, and with it the code that was used
        tx.execute(update(person_table).where(person_table.c.handle == handle).values(totp_last_step=None))
    # Signing in looks at once; without it the hub would by itself, within half a minute.
    fresh = hub.browser()
    assert hub.sign_in(fresh, handle, password=NEW_PASSWORD).status_code == 302
    assert api.get("/user").status_code == 403
    assert stolen.get("/hub/login").status_code == 200, "the cookie of before still signs in"
    assert fresh.get("/hub/login").headers["Location"] == "/", "the session of after has ended"
