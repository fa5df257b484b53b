"""The playbook without a bundle, as where a house has mirrors of its own, and with a database that is reached by TLS.

Alone: `pytest -m long tests/functional/test_server_without_a_bundle.py`. Packages come from a list of apt, the rest
from where the inventory says; the database is asked as one on another server is, with passwords. At the end this server
is upgraded, after an upgrade that did not go well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hub_config.probe.table import PROBES
from tests.functional.bare_server import BUNDLE, Server, bare_server
from tests.functional.test_server_installation import GIVEN as EVERYWHERE
from tests.functional.test_server_installation import UNITS, as_people, changed
from tests.functional.test_upgrade_keeps_kernels import MIGRATION, NEWER

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.timeout(5400)]

GIVEN = {
    **EVERYWHERE,
    **dict.fromkeys(("ansim_bundle", "ansim_bundle_key"), ""),
    "ansim_source_archive": f"{BUNDLE}/source.tar",
    "ansim_wheelhouse": f"{BUNDLE}/wheels",
    "ansim_images_archive": f"{BUNDLE}/images.tar",
    "ansim_database_host": "localhost",
    "ansim_database_address": "127.0.0.1",
    "ansim_database_clients": ["127.0.0.1"],
    "ansim_database_password": "the zone's, & not the owner's",
    "ansim_database_owner_password": "the owner's: 100% its own",
    "ansim_database_standbys": ["127.0.0.1"],
    "ansim_database_standby_password": "a third one, % for who follows",
    "ansim_database_certificate": "/etc/ssl/database.pem",
    "ansim_database_key": "/etc/ssl/database.key",
    "ansim_database_authority": "/etc/ssl/authority.pem",
}
#: What a house gives the server of a database: a certificate of its authority, with a key that PostgreSQL may read.
CERTIFIED = """
set -e
cd /etc/ssl
groupadd --system ssl-cert
made="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $made -days 30 -subj "/CN=house" -keyout authority.key -out authority.pem
openssl req $made -subj "/CN=localhost" -keyout database.key -out database.csr
echo "subjectAltName=DNS:localhost" >database.ext
openssl x509 -req -in database.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 \
    -extfile database.ext -out database.pem
chgrp ssl-cert database.key
chmod 640 database.key
"""
#: Asks the database with what the zone's settings say.
ASKED = """
program=$(sed -n 's/.* \\(.*\\/.venv\\/bin\\)\\/ansim .*/\\1/p' /usr/local/bin/ansim | head -1)
exec "$program/python" -c "
import sqlalchemy, yaml
with open('/var/lib/ansim/ansim.yaml') as settings:
    url = yaml.safe_load(settings)['database']['url']
