"""Both inventories are read by the playbooks, and the one of four servers writes what a network in between demands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from hub_config.processes import REPOSITORY
from hub_config.settings import load_settings
from tests.functional.test_playbook_style import LINTER

pytestmark = pytest.mark.long  # an environment of its own with Ansible

ANSIBLE = REPOSITORY / "ansible"
FRONT, HUB, DATABASE = "front.safe.example.org", "hub.safe.example.org", "db.safe.example.org"
WITNESS = "witness.audit-office.example.org"
GROUPS = {FRONT: "front", HUB: "hub", DATABASE: "database", WITNESS: "witness"}
SECRETS = {"vault_ansim_database_password": "p" * 24, "vault_ansim_database_owner_password": "o" * 24}
RENDERED = {
    "ansim.yaml": ("zone", "ansim.yaml"),
    "nginx.conf": ("tls", "nginx.conf"),
    "front.conf": ("front", "nginx.conf"),
    "witness.service": ("witness", "ansim-witness.service"),
    "pg_hba.conf": ("postgresql", "pg_hba.conf"),
    "ansim.conf": ("postgresql", "ansim.conf"),
    "nftables.conf": ("baseline", "nftables.conf"),
    "audit.rules": ("baseline", "audit.rules"),
}


def run_ansible(tmp_path: Path, *words: str, **further: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", "tool", "run", "--from", LINTER[1], *words]
    environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path / "ansible"), "ANSIBLE_NOCOLOR": "1", **further}
    return subprocess.run(command, cwd=ANSIBLE, env=environment, capture_output=True, text=True, check=False)


def ansible(tmp_path: Path, *words: str) -> str:
    done = run_ansible(tmp_path, *words)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("inventory", ["one-host", "split"])
@pytest.mark.parametrize("playbook", ["site.yml", "teardown.yml"])
def test_a_playbook_reads_an_inventory(tmp_path: Path, inventory: str, playbook: str) -> None:
    ansible(tmp_path, "ansible-playbook", "-i", f"inventories/{inventory}", "--syntax-check", playbook)
    plays = ansible(tmp_path, "ansible-playbook", "-i", f"inventories/{inventory}", "--list-hosts", playbook)
    servers = {"zone"} if inventory == "one-host" else {FRONT, HUB, DATABASE}
    # What a witness remembers belongs to those who run it: nobody takes it away with the zone.
    servers |= {WITNESS} if inventory == "split" and playbook == "site.yml" else set()
    assert all(server in plays for server in servers)


@pytest.mark.parametrize("playbook", ["site.yml", "teardown.yml"])
def test_a_play_without_the_roles_asks_for_no_default_of_theirs(playbook: str) -> None:
    """Defaults are those of a role, for its play: without a bundle nothing says elsewhere that there is none."""
    for play in yaml.safe_load((ANSIBLE / playbook).read_text()):
        text = "" if "roles" in play else json.dumps(play.get("tasks", []))
        assert re.findall(r"\bansim_\w+(?! \| default\()\b", text) == [], play["name"]


@pytest.fixture(scope="module", params=list(GROUPS))
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the templates become for one of the servers, without touching any."""
    place, server = tmp_path_factory.mktemp("split"), str(request.param)
    render(place, server, ipv6=True)
    return server, place


def render(place: Path, server: str, *, ipv6: bool, **further: Any) -> None:
    """Write what the templates become for a server, whose kernel knows IPv6 or does not."""
    said = ansible(place, "ansible-inventory", "-i", "inventories/split", "--host", server)
    given: dict[str, Any] = {**json.loads(said), **SECRETS, "group_names": [GROUPS[server]]}
    given |= {"witness_release": "/opt/ansim/witness-1", "ansim_witness_address": "192.0.2.30"}
    given |= {name: {"stat": {"exists": ipv6}} for name in ("tls_ipv6", "front_ipv6")}
    given |= further
    sources = {name: f"{ANSIBLE}/roles/{role}/templates/{source}.j2" for name, (role, source) in RENDERED.items()}
    tasks = [
        {"ansible.builtin.template": {"src": source, "dest": str(place / name)}} for name, source in sources.items()
    ]
    files = [f"{ANSIBLE}/roles/ansim/defaults/main.yml"]
    play = {"hosts": "localhost", "connection": "local", "vars_files": files, "tasks": tasks}
    (place / "render.yml").write_text(yaml.safe_dump([play]))
    ansible(place, "ansible-playbook", "-i", "localhost,", str(place / "render.yml"), "-e", json.dumps(given))


def test_the_zone_reaches_a_database_elsewhere_only_if_it_proves_who_it_is(rendered: tuple[str, Path]) -> None:
    _, place = rendered
    settings = load_settings(place)
    url = sa.make_url(settings.database_url())
    assert (url.username, url.host) == ("ansim", "db.safe.example.org")
    assert url.query["sslmode"] == "verify-full"
    assert SECRETS["vault_ansim_database_owner_password"] not in (place / "ansim.yaml").read_text()


