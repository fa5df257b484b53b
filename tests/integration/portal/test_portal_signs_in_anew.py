"""A desk that was left: the hub still knows the browser for hours, and the portal asks for password and code anew."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import Response

from portal.app import build_portal
from portal.sessions import ABSOLUTE, IDLE
from tests.integration.portal.portal_world import Browser, World


def led_on(browser: Browser, goal: str = "/requests") -> tuple[Response, str]:
    """Let the hub lead a browser on without a question; return the portal's answer, and the state of the way there."""
    begun = browser.get(f"/sign-in?next={goal}", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    return browser.get(f"/oauth_callback?code=minji&state={state}", follow_redirects=False), state  # type: ignore[return-value]


def is_asked(answer: Response) -> bool:
    """Say whether the hub is told to ask for password and code, whatever it knows."""
    query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    return answer.status_code == 303 and query.get("max_age") == ["60"]


def at_a_desk(world: World) -> Browser:
    """A browser of minji's whose sign-in the hub goes on to know."""
    browser = world.signed_in("minji")
    [world.hub.known_since["minji"]] = world.hub.signed_in_at.values()
    return browser


@pytest.mark.parametrize("keeps_cookies", [True, False])
@pytest.mark.parametrize("restarted", [True, False])
def test_whoever_sits_down_at_a_desk_after_the_idle_limit_is_asked_for_password_and_code(
    world: World, keeps_cookies: bool, restarted: bool
) -> None:
    browser = at_a_desk(world)
    world.clock.ahead += IDLE
    if restarted:
        world.portal = build_portal(world.zone, hub=world.portal.hub, clock=world.clock)
        fresh = world.browser()
        fresh.cookies.update(browser.cookies)
        browser = fresh
    if not keeps_cookies:
        browser.cookies.clear()
    answer, _ = led_on(browser)
    assert is_asked(answer)
    # The browser leaves the demand out, and the hub leads it on once more: no page, and nothing that goes in circles.
    state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
    again = browser.get(f"/oauth_callback?code=minji&state={state}", follow_redirects=False)
    assert again.status_code == 400
    assert browser.get("/requests", follow_redirects=False).status_code == 303


def test_after_password_and_code_the_page_that_was_wanted_opens(world: World) -> None:
    browser = at_a_desk(world)
    world.clock.ahead += IDLE
    answer, _ = led_on(browser)
    state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
    del world.hub.known_since["minji"]  # the hub has asked
    done = browser.get(f"/oauth_callback?code=minji&state={state}", follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/requests")
    browser.page("/requests")


def test_a_busy_person_notices_nothing_until_the_longest_time_and_signing_in_on_the_way_prolongs_nothing(
    world: World,
) -> None:
    browser = at_a_desk(world)
    step = timedelta(minutes=20)
    for number in range(int(ABSOLUTE / step)):
        browser.page("/requests")  # F5
        if number % 5 == 4:  # a link on another site: no cookie is sent, and the hub is asked
            brought = browser.cookies.get("ansim")
            browser.cookies.delete("ansim")
            answer, _ = led_on(browser)
            assert (answer.status_code, answer.headers["location"]) == (303, "/requests")
            assert browser.cookies.get("ansim") != brought
        world.clock.ahead += step
    assert browser.get("/requests", follow_redirects=False).headers["location"].startswith("/sign-in")
    assert is_asked(led_on(browser)[0])


def test_a_restart_of_the_portal_asks_nobody_who_is_at_work(world: World) -> None:
    browser = at_a_desk(world)
    for _ in range(3):
        world.clock.ahead += timedelta(minutes=20)
        browser.page("/requests")
    world.portal = build_portal(world.zone, hub=world.portal.hub, clock=world.clock)
    fresh = world.browser()
    fresh.cookies.update(browser.cookies)
    fresh.page("/requests")
    answer, _ = led_on(fresh)
    assert (answer.status_code, answer.headers["location"]) == (303, "/requests")


def test_who_signed_out_is_asked_also_where_the_browser_never_told_the_hub(world: World) -> None:
    browser = at_a_desk(world)
    other = world.browser()
    assert led_on(other)[0].status_code == 303  # the same sign-in, in a window whose cookie was lost
    browser.fill("/sign-out")  # and the browser goes no further
    assert other.get("/requests", follow_redirects=False).headers["location"].startswith("/sign-in")
    assert is_asked(led_on(browser)[0])
    assert is_asked(led_on(other)[0])


def test_a_hub_that_does_not_say_since_when_signs_nobody_in(world: World) -> None:
    browser = world.browser()
    begun = browser.get("/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    world.hub.signed_in_at = _Forgetful()
    assert browser.get(f"/oauth_callback?code=minji&state={state}", follow_redirects=False).status_code == 400


class _Forgetful(dict):  # type: ignore[type-arg]
    """A hub that started anew between the two requests."""

    def __setitem__(self, key: object, value: object) -> None:
        return
