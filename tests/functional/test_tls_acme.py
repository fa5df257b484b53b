"""A certificate of an ACME authority in a closed network: got with none to begin with, renewed while people work.

The role of the playbook is played as it is on a machine of its own (`own_network`), but for the packages, which lie
there already; Debian's caddy is the authority, Debian's certbot and nginx are what a server has.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub_config.processes import REPOSITORY
from tests.functional.own_network import OwnNetwork, own_network, run, told, unpack
from tests.functional.test_playbook_style import LINTER
from tests.patience import PATIENCE
from tests.rights import as_root

pytestmark = [pytest.mark.long, as_root]  # packages, an environment of its own with Ansible

APT = "ansible.builtin.apt"
ROLES = REPOSITORY / "ansible" / "roles"
#: Longer than the names that nginx takes without being told, and than a common name may be.
DOMAIN = "safe.data-centre.of-the-university-hospital.example.org"
HOUSE = "acme.hospital.example"
PACKAGES = ("nginx-light", "certbot", "caddy")
NAMES = tuple(f"{name}.{DOMAIN}" for name in ("zone", "work", "preview"))
DIRECTORY = f"https://{HOUSE}:8443/acme/local/directory"
AUTHORITY = f"""
{{
    admin off
    auto_https disable_redirects
    skip_install_trust
    storage file_system /var/lib/authority
}}
{HOUSE}:8443 {{
    tls internal
    acme_server
}}
"""
RENEWAL = "/etc/letsencrypt/renewal/ansim.conf"
ROOT = "/var/lib/authority/pki/authorities/local/root.crt"

#: systemd's part: what the roles and the hook ask of it, with the commands of Debian's own unit of nginx.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>/var/log/systemctl
case "$*" in
    "show nginx") echo LoadState=loaded; echo "ActiveState=$([ -e /run/nginx.pid ] && echo active || echo inactive)" ;;
    "show certbot.timer") echo LoadState=loaded; echo ActiveState=active ;;
    "is-enabled "*) echo enabled ;;
    "start nginx") nginx -g 'daemon on; master_process on;' ;;
    "reload nginx") nginx -g 'daemon on; master_process on;' -s reload ;;
    daemon-reload) ;;
    *) exit 1 ;;
esac
"""
#: A zone as nginx sees it: takes a WebSocket's handshake, tells for whom it was, and says back what it is told.
ZONE = """
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        head = list(iter(lambda: self.rfile.readline().strip(), b""))
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\\r\\n")
        for line in head:
            if line.lower().startswith(b"x-forwarded-for:"): self.wfile.write(b"X-Seen" + line[15:] + b"\\r\\n")
        self.wfile.write(b"Upgrade: websocket\\r\\nConnection: upgrade\\r\\n\\r\\n")
        for line in self.rfile: self.wfile.write(line)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 8600), Echo).serve_forever()
"""
#: A browser that trusts one authority and keeps its connection: prints the certificate, then says on what it reads.
BROWSER = """
import json, socket, ssl, sys
trust = ssl.create_default_context(cafile=sys.argv[2])
plain = socket.create_connection((sys.argv[1], 443), 20)
secured = trust.wrap_socket(plain, server_hostname=sys.argv[1])
print(json.dumps(secured.getpeercert()), flush=True)
ask = "GET / HTTP/1.1\\r\\nHost: %s\\r\\nUpgrade: websocket\\r\\nConnection: upgrade\\r\\n\\r\\n" % sys.argv[1]
secured.sendall(ask.encode())
answer = secured.makefile("rb")
print(answer.readline().decode(), end="", flush=True)
while answer.readline().strip(): pass
for line in sys.stdin:
    secured.sendall(line.encode())
    print(answer.readline().decode(), end="", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A machine that is to be a front, the authority of its house, and Ansible to play roles on it."""

    network: OwnNetwork
    place: Path
    ansible: str

    def play(self, *options: str, playbook: str = "play.yml", **given: Any) -> subprocess.CompletedProcess[str]:
        """Play the role of the front on the machine, or what takes it away."""
        own = {"ansim_domain": DOMAIN, "ansim_tls": "acme", "ansim_tls_email": f"staff@{DOMAIN}"}
        own |= {"ansim_tls_acme_server": DIRECTORY, "ansim_tls_acme_authority": str(self.place / "root.crt")}
        words = [f"{self.ansible}/bin/ansible-playbook", "-i", "localhost,", str(self.place / playbook)]
        environment = {"ANSIBLE_HOME": str(self.place / "ansible"), "ANSIBLE_NOCOLOR": "1"}
        environment |= {"ANSIBLE_CONFIG": str(REPOSITORY / "ansible" / "ansible.cfg")}
        environment |= {"ANSIBLE_ROLES_PATH": str(self.place / "roles")}
        command = self.network.inside(*words, "-e", json.dumps({**own, **given}), *options, environment=environment)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    @contextmanager
    def browser(self, trusted: str = ROOT) -> Iterator[subprocess.Popen[str]]:
        """Keep a connection to the zone until the block ends."""
        process = self.network.talk("python3", "-c", BROWSER, NAMES[0], trusted)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def shown(self) -> dict[str, Any]:
        """Return the certificate that browsers are shown, as somebody reads it who trusts the house's authority."""
        with self.browser() as process:
            certificate: dict[str, Any] = json.loads(told(process.stdout))
        return certificate

    def asked_of_systemd(self) -> list[str]:
        """Return what changed the state of a unit so far."""
        said = self.network.do("cat", "/var/log/systemctl").splitlines()
        return [line for line in said if line.split()[0] not in ("show", "is-enabled", "is-active", "daemon-reload")]


