"""The units of a production zone: one for each process of the table, walled in, and no secret in what others read."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from audit.outward.target import Target
from hub_config.errors import EnvironmentMissing, SettingsError
from hub_config.machine_settings import MachineSettings
from hub_config.processes import REPOSITORY, process_table
from hub_config.settings import BackupSettings, OutwardSettings, Settings, parse_settings
from hub_config.systemd.database_rights import GROWS, rights_statements
from hub_config.systemd.installing import gate_environment
from hub_config.systemd.running import parse_states
from hub_config.systemd.sandbox import HIGHEST_EXPOSURE, PRIVATE_MOUNTS, SANDBOXES
from hub_config.systemd.units import TARGET, all_units, unit_name
from hub_config.workspace_settings import WorkspaceSettings

SETTINGS = Settings(
    home=Path("/var/lib/ansim"),
    workspace=WorkspaceSettings(homes="encrypted"),
    machine=MachineSettings(run_by="systemd", engine_helper="/run/ansim-engine/engine.sock"),
)
UNITS = {unit.name: unit.text for unit in all_units(SETTINGS)}
KEEPER = "ansim-homes.service"
SERVICES = sorted(name for name in UNITS if name.endswith(".service"))


def values(name: str, key: str) -> list[str]:
    return [line.split("=", 1)[1] for line in UNITS[name].splitlines() if line.startswith(f"{key}=")]


def test_every_process_of_the_table_has_its_unit_and_starts_as_the_supervisor_starts_it() -> None:
    for process in process_table(SETTINGS, gate_token="secret"):
        assert values(unit_name(process.name), "ExecStart") == [" ".join(process.arguments)]
        assert unit_name(process.name) in values(TARGET, "Wants")[0].split()
    assert set(SANDBOXES) == {p.name for p in process_table(SETTINGS, gate_token="")} | {"engine", "homes"}


def test_the_audit_writer_is_up_before_anything_else_is_started() -> None:
    for process in process_table(SETTINGS, gate_token="")[1:]:
        assert "ansim-audit.service" in values(unit_name(process.name), "After")[0].split()
        assert "ansim-audit.service" in values(unit_name(process.name), "Wants")[0].split()
    assert "waiting audit" in values("ansim-audit.service", "ExecStartPost")[0]


def test_no_unit_is_called_off_for_good_because_another_did_not_start() -> None:
    """`Restart=` does not apply to a dependency that failed: the unit would stay down when the other is back."""
    for name in SERVICES:
        for key in ("Requires", "Requisite", "BindsTo"):
            assert not values(name, key), name


def test_no_unit_holds_a_secret_or_runs_as_root() -> None:
    for name in SERVICES:
        assert "TOKEN" not in UNITS[name]
        assert values(name, "User")[0] not in ("root", "0", "")
        assert values(name, "NoNewPrivileges") == ["yes"]


def test_whoever_fills_the_gate_does_not_fill_the_machine() -> None:
    assert values("ansim-gate.service", "MemoryMax") == ["3G"]
    assert values("ansim-gate.service", "MemorySwapMax") == ["0"]
    assert values("ansim-gate.service", "Restart") == ["always"]


def test_only_the_helper_reaches_the_engine() -> None:
    for name in SERVICES:
        if name == KEEPER:  # it has the machine's mounts before it; without CAP_DAC_* the engine's socket is shut to it
            assert values(name, "CapabilityBoundingSet") == ["CAP_SYS_ADMIN"]
            assert "docker" not in values(name, "SupplementaryGroups")[0]
            continue
        closed = values(name, "InaccessiblePaths")[0]
        helper = name == "ansim-engine.service"
        assert ("-/run/docker.sock" in closed) is not helper
        assert any("docker" in groups for groups in values(name, "SupplementaryGroups")) is helper


def test_a_unit_that_passes_permissions_by_sees_no_secret_of_the_machine() -> None:
    passing = [name for name in SERVICES if "CAP_DAC" in values(name, "CapabilityBoundingSet")[0]]
    assert {"ansim-hub.service", "ansim-portal.service", "ansim-worker.service", "ansim-engine.service"} == set(passing)
    secrets = {"-/etc/shadow", "-/etc/ssh", "-/etc/ansim/tls", "-/etc/ansim/gate.env", "-/root", "-/var/lib/postgresql"}
    users = {values(name, "User")[0] for name in passing}
    lending = [name for name in SERVICES if values(name, "User")[0] in users]  # their view, by /proc/PID/root
    assert set(lending) == {*passing, "ansim-audit.service"}
    for name in lending:
        closed = values(name, "InaccessiblePaths")[0].split()
        assert secrets | {"-/var/lib/docker", "-/run/containerd", "-/var/log", "-/var/backups"} <= set(closed)
        assert len(closed) == len(set(closed))


@pytest.mark.parametrize("value", ["a\nUser=root", "a\rb", "a\x00b", 'a"b', "a'b", "a\\b", "a\u2028b", "$HOME", "a\tb"])
def test_no_value_of_the_settings_says_more_than_its_line_of_a_unit(value: str) -> None:
    machine = MachineSettings(run_by="systemd", engine_helper=f"/run/{value}")
    with pytest.raises(EnvironmentMissing, match="cannot say"):
        all_units(replace(SETTINGS, machine=machine))
    with pytest.raises((EnvironmentMissing, SettingsError)):
        all_units(parse_settings(f"machine:\n  engine_helper: {json.dumps('/run/' + value)}\n", home=SETTINGS.home))


@pytest.mark.parametrize(
    "socket", ["run/x", "/etc/x", "/run/../etc/x", "/run/", "/run", "/run//x", "/run/a b", "/run/%n"]
)
def test_the_helpers_socket_is_a_plain_path_below_run(socket: str) -> None:
    with pytest.raises(SettingsError, match="engine_helper"):
        parse_settings(f"machine:\n  engine_helper: {json.dumps(socket)}\n", home=SETTINGS.home)


def test_what_the_gate_is_told_does_not_end_its_own_quotes() -> None:
    zone = replace(SETTINGS.zone, domain="x' \nANSIM_GATE_ORDERS='0")
    said = gate_environment(replace(SETTINGS, zone=zone), "0" * 64, orders=990)
    assert [line.split("=", 1)[0] for line in said.splitlines()] == [
        "ANSIM_GATE_TOKEN",
        "ANSIM_GATE_CONFIG",
        "ANSIM_GATE_ORDERS",
    ]
    config = said.splitlines()[1].split("=", 1)[1]
    assert config.count("'") == 2
    assert json.loads(config.strip("'"))["domain"] == zone.domain


def test_the_gate_sees_neither_keys_nor_data_and_speaks_to_this_machine_alone() -> None:
    closed = values("ansim-gate.service", "InaccessiblePaths")[0].split()
    assert {"-/var/lib/ansim/keys", "-/var/lib/ansim/datasets", "-/var/lib/ansim/vault"} <= set(closed)
    assert values("ansim-gate.service", "IPAddressDeny") == ["any"]
    assert values("ansim-gate.service", "CapabilityBoundingSet") == [""]
    assert values("ansim-gate.service", "User") == ["ansim-gate"]


def test_the_images_and_keys_of_homes_are_written_by_their_keeper_alone() -> None:
    """Whoever has CAP_DAC_OVERRIDE would pass the helper's 0700 by, and who owns the home could move it aside."""
    homes = "-/var/lib/ansim/homes"
    for name in SERVICES:
        if name == "ansim-worker.service":  # backs the keys up
            assert values(name, "ReadOnlyPaths") == [homes]
        elif name != KEEPER:
            assert homes in values(name, "InaccessiblePaths")[0].split()


