"""Declared pruning on a server of the playbook: root connects as the owner of the tables, the zone does the rest.

Alone: `pytest -m long tests/integration/hub_config/test_audit_prune_without_ownership.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyotp
import pytest
import yaml

from audit.db import Database
from audit.event import Actor
from audit.log import AuditLog, LogKeys
from audit.retention import pruning
from hub_config import retention
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME
from hub_config.zone import Zone, open_zone
from registry.model import Role
from tests.integration.audit.audit_years import HERE, OFFICER, OPERATOR, Clock, fill
from tests.integration.house.house_people import PASSWORD, join
from tests.integration.hub_config.test_backup_to_a_new_server import Server, make_home
from tests.postgresql_server import ACCOUNT, postgresql_server
from tests.rights import as_root

pytestmark = [pytest.mark.long, as_root]  # a server of its own

RULES = REPOSITORY / "ansible" / "roles" / "postgresql" / "templates"
USER = "nobody"  # whom the zone belongs to
#: The command, which goes on as another user at its start or by itself. Whoever becomes another user here may still
#: read everything (SECBIT_NO_SETUID_FIXUP): the interpreter and the checkout of a test may lie where root alone can.
PROGRAM = """
import ctypes, os, pwd, sys
assert ctypes.CDLL(None, use_errno=True).prctl(28, 4, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())
entry = pwd.getpwnam(sys.argv.pop(1))
os.setgroups([]), os.setgid(entry.pw_gid), os.setuid(entry.pw_uid)
from hub_config.cli import main
sys.exit(main())
"""
WORKER = Actor.service("worker")
FIRST, SECOND = "2021-01-01", "2022-01-01"


@dataclass(frozen=True, slots=True)
class Installed:
    """A zone as the playbook leaves it: its processes are one user and one role, and that role owns no table."""

    server: Server
    home: Path
    zone: Zone
    secrets: dict[str, str]

    def run(self, *words: str, user: str = "root", typed: str = "", language: str = "C") -> Any:
        """Run the command as the wrapper does; what it asks for is typed."""
        environment = {"PATH": os.environ["PATH"], "ANSIM_HOME": str(self.home), "PYTHONPATH": str(REPOSITORY)}
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, user, "audit", *words],
            env={**environment, "LC_ALL": language, "PYTHONIOENCODING": "utf-8", "COLUMNS": "300"},
            cwd="/",
            input=typed,
            capture_output=True,
            text=True,
            start_new_session=True,  # without a terminal a password is read from the standard input
            check=False,
        )

    def prune(self, before: str, *words: str, **how: str) -> Any:
        return self.run("prune", "--before", before, "--json", *words, **how)

    def typed(self) -> str:
        """What the two people type, each a code that was never used."""
        later = datetime.now(UTC) + timedelta(seconds=30)
        return "".join(f"{PASSWORD}\n{pyotp.TOTP(secret).at(later)}\n" for secret in self.secrets.values())

    def count(self, table: str) -> int:
        [(found,)] = self.server.rows(f"SELECT count(*) FROM {table}")
        return int(found)

    def of_root(self) -> set[str]:
        return {str(path) for path in self.home.rglob("*") if path.lstat().st_uid == 0}

    def declare(self, before: str) -> None:
        """Declare as the owner and be interrupted there."""
        owner, moment = Database.open(self.server.url("ansim_owner")), datetime.fromisoformat(before)
        at = (moment.replace(tzinfo=UTC), datetime.now(UTC))
        two: dict[str, Any] = {"by": OPERATOR, "confirmed_by": OFFICER, "source": HERE}
        pruning.declare(self.zone.log, self.zone.retention, *at, **two, db=owner)
        owner.close()


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    place = Path(tempfile.mkdtemp(prefix="ansim-prune-"))  # not pytest's own directory, which is root's alone
    place.chmod(0o755)
    home = place / "zone"
    with postgresql_server() as socket:
        server = Server(socket)
        server.prepare()
        be_strict(server)
        make_home(home, server)
        zone = open_zone(home, "worker")
        fill_years(zone)
        secrets = {
            "taeyang": join(zone, "taeyang", Role.OPERATOR),
            "jiwoo": join(zone, "jiwoo", Role.COMPLIANCE_OFFICER),
        }
        zone.log.checkpoint()
        for path in (home, *home.rglob("*")):
            if path.name != FILE_NAME:
                shutil.chown(path, USER)
        yield Installed(server, home, zone, secrets)
        zone.db.close()
    shutil.rmtree(place)


def be_strict(server: Server) -> None:
    """Let in who comes in by the playbook's rules: users of this machine, each as the role that is its own."""
    data = Path(server.socket) / "data"
    local = next(line for line in (RULES / "pg_hba.conf.j2").read_text().splitlines() if "ansim_owner" in line)
    roles = (RULES / "pg_ident.conf.j2").read_text().replace("ansim   ansim   ansim", f"ansim   {USER}   ansim")
    (data / "pg_hba.conf").write_text(f"local all {ACCOUNT} trust\n{local}\n")
    (data / "pg_ident.conf").write_text(roles.replace("# {{ ansible_managed }}", ""))
    Path(server.socket).chmod(0o711)
    with server.connect(ACCOUNT) as connection:
        connection.execute("SELECT pg_reload_conf()")


