"""Signing in and out through a hospital's own provider, in a real browser, against a real hub, gate and portal."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from hub_config.identity.pages import NOT_NOW
from registry.desk import CLI
from tests.integration.hub.conftest import wait_until
from tests.integration.identity.conftest import HERE, Hospital
from tests.patience import PATIENCE

pytestmark = [pytest.mark.long, pytest.mark.browser]
MILLISECONDS = PATIENCE * 1000
AUTHORIZE = "/hub/api/oauth2/authorize?client_id=service-gate&response_type=code&state=s"


@pytest.fixture
async def page(vouched_hub: Any) -> AsyncIterator[Page]:
    """A browser of somebody who is not signed in anywhere."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("no Chromium on this machine: `make test` installs it")
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        arguments.append("--host-resolver-rules=MAP *.ansim.localhost 127.0.0.1")
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        context = await browser.new_context(locale="ko-KR", java_script_enabled=False)
        context.set_default_timeout(MILLISECONDS)
        yield await context.new_page()
        await browser.close()


def origin(hub: Any) -> str:
    """Return the zone's own origin."""
    return str(hub.world.zone.settings.origin("zone"))


async def at_the_hospital(page: Page, hub: Any, subject: str) -> None:
    """Begin at the portal and give a name at the hospital."""
    await page.goto(origin(hub) + "/")
    if await page.locator("#provider").count() == 0:  # the portal's own first page leads to the sign-in
        await page.goto(origin(hub) + "/sign-in")
    await expect(page.locator("#provider")).to_contain_text("서울병원")
    await page.click("#provider")
    await page.fill('input[name="sub"]', subject)
    await page.click('button:has-text("Authorize") >> nth=0')


async def test_a_doctor_joins_signs_in_and_signs_out_everywhere(
    page: Page, vouched_hub: Any, hospital: Hospital
) -> None:
    await at_the_hospital(page, vouched_hub, "24400320")
    await page.wait_for_url(re.compile(re.escape(origin(vouched_hub)) + "/(?!hub|oauth|sign-in)"))
    await expect(page.locator("body")).to_contain_text("minji")
    actions = [one.body["action"] for one in vouched_hub.world.entries()]
    assert actions.index("session.signed_in") < actions.index("person.joined"), "newest first"
    await sign_out(page, vouched_hub)
    await page.wait_for_url(re.compile(re.escape(hospital.issuer) + "/oauth2/end_session"))
    query = parse_qs(urlsplit(page.url).query)
    assert query["post_logout_redirect_uri"] == [origin(vouched_hub) + "/hub/logout"]
    assert query["id_token_hint"][0].count(".") == 2
    await page.click("button >> nth=0")
    await page.wait_for_url(origin(vouched_hub) + "/hub/logout")
    await expect(page.locator("h1")).to_contain_text("로그아웃했습니다")
    assert await page.locator("#provider").count() == 0, "once is enough"


async def sign_out(page: Page, hub: Any) -> None:
    """Use the portal's own form, which its `form-action` must not stop."""
    await page.goto(origin(hub) + "/notice")
    form = page.locator('form[action="/sign-out"]').first
    await form.locator("button").first.click()


@pytest.mark.parametrize(
    ("subject", "words"),
    [("24400777", "24400777"), ("24400999", "2차 인증을 확인하지 못했습니다")],
)
async def test_a_stranger_and_one_without_second_factor_are_told_whom_to_ask(
    page: Page, vouched_hub: Any, subject: str, words: str
) -> None:
    await at_the_hospital(page, vouched_hub, subject)
    await page.wait_for_url(re.compile("/hub/identity/callback"))
    await expect(page.locator("main")).to_contain_text(words)
    await expect(page.locator("main")).to_contain_text("데이터안심구역 운영팀 1234")
    cookies = {one["name"] for one in await page.context.cookies()}
    assert "jupyterhub-hub-login" not in cookies


async def test_the_page_of_a_refusal_fits_a_telephone(page: Page, vouched_hub: Any) -> None:
    await page.set_viewport_size({"width": 400, "height": 800})
    await at_the_hospital(page, vouched_hub, "24400777")
    await page.wait_for_url(re.compile("/hub/identity/callback"))
    box = await page.locator("html").bounding_box()
    assert box is not None
    assert box["width"] <= 400


