"""The inventory of several servers, played by ssh as operators do: front, hub and database each on a bare one.

Alone: `pytest -m long tests/functional/test_server_split.py`. It needs what `test_server_installation.py` needs. What
browsers see of a front, and what its packet filter lets through, is tried in `test_front_server.py`; the witness, which
other people play, in `test_witness_server.py`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.functional.bare_server import BARE, Server, bare_server, run
from tests.functional.test_front_server import KNOCK
from tests.functional.test_server_installation import CURRENT, STORY, UNITS, WHOLE, changed

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.timeout(5400)]

#: The inventory's own names and addresses, and where its operator sits.
ADDRESSES = {"front": "192.0.2.5", "hub": "192.0.2.10", "db": "192.0.2.20", "admin": "192.0.2.40"}
DOMAIN = "safe.example.org"
INVENTORY = "/root/ansible/inventories/split"
GIVEN: dict[str, Any] = {
    "ansim_real_kernel": False,
    "ansim_settings": {"zone": {"demo": True}, "probe": {"every_hours": 8760}},
    "vault_ansim_database_password": secrets.token_urlsafe(24),
    "vault_ansim_database_owner_password": secrets.token_urlsafe(24),
}
CERTIFICATE = f"""
set -e
groupadd --system --force ssl-cert
mkdir -p /etc/ssl/ansim
cd /etc/ssl/ansim
made="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
openssl req -x509 $made -subj "/CN=house authority" -keyout authority.key -out database-authority.pem
openssl req $made -subj /CN=db -keyout database.key -out database.csr
echo "subjectAltName=DNS:db.{DOMAIN}" >ext
openssl x509 -req -in database.csr -CA database-authority.pem -CAkey authority.key -CAcreateserial -days 30 \\
  -extfile ext -out database.pem
chmod 600 database.key
"""
#: As docs/how-to/install-on-a-server.md says.
RIGHTS = "chgrp ssl-cert /etc/ssl/ansim/database.key; chmod 640 /etc/ssl/ansim/database.key"
#: The story comes in by the front: for people the names of the zone are there, whatever the hub says of itself.
BY_THE_FRONT = f"""
from hub_config.story import visitor
class Front(visitor.Loopback):
    def __init__(self, address): super().__init__("{ADDRESSES["front"]}")
visitor.Loopback = Front
{STORY}"""
ATTACK = """
import sys
from pathlib import Path
import sqlalchemy as sa
from hub_config.zone import open_zone
with open_zone(Path("/var/lib/ansim"), "cli").db.engine.begin() as tx:
    tx.execute(sa.text(sys.argv[1]))
