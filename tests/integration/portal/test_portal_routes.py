from __future__ import annotations

import re

import pytest

from portal.app import PAGES
from portal.pages import Page
from registry.model import Role
from tests.integration.portal.portal_extracts import portal_extract
from tests.integration.portal.portal_world import CLI, HERE, PEOPLE, World

WALKED = [page for page in PAGES if page.needs != "nobody"]
HOLDERS = {role: handle for handle, roles in PEOPLE.items() for role in roles} | {Role.RESEARCHER: "minji"}


def address(page: Page, ref: str = "er_aaaaaaaaaaaaaaaa") -> str:
    values = {
        "token": "x",
        "project": "study",
        "handle": "minji",
        "ref": ref,
        "index:int": "1",
        "kind": "project",
        "name": "base",
        "month": "2026-10",
        "ask": "saw",
        "id": "q_aaaaaaaaaaaaaaaa",
        "grant": "g_aaaaaaaaaaaaaaaa",
    }
    return re.sub(r"\{([a-z:]+)\}", lambda match: values[match[1]], page.path)


def test_every_route_without_a_session_leads_to_the_sign_in(world: World) -> None:
    browser = world.browser()
    for page in WALKED:
        for method in page.methods:
            answer = browser.request(method, address(page), follow_redirects=False)
            assert answer.status_code == 303, (method, page.path)
            assert answer.headers["location"].startswith("/sign-in"), (method, page.path)


def test_every_route_with_a_role_refuses_everybody_without_it(world: World) -> None:
    browsers = {handle: world.signed_in(handle) for handle in PEOPLE}
    roles = {handle: set(held) for handle, held in PEOPLE.items()}
    for handle in ("minji", "haneul"):
        roles[handle].add(Role.RESEARCHER)
    for page in WALKED:
        if not isinstance(page.needs, frozenset):
            continue
        for handle, browser in browsers.items():
            if page.needs.isdisjoint(roles[handle]):
                for method in page.methods:
                    answer = browser.request(method, address(page), follow_redirects=False)
                    assert answer.status_code == 403, (method, page.path, handle)
                    assert "This page is for:" in answer.text, (method, page.path, handle)


def test_every_change_from_another_site_is_refused_before_anything_else(world: World) -> None:
    senders = (
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": world.zone.settings.origin("work")},
        {"Sec-Fetch-Site": "", "Origin": world.zone.settings.origin("preview")},
    )
    browsers = {handle: world.signed_in(handle) for handle in ("minji", "junho", "jiwoo", "taeyang", "sunhee")}
    for page in PAGES:
        if "POST" not in page.methods:
            continue
        for browser in browsers.values():
            for headers in senders:
                answer = browser.post(address(page), headers=headers, follow_redirects=False)
                assert answer.status_code == 403, (page.path, headers)


def test_every_role_that_a_route_names_is_held_by_somebody_in_this_world() -> None:
    named = {role for page in WALKED if isinstance(page.needs, frozenset) for role in page.needs}
    assert named - set(HOLDERS) <= {Role.PROJECT_LEAD, Role.SENIOR_CHECKER}


#: Pages that a visitor is not shown as they are, or that take something made for them: each has tests of its own.
ELSEWHERE = re.compile(
    r"sign-in|callback|health|token|receipt|answers$|queries|qr\.svg|tification/|information/|linkages/|synthetic/"
)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_renders_in_both_languages_with_banner_headers_and_landmarks(world: World, language: str) -> None:
    ref = world.submitted()
    (world.zone.settings.home / "images").mkdir()
    (world.zone.settings.home / "images" / "base.json").write_text(
        '{"name": "base", "id": "sha256:1", "base_sha256": "2", "built_at": "now", "size": 5, '
        '"debian": [["bash", "5"]], "python": []}',
        encoding="utf-8",
    )
    extract = portal_extract(world, until="in_review").ref
    trial = world.zone.desk.ask_simulation(world.zone.desk.policy, None, by=CLI, source=HERE)
    browsers = {handle: world.signed_in(handle) for handle in PEOPLE}
    for page in PAGES:
        path = address(page, ref)
        if "GET" not in page.methods or ELSEWHERE.search(page.path):
            continue
        handle = "minji"
        if isinstance(page.needs, frozenset):
            handle = next(HOLDERS[role] for role in sorted(page.needs) if role in HOLDERS)
        if page.path.startswith("/review"):
            handle = "junho"
        browser = browsers[handle]
        if page.path.startswith("/extracts/"):
            path = path.replace(ref, extract).replace("form/project", "form/record")
        path = path.replace(ref, trial) if page.path.startswith("/policies/trials/") else path
        if path.endswith("/edit"):
            path = "/requests/new?project=study"
        browser.cookies.set("ansim-language", language, domain="zone.ansim.localhost")
        answer = browser.get(path, follow_redirects=False)
        assert answer.status_code == 200, (path, handle, answer.text[:800])
        check_page(answer.text, language)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert answer.headers["cache-control"] == "no-store"