def test_the_database_takes_the_hub_alone_and_over_tls_alone(rendered: tuple[str, Path]) -> None:
    server, place = rendered
    rows = [line.split() for line in (place / "pg_hba.conf").read_text().splitlines() if line and line[0] != "#"]
    assert {row[0] for row in rows} == {"local", "hostssl"}
    assert {row[3] for row in rows if row[0] == "hostssl"} == {"192.0.2.10/32", "192.0.2.20/32"}
    assert {row[-1] for row in rows if row[0] == "hostssl"} == {"scram-sha-256"}
    assert "replication" not in {row[1] for row in rows}
    assert "ssl_min_protocol_version = 'TLSv1.3'" in (place / "ansim.conf").read_text()
    opened = (place / "nftables.conf").read_text()
    assert "policy drop" in opened
    assert ("5432" in opened) is (server == DATABASE)
    assert ("443" in opened) is (server in {FRONT, HUB})
    assert ("8610" in opened) is (server == WITNESS)


def test_a_standby_is_let_in_to_follow_and_for_nothing_else(tmp_path: Path) -> None:
    render(tmp_path, DATABASE, ipv6=True, ansim_database_standbys=["192.0.2.21", "2001:db8::21"])
    rows = [line.split() for line in (tmp_path / "pg_hba.conf").read_text().splitlines() if line and line[0] != "#"]
    follows = ["hostssl", "replication", "ansim_standby"]
    theirs = [row for row in rows if row[3] in ("192.0.2.21/32", "2001:db8::21/128")]
    assert theirs == [[*follows, row[3], "scram-sha-256"] for row in theirs]
    assert len(theirs) == 2
    asked = [row[3] for row in rows if "ansim_standby" in row[2] and row[1] != "replication"]
    assert asked == ["192.0.2.20/32"], (
        "from the database's own server, where the play asks whether the password is right"
    )
    opened = (tmp_path / "nftables.conf").read_text()
    assert "ip saddr { 192.0.2.10, 192.0.2.21 } tcp dport 5432 accept" in opened
    assert "ip6 saddr { 2001:db8::21 } tcp dport 5432 accept" in opened


