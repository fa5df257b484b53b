"""Session fixation: a cookie that somebody else planted never becomes the session of who signs in."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.integration.portal.portal_world import World

PLANTED = "p" * 43


def test_a_cookie_planted_before_the_sign_in_opens_nothing_after_it(world: World) -> None:
    victim, attacker = world.browser(), world.browser()
    for browser in (victim, attacker):
        browser.headers["Cookie"] = f"ansim={PLANTED}"
    begun = victim.get("/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    carried = "; ".join(f"{one.name}={one.value}" for one in victim.cookies.jar)
    victim.headers["Cookie"] = f"ansim={PLANTED}; {carried}"
    done = victim.get(f"/oauth_callback?code=minji&state={state}", follow_redirects=False)
    given = next(line for line in done.headers.get_list("set-cookie") if line.startswith("ansim="))
    assert PLANTED not in given
    assert attacker.get("/requests", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_a_sign_in_over_an_open_session_gives_a_new_one_and_ends_what_was_there(world: World) -> None:
    browser = world.signed_in("minji")
    before = {one.value for one in browser.cookies.jar if one.name == "ansim"}
    begun = browser.get("/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    browser.get(f"/oauth_callback?code=junho&state={state}", follow_redirects=False)
    after = {one.value for one in browser.cookies.jar if one.name == "ansim"}
    assert before.isdisjoint(after)