def fill_years(zone: Zone) -> None:
    """Record 600 entries in 2020 and as many in 2021."""
    keys, clock = LogKeys.load_or_create(zone.home / "keys"), Clock(datetime(2020, 2, 1, tzinfo=UTC))
    log = AuditLog(zone.db, keys, component="portal", origin=zone.log.origin, log_dir=zone.log.directory, clock=clock)
    fill(log, 600)
    clock.years(1)
    fill(log, 600)


# One story: each test goes on where the one before it ended.


def test_the_zones_user_is_told_that_it_takes_root(installed: Installed) -> None:
    said = installed.run("prune", "--before", FIRST, user=USER)
    assert (said.returncode, "sudo ansim audit prune" in said.stdout) == (3, True), said.stderr
    assert pruning.command(installed.zone.db) == "sudo ansim audit prune --before"  # as the portal shows it
    said = installed.run("prune", "--before", FIRST, user=USER, language="ko_KR.UTF-8")
    assert "테이블의 소유자만" in said.stdout
    owner = installed.server.url("ansim_owner")
    said = installed.prune(FIRST, "--owner-from-stdin", user=USER, typed=f"{owner}\n")
    assert (said.returncode, "only root connects" in said.stderr) == (3, True), said.stderr
    assert installed.count("audit_pruning") == 0


@pytest.mark.parametrize("user", ["root", USER])
def test_a_plan_takes_no_root(installed: Installed, user: str) -> None:
    said = installed.prune(FIRST, "--plan", user=user)
    assert json.loads(said.stdout)["minimum"] == 512, said.stderr


def test_root_prunes_with_two_people_and_leaves_nothing_of_root(installed: Installed) -> None:
    before = installed.of_root()
    said = installed.prune(FIRST, "--by", "taeyang", "--confirm", "jiwoo", typed=installed.typed())
    assert said.returncode == 0, said.stdout + said.stderr
    answer = json.loads(said.stdout)
    assert (answer["minimum"], answer["cleaned"]["entries"]) == (512, 512)
    assert installed.count("audit_entry WHERE idx < 512") == installed.count("audit_link WHERE idx < 512") == 0
    assert installed.count("audit_entry WHERE action = 'log.pruned'") == 1
    assert installed.count("audit_pending") == installed.count("audit_discard") == 0
    assert installed.of_root() == before
    verified = installed.run("verify", "--json", user=USER)
    assert verified.returncode == 0, verified.stdout


ATTACKS = (
    "INSERT INTO audit_pruning (minimum, event_id, declared_at) VALUES (1024, 'e', 'now')",
    "UPDATE audit_pruning SET minimum = 1024",
    "DELETE FROM audit_entry WHERE idx < 1024",
    "DELETE FROM audit_link WHERE idx < 1024",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_zones_role_neither_declares_nor_removes(installed: Installed, attack: str) -> None:
    with installed.server.connect("ansim") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attack)


def test_the_owner_removes_nothing_above_what_was_declared(installed: Installed) -> None:
    with installed.server.connect("ansim_owner") as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute("DELETE FROM audit_entry WHERE idx < 1024")


def test_the_worker_leaves_an_interrupted_pruning_alone_and_what_to_do_is_said(installed: Installed) -> None:
    installed.declare(SECOND)
    for _ in range(2):
        retention.keep(installed.zone, WORKER)
    assert installed.count("audit_entry WHERE idx < 1024") == 512
    for words in (("retention", "clean"), ("retention", "show")):
        said = installed.run(*words, user=USER)
        assert "sudo ansim audit prune" in said.stdout, said.stderr
    said = installed.run("retention", "clean", "--json", user=USER)
    assert json.loads(said.stdout)["left_over"]


@pytest.mark.parametrize("attack", ATTACKS[2:])
def test_nor_does_the_zones_role_remove_what_was_declared(installed: Installed, attack: str) -> None:
    with installed.server.connect("ansim") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attack)


def test_root_goes_on_by_an_address_that_no_file_holds(installed: Installed) -> None:
    path = installed.home / FILE_NAME
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    owner = document["database"].pop("owner_url")
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    before = installed.of_root()
    assert installed.prune(SECOND).returncode == 3
    assert installed.count("audit_entry WHERE idx < 1024") == 512
    said = installed.prune(SECOND, "--owner-from-stdin", typed=f"{owner}\n")
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)["cleaned"]["entries"] == 512
    assert installed.count("audit_entry WHERE idx < 1024") == 0
    assert installed.of_root() == before
    verified = installed.run("verify", "--json", user=USER)
    assert verified.returncode == 0, verified.stdout
