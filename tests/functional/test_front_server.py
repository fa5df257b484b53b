"""The front server of its own and the hub behind it, played on two machines with a cable between them.

What passes is what the roles write: the certificate of an ACME authority before browsers, the hub's own behind, and the
packet filters of both.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from hub_config.processes import REPOSITORY
from tests.functional.own_network import OwnNetwork, join, own_network, unpack
from tests.functional.test_tls_acme import (
    DIRECTORY,
    DOMAIN,
    HOUSE,
    NAMES,
    PACKAGES,
    ROLES,
    ROOT,
    ZONE,
    ansible_core,
    authority,
    changed,
    copy_roles,
    furnish,
)
from tests.rights import as_root

pytestmark = [pytest.mark.long, as_root]  # packages, an environment of its own with Ansible

FRONT, HUB = "192.0.2.5", "192.0.2.10"
FRONT_6, HUB_6 = "2001:db8::5", "2001:db8::10"
#: A browser that says of itself that it is somebody else: prints what it is answered, and for whom the zone took it.
BROWSER = """
import http.client, ssl, sys
server, name, trusted = sys.argv[1:]
trust = ssl.create_default_context(cafile=trusted)
connection = http.client.HTTPSConnection(name, context=trust, timeout=20)
connection._create_connection = lambda address, *rest: __import__("socket").create_connection((server, 443), 20)
try:
    connection.request("GET", "/", headers={"Upgrade": "websocket", "X-Forwarded-For": "203.0.113.9"})
    answer = connection.getresponse()
    print(answer.status, answer.getheader("X-Seen"))
except http.client.RemoteDisconnected:
    print("nothing")
"""
KNOCK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
    print("open")
except TimeoutError:
    print("dropped")
"""


