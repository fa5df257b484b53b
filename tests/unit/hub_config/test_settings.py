from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.errors import SettingsError
from hub_config.settings import SECTIONS, HubSettings, ZoneSettings, parse_settings, settings_text

HOME = Path("/srv/ansim")


def test_the_first_settings_file_reads_back_as_the_defaults() -> None:
    settings = parse_settings(settings_text(ZoneSettings(demo=True), HubSettings(port=9001)), home=HOME)
    assert settings.zone == ZoneSettings(demo=True)
    assert settings.hub == HubSettings(port=9001)
    assert settings.gate == SECTIONS["gate"]()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zone:\n  nmae: x\n", "line 2: unknown key zone.nmae"),
        ("zome: {}\n", "line 1: unknown key zome"),
        ("zone:\n  port: '8600'\n", "line 2: zone.port must be a whole number"),
        ("zone:\n  port: true\n", "line 2: zone.port must be a whole number"),
        ("zone:\n  port: -1\n", "line 2: zone.port is out of bounds"),
        ("zone:\n  demo: 1\n", "line 2: zone.demo must be true or false"),
        ("zone:\n  scheme: ftp\n", "line 2: zone.scheme must be one of http, https"),
        ("zone:\n  time_zone: Asia/Soul\n", "zone.time_zone is 'Asia/Soul', which is not the name of a time zone"),
        ("zone:\n  time_zone: ../etc/passwd\n", "is not the name of a time zone"),
        ("zone:\n  port: 1\n  port: 2\n", "line 3: zone.port stands twice"),
        ("zone: [1]\n", "line 1: zone must hold"),
        ("zone: {\n", "is not YAML"),
        ("zone: &a {}\nhub: *a\n", "an alias"),
        ("zone:\n  name: 7\n", "line 2: zone.name must be a text"),
    ],
)
def test_a_wrong_line_is_refused_and_named(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace("(", "\\(")):
        parse_settings(text, home=HOME)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outward:\n  targets: {}\n", "line 2: outward.targets must be a list"),
        ("outward:\n  targets:\n  - nmae: siem\n", "line 3: unknown key outward.targets[1].nmae"),
        (
            "outward:\n  targets:\n  - format: leef\n",
            "line 3: outward.targets[1].format must be one of ocsf, syslog, cef",
        ),
        ("outward:\n  targets:\n  - name: SIEM\n    host: a\n", "outward.targets[1]: name is of"),
        ("outward:\n  targets:\n  - name: siem\n", "outward.targets[1]: transport tls needs a host"),
        ("outward:\n  targets:\n  - {name: a, transport: file}\n", "outward.targets[1]: transport file needs a path"),
        ("outward:\n  targets:\n  - {name: a, host: b, key: k}\n", "certificate and key are given together"),
        ("outward:\n  targets:\n  - {name: a, host: b}\n  - {name: a, host: c}\n", "the name a stands twice"),
    ],
)
def test_a_system_that_the_record_could_not_be_sent_to_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        parse_settings(text, home=HOME)


def test_targets_are_read_with_their_defaults_and_their_paths_lie_below_the_home() -> None:
    text = "outward:\n  targets:\n  - {name: siem, host: siem.example, ca: siem.pem}\n"
    (target,) = parse_settings(text, home=HOME).outward.targets
    assert (target.format, target.transport, target.port) == ("ocsf", "tls", 6514)
    assert target.below(HOME).ca == "/srv/ansim/siem.pem"


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "10.0.0.1"])
def test_an_address_beyond_this_machine_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="loopback only"):
        parse_settings(f"zone:\n  bind: '{address}'\n", home=HOME)


def test_a_relative_database_lies_in_the_home_and_another_is_left_alone() -> None:
    assert parse_settings("", home=HOME).database_url() == "sqlite:////srv/ansim/ansim.db"
    other = parse_settings("database:\n  url: postgresql+psycopg:///ansim\n", home=HOME)
    assert other.database_url() == "postgresql+psycopg:///ansim"


def test_the_three_origins_differ_and_carry_the_port() -> None:
    settings = parse_settings("", home=HOME)
    assert settings.origin("zone") == "http://zone.ansim.localhost:8600"
    assert len({settings.origin(n) for n in ("zone", "work", "preview")}) == 3


@given(st.text(max_size=200))
def test_any_text_is_settings_or_one_family_of_error(text: str) -> None:
    with contextlib.suppress(SettingsError):
        parse_settings(text, home=HOME)


def test_an_egress_policy_in_a_file_lies_below_the_home_wherever_a_command_is_given() -> None:
    settings = parse_settings("egress:\n  policy: own.yaml+uk-sdap+/etc/ansim/provider.yaml\n", home=HOME)
    assert settings.egress_policy() == f"{HOME}/own.yaml+uk-sdap+/etc/ansim/provider.yaml"
    assert parse_settings("", home=HOME).egress_policy() == "kr-default"
