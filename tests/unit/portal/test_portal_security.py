from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from portal.errors import CrossSite
from portal.security import check_same_origin, page_headers, preview_headers
from portal.signin import local_path

OWN = "http://zone.ansim.localhost:8600"
WORK = "http://work.ansim.localhost:8600"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin", "origin": OWN},
        {"origin": OWN},
    ],
)
def test_a_form_of_the_portal_may_be_sent(headers: dict[str, str]) -> None:
    check_same_origin("POST", Headers(headers), OWN)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "ansim=x"},
        {"origin": "null"},
        {"origin": WORK},
        {"origin": OWN + ".evil.example"},
        {"sec-fetch-site": "cross-site", "origin": OWN},
        {"sec-fetch-site": "same-site", "origin": WORK},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": WORK},
        {"sec-fetch-site": ""},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_changed_for_another_origin_or_an_unknown_one(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(CrossSite):
        check_same_origin(method, Headers(headers), OWN)


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_another_origin_may_link_to_a_page_but_not_fetch_it(site: str) -> None:
    check_same_origin("GET", Headers({"sec-fetch-site": site, "sec-fetch-mode": "navigate"}), OWN)
    for mode in ("no-cors", "cors", "websocket", "same-origin"):
        with pytest.raises(CrossSite):
            check_same_origin("GET", Headers({"sec-fetch-site": site, "sec-fetch-mode": mode}), OWN)


def test_a_page_may_load_nothing_but_its_own_style_and_pictures() -> None:
    headers = page_headers(preview_origin="http://preview.x", https=False)
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-src http://preview.x; frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers
    assert "Strict-Transport-Security" in page_headers(preview_origin="https://preview.x", https=True)


def test_a_preview_is_sandboxed_and_can_be_framed_by_the_portal_alone() -> None:
    policy = preview_headers(zone_origin=OWN, https=False)["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert f"frame-ancestors {OWN};" in policy


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "", "x", "/a\nb", "/a\\b"],
)
def test_after_sign_in_nobody_is_sent_elsewhere(path: str) -> None:
    assert local_path(path) == "/"


def test_after_sign_in_a_person_comes_back_to_the_page_they_wanted() -> None:
    assert local_path("/requests/new?project=x") == "/requests/new?project=x"
    assert local_path("/sign-in?next=/sign-in") == "/"
    assert local_path("/oauth_callback?code=x") == "/"
