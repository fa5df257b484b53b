"""Whose word about the browser's address is believed: a named front server's, about its own visitor."""

from __future__ import annotations

import json

import pytest

from hub_config.errors import SettingsError
from hub_config.gate.config import parse_config
from hub_config.gate.errors import GateConfigError
from hub_config.gate.gate import address_of
from hub_config.processes import gate_config
from hub_config.settings import Settings, parse_settings
from tests.unit.hub_config.test_settings import HOME

FRONT = ("127.0.0.1", "::1")
SETTINGS = "zone:\n  domain: example.org\n  scheme: https\ngate:\n  front_ends: [127.0.0.1]\n"


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),  # the browser wrote the first one itself
        ("127.0.0.1", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        ("::1", ["2001:DB8::7"], "2001:db8::7"),
        ("0:0:0:0:0:0:0:1", ["198.51.100.7"], "198.51.100.7"),  # the same address in other words
        ("::ffff:127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", [], ""),  # the front server's own address lets nobody in
        ("127.0.0.1", ["198.51.100.7, nonsense"], ""),
        ("127.0.0.1", ["<script>"], ""),
        ("198.51.100.9", ["6.6.6.6"], "198.51.100.9"),  # from elsewhere the word counts nothing
    ],
)
def test_the_last_word_of_a_named_front_server_counts_and_no_other(peer: str, said: list[str], address: str) -> None:
    assert address_of(peer, said, FRONT) == address


def test_without_front_servers_nobody_is_believed() -> None:
    assert address_of("127.0.0.1", ["6.6.6.6"], ()) == "127.0.0.1"


def test_what_the_settings_name_reaches_the_gate_and_people_come_to_the_port_of_tls() -> None:
    settings = parse_settings(SETTINGS, home=HOME)
    config = parse_config(gate_config(settings))
    assert config.front_ends == ("127.0.0.1",)
    assert settings.origin("zone") == config.origin("zone") == "https://zone.example.org"
    assert Settings(home=HOME).origin("zone") == "http://zone.ansim.localhost:8600"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gate:\n  front_ends: [proxy.example.org]\nzone:\n  scheme: https\n", "IP addresses, not 'proxy.example.org'"),
        ("gate:\n  front_ends: 127.0.0.1\n", "gate.front_ends must be a list"),
        ("gate:\n  front_ends: [1]\n", r"gate.front_ends\[1\] must be a text"),
        ("gate:\n  front_ends: [127.0.0.1]\n", "zone.scheme is http"),
        ("zone:\n  scheme: https\n  bind: 0.0.0.0\ngate:\n  front_ends: [127.0.0.1]\n", "loopback only"),
    ],
)
def test_front_servers_that_would_protect_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_settings(text, home=HOME)


def test_the_gate_takes_addresses_only() -> None:
    with pytest.raises(GateConfigError, match="addresses"):
        parse_config(json.dumps({"domain": "a.example", "front_ends": [1]}))