def changed(done: subprocess.CompletedProcess[str]) -> int:
    """How many tasks changed something, by the play's own count."""
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return sum(int(number) for number in re.findall(r"changed=(\d+)", done.stdout))


def copy_roles(target: Path, *names: str) -> None:
    """Copy roles but for what the machine has already, its packages, and the question whether systemd runs there."""
    for name in ("ansim", *names):
        shutil.copytree(ROLES / name, target / name)
        for file in (target / name / "tasks").glob("*.yml"):
            tasks = [task for task in yaml.safe_load(file.read_text()) if not {APT, "service_mgr"} & set(words(task))]
            file.write_text(yaml.safe_dump(tasks, sort_keys=False))


def words(task: dict[str, Any]) -> list[str]:
    """Return the words of a task."""
    return re.findall(r"[\w.]+", json.dumps(task))


@contextmanager
def authority(network: OwnNetwork, place: Path) -> Iterator[None]:
    """Run the ACME server of the house until the block ends."""
    command = ("caddy", "run", "--adapter", "caddyfile", "--config", "/etc/authority")
    environment = {"HOME": "/var/lib/authority"}
    process = network.begin(*command, log=place / "authority.log", environment=environment)
    try:
        wait_for(
            network, f"openssl s_client -connect {HOUSE}:8443 -servername {HOUSE} -CAfile {ROOT} -verify_return_error"
        )
        yield
    finally:
        process.terminate()
        process.wait()


def ansible_core() -> str:
    """Return where the Ansible lies that the playbook's style is held against."""
    uv = [sys.executable, "-m", "uv", "tool", "run", "--from", LINTER[1]]
    return run([*uv, "python", "-c", "import sys; print(sys.prefix)"]).strip()


def furnish(network: OwnNetwork) -> None:
    """Put in place what a package's installation would make, systemd's part, and the settings of the authority."""
    network.write("/usr/local/bin/systemctl", SYSTEMCTL, "755")
    network.write("/etc/authority", AUTHORITY)
    network.do("mkdir", "-p", "/var/lib/nginx", "/var/log/nginx")