#: Opens WebSockets one after the other from each of some addresses and keeps them: prints what each was answered.
HOLD = """
import socket, ssl, sys
server, name, trusted, *sources = sys.argv[1:]
trust = ssl.create_default_context(cafile=trusted)
ask = f"GET / HTTP/1.1\\r\\nHost: {name}\\r\\nUpgrade: websocket\\r\\nConnection: upgrade\\r\\n\\r\\n"
kept = []
for source in sources:
    tcp = socket.create_connection((server, 443), 20, source_address=(source, 0))
    kept.append(trust.wrap_socket(tcp, server_hostname=name))
    kept[-1].sendall(ask.encode())
    print(kept[-1].recv(100).split()[1].decode())
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two machines, and Ansible to play on both."""

    front: OwnNetwork
    hub: OwnNetwork
    place: Path
    ansible: str

    def play(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Play what the playbook plays on the two."""
        words = [f"{self.ansible}/bin/ansible-playbook", "-i", str(self.place / "hosts.yml")]
        words += [str(self.place / "play.yml"), *options]
        environment = {**os.environ, "ANSIBLE_HOME": str(self.place / "ansible"), "ANSIBLE_NOCOLOR": "1"}
        environment |= {"ANSIBLE_CONFIG": str(REPOSITORY / "ansible" / "ansible.cfg")}
        environment |= {"ANSIBLE_ROLES_PATH": str(self.place / "roles")}
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def inventory(place: Path, machines: dict[str, OwnNetwork]) -> None:
    """Write the inventory: the shell of each machine is one that runs there."""
    given = {
        "ansible_connection": "local",
        "ansim_domain": DOMAIN,
        "ansim_tls": "acme",
        "ansim_tls_email": "a@b.example",
    }
    given |= {"ansim_tls_acme_server": DIRECTORY, "ansim_tls_acme_authority": str(place / "root.crt")}
    groups = {}
    for name, machine in machines.items():
        shell = place / f"{name}-shell"
        # Ansible's module for shell scripts takes it too, and is there already.
        inside = "test -e /etc/authority && exec /bin/sh"
        shell.write_text(f'#!/bin/sh\n{inside} "$@"\nexec {" ".join(machine.inside("/bin/sh"))} "$@"\n')
        shell.chmod(0o755)
        groups[name] = {"hosts": {f"{name}-server": {"ansible_shell_executable": str(shell)}}}
    everybody = {**given, "ansim_front_addresses": [FRONT], "ansim_hub_address": HUB}
    (place / "hosts.yml").write_text(json.dumps({"all": {"vars": everybody, "children": groups}}))


def playbook(place: Path) -> None:
    """Write the part of the playbook that makes the way from a browser to the zone."""
    filtering = [
        {
            "ansible.builtin.template": {
                "src": f"{ROLES}/baseline/templates/nftables.conf.j2",
                "dest": "/etc/nftables.conf",
            }
        },
        {"ansible.builtin.command": "nft -f /etc/nftables.conf", "changed_when": False},
    ]
    plays = [{"hosts": "all", "gather_facts": False, "roles": ["ansim"], "tasks": filtering}]
    for group, role in (("hub", "tls"), ("front", "front")):
        plays.append({"hosts": group, "gather_facts": False, "roles": [role]})
    (place / "play.yml").write_text(yaml.safe_dump(plays))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    place = tmp_path_factory.mktemp("pair")
    copy_roles(place / "roles", "tls", "front")
    prefix, unpacked = ansible_core(), unpack(PACKAGES, place / "packages")
    names = {**dict.fromkeys(NAMES, FRONT), HOUSE: "127.0.0.1"}
    with own_network(unpacked, names) as front, own_network(unpacked, names) as hub:
        join((front, f"{FRONT}/24"), (hub, f"{HUB}/24"))
        for machine, address in ((front, FRONT_6), (hub, HUB_6)):
            furnish(machine)
            machine.do("ip", "address", "add", f"{address}/64", "dev", "cable", "nodad")
        hub.begin("python3", "-c", ZONE, log=place / "zone.log")
        inventory(place, {"front": front, "hub": hub})
        playbook(place)
        with authority(front, place):
            (place / "root.crt").write_text(front.do("cat", ROOT))
            yield Pair(front, hub, place, prefix)


# One story: each test goes on where the one before it ended.


def test_a_front_and_a_hub_become_one_way(pair: Pair) -> None:
    assert changed(pair.play()) > 0
    # The hub's machine stands for a person's: what it says of itself is dropped, where it asks from is kept.
    said = pair.hub.do("python3", "-c", BROWSER, FRONT, NAMES[0], str(pair.place / "root.crt"))
    assert said.split() == ["101", HUB]


def test_a_browser_comes_in_over_ipv6_as_over_ipv4(pair: Pair) -> None:
    said = pair.hub.do("python3", "-c", BROWSER, FRONT_6, NAMES[0], str(pair.place / "root.crt"))
    assert said.split() == ["101", HUB_6]


def test_a_second_play_changes_nothing(pair: Pair) -> None:
    assert changed(pair.play()) == 0


def test_the_hub_answers_nobody_but_the_front(pair: Pair) -> None:
    own = pair.hub.do("cat", "/etc/ansim/tls/authority.pem")
    (pair.place / "hub.pem").write_text(own)
    browser = ("python3", "-c", BROWSER, HUB, NAMES[0], str(pair.place / "hub.pem"))
    assert pair.hub.do(*browser).split() == ["nothing"]
    assert pair.front.do(*browser).split() == ["101", "203.0.113.9"]


def test_the_packet_filters_open_what_the_way_needs_alone(pair: Pair) -> None:
    knocked = {
        (FRONT, port): pair.hub.do("python3", "-c", KNOCK, FRONT, port).strip() for port in ("443", "80", "8443")
    }
    knocked |= {(FRONT_6, port): pair.hub.do("python3", "-c", KNOCK, FRONT_6, port).strip() for port in ("80", "8443")}
    knocked |= {(HUB_6, port): pair.front.do("python3", "-c", KNOCK, HUB_6, port).strip() for port in ("443", "80")}
    knocked |= {(HUB, port): pair.front.do("python3", "-c", KNOCK, HUB, port).strip() for port in ("443", "80")}
    assert knocked == {
        (FRONT, "443"): "open",
        (FRONT, "80"): "open",
        (FRONT, "8443"): "dropped",
        (HUB, "443"): "open",
        (HUB, "80"): "dropped",
        (FRONT_6, "80"): "open",
        (FRONT_6, "8443"): "dropped",
        (HUB_6, "443"): "dropped",
        (HUB_6, "80"): "dropped",
    }


def test_front_and_hub_speak_over_ipv6_where_that_is_their_way(pair: Pair) -> None:
    over_6 = json.dumps({"ansim_front_addresses": [FRONT_6], "ansim_hub_address": HUB_6})
    assert changed(pair.play("-e", over_6)) > 0
    browser = (NAMES[0], str(pair.place / "root.crt"))
    assert pair.hub.do("python3", "-c", BROWSER, FRONT, *browser).split() == ["101", HUB]
    assert pair.front.do("python3", "-c", KNOCK, HUB, "443").strip() == "dropped"
    assert pair.front.do("python3", "-c", KNOCK, HUB_6, "443").strip() == "open"
    assert changed(pair.play()) > 0


def test_one_address_takes_no_more_than_its_share_of_the_front(pair: Pair) -> None:
    assert changed(pair.play("-e", json.dumps({"ansim_address_connections": 4}))) > 0
    said = pair.hub.do("python3", "-c", HOLD, FRONT, NAMES[0], str(pair.place / "root.crt"), *[HUB] * 6)
    assert said.split() == ["101"] * 4 + ["429"] * 2


def test_the_addresses_of_one_network_of_ipv6_have_one_share(pair: Pair) -> None:
    home = [HUB_6, "2001:db8::20:1", "2001:db8::1:2:3:4"]
    for address in home[1:]:
        pair.hub.do("ip", "address", "add", f"{address}/64", "dev", "cable", "nodad")
    said = pair.hub.do("python3", "-c", HOLD, FRONT_6, NAMES[0], str(pair.place / "root.crt"), *home, *home)
    assert said.split() == ["101"] * 4 + ["429"] * 2
    assert changed(pair.play()) > 0


def test_nginx_has_connections_for_many_shares(pair: Pair) -> None:
    for machine in (pair.front, pair.hub):
        said = machine.do("nginx", "-T")
        assert "worker_connections 16384;" in said
        assert "worker_rlimit_nofile 65536;" in said
        assert "more than open file resource limit" not in machine.do("sh", "-c", "nginx -t 2>&1")


def test_a_hub_that_proves_nothing_gets_no_request(pair: Pair) -> None:
    made = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 300 -subj /CN=other -addext subjectAltName=DNS:"
    pair.hub.do("sh", "-c", f"cd /etc/ansim/tls && openssl req -x509 {made}{NAMES[0]} -keyout zone.key -out zone.pem")
    pair.hub.do("nginx", "-s", "reload")
    said = pair.hub.do("python3", "-c", BROWSER, FRONT, NAMES[0], str(pair.place / "root.crt"))
    assert said.split()[0] == "502"


def test_a_play_gives_a_hub_with_a_foreign_certificate_one_of_its_own_authority(pair: Pair) -> None:
    assert changed(pair.play()) > 0
    said = pair.hub.do("python3", "-c", BROWSER, FRONT, NAMES[0], str(pair.place / "root.crt"))
    assert said.split() == ["101", HUB]
