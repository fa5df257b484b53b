"""A request is checked from the queue to the vote with a keyboard alone; what has the focus is seen and has a name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, Page, Route, expect, sync_playwright

from portal.pages import LANGUAGE_COOKIE
from tests.integration.portal.portal_world import World, clock, first_world, world
from tests.patience import PATIENCE

pytestmark = pytest.mark.browser

__all__ = ["clock", "first_world", "world"]

LONG = "group,n\n" + "".join(f"g{number},{100 + number}\n" for number in range(1200))
MOST_STOPS = 150
"""More than a page of the desk has; who needs as many presses of Tab is no keyboard user for long."""
HELD = """() => {
  const held = document.activeElement, name = held.getAttribute("aria-label") || held.labels?.[0]?.innerText
    || held.title || held.innerText || document.getElementById(held.getAttribute("aria-labelledby"))?.innerText || "";
  const shown = held.type === "radio" || held.type === "checkbox" ? held.closest("label") || held : held;
  const style = getComputedStyle(held), around = getComputedStyle(shown);
  const ring = (one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 0;
  const box = shown.getBoundingClientRect();
  return {tag: held.tagName, id: held.id, href: held.getAttribute("href"), type: held.type || "",
    name: name.trim(), field: held.getAttribute("name"), value: held.value || "", ring: ring(style) || ring(around),
    inView: box.bottom > 0 && box.top < innerHeight, order: held.tabIndex};
}"""


@pytest.fixture
def page(world: World) -> Iterator[Page]:
    """A checker's browser, in Korean, without a mouse; the portal answers its requests in this process."""
    portal, preview = world.signed_in("junho"), world.browser(host="preview")
    portal.cookies.set(LANGUAGE_COOKIE, "ko")

    def answer(route: Route) -> None:
        asked = route.request
        client = preview if asked.url.startswith(world.zone.settings.origin("preview")) else portal
        headers = {"Content-Type": asked.headers["content-type"]} if asked.method == "POST" else {}
        found = client.request(asked.method, asked.url, content=asked.post_data_buffer, headers=headers)
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        made = browser.new_page(locale="ko-KR", viewport={"width": 1280, "height": 900})
        made.set_default_timeout(PATIENCE * 1000)
        made.route("**/*", answer)
        yield made
        browser.close()


def held(place: Page | Frame) -> dict[str, object]:
    found: dict[str, object] = place.evaluate(HELD)
    return found


def tab_to(page: Page, place: Page | Frame | None = None, **wanted: object) -> dict[str, object]:
    """Press Tab until something has the focus that is as wanted; every stop on the way is seen and has a name."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = held(place or page)
        if stop["tag"] not in {"BODY", "IFRAME"}:
            assert stop["name"], stop
            assert stop["ring"], stop
            assert stop["inView"], stop
            assert stop["order"] == 0, stop
        if all(re.search(str(value), str(stop[key])) for key, value in wanted.items()):
            return stop
    raise AssertionError(f"Tab never reached {wanted}")


def alt(page: Page, key: str) -> None:
    """Press an access key; Playwright's own keyboard leaves out what the browser tells one by."""
    window = page.context.new_cdp_session(page)
    pressed = {"modifiers": 1, "key": key, "windowsVirtualKeyCode": ord(key)}
    window.send("Input.dispatchKeyEvent", {"type": "keyDown", "unmodifiedText": key, **pressed})
    window.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})
    window.detach()


def test_a_checker_reads_every_page_and_votes_without_a_mouse(page: Page, world: World) -> None:
    ref = world.submitted(table=LONG)
    page.goto(world.zone.settings.origin("zone") + "/review")
    tab_to(page, href=f"/review/{ref}$")
    page.keyboard.press("Enter")
    expect(page.locator("#files")).to_be_visible()
    alt(page, "1")
    expect(page.locator("#files")).to_be_focused()
    tab_to(page, href="#preview$")
    page.keyboard.press("Enter")
    expect(page.locator("iframe.preview")).to_be_visible()
    for number in (2, 3):
        shown = page.frame_locator("iframe.preview")
        alt(page, "2")
        tab_to(page, tag="IFRAME")
        tab_to(page, page.frames[-1], name="다음 쪽")
        page.keyboard.press("Enter")
        expect(shown.locator("nav strong").first).to_contain_text(str(number))
    page.keyboard.press("F5")
    expect(page.locator("#files")).to_contain_text("3쪽")
    alt(page, "4")
    tab_to(page, type="radio")
    page.keyboard.press("Space")
    tab_to(page, field="^comment$")
    page.keyboard.insert_text("모든 쪽을 읽었고 작은 칸이 없습니다.")
    tab_to(page, field="^confirm$")
    page.keyboard.type(ref[-4:])
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("모든 쪽을 읽었고")
    (voted,) = world.entries("egress.voted")
    assert "unseen" not in voted.body["detail"]
