"""No cookie or token of the zone enters a workspace, and a workspace says nothing to the browser that is not listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from hub_config.gate.config import parse_config
from hub_config.gate.errors import Refused
from hub_config.gate.headers import (
    JUPYTER_COOKIE,
    from_neighbour,
    from_workspace,
    gate_page_headers,
    to_neighbour,
    to_workspace,
    workspace_headers,
)

CONFIG = parse_config('{"domain": "ansim.localhost"}')
HOST = "w-own.ansim.localhost:8600"
HTTPS = parse_config('{"domain": "example.org", "scheme": "https", "port": 443}')
PREFIX = "/user/alice/gibleed/"


def answer(**headers: str) -> CIMultiDict[str]:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return from_workspace(named, PREFIX, CONFIG, HOST)


def test_only_jupyters_own_cookies_enter_a_workspace() -> None:
    cookie = "ansim-work=SECRET; _xsrf=a; jupyterhub-session-id=SECRET; username-localhost-8888=b; _xsrf_=SECRET"
    sent = to_workspace({"Cookie": cookie})
    assert sent["Cookie"] == "_xsrf=a; username-localhost-8888=b"


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-Forwarded-For", "Ansim-Workspace", "Referer", "Origin", "Range", "X-JupyterHub-Token", "Via"],
)
def test_nothing_else_of_the_zone_enters_a_workspace(name: str) -> None:
    assert name not in to_workspace({name: "secret"})


@given(st.dictionaries(st.text("abcXYZ-_", min_size=1), st.text("abc=;", max_size=9)))
def test_a_workspace_gets_listed_fields_only(headers: dict[str, str]) -> None:
    assert set(to_workspace(headers)) == {"Accept-Encoding", "Host"}


@pytest.mark.parametrize(
    "value", ["attachment", "ATTACHMENT; filename=x", 'form-data; attachment; filename="x.csv"', "inline, attachment"]
)
def test_an_attachment_is_refused(value: str) -> None:
    with pytest.raises(Refused) as refused:
        answer(Content_Disposition=value)
    assert refused.value.code == "response.attachment"


def test_a_compressed_answer_is_refused_because_it_could_not_be_counted() -> None:
    with pytest.raises(Refused) as refused:
        answer(Content_Encoding="gzip")
    assert refused.value.code == "response.encoded"


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/",
        "//evil.example/user/alice/gibleed/",
        "/user/bob/gibleed/lab",
        "/",
        "lab",
        "/user/alice/gibleed/../../bob/x",
        "/user/alice/gibleed/%2e%2e/x",
        "javascript:alert(1)",
        "http:///user/alice/gibleed/lab",
    ],
)
def test_a_redirect_out_of_the_workspace_is_refused(location: str) -> None:
    with pytest.raises(Refused) as refused:
        answer(Location=location)
    assert refused.value.code == "response.outside"


def test_a_redirect_inside_the_workspace_passes() -> None:
    assert answer(Location=PREFIX + "lab?x=1")["Location"] == PREFIX + "lab?x=1"


@pytest.mark.parametrize(
    "name",
    [
        "Refresh",
        "Link",
        "Service_Worker_Allowed",
        "Access_Control_Allow_Origin",
        "Clear_Site_Data",
        "Server",
        "Report_To",
        "NEL",
        "SourceMap",
        "WWW_Authenticate",
        "Alt_Svc",
        "X_Anything",
    ],
)
def test_a_field_that_no_table_names_does_not_pass(name: str) -> None:
    assert name.replace("_", "-") not in answer(**{name: "workspace"}) or name == "Server"
    assert "workspace" not in answer(**{name: "workspace"}).values()


def test_the_workspace_cannot_replace_the_gates_policy() -> None:
    passed = answer(Content_Security_Policy="default-src *", X_Content_Type_Options="none")
    assert passed.getall("Content-Security-Policy") == [workspace_headers(CONFIG, HOST)["Content-Security-Policy"]]
    assert passed["X-Content-Type-Options"] == "nosniff"


def test_the_policy_of_a_workspace_names_exact_origins_only() -> None:
    policy = workspace_headers(CONFIG, HOST)["Content-Security-Policy"]
    directives = dict(d.strip().split(" ", 1) for d in policy.split(";"))
    assert directives["connect-src"] == "'self' ws://w-own.ansim.localhost:8600"
    assert directives["frame-ancestors"] == "'self' http://zone.ansim.localhost:8600"
    assert directives["default-src"] == "'none'"
    assert "allow-top-navigation" not in directives["sandbox"]
    assert "allow-popups" not in directives["sandbox"]
    assert "allow-downloads" not in directives["sandbox"]
    assert "*" not in policy


def test_cookies_of_jupyter_are_written_anew_below_the_prefix() -> None:
    cookie = "_xsrf=abc; Path=/; Domain=ansim.localhost; SameSite=None"
    assert answer(Set_Cookie=cookie)["Set-Cookie"] == f"_xsrf=abc; Path={PREFIX}; SameSite=Strict"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_no_other_cookie_of_a_workspace_passes(value: str) -> None:
    for cookie in answer(Set_Cookie=value).getall("Set-Cookie", []):
        name = cookie.split("=", 1)[0]
        assert JUPYTER_COOKIE.fullmatch(name)
        assert f"; Path={PREFIX}; SameSite=Strict" in cookie


def test_neighbours_get_one_address_that_the_gate_wrote() -> None:
    inbound = CIMultiDict(
        [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=6.6.6.6")]
    )
    inbound.extend({"X-Real-IP": "6.6.6.6", "Ansim-Workspace": "ws_x", "Connection": "x-secret", "X-Secret": "1"})
    inbound.extend({"Host": "evil", "Accept": "text/html"})
    sent = to_neighbour(inbound, "127.0.0.9", CONFIG, CONFIG.host("zone"))
    assert sent.getall("X-Forwarded-For") == ["127.0.0.9"]
    assert sent["X-Forwarded-Proto"] == "http"
    assert sent["Host"] == "zone.ansim.localhost:8600"
    assert sent["Accept"] == "text/html"
    assert not {"Forwarded", "X-Real-IP", "Ansim-Workspace", "X-Secret", "Connection"} & set(sent)


def test_banners_of_neighbours_do_not_pass() -> None:
    banners = {"Server": "x", "X-JupyterHub-Version": "6", "Transfer-Encoding": "chunked", "Set-Cookie": "a=b"}
    passed = from_neighbour(CIMultiDict(banners), CONFIG)
    assert dict(passed) == {"Set-Cookie": "a=b"}


def test_with_tls_the_hubs_own_cookies_are_bound_to_its_host() -> None:
    given = CIMultiDict(
        [
            ("Set-Cookie", "jupyterhub-session-id=s; HttpOnly; Domain=example.org; Path=/hub/; SameSite=Lax"),
            ("Set-Cookie", 'ansim-identity=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/hub/'),
            ("Set-Cookie", "_xsrf=x; Path=/hub/"),
        ]
    )
    assert from_neighbour(given, HTTPS).getall("Set-Cookie") == [
        "__Host-jupyterhub-session-id=s; HttpOnly; SameSite=Lax; Path=/; Secure",
        '__Host-ansim-identity=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure',
        "_xsrf=x; Path=/hub/",
    ]
    assert from_neighbour(given, CONFIG).getall("Set-Cookie") == given.getall("Set-Cookie")


def test_with_tls_a_planted_cookie_of_the_hub_does_not_reach_it() -> None:
    planted = CIMultiDict(
        [
            ("Cookie", "jupyterhub-session-id=planted; __Host-jupyterhub-session-id=own; _xsrf=x"),
            ("Cookie", "ansim-identity=planted;__Host-jupyterhub-hub-login=y; jupyterhub-session-id=again"),
        ]
    )
    sent = to_neighbour(planted, "127.0.0.9", HTTPS, HTTPS.host("zone"))
    assert sent.getall("Cookie") == ["jupyterhub-session-id=own; _xsrf=x; __Host-jupyterhub-hub-login=y"]
    plain = to_neighbour(planted, "127.0.0.9", CONFIG, CONFIG.host("zone"))
    assert plain.getall("Cookie") == planted.getall("Cookie")


def test_a_zone_with_tls_insists_on_it() -> None:
    assert "Strict-Transport-Security" in gate_page_headers(HTTPS)
    assert HTTPS.socket_origin("w-own.example.org") == "wss://w-own.example.org"
    assert "Strict-Transport-Security" not in gate_page_headers(CONFIG)
