"""The pictures of a deployment name every server of the inventory and every unit that the playbook lays down."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import yaml

from hub_config.deployment_pictures import RUNS, picture, servers_of
from hub_config.processes import REPOSITORY

SVG = "{http://www.w3.org/2000/svg}"
INVENTORIES = sorted(one.name for one in (REPOSITORY / "ansible" / "inventories").iterdir())


@pytest.mark.parametrize("name", INVENTORIES)
def test_every_server_and_what_runs_on_it_stands_in_the_picture(name: str) -> None:
    drawn = ElementTree.fromstring(picture(name))
    said = [text.text or "" for text in drawn.iter(f"{SVG}text")]
    text = (REPOSITORY / "ansible" / "inventories" / name / "hosts.yml").read_text(encoding="utf-8")
    servers = servers_of(yaml.safe_load(text))
    assert servers
    for server in servers:
        assert any(line.startswith(f"{server.name} (") for line in said)
        assert set(server.lines()) <= set(said)
    over_the_network = any("5432" in line for line in said)
    assert over_the_network is (len(servers) > 1)


def test_a_group_is_drawn_exactly_where_the_playbook_knows_it() -> None:
    plays = yaml.safe_load((REPOSITORY / "ansible" / "site.yml").read_text(encoding="utf-8"))
    assert {play["hosts"] for play in plays} - {"all"} == RUNS.keys()
    units = (REPOSITORY / "ansible" / "teardown.yml").read_text(encoding="utf-8")
    for line in RUNS["hub"]:
        if line.startswith("ansim-"):
            assert line.split()[0].rstrip(":") in units
