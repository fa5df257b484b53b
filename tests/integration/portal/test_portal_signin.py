from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from registry.model import Role
from registry.notice import NOTICE_2026_1, NOTICES
from tests.integration.portal.portal_world import CLI, HERE, World


@pytest.mark.parametrize("began", ["same-origin", "same-site", "none", "cross-site", ""])
def test_a_sign_in_that_another_site_began_ends_with_a_page_so_that_the_strict_cookie_is_sent(
    world: World, began: str
) -> None:
    browser = world.browser()
    begun = browser.get("/sign-in?next=/requests", follow_redirects=False)
    query = parse_qs(urlsplit(begun.headers["location"]).query)
    assert begun.headers["location"].startswith("/hub/api/oauth2/authorize?")
    assert query["client_id"] == ["service-portal"]
    address = f"/oauth_callback?code=minji&state={query['state'][0]}"
    done = browser.get(address, headers={"Sec-Fetch-Site": began, "Sec-Fetch-Mode": "navigate"}, follow_redirects=False)
    if began in ("cross-site", ""):
        assert done.status_code == 200
        assert '<meta http-equiv="refresh" content="0; url=/requests">' in done.text
    else:
        assert (done.status_code, done.headers["location"]) == (303, "/requests")
    cookie = next(line for line in done.headers.get_list("set-cookie") if line.startswith("ansim="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Domain" not in cookie
    assert "Path=/" in cookie


def test_with_tls_the_cookie_is_host_only_and_secure(world: World) -> None:
    world.zone.settings.zone.scheme = "https"
    browser = world.signed_in("minji")
    names = [cookie.name for cookie in browser.cookies.jar]
    assert "__Host-ansim" in names
    assert "__Host-ansim-sign-in" not in names  # done with, and taken back
    assert all(cookie.secure for cookie in browser.cookies.jar if cookie.name.startswith("__Host"))
    assert "strict-transport-security" in browser.get("/about").headers


def test_with_tls_a_sign_in_that_another_host_planted_signs_nobody_in(world: World) -> None:
    world.zone.settings.zone.scheme = "https"
    victim, attacker = world.browser(), world.browser()
    begun = attacker.get("/sign-in", follow_redirects=False)
    cookie = begun.headers["set-cookie"]
    assert cookie.startswith("__Host-ansim-sign-in=")
    assert "Path=/" in cookie
    assert "Secure" in cookie
    assert "Domain" not in cookie
    # A page of a workspace can plant a cookie for the domain, but a browser takes none of this name from it.
    value = cookie.partition("=")[2].partition(";")[0]
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    planted = {"Cookie": f"ansim-sign-in={value}"}
    done = victim.get(f"/oauth_callback?code=minji&state={state}", headers=planted, follow_redirects=False)
    assert done.status_code == 400
    assert "__Host-ansim=" not in done.headers.get("set-cookie", "")


def test_a_callback_that_this_browser_did_not_ask_for_opens_no_session(world: World) -> None:
    victim, attacker = world.browser(), world.browser()
    begun = attacker.get("/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    for address in (f"/oauth_callback?code=minji&state={state}", "/oauth_callback?code=minji", "/oauth_callback"):
        answer = victim.get(address, follow_redirects=False)
        assert answer.status_code == 400
        assert "ansim=" not in answer.headers.get("set-cookie", "")
    assert victim.get("/", follow_redirects=False).status_code == 303


def test_a_code_that_the_hub_does_not_know_opens_no_session(world: World) -> None:
    browser = world.browser()
    begun = browser.get("/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    assert browser.get(f"/oauth_callback?code=wrong&state={state}", follow_redirects=False).status_code == 400


def test_a_page_that_was_wanted_is_where_the_sign_in_leads(world: World) -> None:
    answer = world.browser().get("/requests/new?project=study", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=%2Frequests%2Fnew%3Fproject%3Dstudy"


def test_signing_out_ends_the_session_here_and_goes_on_to_the_hub_which_records_it(world: World) -> None:
    browser = world.signed_in("minji")
    answer = browser.fill("/sign-out")
    assert answer.headers["location"] == "/hub/logout"
    assert browser.get("/", follow_redirects=False).status_code == 303
    assert world.entries("session.signed_out") == []
    assert browser.get("/sign-out").status_code == 405


def test_a_token_that_the_hub_takes_back_ends_the_session_within_a_minute(world: World) -> None:
    browser = world.signed_in("minji")
    world.hub.tokens.clear()
    browser.page("/")
    world.clock.ahead += timedelta(seconds=60)
    assert browser.get("/", follow_redirects=False).status_code == 303


def test_an_idle_session_ends(world: World) -> None:
    browser = world.signed_in("minji")
    world.clock.ahead += timedelta(minutes=30)
    assert browser.get("/", follow_redirects=False).headers["location"] == "/sign-in"


def test_a_suspended_person_is_out_at_the_next_request(world: World) -> None:
    browser = world.signed_in("minji")
    world.zone.registry.suspend("minji", by=CLI, source=HERE)
    assert browser.get("/", follow_redirects=False).status_code == 303


def test_roles_are_read_afresh_at_each_request(world: World) -> None:
    browser = world.signed_in("nobody")
    browser.page("/compliance", 403)
    world.zone.registry.grant_role("nobody", Role.COMPLIANCE_OFFICER, by=CLI, source=HERE)
    browser.page("/compliance")
    world.zone.registry.revoke_role("nobody", Role.COMPLIANCE_OFFICER, by=CLI, source=HERE)
    browser.page("/compliance", 403)


def test_before_the_notice_is_accepted_every_page_leads_to_it(world: World) -> None:
    browser = world.signed_in("minji")
    before = len(world.entries("person.notice_accepted"))
    with world.zone.db.begin() as tx:
        tx.exec_driver_sql("UPDATE registry_person SET notice_version = NULL WHERE handle = 'minji'")
    for path in ("/", "/requests", "/account", "/requests/new"):
        answer = browser.get(path, follow_redirects=False)
        assert answer.headers["location"] == "/notice", path
    assert NOTICES[NOTICE_2026_1.version].opening.en in browser.page("/notice")
    browser.fill("/notice", 400, version=NOTICE_2026_1.version)
    browser.fill("/notice", 409, version="1999-1", accept="yes")
    browser.fill("/notice", version=NOTICE_2026_1.version, accept="yes")
    assert "Thank you." in browser.page("/")
    accepted = world.entries("person.notice_accepted")
    assert accepted[-1].body["actor"]["ref"] == world.zone.registry.person("minji").ref
    assert len(accepted) == before + 1


def test_the_language_is_switched_where_one_is(world: World) -> None:
    browser = world.signed_in("minji")
    assert "My projects" in browser.page("/")
    answer = browser.fill("/language", language="ko", next="/requests?x=1")
    assert answer.headers["location"] == "/requests?x=1"
    assert "내 과제" in browser.page("/")
    browser.fill("/language", 400, language="fr")
    assert browser.fill("/language", language="en", next="//evil.example").headers["location"] == "/"


def test_a_person_suspended_a_moment_ago_is_told_so_instead_of_going_in_circles(world: World) -> None:
    browser = world.signed_in("minji")
    world.zone.registry.suspend("minji", by=CLI, source=HERE)
    answer = browser.get("/", follow_redirects=False)
    assert answer.status_code == 303
    begun = browser.get("/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    ended = browser.get(f"/oauth_callback?code=minji&state={state}", follow_redirects=False)
    assert ended.status_code == 400
    assert "http-equiv" not in ended.text