#: A database on another server, of which nothing but its passwords is said.
ELSEWHERE = {
    "ansim_database_host": DATABASE,
    **dict.fromkeys(("ansim_database_password", "ansim_database_owner_password"), "x" * 24),
}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ansim_log_server": "logs.example.org"}, "Set ansim_log_authority beside ansim_log_server"),
        ({"ansim_database_standbys": ["192.0.2.21"]}, "set ansim_database_standby_password"),
        (ELSEWHERE, "Set ansim_database_certificate and ansim_database_key beside ansim_database_host"),
        ({**ELSEWHERE, "ansim_database_certificate": "/etc/ssl/database.pem"}, "Set ansim_database_certificate and"),
    ],
)
def test_an_inventory_that_says_half_is_refused_in_words(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    done = look(tmp_path, {"ansim_domain": "safe.example.org", **given})
    assert done.returncode != 0
    assert said in " ".join(done.stdout.split())


@pytest.mark.parametrize("server", [HUB, DATABASE])
def test_the_inventory_that_is_brought_says_how_its_database_proves_who_it_is(tmp_path: Path, server: str) -> None:
    said = json.loads(ansible(tmp_path, "ansible-inventory", "-i", "inventories/split", "--host", server))
    done = look(tmp_path, {**said, **SECRETS})
    assert "TASK [Look whether this is a Debian" in done.stdout, done.stdout[-2000:]
    render(tmp_path, server, ipv6=True)
    url = sa.make_url(load_settings(tmp_path).database_url())
    assert url.query["sslrootcert"] == said["ansim_database_authority"]
    written = (tmp_path / "ansim.conf").read_text()
    assert f"ssl_cert_file = '{said['ansim_database_certificate']}'" in written
    assert "snakeoil" not in written


def look(tmp_path: Path, given: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Have the playbook judge what an inventory says; what it asks last, of the machine, nobody answers here."""
    tasks = [{"ansible.builtin.import_tasks": f"{ANSIBLE}/roles/ansim/tasks/main.yml"}]
    files = [f"{ANSIBLE}/roles/ansim/defaults/main.yml"]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars_files": files, "tasks": tasks}
    (tmp_path / "look.yml").write_text(yaml.safe_dump([play]))
    words = ("ansible-playbook", "-i", "localhost,", str(tmp_path / "look.yml"), "-e")
    return run_ansible(tmp_path, *words, json.dumps(given))


#: Calls that a program of 32 bits makes by another name, or by one more.
OF_32_BITS = {"mount": {"umount"}, "connect": {"socketcall"}, "settimeofday": {"stime", "clock_settime64"}}


def test_what_is_recorded_of_calls_is_recorded_of_programs_of_32_bits_too(rendered: tuple[str, Path]) -> None:
    _, place = rendered
    found: dict[tuple[str, str], set[str]] = {}
    for line in (place / "audit.rules").read_text().splitlines():
        if calls := re.search(r"-F arch=(b\d\d) -S (\S+) .*-k (\S+)$", line):
            found.setdefault((calls[3], calls[1]), set()).update(calls[2].split(","))
    for key in {key for key, _ in found}:
        wanted = found[key, "b64"]
        further = [more for call, more in OF_32_BITS.items() if call in wanted]
        assert found[key, "b32"] >= wanted.union(*further), key


def test_a_mount_of_anybody_who_came_in_is_recorded_and_data_that_root_of_a_container_reads(
    rendered: tuple[str, Path],
) -> None:
    server, place = rendered
    rules = (place / "audit.rules").read_text().splitlines()
    mounts = [line for line in rules if line.endswith("-k ansim-mount")]
    assert len(mounts) == (2 if server == HUB else 0)
    assert all("-F auid!=unset" in line and "auid>=" not in line for line in mounts)
    reads = [set(re.findall(r"-F uid(\S+)", line)) for line in rules if "-F perm=r" in line]
    workspaces = {"!=ansim", "<200000"}, {">=2000000"}
    assert reads == (list(workspaces) if server == HUB else [])
    numbers = (ANSIBLE / "roles/docker/tasks/users.yml").read_text()
    assert "dockremap:200000:1800000" in numbers, "workspaces end where the second rule begins"


def test_the_front_passes_on_to_loopback_only(rendered: tuple[str, Path]) -> None:
    _, place = rendered
    passed = [line.split()[1] for line in (place / "nginx.conf").read_text().splitlines() if "proxy_pass" in line]
    assert passed == ["http://127.0.0.1:8600;"]


def listening(configuration: Path) -> list[str]:
    """Return where nginx listens, server by server."""
    return [line.split(maxsplit=1)[1] for line in configuration.read_text().splitlines() if "listen " in line]


@pytest.mark.parametrize("name", ["nginx.conf", "front.conf"])
def test_nginx_listens_for_both_families_in_every_server(rendered: tuple[str, Path], name: str) -> None:
    _, place = rendered
    said = listening(place / name)
    of_one = [line for line in said if not line.startswith("[::]:")]
    assert of_one == ["80;", "80 default_server;", "443 ssl default_server;", "443 ssl;"]
    assert sorted(said) == sorted([*of_one, *(f"[::]:{line}" for line in of_one)])


def test_where_the_kernel_knows_no_ipv6_nothing_asks_it_to_listen(tmp_path: Path) -> None:
    render(tmp_path, FRONT, ipv6=False)
    for name in ("nginx.conf", "front.conf"):
        assert len(listening(tmp_path / name)) == 4
        assert "[::]" not in (tmp_path / name).read_text()


def test_the_packet_filter_is_one_for_both_families_and_ends_in_a_drop(rendered: tuple[str, Path]) -> None:
    _, place = rendered
    lines = [" ".join(line.split()) for line in (place / "nftables.conf").read_text().splitlines()]
    assert [line for line in lines if line.startswith("table ") and "{" in line] == ["table inet ansim {"]
    assert lines.count("type filter hook input priority filter; policy drop;") == 1
    assert lines.count("type filter hook forward priority filter; policy drop;") == 1
    neighbours = "icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept"
    assert f"ip6 hoplimit 255 {neighbours}" in lines, "without neighbours there is no IPv6"


def test_the_hub_takes_browsers_from_the_front_alone_and_believes_it_alone(rendered: tuple[str, Path]) -> None:
    server, place = rendered
    taken = [line.strip() for line in (place / "nftables.conf").read_text().splitlines() if "443" in line]
    if server == HUB:
        assert taken == ["ip saddr { 192.0.2.5 } tcp dport 443 accept"]
    if server == FRONT:
        assert taken == ["tcp dport { 80, 443 } accept"]
    behind = (place / "nginx.conf").read_text()
    assert "set_real_ip_from 192.0.2.5;" in behind
    assert behind.count("set_real_ip_from") == 1
    assert "return 444" in behind.partition("$ansim_front = 0")[2].partition("}")[0]


def test_the_front_speaks_to_a_hub_that_proved_who_it_is(rendered: tuple[str, Path]) -> None:
    _, place = rendered
    front = [" ".join(line.split()) for line in (place / "front.conf").read_text().splitlines()]
    assert [line for line in front if line.startswith("proxy_pass ")] == ["proxy_pass https://192.0.2.10:443;"]
    for wanted in (
        "proxy_ssl_verify on;",
        "proxy_ssl_trusted_certificate /etc/ansim/tls/hub.pem;",
        "proxy_ssl_name zone.safe.example.org;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
    ):
        assert wanted in front


def test_the_witness_listens_where_it_was_told_and_runs_without_rights(rendered: tuple[str, Path]) -> None:
    _, place = rendered
    unit = (place / "witness.service").read_text()
    assert "--listen 192.0.2.30:8610" in unit
    for wanted in ("User=ansim-witness", "NoNewPrivileges=true", "CapabilityBoundingSet=\n", "ProtectSystem=strict"):
        assert wanted in unit
