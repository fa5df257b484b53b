"""The units of a production zone: one for each process of the table, walled in, and no secret in what others read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from hub_config.machine_settings import MachineSettings
from hub_config.processes import process_table
from hub_config.settings import Settings
from hub_config.systemd.database_rights import GROWS, rights_statements
from hub_config.systemd.running import parse_states
from hub_config.systemd.sandbox import HIGHEST_EXPOSURE, SANDBOXES
from hub_config.systemd.units import TARGET, all_units, unit_name

SETTINGS = Settings(
    home=Path("/var/lib/ansim"),
    machine=MachineSettings(run_by="systemd", engine_helper="/run/ansim-engine/engine.sock"),
)
UNITS = {unit.name: unit.text for unit in all_units(SETTINGS)}
SERVICES = sorted(name for name in UNITS if name.endswith(".service"))


def values(name: str, key: str) -> list[str]:
    return [line.split("=", 1)[1] for line in UNITS[name].splitlines() if line.startswith(f"{key}=")]


def test_every_process_of_the_table_has_its_unit_and_starts_as_the_supervisor_starts_it() -> None:
    for process in process_table(SETTINGS, gate_token="secret"):
        assert values(unit_name(process.name), "ExecStart") == [" ".join(process.arguments)]
        assert unit_name(process.name) in values(TARGET, "Wants")[0].split()
    assert set(SANDBOXES) == {p.name for p in process_table(SETTINGS, gate_token="")} | {"engine"}


def test_the_audit_writer_is_up_before_anything_else_is_started() -> None:
    for process in process_table(SETTINGS, gate_token="")[1:]:
        assert "ansim-audit.service" in values(unit_name(process.name), "After")[0].split()
        assert values(unit_name(process.name), "Requires") == ["ansim-audit.service"]
    assert "waiting audit" in values("ansim-audit.service", "ExecStartPost")[0]


def test_no_unit_holds_a_secret_or_runs_as_root() -> None:
    for name in SERVICES:
        assert "TOKEN" not in UNITS[name]
        assert values(name, "User")[0] not in ("root", "0", "")
        assert values(name, "NoNewPrivileges") == ["yes"]


def test_only_the_helper_reaches_the_engine() -> None:
    for name in SERVICES:
        closed = values(name, "InaccessiblePaths")[0]
        helper = name == "ansim-engine.service"
        assert ("-/run/docker.sock" in closed) is not helper
        assert any("docker" in groups for groups in values(name, "SupplementaryGroups")) is helper


def test_the_gate_sees_neither_keys_nor_data_and_speaks_to_this_machine_alone() -> None:
    closed = values("ansim-gate.service", "InaccessiblePaths")[0].split()
    assert {"-/var/lib/ansim/keys", "-/var/lib/ansim/datasets", "-/var/lib/ansim/vault"} <= set(closed)
    assert values("ansim-gate.service", "IPAddressDeny") == ["any"]
    assert values("ansim-gate.service", "CapabilityBoundingSet") == [""]
    assert values("ansim-gate.service", "User") == ["ansim-gate"]


def test_every_right_beyond_the_common_walls_has_its_reason_beside_it() -> None:
    for name in SERVICES:
        assert "# Rights beyond the common walls: " in UNITS[name]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_little_exposed(name: str, tmp_path: Path) -> None:
    unit = tmp_path / name
    unit.write_text(UNITS[name])
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    exposure = float(said.strip().splitlines()[-1].rsplit(":", 1)[1].split()[0])
    assert exposure <= HIGHEST_EXPOSURE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_reads_the_units_without_a_complaint(tmp_path: Path) -> None:
    for name, text in UNITS.items():
        (tmp_path / name).write_text(text.replace("User=ansim", "#User=").replace("SupplementaryGroups=", "#Groups="))
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in SERVICES)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert [line for line in said.splitlines() if "ansim-" in line and "not-found" not in line] == []


def test_what_systemd_says_is_read_by_the_names_of_the_processes() -> None:
    text = "MainPID=41\nNRestarts=2\nId=ansim-hub.service\nActiveState=active\n\nId=x.service\nActiveState=active\n"
    (state,) = parse_states(text, ["hub", "gate"])
    assert (state.name, state.active, state.pid, state.restarts) == ("hub", True, 41, 2)


def test_the_zones_role_is_given_no_right_to_change_the_tree() -> None:
    statements = rights_statements("ansim", [*GROWS, "registry_person"])
    for statement in statements:
        if "UPDATE" in statement and statement.endswith("TO ansim"):
            assert not any(name in statement for name in GROWS)
    with pytest.raises(ValueError, match="plain name"):
        rights_statements('x"; DROP TABLE audit_entry', [])
