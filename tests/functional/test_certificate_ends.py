"""A certificate that has ended: what a browser, the commands, the metrics and the alerts say, until it is renewed.

The front is a machine of its own (`own_network`) where OpenSSL shows the certificate, as nginx would; the database is a
PostgreSQL server that speaks TLS. Alone: `pytest -m long tests/functional/test_certificate_ends.py`.
"""

from __future__ import annotations

import json
import re
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

from hub_config.errors import EnvironmentMissing
from hub_config.mending.certificate import ending_certificate, renew
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME, load_settings
from hub_config.zone import open_zone
from tests.functional.conftest import run_ansim
from tests.functional.own_network import OwnNetwork, own_network
from tests.integration.audit.test_audit_chaos import Server, servers
from tests.integration.house.house_people import make_zone
from tests.integration.hub_config.test_backup import note
from tests.integration.hub_config.test_mending import NAMES, certificates
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.rights import as_root
from tests.unit.hub_config.test_certificates import alerts

pytestmark = [pytest.mark.long, as_root]

ZONE = NAMES[0]
DOMAIN = ZONE.removeprefix("zone.")
METRICS = """
import json, sys
from pathlib import Path
from hub_config.metrics import ZoneCollector
from hub_config.zone import open_zone
zone = open_zone(Path(sys.argv[1]), "worker")
found = {f.name: [(s.labels, s.value) for s in f.samples] for f in ZoneCollector(zone).collect()}
print(json.dumps(found["ansim_certificate_seconds_left"]))
"""
SHOWN = "<html><body>the zone</body></html>"
POLICIES = "/etc/chromium/policies/managed/zone.json"
ENDED_CERTIFICATE = "net_error -201"
"""ERR_CERT_DATE_INVALID, and none of the others: -200 is another name, -202 an authority that is not trusted."""
ENDED = ("만료되었습니다", "It ended on")


@dataclass(frozen=True, slots=True)
class Front:
    """A zone, and the machine whose port 443 shows its certificate."""

    network: OwnNetwork
    home: Path
    tls: Path

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the certificate that lies in the directory now, as a front that was told to read it."""
        place = self.tls.parent / "shown"
        place.mkdir(exist_ok=True)
        (place / "index.html").write_text(SHOWN)
        words = ["openssl", "s_server", "-accept", "443", "-WWW", "-quiet"]
        words += ["-cert", str(self.tls / "zone.pem"), "-key", str(self.tls / "zone.key")]
        process = self.network.begin(
            "sh", "-c", f'cd {place} && exec "$@"', "sh", *words, log=self.tls.parent / "front"
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not self.network.do("sh", "-c", "ss -Hltn 'sport = :443' || true").strip():
                assert time.monotonic() < deadline, "the front does not listen"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()

    def run(self, *words: str, language: str = "C") -> subprocess.CompletedProcess[str]:
        """Run a program of the zone beside its front."""
        given = {"ANSIM_HOME": str(self.home), "PYTHONPATH": str(REPOSITORY), "LC_ALL": language, "COLUMNS": "300"}
        command = self.network.inside(sys.executable, *words, environment=given)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def doctor(self) -> dict[str, Any]:
        """Return what the doctor says of certificates, to a program."""
        rows = json.loads(self.run("-m", "hub_config.cli", "doctor", "--json").stdout)
        return next(row for row in rows if row["check"] == "certificates")

    def seconds_left(self) -> float:
        """Return what monitoring reads."""
        ((labels, seconds),) = json.loads(self.run("-c", METRICS, str(self.home)).stdout)
        assert labels == {"certificate": "front"}
        return float(seconds)

    def browser(self) -> str:
        """Return the page, or the error in its place, that somebody gets whose browser trusts the zone's authority."""
        words = ("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom")
        more = ("--enable-logging=stderr", f"--user-data-dir={self.tls.parent / 'profile'}")
        command = self.network.inside(*words, *more, f"https://{ZONE}/index.html")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        refused = re.search(r"handshake failed.*net_error (-\d+)", done.stderr)
        return f"net_error {refused[1]}" if refused else done.stdout


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    home, tls, nothing = tmp_path / "zone", tmp_path / "tls", tmp_path / "unpacked"
    home.mkdir()
    make_zone(home)
    text = (home / FILE_NAME).read_text(encoding="utf-8")
    (home / FILE_NAME).write_text(with_front(text), encoding="utf-8")
    certificates(tls, days=-1)
    for place in ("etc", "usr", "var"):
        (nothing / place).mkdir(parents=True)
    with own_network(nothing, {ZONE: "127.0.0.1"}) as network:
        pem = (tls / "authority.pem").read_text()
        body = "".join(line for line in pem.splitlines() if "-----" not in line)
        network.write(POLICIES, json.dumps({"CACertificates": [body]}))
        yield Front(network, home, tls)


