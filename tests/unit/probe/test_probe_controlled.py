"""Every wall has a control that takes it away, or stands among the exceptions that the how-to names."""

from __future__ import annotations

from hub_config.probe.browser.door import ATTACKS
from hub_config.probe.table import INSIDE, PROBES
from hub_config.processes import REPOSITORY
from tests.integration.hub.test_probe_controls import CONTROLS
from tests.integration.hub.test_probe_homes import NAMES
from tests.integration.hub.test_probe_open_door import AT_THE_DOOR
from tests.unit.probe import test_advisories, test_probe_containers, test_probe_host
from tests.unit.probe.host_controls import CONTROLLED

#: `kern.sysrq` has one where the kernel has the trigger.
WITHOUT = {"kern.modules", "kern.sysrq"}
#: These say what they control when they are read.
OF_SERVER = (test_advisories, test_probe_containers, test_probe_host)
GUIDES = ("docs/how-to/run-the-probe.md", "docs/how-to/run-the-probe.ko.md")


def test_every_attack_inside_is_also_made_where_its_wall_is_away() -> None:
    taken_away = {name for control in CONTROLS for name in control.red}
    assert taken_away | set(NAMES) | WITHOUT >= set(INSIDE)
    assert taken_away <= set(INSIDE)


def test_every_attack_at_the_gate_is_also_made_at_one_without_walls() -> None:
    assert set(AT_THE_DOOR) == set(ATTACKS) == {probe.id for probe in PROBES if probe.way == "browser"}


def test_every_look_at_the_server_is_also_taken_where_its_wall_is_away() -> None:
    assert {probe.id for probe in PROBES if probe.way in ("host", "memory")} == CONTROLLED


def test_every_probe_has_a_control_or_is_named_as_having_none() -> None:
    inside = {name for control in CONTROLS for name in control.red} | set(NAMES)
    assert {probe.id for probe in PROBES} == inside | set(AT_THE_DOOR) | CONTROLLED | WITHOUT


def test_the_how_to_names_what_has_no_control() -> None:
    for guide in GUIDES:
        text = (REPOSITORY / guide).read_text(encoding="utf-8")
        assert all(f"`{name}`" in text for name in WITHOUT), guide