def test_the_worker_alone_writes_where_backups_go_and_starts_also_while_that_disk_is_away() -> None:
    backup = BackupSettings(repository="/mnt/backup/ansim", keys_directory="/mnt/other/keys")
    made = {unit.name: unit.text for unit in all_units(replace(SETTINGS, backup=backup))}
    allowed = {name for name, text in made.items() if "/mnt/" in text}
    assert allowed == {"ansim-worker.service"}
    line = "ReadWritePaths=/var/lib/ansim -/mnt/backup/ansim -/mnt/other/keys"
    assert line in made["ansim-worker.service"].splitlines()
    elsewhere = replace(SETTINGS, backup=BackupSettings(repository="sftp:backup@host:/ansim", keys_directory="closed"))
    assert {unit.name: unit.text for unit in all_units(elsewhere)} == UNITS


def test_every_right_beyond_the_common_walls_has_its_reason_beside_it() -> None:
    for name in SERVICES:
        assert "# Rights beyond the common walls: " in UNITS[name]


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_little_exposed(name: str, tmp_path: Path) -> None:
    unit = tmp_path / name
    unit.write_text(UNITS[name])
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    exposure = float(said.strip().splitlines()[-1].rsplit(":", 1)[1].split()[0])
    assert exposure <= SANDBOXES[name.removeprefix("ansim-").removesuffix(".service")].exposure


