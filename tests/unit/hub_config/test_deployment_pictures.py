"""The pictures of a deployment name every server of the inventory and every unit that the playbook lays down there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from hub_config.deployment_pictures import RUNS, drawn, picture
from hub_config.processes import REPOSITORY
from hub_config.settings import parse_settings
from hub_config.systemd.units import TARGET, all_units

SVG = "{http://www.w3.org/2000/svg}"
INVENTORIES = sorted(one.name for one in (REPOSITORY / "ansible" / "inventories").iterdir())
TIMERS = sorted((REPOSITORY / "ansible" / "roles" / "zone" / "templates").glob("*.timer.j2"))


def inventory_of(name: str) -> dict[str, Any]:
    text = (REPOSITORY / "ansible" / "inventories" / name / "hosts.yml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def said_in(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", INVENTORIES)
def test_every_server_and_its_groups_stand_in_the_picture(name: str) -> None:
    said, groups = said_in(picture(name)), inventory_of(name)["all"]["children"]
    servers = {host: [group for group in groups if host in groups[group]["hosts"]] for one in groups.values()
               for host in one["hosts"]}  # fmt: skip
    for host, held in servers.items():
        assert f"{host} ({', '.join(held)})" in said
        assert {line for group in held for line in RUNS.get(group, ())} <= set(said)
    assert any("5432" in line for line in said) is (len(servers) > 1), "over the network"


@pytest.mark.parametrize("name", INVENTORIES)
def test_every_unit_that_these_settings_make_runs_in_the_picture(name: str) -> None:
    document = {"machine": {"run_by": "systemd"}, **inventory_of(name)["all"]["vars"].get("ansim_settings", {})}
    settings = parse_settings(yaml.safe_dump(document), home=Path("/nonexistent"))
    units = {unit.name.removesuffix(".service") for unit in all_units(settings)} - {TARGET}
    said = " ".join(said_in(picture(name)))
    named = set(re.findall(r"ansim-[a-z]+", said)) - {"ansim-probe", "ansim-witness"}
    assert named == units
    assert "ansim-homes" in units, "the inventories choose encrypted homes"
    assert TIMERS
    assert all(timer.name.removesuffix(".j2") in said for timer in TIMERS)


def test_what_an_inventory_chooses_beside_is_drawn_and_nothing_that_it_does_not() -> None:
    inventory = inventory_of("one-host")
    chosen = {"ansim_prometheus": True, "ansim_settings": {"workspace": {"homes": "plain"}}}
    chosen["ansim_backup"] = {
        "repository": "sftp:away:/backups",
        "keys_directory": "/srv/keys",
        "recipients": ["age1x"],
    }
    inventory["all"]["vars"] |= chosen
    before, after = " ".join(said_in(picture("one-host"))), " ".join(said_in(drawn("one-host", inventory)))
    for word, was in (
        ("ansim-homes", True),
        ("Prometheus", False),
        ("sftp:away:/backups", False),
        ("/srv/keys", False),
    ):
        assert (word in before, word in after) == (was, not was)


def test_a_group_is_drawn_exactly_where_the_playbook_knows_it() -> None:
    plays = yaml.safe_load((REPOSITORY / "ansible" / "site.yml").read_text(encoding="utf-8"))
    assert {play["hosts"] for play in plays} - {"all"} == RUNS.keys() | {"hub"}