sqlalchemy.create_engine(url).connect().exec_driver_sql('{attack}')"
"""
#: The next version: one migration more, which does not go well for as long as a file lies there.
STUMBLES_AT = "/root/stumble"
STUMBLES = MIGRATION.replace(
    "\n\n\ndef downgrade",
    f'\n    from pathlib import Path\n\n    if Path("{STUMBLES_AT}").exists():\n'
    '        raise RuntimeError("a migration that does not go well")\n\n\ndef downgrade',
)
NEXT = {**GIVEN, "ansim_source_archive": "/root/next.tar", "ansim_name": "The zone of the next version"}
#: Of the version that runs: what its processes and operators read at any time, and its processes.
OF_THIS_VERSION = """
cat /usr/local/bin/ansim /etc/ansim/ansim.yaml /etc/ansim/*.json /etc/ansim/gate.env /var/lib/ansim/ansim.yaml
cat /etc/systemd/system/ansim*
ls -l --time-style=full-iso /var/lib/ansim/images
systemctl show -P MainPID ansim-audit ansim-gate ansim-hub ansim-portal ansim-worker ansim-engine
docker ps -q --no-trunc --filter label=ansim.zone
"""
WORKSPACE = """
import asyncio, os
from pathlib import Path
from hub_config.demo.people import RESEARCHER
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import Visitor
from hub_config.welcome import load_demo
from hub_config.zone import open_zone
async def work(zone, account):
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(RESEARCHER, account.password, account.totp_secret)
        await start_workspace(visitor, RESEARCHER, "gibleed-study")
os.umask(0o077)
zone = open_zone(Path("/var/lib/ansim"), "cli")
accounts, _ = load_demo(zone)
asyncio.run(work(zone, next(one for one in accounts if one.handle == RESEARCHER)))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bare_server("12") as made:
        made.do("sh", "-c", "rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*")
        made.write("/etc/apt/sources.list.d/house.list", f"deb [trusted=yes] file:{BUNDLE}/debian ./\n")
        made.do("sh", "-c", CERTIFIED)
        yield made


# One story: each test goes on where the one before it ended.


def test_a_look_at_a_bare_server_ends_at_nothing_and_leaves_nothing(server: Server) -> None:
    packages = server.do("dpkg-query", "-W").stdout
    assert changed(server.play("site.yml", "--check", given=GIVEN)) > 20
    assert server.do("dpkg-query", "-W").stdout == packages
    places = ("/etc/ansim", "/etc/docker", "/opt/ansim", "/usr/local/bin/ansim", "/var/lib/ansim")
    assert server.do("ls", "-d", *places, check=False).stdout == ""


def test_a_zone_stands_and_a_second_play_changes_nothing(server: Server) -> None:
    assert changed(server.play("site.yml", given=GIVEN)) > 20
    status = json.loads(server.do("ansim", "status", "--json").stdout)
    assert {row["name"]: row["answers"] for row in status["processes"]} == dict.fromkeys(UNITS[:-1], True)
    assert changed(server.play("site.yml", given=GIVEN)) == 0


def test_the_zone_is_at_its_database_over_tls_and_knows_no_password_of_the_owner(server: Server) -> None:
    asked = (
        "SELECT DISTINCT usename, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename <> ''"
    )
    said = server.do("runuser", "-u", "postgres", "--", "psql", "-tAc", asked).stdout.split()
    assert "ansim|t|TLSv1.3" in said
    assert not [line for line in said if line.startswith(("ansim|f", "ansim_owner"))]
    owners = GIVEN["ansim_database_owner_password"]
    places = ("/etc/ansim", "/etc/systemd/system", "/var/lib/ansim", "/usr/local/bin/ansim")
    assert server.do("grep", "-rlF", owners, *places, check=False).stdout == ""
    attack = "UPDATE audit_entry SET idx = idx"
    refused = server.as_zone("sh", "-c", ASKED.format(attack=attack), check=False).stderr
    assert "permission denied" in refused, refused


def test_a_standby_is_made_as_the_handbook_says_and_reads_nothing_by_another_way(server: Server) -> None:
    """After the second play: what a play does not know of, it would have shut again."""
    place, at = "/var/tmp/standby", "host=localhost user=ansim_standby sslrootcert=/etc/ssl/authority.pem"
    password = ("runuser", "-u", "postgres", "--", "env", f"PGPASSWORD={GIVEN['ansim_database_standby_password']}")
    server.do(*password, "pg_basebackup", "-R", "-c", "fast", "-D", place, "-d", f"{at} sslmode=verify-full")
    assert "user=ansim_standby" in server.do("cat", f"{place}/postgresql.auto.conf").stdout
    assert server.do("test", "-e", f"{place}/standby.signal").returncode == 0
    server.do("rm", "-r", place)
    for further in ("dbname=ansim", "dbname=ansim_trial", "replication=true sslmode=disable"):
        refused = server.do(*password, "psql", f"{at} {further}", "-c", "IDENTIFY_SYSTEM", check=False)
        assert "no pg_hba.conf entry" in refused.stderr, further


def test_root_probes_the_walls_and_the_zone_records_what_was_seen(server: Server) -> None:
    """That the walls hold is for a machine of one's own to say: here the engine runs in a container itself."""
    of_root = ("find", "/var/lib/ansim", "-xdev", "-user", "root")
    before = server.do(*of_root).stdout
    done = server.do("ansim", "probe", "--json", check=False)
    assert done.returncode in (0, 10), done.stdout[-2000:] + done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert {one["probe"] for one in report["findings"]} == {one.id for one in PROBES}
    broken = [one for one in report["findings"] if one["verdict"] == "broken"]
    # Here the memory of other processes cannot be read: a search that finds no mark proves nothing.
    beyond = [one for one in broken if one["probe"].partition(".")[0] not in ("kern", "host")]
    assert {one["probe"] for one in beyond} <= {"secret.memory", "secret.session"}, beyond
    assert report["sha256"] in server.do("ansim", "audit", "search", "--action", "zone.probed", "--json").stdout
    assert server.do(*of_root).stdout == before
    assert server.do("systemctl", "is-enabled", "ansim-probe.timer").stdout.strip() == "enabled"


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_that_is_killed_comes_back_and_the_zone_is_whole_again(server: Server, unit: str) -> None:
    before = server.do("systemctl", "show", "-P", "MainPID", f"ansim-{unit}").stdout
    server.do("systemctl", "kill", "--signal=KILL", f"ansim-{unit}")
    wait = "for i in $(seq 120); do ansim status --json >/dev/null && exit 0; sleep 1; done; exit 1"
    server.do("sh", "-c", f"sleep 2; {wait}")
    assert server.do("systemctl", "show", "-P", "MainPID", f"ansim-{unit}").stdout not in (before, "0\n")
    server.do("ansim", "audit", "verify")


def revision(server: Server) -> str:
    """The revision that the zone's database has."""
    asked = ("psql", "-d", "ansim", "-tAc", "SELECT version_num FROM alembic_version")
    return server.do("runuser", "-u", "postgres", "--", *asked).stdout.strip()


def versions(server: Server) -> set[str]:
    """The versions of the program that lie on the server."""
    return set(server.do("ls", "/opt/ansim").stdout.split())


def the_zone_answers(server: Server) -> None:
    status = json.loads(server.do("ansim", "status", "--json").stdout)
    assert {row["name"]: row["answers"] for row in status["processes"]} == dict.fromkeys(UNITS[:-1], True)
    server.do("ansim", "audit", "verify")


def test_a_look_before_an_upgrade_says_that_something_would_change_and_changes_nothing(server: Server) -> None:
    as_people(server, WORKSPACE)
    server.write(f"/root/next/hub_config/migrations/versions/{NEWER}_newer.py", STUMBLES)
    of_root = ("--owner=0", "--group=0", "--mtime=2026-01-01")
    server.do("cp", GIVEN["ansim_source_archive"], NEXT["ansim_source_archive"])
    more = f"hub_config/migrations/versions/{NEWER}_newer.py"
    server.do("tar", "-C", "/root/next", *of_root, "-rf", NEXT["ansim_source_archive"], more)
    before = server.do("sh", "-c", OF_THIS_VERSION).stdout, versions(server)
    said = server.play("site.yml", "--check", given=NEXT)
    assert changed(said) > 0
    assert "TASK [zone : Unpack it]" in said
    assert (server.do("sh", "-c", OF_THIS_VERSION).stdout, versions(server)) == before


def test_an_upgrade_whose_migration_fails_leaves_the_version_before_at_work(server: Server) -> None:
    """Its command, settings and notes on images too: the hub reads those at every start of a workspace."""
    server.write(STUMBLES_AT, "")
    server.do("rm", "-f", "/var/lib/ansim/images/base.json")  # would be written anew by whoever notes images
    before, at = server.do("sh", "-c", OF_THIS_VERSION).stdout, revision(server)
    with pytest.raises(AssertionError, match=r"(?s)zone : Leave none beside them\].*failed=1 "):
        server.play("site.yml", given=NEXT)
    assert server.do("sh", "-c", OF_THIS_VERSION).stdout.splitlines() == before.splitlines()
    assert revision(server) == at
    assert server.do("test", "-e", "/etc/ansim/next.yaml", check=False).returncode != 0
    the_zone_answers(server)


def test_an_upgrade_that_goes_well_keeps_workspaces_and_the_version_before(server: Server) -> None:
    server.do("rm", STUMBLES_AT)
    long_ago, witness = "0123456789abcdef", "witness-0123456789abcdef"
    server.do("mkdir", f"/opt/ansim/{long_ago}", f"/opt/ansim/{witness}")
    there = versions(server)
    command = "sed -n 's|.*/opt/ansim/\\([0-9a-f]*\\)/.*|\\1|p' /usr/local/bin/ansim | head -1"
    old = server.do("sh", "-c", command).stdout.strip()
    running = ("docker", "ps", "-q", "--no-trunc", "--filter", "label=ansim.zone")
    workspaces = server.do(*running).stdout
    assert workspaces
    hub = server.do("systemctl", "show", "-P", "MainPID", "ansim-hub").stdout
    assert changed(server.play("site.yml", given=NEXT)) > 0
    assert revision(server) == NEWER
    new = server.do("sh", "-c", command).stdout.strip()
    assert new != old
    assert versions(server) == there - {long_ago} == {old, new, witness}
    assert server.do("systemctl", "show", "-P", "MainPID", "ansim-hub").stdout != hub
    assert f"/opt/ansim/{new}/" in server.do("systemctl", "cat", "ansim-hub").stdout
    for place in ("/var/lib/ansim/ansim.yaml", "/etc/ansim/ansim.yaml"):
        assert NEXT["ansim_name"] in server.do("cat", place).stdout
    assert server.do(*running).stdout == workspaces
    assert server.do("cat", "/var/lib/ansim/images/base.json").stdout
    the_zone_answers(server)