def test_the_keeper_of_homes_alone_may_mount_and_mounts_from_loop_devices_alone() -> None:
    for name in SERVICES:
        assert ("CAP_SYS_ADMIN" in values(name, "CapabilityBoundingSet")[0]) is (name == KEEPER)
        assert ("@mount" in values(name, "SystemCallFilter")) is (name == KEEPER)
    assert values(KEEPER, "DevicePolicy") == ["closed"]
    assert values(KEEPER, "DeviceAllow") == ["/dev/loop-control rw", "block-loop rw"]
    # With a mount name space of its own nobody would see what it mounts.
    assert not PRIVATE_MOUNTS & {line.split("=")[0] for line in UNITS[KEEPER].splitlines()}
    assert [name for name, sandbox in SANDBOXES.items() if sandbox.exposure > HIGHEST_EXPOSURE] == ["homes"]


def test_a_zone_with_plain_homes_has_no_process_that_may_mount() -> None:
    names = {unit.name for unit in all_units(replace(SETTINGS, workspace=WorkspaceSettings()))}
    assert KEEPER not in names
    assert KEEPER in values(TARGET, "Wants")[0].split()


def test_a_zone_that_goes_back_to_plain_homes_keeps_the_helper_of_those_that_are_left(tmp_path: Path) -> None:
    plain = replace(SETTINGS, home=tmp_path, workspace=WorkspaceSettings())
    assert KEEPER not in {unit.name for unit in all_units(plain)}
    (tmp_path / "homes").mkdir(mode=0o000)
    assert KEEPER in {unit.name for unit in all_units(plain)}


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


def shipping(path: str) -> Settings:
    """Settings with a file for a shipper."""
    return replace(SETTINGS, outward=OutwardSettings(targets=(Target(name="shipper", transport="file", path=path),)))


def test_the_worker_alone_writes_where_a_shipper_takes_the_record_from() -> None:
    units = {unit.name: unit.text for unit in all_units(shipping("/srv/ansim-outward/audit.cef"))}
    opened = {name for name, text in units.items() if "-/srv/ansim-outward" in text}
    assert opened == {"ansim-worker.service"}
    assert "-/srv/ansim-outward" in next(
        line for line in units["ansim-worker.service"].splitlines() if line.startswith("ReadWritePaths=")
    )
    assert {unit.name: unit.text for unit in all_units(shipping("outward/audit.cef"))} == UNITS


@pytest.mark.parametrize("path", ["/var/log/ansim/audit.cef", "/root/audit.cef", "/srv/../var/log/audit.cef"])
def test_no_file_for_a_shipper_lies_where_the_worker_sees_nothing(path: str) -> None:
    with pytest.raises(EnvironmentMissing, match="sees nothing below") as refused:
        all_units(shipping(path))
    assert "/srv/ansim-outward" in str(refused.value.hint)


PROBE = REPOSITORY / "ansible" / "roles" / "zone" / "templates" / "ansim-probe.service.j2"
#: What would make an attack fail by the unit's walls and not by a workspace's.
TRIED = {"PrivateNetwork", "PrivateIPC", "PrivateTmp", "PrivateDevices", "ProtectProc", "RestrictNamespaces", "User"}


def test_the_one_unit_that_is_roots_has_walls_that_take_nothing_from_its_attacks_and_is_named_on_the_page() -> None:
    said = dict(line.split("=", 1) for line in PROBE.read_text(encoding="utf-8").splitlines() if "=" in line[1:])
    assert said.keys() >= {"NoNewPrivileges", "ProtectHostname", "LockPersonality", "RestrictRealtime", "LimitCORE"}
    assert not said.keys() & TRIED
    taken = set(said["CapabilityBoundingSet"].removeprefix("~").split())
    assert not taken & {"CAP_SYS_PTRACE", "CAP_SETUID", "CAP_SYS_ADMIN"}
    for page in sorted((REPOSITORY / "docs" / "how-to").glob("install-on-a-server*.md")):
        rows = re.findall(r"^\| `(ansim-[a-z]+)` \| `([a-z-]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
        units = {name.removesuffix(".service"): values(name, "User")[0] for name in SERVICES}
        assert dict(rows) == {**units, "ansim-probe": "root"}, page.name
