"""A zone on a server is backed up, taken away without a trace, and comes back on what is a fresh machine again.

Alone: `pytest -m long tests/functional/test_backup_on_a_server.py`. It needs what `test_server_installation.py` needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.bare_server import Server, bare_server
from tests.functional.test_server_installation import CURRENT, ENCRYPTED, GIVEN, STORY, UNITS, changed

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.timeout(5400)]

KEPT = ("--repository", "/srv/kept", "--keys", "/srv/closed/ansim-keys.age", "--identity", "/root/identity")
#: A key of an encrypted home, in a directory that nobody but the helper of homes may list.
HOME_KEY = "/var/lib/ansim/homes/keys/ws_aaaaaaaaaaaaaaaa.key"
RELEASED = "SELECT ref FROM egress_request WHERE state = 'released' LIMIT 1"
RIGHTS = (
    "SELECT c.relname, c.relkind, c.relowner::regrole, a FROM pg_class c LEFT JOIN LATERAL unnest(c.relacl) a ON true"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY 1, a::text"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bare_server("12") as made:
        yield made


@pytest.fixture(scope="module")
def given(server: Server) -> dict[str, Any]:
    """What the inventory says: as in the installation, and where backups go."""
    server.play("site.yml", given=GIVEN)  # brings age, with which the recipient makes a pair of keys
    server.do("age-keygen", "-o", "/root/identity")
    recipient = server.do("age-keygen", "-y", "/root/identity").stdout.strip()
    server.do("install", "-d", "-o", "ansim", "-g", "ansim", "-m", "0700", "/srv/kept", "/srv/closed")
    backup = {"repository": "/srv/kept", "recipients": [recipient], "keys_directory": "/srv/closed"}
    return {**GIVEN, "ansim_backup": backup, "ansim_settings": {**GIVEN["ansim_settings"], **ENCRYPTED}}


def ask(server: Server, question: str) -> str:
    """Ask the zone's database as the one who runs its server."""
    return server.do("runuser", "-u", "postgres", "--", "psql", "-d", "ansim", "-tAc", question).stdout.strip()


# One story: each test goes on where the one before it ended.


@pytest.fixture(scope="module")
def before(server: Server, given: dict[str, Any]) -> dict[str, str]:
    """Make a release and a backup, note how the database stands, and take the zone away."""
    plain = {**given, "ansim_settings": GIVEN["ansim_settings"]}  # what mounts homes is the business of other tests
    assert changed(server.play("site.yml", given=plain)) > 0
    server.do("install", "-m", "0644", "/etc/ansim/tls/authority.pem", "/tmp/authority.pem")
    code = f"cd /var/lib/ansim && SSL_CERT_FILE=/tmp/authority.pem exec {CURRENT}/python -c '{STORY}'"
    server.as_zone(
        "env", "DOCKER_HOST=unix:///run/ansim-engine/engine.sock", "ANSIM_HOME=/var/lib/ansim", "sh", "-c", code
    )
    assert changed(server.play("site.yml", given=given)) > 0
    server.do("sh", "-c", f"umask 077; printf %0128d 7 >{HOME_KEY}; chown ansim-homes: {HOME_KEY}")
    assert server.as_zone("ls", "/var/lib/ansim/homes/keys", check=False).returncode != 0
    server.do("ansim", "backup", "init")
    server.do("ansim", "backup", "now")
    stood = {"released": ask(server, RELEASED), "rights": ask(server, RIGHTS)}
    assert stood["released"]
    said = server.play("teardown.yml", given={**given, "ansim_teardown": "safe.example.org"})
    assert "Nothing of the zone is left on this server." in said
    return stood


def test_a_zone_that_the_playbook_made_can_be_backed_up_and_taken_away(server: Server, before: dict[str, str]) -> None:
    assert "ansim_owner" in before["rights"]
    assert server.do("ls", "/srv/kept/snapshots").stdout
    assert server.do("test", "-e", "/var/lib/ansim", check=False).returncode != 0


