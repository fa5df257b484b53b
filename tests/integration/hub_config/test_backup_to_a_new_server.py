"""A zone whose PostgreSQL server is lost comes back on a new one: rights, guards and owners as they were.

Both servers have what the playbook gives them and nothing else; the zone's processes are the role that owns no table.
Alone: `pytest -m long tests/integration/hub_config/test_backup_to_a_new_server.py`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import errors

from egress_review.model import Choice, Draft
from egress_review.policy import load_policy
from egress_review.scanner import InProcessScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from hub_config.backup.errors import Refused, Unusable
from hub_config.backup.making import back_up, repository, set_up
from hub_config.backup.restoring import Order, Restored, restore
from hub_config.errors import EnvironmentMissing
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, load_settings, settings_text
from hub_config.systemd.migrating import bring_up_to_date
from hub_config.zone import Zone, open_zone
from registry.model import Role
from tests.functional.conftest import run_ansim
from tests.integration.house.house_people import at_work, join
from tests.integration.hub_config.test_backup import CLI, HERE, Site, leaves_nothing, new_identity, note, settled
from tests.postgresql_server import ACCOUNT, postgresql_server

pytestmark = pytest.mark.long  # two servers

TASKS = REPOSITORY / "ansible" / "roles" / "postgresql" / "tasks" / "main.yml"
#: What stands in the catalogue of a database about its tables, whoever made them.
RIGHTS = """
SELECT c.relname, c.relkind::text, pg_get_userbyid(c.relowner), coalesce(a::text, '')
FROM pg_class c LEFT JOIN LATERAL unnest(c.relacl) a ON true
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v') ORDER BY 1, 4
"""
GUARDS = """
SELECT c.relname, pg_get_triggerdef(t.oid), t.tgenabled::text, pg_get_functiondef(t.tgfoid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server on which the playbook was played."""

    socket: str

    def url(self, who: str) -> str:
        return f"postgresql+psycopg://{who}@/ansim?host={self.socket}"

    def connect(self, who: str, database: str = "ansim") -> psycopg.Connection[Any]:
        return psycopg.connect(host=self.socket, user=who, dbname=database, autocommit=True)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        with self.connect(ACCOUNT) as connection:
            return connection.execute(question).fetchall()

    def prepare(self) -> None:
        """Do with it what the playbook's own tasks say."""
        (block,) = [task["block"] for task in yaml.safe_load(TASKS.read_text()) if task["name"] == "Set it up"]
        tasks = {task["name"]: task for task in block}
        made = [f"CREATE ROLE {role['name']} {role['rights']}" for role in tasks["Make the roles"]["loop"]]
        made += [f"GRANT {name} TO ansim" for name in tasks["Let it take them"]["loop"]]
        made += tasks["Make the database"]["loop"] + tasks["Make the database in which backups are tried"]["loop"]
        (given,) = tasks["Let the zone's role empty it"]["ansible.builtin.command"].split('"')[1:2]
        with self.connect(ACCOUNT, "postgres") as connection:
            for statement in made:
                connection.execute(statement)
        with self.connect(ACCOUNT, "ansim_trial") as connection:
            connection.execute(given)


@dataclass(frozen=True, slots=True)
class Lost:
    """What is left of a zone whose server is gone: its backup, and how the database stood."""

    site: Site
    released: str
    rights: list[tuple[Any, ...]]
    guards: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Back:
    """The zone on a new server."""

    server: Server
    home: Path
    said: Restored


def make_home(home: Path, server: Server) -> None:
    """The settings and directories of a zone, and its tables, which the owner makes."""
    for place in ("run", "log"):
        (home / place).mkdir(parents=True)
    text = settings_text(ZoneSettings(demo=False), HubSettings()).replace(
        "treated_outside: false", "treated_outside: true"
    )
    document = yaml.safe_load(text)
    document["database"] = {"url": server.url("ansim"), "owner_url": server.url("ansim_owner")}
    (home / FILE_NAME).write_text(yaml.safe_dump(document), encoding="utf-8")
    assert bring_up_to_date(load_settings(home))


def release(zone: Zone) -> str:
    """Bring a table out through two people's votes; return the reference of the release."""
    workspace = at_work(zone)
    for checker in ("hana", "duri"):
        join(zone, checker, Role.CHECKER)
    places = {name: zone.home / name for name in ("releases", "workspaces")}
    desk = EgressDesk(
        zone.db,
        zone.log,
        zone.registry,
        vault=Vault(zone.home / "vault"),
        releases_dir=places["releases"],
        workspaces_dir=places["workspaces"],
        policy=load_policy("kr-default"),
        scanner=InProcessScanner(),
        release_key=zone.keys.release_key,
    )
    outbox = desk.outbox_of(workspace)
    outbox.mkdir(parents=True, exist_ok=True)
    (outbox / "table.csv").write_text("sex,n\nF,120\nM,130\n", encoding="utf-8")
    draft = Draft(
        "Cohort by sex", "For a paper", "Patients by sex, counted once each; n is people.", "", ("table.csv",)
    )
    author = zone.registry.person_by_ref(workspace.person_ref)
    asked = desk.scan(desk.submit(author, workspace, draft, source=HERE).ref)
    votes = {file.sha256: Choice.APPROVE for file in asked.outputs}
    for checker in ("hana", "duri"):
        person = zone.registry.person(checker)
        desk.vote(person, asked.ref, votes, "", asked.round, asked.confirm_code, source=HERE)
    return desk.release(asked.ref).ref


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    directory = tmp_path_factory.mktemp("lost")
    home, place = directory / "zone", directory / "elsewhere"
    place.mkdir()
    with postgresql_server() as socket:
        server = Server(socket)
        server.prepare()
        make_home(home, server)
        zone = open_zone(home, "cli")
        released = release(zone)
        zone.log.checkpoint()
        kept = settled(zone, place, new_identity(place / "identity"))
        set_up(kept.settings)
        for _ in range(2):  # the room of the trial is empty again after the first
            back_up(kept, CLI)
        stood = server.rows(RIGHTS), server.rows(GUARDS)
        zone.db.close()
    return Lost(Site(kept, place / "identity", place), released, *stood)


@pytest.fixture(scope="module")
def new_server() -> Iterator[Server]:
    with postgresql_server() as socket:
        yield Server(socket)


@pytest.fixture(scope="module")
def prepared(new_server: Server) -> Server:
    new_server.prepare()
    return new_server


@pytest.fixture(scope="module")
def back(lost: Lost, prepared: Server, tmp_path_factory: pytest.TempPathFactory) -> Back:
    home = tmp_path_factory.mktemp("new") / "zone"
    return Back(prepared, home, restore(to(lost, prepared, home)))


def to(lost: Lost, server: Server, home: Path) -> Order:
    """The order to bring the zone back on a server."""
    return lost.site.order(home, database=server.url("ansim"), owner=server.url("ansim_owner"))


# One story: each test goes on where the one before it ended.


def test_a_server_without_the_database_is_refused_and_nothing_is_left(
    lost: Lost, new_server: Server, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentMissing, match="cannot be reached"):
        restore(to(lost, new_server, tmp_path / "zone"))
    assert not (tmp_path / "zone").exists()


def test_a_server_without_the_roles_is_refused_before_a_table_is_made(
    lost: Lost, new_server: Server, tmp_path: Path
) -> None:
    with new_server.connect(ACCOUNT, "postgres") as connection:
        connection.execute("CREATE ROLE ansim_owner LOGIN")
        connection.execute("CREATE DATABASE ansim OWNER ansim_owner")
    with pytest.raises(EnvironmentMissing, match="ansim, audit_append, audit_read, audit_sequence"):
        restore(to(lost, new_server, tmp_path / "zone"))
    assert new_server.rows(RIGHTS) == []
    with new_server.connect(ACCOUNT, "postgres") as connection:
        connection.execute("DROP DATABASE ansim")
        connection.execute("DROP ROLE ansim_owner")


def test_a_backup_without_its_release_leaves_the_database_as_empty_as_it_was(
    lost: Lost, prepared: Server, tmp_path: Path
) -> None:
    """That is seen last, when tables, guards and rights are there already."""
    kept = repository(lost.site.zone.settings)
    taken = kept.restore(kept.snapshot("latest"), tmp_path / "taken")
    (taken / "releases" / f"{lost.released}.zip").unlink()
    incomplete = kept.back_up(taken, [], lambda done: None)
    home = tmp_path / "new" / "zone"
    order = replace(to(lost, prepared, home), snapshot=incomplete, losing_entries="the newer one burnt")
    with pytest.raises(Unusable, match="1 releases are not in the backup") as refused:
        restore(order)
    leaves_nothing(refused.value, home)
    assert prepared.rows(RIGHTS) == prepared.rows(GUARDS) == []
    assert prepared.rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []
    kept._run("forget", incomplete)


def test_owners_and_rights_are_as_on_the_server_that_is_lost(lost: Lost, back: Back) -> None:
    assert back.server.rows(RIGHTS) == lost.rights
    assert {row[2] for row in lost.rights} == {"ansim_owner"}


def test_every_guard_of_the_record_is_there_again(lost: Lost, back: Back) -> None:
    assert back.server.rows(GUARDS) == lost.guards
    assert {row[0] for row in lost.guards} >= {"audit_entry", "audit_link", "audit_checkpoint"}


@pytest.mark.parametrize("attack", ["UPDATE {t} SET {c} = {c}", "DELETE FROM {t}", "TRUNCATE {t}", "DROP TABLE {t}"])
@pytest.mark.parametrize(("table", "column"), [("audit_entry", "idx"), ("audit_checkpoint", "size")])
def test_who_holds_the_zones_role_changes_nothing_in_what_came_back(
    back: Back, attack: str, table: str, column: str
) -> None:
    with back.server.connect("ansim") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(attack.format(t=table, c=column))


def test_the_zone_goes_on_recording_and_its_log_verifies(back: Back) -> None:
    zone = open_zone(back.home, "cli")
    note(zone)
    zone.log.checkpoint()
    zone.db.close()
    assert run_ansim(back.home, "audit", "verify", "--json").returncode == 0


def test_a_release_of_before_verifies(lost: Lost, back: Back, tmp_path: Path) -> None:
    with zipfile.ZipFile(back.home / "releases" / f"{lost.released}.zip") as archive:
        archive.extractall(tmp_path)
    (package,) = [found.parent for found in tmp_path.rglob("release.json")]
    assert run_ansim(back.home, "egress", "verify-package", str(package)).returncode == 0


def test_nothing_names_the_server_that_is_lost(lost: Lost, back: Back) -> None:
    named = load_settings(back.home).database
    assert (named.url, named.owner_url) == (back.server.url("ansim"), "")
    assert back.said.lost == 0


def test_a_second_restore_finds_the_database_in_use(lost: Lost, back: Back, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="tables already"):
        restore(to(lost, back.server, tmp_path / "again"))


def test_the_zone_backs_itself_up_where_it_is_now(lost: Lost, back: Back, tmp_path: Path) -> None:
    zone = open_zone(back.home, "cli")
    kept = settled(zone, tmp_path, new_identity(tmp_path / "identity"))
    set_up(kept.settings)
    back_up(kept, CLI)
    left = back.server.connect("ansim", "ansim_trial").execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    )
    assert left.fetchone() == (0,)
    zone.db.close()