"""


@dataclass(frozen=True, slots=True)
class Split:
    """The three servers, and the machine from which somebody plays on them."""

    front: Server
    hub: Server
    db: Server
    admin: Server

    def play(self, playbook: str, *options: str, **more: Any) -> str:
        """Play on the three; the witness belongs to other people."""
        return self.admin.play(
            playbook, "--limit", "front:hub:database", *options, given={**GIVEN, **more}, inventory=INVENTORY
        )

    def ask(self, question: str) -> str:
        """Ask the database as the one who runs its server."""
        return self.db.do("runuser", "-u", "postgres", "--", "psql", "-d", "ansim", "-tAc", question).stdout.strip()


@pytest.fixture(scope="module")
def split() -> Iterator[Split]:
    network = f"ansim-split-{secrets.token_hex(4)}"
    run(["docker", "network", "create", "--internal", "--subnet", "192.0.2.0/26", network])
    hosts = [f"--add-host={name}.{DOMAIN}:{address}" for name, address in ADDRESSES.items()]
    packages = (*BARE, "openssh-server")
    try:
        with ExitStack() as running:
            made = {}
            for name, address in ADDRESSES.items():
                reached = ("--network", network, "--ip", address, *hosts)
                made[name] = running.enter_context(bare_server("12", packages=packages, network=reached, name=name))
            servers = Split(**made)
            let_in(servers)
            servers.db.do("sh", "-c", CERTIFICATE)
            authority = "/etc/ssl/ansim/database-authority.pem"
            servers.hub.write(authority, servers.db.do("cat", authority).stdout)
            yield servers
    finally:
        run(["docker", "network", "rm", network])


def let_in(servers: Split) -> None:
    """Give the operator a key that opens the three, and tell it whom it meets there."""
    servers.admin.do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id_ed25519")
    key, known = servers.admin.do("cat", "/root/.ssh/id_ed25519.pub").stdout, ""
    for name in ("front", "hub", "db"):
        server: Server = getattr(servers, name)
        server.write("/root/.ssh/authorized_keys", key)
        server.do("systemctl", "start", "ssh")
        host = " ".join(server.do("cat", "/etc/ssh/ssh_host_ed25519_key.pub").stdout.split()[:2])
        known += f"{name}.{DOMAIN} {host}\n"
    servers.admin.write("/root/.ssh/known_hosts", known)


def kept_by(hub: Server) -> dict[str, Any]:
    """Return the variable that says where backups go, and for whom."""
    recipient = hub.do("age-keygen", "-y", "/root/identity").stdout.strip()
    return {"repository": "/srv/kept", "recipients": [recipient], "keys_directory": "/srv/closed"}


# One story: each test goes on where the one before it ended.


def test_a_database_is_not_started_with_a_key_that_it_cannot_read(split: Split) -> None:
    with pytest.raises(AssertionError, match=r"PostgreSQL cannot read /etc/ssl/ansim/database\.key"):
        split.play("site.yml")
    split.db.do("sh", "-c", RIGHTS)


def test_three_bare_servers_become_one_zone_in_which_every_process_answers(split: Split) -> None:
    assert changed(split.play("site.yml")) > 40
    status = json.loads(split.hub.do("ansim", "status", "--json").stdout)
    assert {row["name"]: row["answers"] for row in status["processes"]} == dict.fromkeys(UNITS[:-1], True)


def test_each_server_has_what_its_role_takes_and_no_more(split: Split) -> None:
    there = {
        name: {
            package
            for package in ("docker.io", "nginx-light", "postgresql", "postgresql-client")
            if getattr(split, name).do("dpkg-query", "-W", "-f", "${Status}", package, check=False).stdout
            == "install ok installed"
        }
        for name in ("front", "hub", "db")
    }
    assert there == {
        "front": {"nginx-light"},
        "hub": {"docker.io", "nginx-light", "postgresql-client"},
        "db": {"postgresql"},
    }
    for server in (split.front, split.db):
        assert server.do("ls", "-d", "/var/lib/ansim", "/opt/ansim", check=False).stdout == ""


def test_a_second_play_changes_nothing(split: Split) -> None:
    assert changed(split.play("site.yml")) == 0


def test_the_doctor_finds_nothing_to_mend(split: Split) -> None:
    rows = json.loads(split.hub.do("ansim", "doctor", "--json", check=False).stdout)
    # Nobody resolves a name for these servers: that `*.<domain>` is not known is true, and all that is wrong.
    assert [row for row in rows if not row["ok"] and row["check"] != "names of workspaces"] == []


def test_the_zone_speaks_to_its_database_under_tls_and_nobody_else_reaches_that(split: Split) -> None:
    joined = "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr = "
    assert split.ask(f"SELECT DISTINCT version {joined}'{ADDRESSES['hub']}'") == "TLSv1.3"
    knocked = {
        (who, whom, port): getattr(split, who).do("python3", "-c", KNOCK, ADDRESSES[whom], port).stdout.strip()
        for who, whom, port in (
            ("hub", "db", "5432"),
            ("front", "db", "5432"),
            ("admin", "db", "5432"),
            ("front", "hub", "443"),
            ("admin", "hub", "443"),
            ("admin", "front", "443"),
        )
    }
    assert {where for where, found in knocked.items() if found == "open"} == {
        ("hub", "db", "5432"),
        ("front", "hub", "443"),
        ("admin", "front", "443"),
    }
    assert set(knocked.values()) == {"open", "dropped"}


def test_the_first_release_is_made_by_people_who_come_in_by_the_front(split: Split) -> None:
    split.hub.write("/tmp/authority.pem", split.front.do("cat", "/etc/ansim/tls/authority.pem").stdout)
    command = f"cd /var/lib/ansim && SSL_CERT_FILE=/tmp/authority.pem exec {CURRENT}/python -c '{BY_THE_FRONT}'"
    environment = ("env", "DOCKER_HOST=unix:///run/ansim-engine/engine.sock", "ANSIM_HOME=/var/lib/ansim")
    split.hub.as_zone(*environment, "sh", "-c", command)
    assert split.ask("SELECT count(*) FROM egress_request WHERE state = 'released'") == "1"
    split.hub.do("ansim", "audit", "verify")


def test_who_takes_a_process_of_the_hub_over_changes_nothing_in_the_record(split: Split) -> None:
    for words in ("DELETE FROM audit_entry", "UPDATE audit_entry SET idx = idx", "TRUNCATE audit_link"):
        command = f"cd /var/lib/ansim && exec {CURRENT}/python -c '{ATTACK}' '{words}'"
        said = split.hub.as_zone("env", "ANSIM_HOME=/var/lib/ansim", "sh", "-c", command, check=False)
        assert "permission denied" in said.stderr, said.stderr[-500:]
    owner = GIVEN["vault_ansim_database_owner_password"]
    kept = split.hub.do("grep", "-rlsF", owner, "/etc", "/var/lib/ansim", "/opt/ansim", "/root", check=False)
    assert kept.stdout == "", "who owns the tables is nobody's secret to keep on the hub"


def test_the_zone_backs_itself_up_though_its_database_is_elsewhere(split: Split) -> None:
    split.hub.do("age-keygen", "-o", "/root/identity")
    split.hub.do("install", "-d", "-o", "ansim", "-g", "ansim", "-m", "0700", "/srv/kept", "/srv/closed")
    assert changed(split.play("site.yml", ansim_backup=kept_by(split.hub))) > 0
    split.hub.do("ansim", "backup", "init")
    split.hub.do("ansim", "backup", "now")


def test_a_database_whose_power_is_cut_comes_back_and_so_does_the_zone(split: Split) -> None:
    split.db.cut_power()
    split.hub.do("sh", "-c", WHOLE)
    split.hub.do("ansim", "audit", "verify")


def test_a_teardown_leaves_nothing_on_any_of_them(split: Split) -> None:
    said = split.play("teardown.yml", ansim_teardown=DOMAIN, ansim_backup=kept_by(split.hub))
    assert said.count("Nothing of the zone is left on this server.") == 3
    for server in (split.front, split.hub, split.db):
        look = "grep -rls ansim /etc/postgresql /etc/nginx /etc/rsyslog.d /etc/chrony || true"
        assert server.do("sh", "-c", look).stdout == ""
    assert "database.key" in split.db.do("ls", "/etc/ssl/ansim").stdout, "that is the house's own"