def wait_for(network: OwnNetwork, command: str) -> None:
    """Wait until a command succeeds there."""
    deadline = time.monotonic() + PATIENCE
    asked = network.inside("sh", "-c", f"{command} </dev/null")
    while subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        assert time.monotonic() < deadline, command
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("acme")
    copy_roles(place / "roles", "tls")
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": ["tls"]}
    (place / "play.yml").write_text(yaml.safe_dump([play]))
    gone = [{"ansible.builtin.include_role": {"name": "tls", "tasks_from": "gone"}}]
    (place / "gone.yml").write_text(yaml.safe_dump([{**play, "roles": ["ansim"], "tasks": gone}]))
    prefix, unpacked = ansible_core(), unpack(PACKAGES, place / "packages")
    with own_network(unpacked, dict.fromkeys((HOUSE, *NAMES), "127.0.0.1")) as network:
        furnish(network)
        network.begin("python3", "-c", ZONE, log=place / "zone.log")
        yield Server(network, place, prefix)


# One story: each test goes on where the one before it ended.


def test_an_authority_without_the_server_that_it_checks_is_refused(server: Server) -> None:
    done = server.play(ansim_tls_acme_server="")
    assert done.returncode != 0
    assert "ansim_tls_acme_server (https://" in done.stdout


def test_while_the_authority_is_away_the_play_says_so_and_nginx_waits_for_it(server: Server) -> None:
    with authority(server.network, server.place):
        (server.place / "root.crt").write_text(server.network.do("cat", ROOT))
    done = server.play()
    assert done.returncode != 0
    assert HOUSE in done.stdout
    assert server.asked_of_systemd() == ["start nginx", "reload nginx"]
    said = server.network.do("openssl", "s_client", "-connect", f"{NAMES[0]}:443", "-servername", NAMES[0])
    assert re.search("Verify return code: 18 .self.signed", said)


@pytest.fixture(scope="module")
def house(server: Server) -> Iterator[None]:
    """The authority, from the second test on."""
    with authority(server.network, server.place):
        yield


@pytest.mark.usefixtures("house")
def test_the_authority_of_the_house_gives_the_first_certificate(server: Server) -> None:
    assert changed(server.play()) > 0
    certificate = server.shown()
    assert {name for _, name in certificate["subjectAltName"]} == set(NAMES)


@pytest.mark.usefixtures("house")
def test_a_second_play_and_a_look_change_nothing(server: Server) -> None:
    before = server.shown()["serialNumber"]
    assert changed(server.play()) == 0
    assert changed(server.play("--check")) == 0
    assert server.shown()["serialNumber"] == before


@pytest.mark.usefixtures("house")
def test_a_renewal_cuts_nobody_off(server: Server) -> None:
    before, asked = server.shown()["serialNumber"], server.asked_of_systemd()
    with server.browser() as working:
        assert json.loads(told(working.stdout))["serialNumber"] == before
        assert told(working.stdout).startswith("HTTP/1.1 101 ")
        renew(server)
        deadline = time.monotonic() + PATIENCE
        while server.shown()["serialNumber"] == before:
            assert time.monotonic() < deadline, "nginx shows the old certificate"
            time.sleep(0.1)
        assert working.stdin is not None
        print("still here", file=working.stdin, flush=True)
        assert told(working.stdout) == "still here"
    assert server.asked_of_systemd()[len(asked) :] == ["reload nginx"]


