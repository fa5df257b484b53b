"""The playbook without a bundle, as where a house has mirrors of its own, and with a database that is reached by TLS.

Alone: `pytest -m long tests/functional/test_server_without_a_bundle.py`. Packages come from a list of apt, the rest
from where the inventory says; the database is asked as one on another server is, with passwords.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hub_config.probe.table import PROBES
from tests.functional.bare_server import BUNDLE, Server, bare_server
from tests.functional.test_server_installation import GIVEN as EVERYWHERE
from tests.functional.test_server_installation import UNITS, changed

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


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bare_server("12") as made:
        made.do("sh", "-c", "rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*")
        made.write("/etc/apt/sources.list.d/house.list", f"deb [trusted=yes] file:{BUNDLE}/debian ./\n")
        made.do("sh", "-c", CERTIFIED)
        yield made


# One story: each test goes on where the one before it ended.


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