def with_front(text: str) -> str:
    """The settings of a zone that is reached by https under a domain."""
    document = yaml.safe_load(text)
    document["zone"] |= {"scheme": "https", "domain": DOMAIN}
    document["gate"] |= {"front_ends": ["127.0.0.1"]}
    return str(yaml.safe_dump(document, allow_unicode=True))


def test_a_front_whose_certificate_has_ended_is_said_everywhere_and_mended_by_one_command(front: Front) -> None:
    settings = load_settings(front.home)
    assert (settings.zone.scheme, settings.host("zone")) == ("https", ZONE)
    with front.showing():
        assert front.browser() == ENDED_CERTIFICATE
        row = front.doctor()
        assert (row["ok"], ENDED[1] in row["reason"], "certificate that browsers see" in row["reason"]) == (
            False, True, True,
        )  # fmt: skip
        assert "Run the playbook again" in row["hint"]
        said = front.run("-m", "hub_config.cli", "doctor", language="ko_KR.UTF-8")
        assert said.returncode == 3
        assert ENDED[0] in said.stdout + said.stderr
        assert "플레이북을 다시 실행하면" in said.stdout + said.stderr
        seconds = front.seconds_left()
        assert -2 * 86400 < seconds < 0
        assert alerts(seconds) == {"AnsimCertificateEnds", "AnsimCertificateEnded"}
    (mend,) = ending_certificate(settings, front.tls)
    assert "zone.pem" in mend.what.en
    renew(front.tls, reload=False)
    with front.showing():
        assert "the zone" in front.browser()
        assert front.doctor()["ok"]
        assert alerts(front.seconds_left()) == set()


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Path, int]]:
    """A PostgreSQL server that speaks TLS, with the certificate in a directory."""
    port = free_port()
    monkeypatch.setenv("PGPORT", str(port))
    with servers(1) as [server]:
        server.make()
        tls = server.directory / "tls"
        certificates(tls, days=100)
        given(server, tls)
        options = (
            "listen_addresses=127.0.0.1",
            "ssl=on",
            f"ssl_cert_file={tls}/zone.pem",
            f"ssl_key_file={tls}/zone.key",
        )
        server.start(*options)
        yield server, tls, port


def given(server: Server, tls: Path) -> None:
    """Let the server read its certificate and key."""
    subprocess.run(["chown", "-R", f"--reference={server.directory}", str(tls)], check=True)
    (tls / "zone.key").chmod(0o600)


def read_again(server: Server, tls: Path, days: int, aside: Path) -> None:
    """Put another certificate of the same authority in place, and have the server read it."""
    certificates(aside, days=days)
    for path in aside.iterdir():
        path.replace(tls / path.name)
    given(server, tls)
    server.run("psql", "-h", str(server.directory), "-d", "postgres", "-c", "SELECT pg_reload_conf()")


def test_a_database_server_whose_certificate_has_ended_is_not_called_away(
    secured: tuple[Server, Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, tls, port = secured
    home, trusted = tmp_path / "zone", tmp_path / "trusted.pem"
    home.mkdir()
    address = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres?sslmode=verify-ca"
    trusted.write_bytes((tls / "authority.pem").read_bytes())
    make_zone(home, f"{address}&sslrootcert={trusted}")
    zone = open_zone(home, "cli")
    note(zone)
    with zone.db.read() as tx:
        size = zone.log.size(tx)
    zone.db.close()
    read_again(server, tls, -1, tmp_path / "ended")
    trusted.write_bytes((tls / "authority.pem").read_bytes())
    for language, said, then in (
        ("ko_KR.UTF-8", "인증서를 받아들일 수 없습니다", "ansim doctor"),
        ("C", "certificate of the database server is not accepted", "Renew it on the database server"),
    ):
        monkeypatch.setenv("LC_ALL", language)
        ended = run_ansim(home, "registry", "person", "list", check=False)
        assert ended.returncode == EnvironmentMissing.exit_code, ended.stderr
        assert said in ended.stderr
        assert then in ended.stderr
    rows = {row["check"]: row for row in json.loads(run_ansim(home, "doctor", "--json", check=False).stdout)}
    assert not rows["database"]["ok"]
    assert "not accepted" in rows["database"]["reason"]
    assert "certificate of the database server (127.0.0.1): It ended on" in rows["certificates"]["reason"]
    assert "systemctl reload postgresql" in rows["certificates"]["hint"]
    read_again(server, tls, 100, tmp_path / "renewed")
    trusted.write_bytes((tls / "authority.pem").read_bytes())
    back = open_zone(home, "cli")
    note(back)
    with back.db.read() as tx:
        assert back.log.size(tx) == size + 1, "what was recorded is there, and the log goes on"
    back.db.close()