def check_page(html: str, language: str) -> None:
    assert f'<html lang="{language}">' in html
    assert ("시범 구역입니다" in html) == (language == "ko")
    assert ("Demo zone" in html) == (language == "en")
    for mark in ('<main id="main"', "<header", "<footer", 'class="skip"', "<h1>", 'name="viewport"'):
        assert mark in html, mark
    assert html.count("<h1") == 1
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=", html)
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        assert "<caption" in table
        assert all("scope=" in head for head in re.findall(r"<th\b[^>]*>", table))
    for name in re.findall(r'<(?:input|textarea|select)[^>]* id="([^"]+)"', html):
        assert f'for="{name}"' in html, name
    for image in re.findall(r"<img[^>]*>", html):
        assert "alt=" in image
    for frame in re.findall(r"<iframe[^>]*>", html):
        assert "title=" in frame
        assert " sandbox" in frame


def test_the_recording_note_is_on_every_page_of_a_signed_in_person(world: World) -> None:
    browser = world.signed_in("minji")
    for path in ("/", "/account", "/requests", "/about", "/help"):
        assert "Recording is on" in browser.page(path)


def test_a_zone_that_is_no_demo_shows_no_demo_banner(world: World) -> None:
    world.zone.settings.zone.demo = False
    assert "Demo zone" not in world.browser().page("/about")


def test_a_wrong_method_or_address_is_answered_with_a_calm_page(world: World) -> None:
    browser = world.browser()
    assert browser.get("/nowhere").status_code == 404
    assert "Go back" in browser.get("/nowhere").text or "address" in browser.get("/nowhere").text
    assert browser.put("/").status_code == 405
    assert browser.get("/language").status_code == 405
    assert browser.get("/static/../app.py").status_code == 404


def test_only_the_hosts_of_the_zone_are_answered(world: World) -> None:
    browser = world.browser()
    assert browser.get("/about", headers={"Host": "evil.example"}).status_code == 421
    assert browser.get("/about", headers={"X-Forwarded-Host": "work.ansim.localhost:8600"}).status_code == 421
    forwarded = {"Host": "portal", "X-Forwarded-Host": "zone.ansim.localhost:8600"}
    assert browser.get("/about", headers=forwarded).status_code == 200


def test_a_document_of_another_origin_cannot_even_fetch_a_page(world: World) -> None:
    browser = world.signed_in("minji")
    assert browser.get("/", headers={"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    assert browser.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_a_form_that_is_too_large_or_no_form_is_refused(world: World) -> None:
    browser = world.signed_in("minji")
    big = browser.post("/requests/new", data={"context": "x" * 3_000_000}, follow_redirects=False)
    assert big.status_code in (400, 413)
    odd = browser.post("/requests/new", json={"project": "study"}, follow_redirects=False)
    assert odd.status_code == 400


def test_the_style_sheet_is_served_to_the_hub_and_kept_fresh(world: World) -> None:
    answer = world.browser().get("/static/ansim.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "etag" in answer.headers


def test_the_portal_says_that_it_lives(world: World) -> None:
    assert world.browser().page("/health") == "ok\n"