def test_an_answer_that_another_browser_began_signs_nobody_in(vouched_hub: Any) -> None:
    """Login CSRF: an attacker who signs in as himself hands his unused answer to somebody else's browser."""
    stolen = from_the_hospital(vouched_hub.browser(), "24400320")
    victim = vouched_hub.browser()
    assert victim.get(stolen).status_code == 403
    victim.get("/hub/identity/begin")
    answer = victim.get(stolen)
    assert answer.status_code == 403
    assert "jupyterhub-hub-login" not in answer.headers.get("Set-Cookie", "")
    assert not signed_in(victim)


@pytest.mark.parametrize(
    "goal", ["https://evil.example/", "//evil.example/", "/\\evil.example", "///evil.example", "javascript:alert(1)"]
)
def test_no_goal_leads_out_of_the_zone(vouched_hub: Any, hospital: Hospital, goal: str) -> None:
    browser = vouched_hub.browser()
    landed = through_the_hospital(browser, "24400320", goal)
    assert landed.status_code == 302
    target = urlsplit(landed.headers["Location"])
    assert (target.scheme, target.netloc) == ("", "")
    assert landed.headers["Location"].startswith("/")
    assert not landed.headers["Location"].startswith(("//", "/\\"))


def from_the_hospital(browser: httpx.Client, subject: str, goal: str = "/") -> str:
    """Walk the way of a browser by hand; return where the hospital sends it back to."""
    begun = browser.get("/hub/identity/begin", params={"next": goal})
    given = httpx.post(begun.headers["Location"], data={"sub": subject}, trust_env=False)
    back = urlsplit(given.headers["Location"])
    return f"{back.path}?{back.query}"


def through_the_hospital(browser: httpx.Client, subject: str, goal: str = "/") -> httpx.Response:
    """Walk it to its end; return what the zone answers there."""
    return browser.get(from_the_hospital(browser, subject, goal))


def signed_in(browser: httpx.Client) -> bool:
    """Say whether the hub knows this browser: the form is not shown to somebody who is signed in."""
    return "/hub/login" not in browser.get(AUTHORIZE).headers.get("Location", "")


def test_an_answer_shown_twice_counts_once(vouched_hub: Any) -> None:
    browser = vouched_hub.browser()
    answer = from_the_hospital(browser, "24400320")
    thief = vouched_hub.browser()
    thief.cookies.update(browser.cookies)
    assert browser.get(answer).status_code == 302
    assert thief.get(answer).status_code == 403


def test_the_hospital_signs_a_doctor_out_once_and_nobody_else(vouched_hub: Any, hospital: Hospital) -> None:
    browser, world = vouched_hub.browser(), vouched_hub.world
    assert through_the_hospital(browser, "24400320").status_code == 302
    assert signed_in(browser)
    token = hospital.logout_token("24400320", "message-of-today")
    server = httpx.Client(base_url=browser.base_url, headers={"Host": browser.headers["Host"]}, timeout=PATIENCE)
    for refused in ("", "a.b.c", hospital.logout_token("24400320", "x")[:-4] + "AAAA"):
        assert server.post("/hub/identity/signed-out", data={"logout_token": refused}).status_code == 400
    assert signed_in(browser)
    assert server.post("/hub/identity/signed-out", data={"logout_token": token}).status_code == 200
    wait_until(lambda: not signed_in(browser), PATIENCE, "the session goes on")
    assert world.entries(action="session.ended_by_provider")
    assert server.post("/hub/identity/signed-out", data={"logout_token": token}).status_code == 400, "replay"
    stranger = hospital.logout_token("nobody", "another-message")
    assert server.post("/hub/identity/signed-out", data={"logout_token": stranger}).status_code == 200


def test_a_suspended_doctor_is_not_told_to_check_a_password(vouched_hub: Any) -> None:
    assert through_the_hospital(vouched_hub.browser(), "24400320").status_code == 302
    registry = vouched_hub.world.zone.registry
    registry.suspend("minji", by=CLI, source=HERE)
    try:
        answer = through_the_hospital(vouched_hub.browser(), "24400320")
    finally:
        registry.reinstate("minji", by=CLI, source=HERE)
    assert answer.status_code == 403
    assert NOT_NOW.en in answer.text or NOT_NOW.ko in answer.text
    assert "24400320" not in answer.text


def test_what_the_hospital_said_is_in_the_log_without_names(vouched_hub: Any, hospital: Hospital) -> None:
    assert through_the_hospital(vouched_hub.browser(), "24400999").status_code == 403
    entry = vouched_hub.world.entries(action="session.refused")[0]
    assert (entry.body["reason"], entry.body["detail"]["authority"]) == ("no_second_factor", hospital.issuer)
    assert "24400999" not in str(entry.body)
    log = (vouched_hub.home / "logs" / "hub.log").read_text()
    assert "24400320" not in log
    assert "id_token" not in log