def test_a_fresh_machine_is_made_ready_and_the_backup_comes_back(
    server: Server, given: dict[str, Any], before: dict[str, str]
) -> None:
    server.play("site.yml", given={**given, "ansim_start": False})
    assert ask(server, RIGHTS) == "", "nothing was migrated yet"
    server.do("mv", "/var/lib/ansim", "/var/lib/aside")
    told = json.loads(server.do("ansim", "restore", *KEPT, "--json").stdout)
    assert told["lost"] == 0
    assert server.do("cat", HOME_KEY).stdout == f"{7:0128d}"
    assert ask(server, RIGHTS) == before["rights"]


def test_the_playbook_starts_it_and_every_process_answers(
    server: Server, given: dict[str, Any], before: dict[str, str]
) -> None:
    server.do("chown", "-R", "ansim:ansim", "/srv/kept", "/srv/closed")  # the user is a new one
    server.play("site.yml", given=given)
    status = json.loads(server.do("ansim", "status", "--json").stdout)
    assert {row["name"]: row["answers"] for row in status["processes"]} == dict.fromkeys(UNITS[:-1], True)
    assert changed(server.play("site.yml", given=given)) == 0


def test_the_log_and_a_release_of_before_verify(server: Server, before: dict[str, str]) -> None:
    server.do("ansim", "audit", "verify")
    unpack = f"python3 -m zipfile -e /var/lib/ansim/releases/{before['released']}.zip /tmp/package"
    server.as_zone("sh", "-c", f"umask 077; {unpack}")
    place = server.do("sh", "-c", "dirname $(find /tmp/package -name release.json)").stdout.strip()
    server.do("ansim", "egress", "verify-package", place)


def test_who_takes_a_process_over_still_changes_nothing_in_the_record(server: Server) -> None:
    for attack in ("DELETE FROM audit_entry", "UPDATE audit_entry SET idx = idx", "TRUNCATE audit_link"):
        assert "permission denied" in server.as_zone("psql", "-d", "ansim", "-c", attack, check=False).stderr, attack


def test_behind_its_walls_the_worker_writes_where_backups_go_and_nowhere_else(server: Server) -> None:
    """Where the automatic backup runs; `ansim backup now` of an operator has no walls."""
    walls = []
    for name in ("User", "ProtectSystem", "ReadWritePaths", "ReadOnlyPaths"):
        walls += ["-p", f"{name}={server.do('systemctl', 'show', '-P', name, 'ansim-worker').stdout.strip()}"]
    inside = ("systemd-run", "--quiet", "--wait", "--pipe", *walls)
    for place in ("/srv/kept", "/srv/closed"):
        server.do(*inside, "sh", "-c", f"touch {place}/try && rm {place}/try")
    server.do("install", "-d", "-o", "ansim", "/srv/other")
    assert "Read-only" in server.do(*inside, "touch", "/srv/other/try", check=False).stderr


def test_behind_its_walls_and_with_its_rights_the_workers_backup_comes_about(server: Server) -> None:
    walls = ["-E", "ANSIM_HOME=/var/lib/ansim"]
    for name in (
        "User",
        "ProtectSystem",
        "ReadWritePaths",
        "ReadOnlyPaths",
        "CapabilityBoundingSet",
        "AmbientCapabilities",
        "PrivateTmp",
    ):
        walls += ["-p", f"{name}={server.do('systemctl', 'show', '-P', name, 'ansim-worker').stdout.strip()}"]
    code = f"cd /var/lib/ansim && exec {CURRENT}/ansim backup now --json"
    assert (
        json.loads(server.do("systemd-run", "--quiet", "--wait", "--pipe", *walls, "sh", "-c", code).stdout)["size"] > 0
    )


def test_the_zone_backs_itself_up_again(server: Server) -> None:
    server.do("ansim", "backup", "now")
