"""The `ansim` that operators type on a server: it runs as root only what sees to its rights itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest

from hub_config.processes import REPOSITORY

TEMPLATE = REPOSITORY / "ansible" / "roles" / "zone" / "templates" / "ansim.sh.j2"


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """The wrapper of a server whose programs say only how they were called."""
    programs = {"release/.venv/bin/ansim": "as its caller", "bin/setpriv": "as another user"}
    programs["release/.venv/bin/python"] = "as its caller, with the engine of $DOCKER_HOST."
    for name, said in programs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{said}, HOME=$HOME"\necho "$@" >&2\n')
        (tmp_path / name).chmod(0o755)
    given = {"ansible_managed": "", "ansim_home": "/var/lib/ansim", "ansim_database_host": ""}
    given["zone_release"] = str(tmp_path / "release")
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), trim_blocks=True, undefined=jinja2.StrictUndefined)
    (tmp_path / "ansim").write_text(template.render(given))
    return tmp_path / "ansim"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("units --write", "as its caller, HOME=/root"),
        ("audit prune --before 2026-01-01", "as its caller, HOME=/root"),
        ("audit break-glass --reason x", "as its caller, HOME=/var/lib/ansim"),
        ("audit accept-head --reason x", "as its caller, HOME=/var/lib/ansim"),
        ("audit verify", "as another user, HOME=/var/lib/ansim"),
        ("registry person list", "as another user, HOME=/var/lib/ansim"),
    ],
)
def test_a_command_runs_as_the_zones_user_unless_it_goes_on_as_that_by_itself(
    wrapper: Path, words: str, said: str
) -> None:
    assert called(wrapper, words).stdout.strip() == said


def test_rights_over_the_files_of_workspaces_are_for_the_command_that_moves_homes_alone(wrapper: Path) -> None:
    rights = "--inh-caps +chown,+fowner,+fsetid,+dac_override --ambient-caps +chown,+fowner,+fsetid,+dac_override"
    assert rights in called(wrapper, "homes encrypt --all").stderr
    for words in ("homes", "registry person list", "audit verify homes encrypt"):
        assert "--inh-caps -all --ambient-caps -all" in called(wrapper, words).stderr


def test_a_backup_by_hand_may_read_what_the_workers_may_and_change_nothing(wrapper: Path) -> None:
    assert "--inh-caps +dac_read_search --ambient-caps +dac_read_search" in called(wrapper, "backup now --json").stderr
    for words in ("backup list", "backup init", "audit backup now"):
        assert "--inh-caps -all --ambient-caps -all" in called(wrapper, words).stderr


def test_root_attacks_beside_the_zone_whose_user_records_what_was_seen(wrapper: Path) -> None:
    said = called(wrapper, "probe --all --runtime runsc")
    assert said.stdout.strip() == "as another user, HOME=/var/lib/ansim"
    attacked, recorded = said.stderr.splitlines()
    assert attacked == "-m hub_config.probe.beside /var/lib/ansim --all --runtime runsc"
    assert recorded.endswith("/ansim probe --take - --all --runtime runsc")
    for words in ("probe --last", "probe --take report.json", "probe --help", "audit probe"):
        assert "probe.beside" not in called(wrapper, words).stderr, words


def test_no_report_is_recorded_where_none_could_be_made(wrapper: Path) -> None:
    (wrapper.parent / "release/.venv/bin/python").write_text("#!/bin/sh\nexit 3\n")
    environment = {"PATH": f"{wrapper.parent / 'bin'}:/usr/bin:/bin", "HOME": "/root"}
    done = subprocess.run(["sh", wrapper, "probe"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


def test_the_journal_is_read_by_root_and_counted_by_the_zones_user(wrapper: Path) -> None:
    for name, script in {"journalctl": 'echo "read with $@"', "setpriv": 'echo "$@"; cat; exit 7'}.items():
        (wrapper.parent / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (wrapper.parent / "bin" / name).chmod(0o755)
    environment = {"PATH": f"{wrapper.parent / 'bin'}:/usr/bin:/bin", "HOME": "/root"}
    words = ["sh", str(wrapper), "support-bundle", "--json"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    counted, read = done.stdout.splitlines()
    assert counted.endswith("/ansim support-bundle --json --journal -")
    assert read.startswith("read with --unit ansim-* ")
    assert done.returncode == 7, "of the command, not of the journal"


def called(wrapper: Path, words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{wrapper.parent / 'bin'}:/usr/bin:/bin", "HOME": "/root"}
    return subprocess.run(["sh", wrapper, *words.split()], env=environment, capture_output=True, text=True, check=True)