def renew(server: Server) -> None:
    """Do what the distribution's timer does, as its unit and what the role adds to it say."""
    (unit,) = (server.place / "packages" / "unpacked").rglob("certbot.service")
    beside = server.network.do("cat", "/etc/systemd/system/certbot.service.d/ansim.conf")
    (begun,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
    given = dict(line.split("=", 1) for line in re.findall(r"^Environment=(.+)$", beside, re.MULTILINE))
    server.network.do(*shlex.split(begun), environment=given)


@pytest.mark.usefixtures("house")
def test_a_certificate_that_stopped_nginx_at_renewals_does_so_no_more(server: Server) -> None:
    server.network.do("rm", "/etc/ansim/tls/acme.asked")
    server.network.do("sed", "-i", "s/^authenticator = .*/authenticator = standalone/", RENEWAL)
    server.network.do("sed", "-i", "s/^renew_hook = .*/pre_hook = systemctl stop nginx/", RENEWAL)
    assert changed(server.play()) > 0
    noted = server.network.do("cat", RENEWAL)
    assert "authenticator = webroot" in noted
    assert "renew_hook = systemctl reload nginx" in noted
    assert "pre_hook" not in noted
    assert not [line for line in server.asked_of_systemd() if "stop" in line]


@pytest.mark.usefixtures("house")
def test_port_80_has_the_challenges_and_nothing_else(server: Server) -> None:
    server.network.write("/var/lib/ansim-acme/.well-known/acme-challenge/one", "proof")
    asked = "import http.client as h; c = h.HTTPConnection('{}'); c.request('GET', '{}'); a = c.getresponse()"
    told_of = {}
    for path in ("/.well-known/acme-challenge/one", "/.well-known/acme-challenge/two", "/", "/.well-known/"):
        code = f"{asked.format(NAMES[1], path)}; print(a.status, a.getheader('Location'), a.read()[:5].decode())"
        told_of[path] = server.network.do("python3", "-c", code).split()[:2]
    assert told_of == {
        "/.well-known/acme-challenge/one": ["200", "None"],
        "/.well-known/acme-challenge/two": ["404", "None"],
        "/": ["301", f"https://{NAMES[1]}/"],
        "/.well-known/": ["301", f"https://{NAMES[1]}/.well-known/"],
    }


def test_a_certificate_that_the_house_gives_takes_the_place_of_the_authoritys(server: Server) -> None:
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "300", "-subj", "/CN=house"]
    names = ",".join(f"DNS:{name}" for name in NAMES)
    given = {"ansim_tls_certificate": f"{server.place}/given.pem", "ansim_tls_key": f"{server.place}/given.key"}
    files = ("-out", given["ansim_tls_certificate"], "-keyout", given["ansim_tls_key"])
    server.network.do("openssl", "req", "-x509", *made, "-addext", f"subjectAltName={names}", *files)
    renewed = server.network.do("cat", "/etc/letsencrypt/live/ansim/fullchain.pem")
    assert changed(server.play(ansim_tls="given", **given)) > 0
    with server.browser(given["ansim_tls_certificate"]) as process:
        assert json.loads(told(process.stdout))["issuer"] == [[["commonName", "house"]]]
    assert server.network.do("stat", "-c", "%a %F", "/etc/ansim/tls/zone.key").strip() == "600 regular file"
    assert server.network.do("cat", "/etc/letsencrypt/live/ansim/fullchain.pem") == renewed
    assert changed(server.play(ansim_tls="given", **given)) == 0


CERTBOTS = ("README", "cli.ini")  # certbot's own words, the same everywhere
KEPT = ("/etc/letsencrypt/accounts", "/var/log/letsencrypt")


def kept(server: Server) -> list[str]:
    """Return the files that certbot still has of itself or of the zone."""
    said = server.network.do("sh", "-c", f"find /etc/letsencrypt {KEPT[1]} -type f 2>/dev/null || true")
    return said.splitlines()


def test_a_teardown_leaves_the_account_that_another_certificate_needs(server: Server) -> None:
    assert any(file.startswith(KEPT) for file in kept(server))
    server.network.do("cp", RENEWAL, "/etc/letsencrypt/renewal/other.conf")
    assert changed(server.play(playbook="gone.yml")) > 0
    left = kept(server)
    assert not [file for file in left if "ansim" in file]
    assert any(file.startswith(KEPT[0]) for file in left)


def test_a_teardown_leaves_nothing_of_a_certbot_that_served_the_zone_alone(server: Server) -> None:
    server.network.do("rm", "/etc/letsencrypt/renewal/other.conf")
    assert changed(server.play(playbook="gone.yml")) > 0
    assert [file for file in kept(server) if Path(file).name not in CERTBOTS] == []
    assert changed(server.play(playbook="gone.yml")) == 0
