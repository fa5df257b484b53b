"""The suites: every folder of tests runs, what fails is said at the end, and integration runs what the README says."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from hub_config.failed_tests import print_failures
from hub_config.processes import REPOSITORY
from hub_config.testing import FIRST, rest
from tests.conftest import SHARED, group_of
from tests.what_failed import LAST_LINES, LIST

IMPORTS = """
from tests.what_failed import (
    keep_basetemp, pytest_collectreport, pytest_runtest_logreport, pytest_runtest_makereport, pytest_runtest_setup
)
"""
FAILING = """
import pytest

@pytest.fixture
def zone(tmp_path_factory):
    home = tmp_path_factory.mktemp("zone")
    (home / "logs").mkdir()
    (home / "logs" / "hub.log").write_text("".join(f"line {n} of the hub" + chr(10) for n in range(100)))

@pytest.fixture
def engine(zone):
    raise RuntimeError("the engine is away")

def test_it_starts(engine): pass
def test_it_stops(engine): pass
@pytest.mark.parametrize("name", ["a@b"])
def test_it_counts(zone, name): assert name == "b"
def test_it_passes(): pass
"""


ON_SQLITE = {
    "audit/audit_golden.py": "writes the kept logs anew; they are read into a database of each kind",
    "audit/audit_replacing_victim.py": "killed between its files, of which the database is one",
    "audit/test_audit_chaos.py": "disks that are full or break under a file; servers are taken away there too",
    "audit/test_audit_log.py": "an address that is refused",
    "audit/test_audit_mutation.py": "a file is copied for each of hundreds of changes",
    "audit/test_audit_replacing.py": "its home is copied for each moment at which the process is killed",
    "audit/test_audit_sequencer.py": "that there is nothing to enter on SQLite",
    "audit/test_audit_tamper.py": "a file is copied for each change; the kinds of change are tried on PostgreSQL too",
    "audit/test_audit_torn_write.py": "the write-ahead log of a file, torn",
    "deid/killed_while_using_keys.py": "killed between the files of the keys; the log only says what was done",
    "deid/test_deid_inventory.py": "a source of data, not the database of a zone",
    "deid/test_deid_sources.py": "a source of data, of each kind in turn",
    "egress_review/egress_victim.py": "killed at each step; with a file of the address on PostgreSQL",
    "egress_review/test_egress_machine.py": "any order of steps, on each kind in turn",
    "gate/audit_service.py": "the gate speaks to a service, which is tried on each kind with the log",
    "gate/events.py": "reads what that service wrote",
    "gate/hub_for_gate.py": "the database of JupyterHub",
    "hub_config/test_migration_searching.py": "an earlier version; each on each kind is a test of its own",
    "hub_config/test_migrations.py": "the words of the guards in a file; test_upgrades compares each kind",
    "registry/test_registry_model_agreement.py": "thousands of registries, each a file that is soon made",
}
"""What in the tests of integration names SQLite and so is not tried on PostgreSQL, each with its reason."""
BY_DEFAULT = {
    "deid/test_deid_cluster.py": "a cluster masks a table; the zone beside it only records that it did",
    "deid/test_deid_first_use.py": "files of keys that nobody made yet; in one test a zone records the use",
    "deid/test_deid_nothing_there.py": "tables are taken out of a file, as an earlier version left it",
    "deid/test_deid_synth_command.py": "models and reports are files; what is recorded of them is counted in one",
    "egress_review/test_egress_watch.py": "one test reads the settings of a new zone; the others have a house",
    "hub/conftest.py": "containers and processes take minutes; what they ask of the zone is tried where it is decided",
    "hub/test_hub_behind_tls.py": "cookies and addresses of the pages for signing in",
    "hub_config/test_audit_append_start.py": "a file is tampered with; what is found in a log is tried on each kind",
    "hub_config/test_clock_steps.py": "a clock that steps under a process, not under its server",
    "hub_config/test_supervisor.py": "processes that stand in for the zone's; none opens a database",
    "identity/conftest.py": "a provider and a browser; what the zone keeps of both is tried with the registry",
}
"""What makes a zone with the settings that a new one has, and so on SQLite, each with its reason."""
MAKES = re.compile(r"\b(?:make_zone|settings_text|make_home)\(")
CHOOSES = re.compile(r"\b(?:usual_\w+|postgresql_\w+|database_url: str)\b")


def test_every_test_takes_its_database_from_one_place_or_says_why_not() -> None:
    integration = REPOSITORY / "tests" / "integration"
    texts = {
        place.relative_to(integration).as_posix(): place.read_text(encoding="utf-8")
        for place in integration.rglob("*.py")
    }
    naming = {name for name, text in texts.items() if "sqlite:///" in text}
    assert naming == set(ON_SQLITE)
    silent = {name for name, text in texts.items() if MAKES.search(text)} - naming
    assert {name for name in silent if not any(map(CHOOSES.search, of_its_tests(name, texts)))} == set(BY_DEFAULT)


def of_its_tests(name: str, texts: dict[str, str]) -> Iterator[str]:
    """Yield the text of a file; of one that has neither tests nor fixtures those too that take it from there."""
    yield texts[name]
    if not Path(name).name.startswith(("test_", "conftest")):
        module = re.compile(rf"\b{re.escape(name.removesuffix('.py').replace('/', '.'))}\b")
        yield from (text for text in texts.values() if module.search(text))


def test_every_folder_of_tests_is_run_once() -> None:
    tests = REPOSITORY / "tests"
    folders = {place.parent.relative_to(REPOSITORY).as_posix() for place in tests.rglob("test_*.py")}
    run = [*FIRST, *rest()]
    for folder in folders:
        assert len([one for one in run if folder == one or folder.startswith(f"{one}/")]) == 1, folder


def test_files_that_share_a_zone_are_of_one_group_and_others_of_their_own() -> None:
    assert group_of("tests/functional/test_permits_end.py") == group_of("tests/functional/test_first_release.py")
    assert group_of("tests/functional/test_disk_fills.py") != group_of("tests/functional/test_first_release.py")
    assert group_of("tests/unit/audit/test_audit_body.py") == "test_audit_body"
    servers = ("server_installation", "playbook_engine", "witness_server", "faults_on_a_server")
    assert {group_of(f"tests/functional/test_{name}.py") for name in servers} == {"servers"}
    assert all(any(REPOSITORY.glob(f"{start}*")) for start in SHARED)


@pytest.mark.parametrize("beside", [(), ("-n", "1")])
def test_a_failure_is_listed_with_its_reason_and_what_its_zone_wrote(tmp_path: Path, beside: tuple[str, ...]) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(IMPORTS)
    (tmp_path / "tests" / "test_failing.py").write_text(FAILING)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    noted = tmp_path / "failures.jsonl"
    environment = {**os.environ, LIST: str(noted), "PYTHONPATH": str(REPOSITORY)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'base'}", *beside]
    ended = subprocess.run([*command, "tests"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1, ended.stdout
    lines = [json.loads(line) for line in noted.read_text().splitlines()]
    assert sorted(line["test"].partition("::")[2] for line in lines) == [
        "test_it_counts[a@b]",
        "test_it_starts",
        "test_it_stops",
    ]
    log = next(text for line in lines for name, text in line["logs"].items() if name.endswith("logs/hub.log"))
    assert log.splitlines() == [f"line {n} of the hub" for n in range(100 - LAST_LINES, 100)]
    printed = io.StringIO()
    print_failures(Console(file=printed, highlight=False), noted)
    said = printed.getvalue()
    assert said.count("RuntimeError: the engine is away") == 1
    assert "and 1 more for the same reason" in said
    assert "line 99 of the hub" in said
    assert "3 failed:" in said


def test_nothing_is_said_when_nothing_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_failures(Console(), tmp_path / "none")
    assert capsys.readouterr().out == ""


def test_integration_runs_the_command_of_the_readme() -> None:
    commands = re.findall(r"^(make [\w-]+)", (REPOSITORY / "README.md").read_text(), flags=re.MULTILINE)
    assert "make test" in commands
    assert re.search(r"^make test( |$)", (REPOSITORY / ".ci" / "run").read_text(), flags=re.MULTILINE)
