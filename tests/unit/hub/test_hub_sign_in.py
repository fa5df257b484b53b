"""What sign-in looks at: addresses, languages, what it says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders

from hub_config.authenticator import source_address
from hub_config.sign_in_pages import LANGUAGE_COOKIE, TEXTS

TEMPLATES = Path(__file__).parents[3] / "hub_config" / "templates"


def a_request(peer: str, *forwarded: str) -> Any:
    headers = HTTPHeaders()
    for value in forwarded:
        headers.add("X-Forwarded-For", value)
    connection = SimpleNamespace(context=SimpleNamespace(_orig_remote_ip=peer))
    return SimpleNamespace(headers=headers, connection=connection)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("198.51.100.9", ["198.51.100.7"], "198.51.100.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7", "198.51.100.8"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7, 198.51.100.8"], "127.0.0.1"),
        ("127.0.0.1", ["<script>"], "127.0.0.1"),
    ],
)
def test_the_address_is_believed_from_the_gate_alone(peer: str, forwarded: list[str], expected: str) -> None:
    assert source_address(a_request(peer, *forwarded)) == expected


def test_another_header_cannot_name_an_address() -> None:
    request = a_request("127.0.0.1", "198.51.100.7")
    request.headers["X-Real-Ip"] = "203.0.113.66"
    assert source_address(request) == "198.51.100.7"


def test_every_text_exists_in_both_languages() -> None:
    for name, text in TEXTS.items():
        assert text.ko.strip(), name
        assert text.en.strip(), name


def test_one_choice_of_language_holds_for_portal_and_sign_in() -> None:
    pages = (Path(__file__).parents[3] / "portal" / "pages.py").read_text(encoding="utf-8")
    assert f'LANGUAGE_COOKIE = "{LANGUAGE_COOKIE}"' in pages


@pytest.mark.parametrize("template", sorted(p.name for p in TEMPLATES.glob("*.html")))
def test_pages_need_no_script_and_load_nothing_from_elsewhere(template: str) -> None:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "style=" not in text
    assert "//" not in text.replace("https://", "").replace("{#-", "")
    assert "| safe" not in text
