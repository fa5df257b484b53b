"""What the playbook lays down for log server and monitoring, read by what it is for: rsyslogd and promtool."""

from __future__ import annotations

import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from hub_config.processes import REPOSITORY
from tests.integration.audit.audit_receiver import LOCALHOST, Authority, new_authority, wait_for
from tests.ports import free_port

pytestmark = pytest.mark.long  # a queue that waits, and a package of the distribution

ROLE = REPOSITORY / "ansible" / "roles" / "logs" / "templates" / "rsyslog.conf.j2"
RULES = REPOSITORY / "ansible" / "files" / "monitoring" / "ansim.rules.yml"
PROMETHEUS = REPOSITORY / "ansible" / "roles" / "monitoring" / "templates" / "prometheus.yml.j2"
JOURNAL = 'module(load="imjournal" StateFile="imjournal.state")'
ONE_YEAR = 31_536_000


def rendered(template: Path, **given: Any) -> str:
    """What a role writes for what an inventory gives it, spaced as Ansible spaces it."""
    engine = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)
    return engine.from_string(template.read_text(encoding="utf-8")).render({"ansible_managed": "managed", **given})


def configuration(directory: Path, authority: Path, port: int) -> Path:
    """What the role writes for a log server on this machine; only the journal, which is not here, is a socket.

    Files of the machine's log lie below the directory.
    """
    text = rendered(ROLE, ansim_log_server=LOCALHOST, ansim_log_port=port)
    assert text.count(JOURNAL) == 1
    ours = f'global(workDirectory="{directory}")\nmodule(load="imuxsock" SysSock.Use="off")\n'
    text = text.replace(JOURNAL, f'{ours}input(type="imuxsock" Socket="{directory}/in")')
    text = text.replace("/etc/rsyslog-authority.pem", str(authority)).replace('"/var/log/', f'"{directory}/')
    path = directory / "rsyslog.conf"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def sender(directory: Path, authority: Path, port: int) -> Iterator[Path]:
    """An rsyslogd with the configuration of the role; the socket that takes messages for it."""
    program = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
    if not Path(program).exists():
        pytest.fail("rsyslog is missing: apt-get install -y --no-install-recommends rsyslog rsyslog-gnutls")
    file = configuration(directory, authority, port)
    checked = subprocess.run([program, "-N1", "-f", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    words = [program, "-n", "-f", str(file), "-i", str(directory / "pid")]
    with (directory / "log").open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output)
    try:
        wait_for((directory / "in").exists)
        yield directory / "in"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def log_server(authority: Authority, port: int) -> Iterator[list[bytes]]:
    """A log server that speaks TLS with a certificate of an authority; the lines that it was sent."""
    certificate, key = authority.issue(LOCALHOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    got: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                with context.wrap_socket(self.request, server_side=True) as secure, secure.makefile("rb") as lines:
                    got.extend(iter(lines.readline, b""))
            except OSError:
                return  # a sender that does not believe us hangs up

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield got
        finally:
            server.shutdown()


def say(to: Path, text: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(f"<13>ansim-test: {text}".encode(), str(to))


def test_the_log_goes_to_the_log_server_over_tls_and_waits_for_one_that_can_be_believed(tmp_path: Path) -> None:
    ours, stranger = new_authority(tmp_path / "ours"), new_authority(tmp_path / "stranger", "somebody else")
    port = free_port()
    directory = tmp_path / "sender"
    directory.mkdir()
    with sender(directory, ours.file, port) as entrance:
        with log_server(stranger, port) as got:
            say(entrance, "first")
            wait_for(lambda: "not permitted" in (directory / "log").read_text() or bool(attempts(directory)))
            assert got == [], "nothing is told to a server that cannot say who it is"
        with log_server(ours, port) as got:
            say(entrance, "second")
            wait_for(lambda: any(b"second" in line for line in got), seconds=180)
            wait_for(lambda: any(b"first" in line for line in got), seconds=180)
            assert all(line.startswith(b"<13>1 ") for line in got if b"ansim-test" in line), "RFC 5424"


#: What the journal never sees, and what must not go along: the line of a request.
FILES = {
    "audit/audit.log": 'type=PATH msg=audit(1700000000.1:7): name="/run/docker.sock" key="ansim-engine"',
    "nginx/error.log": '2026/11/23 07:00:00 [error] 7#7: *1 limiting connections by zone "ansim_address", '
    'client: 192.0.2.9, server: zone.safe.example.org, request: "GET /projects/of-minji HTTP/1.1", host: "zone"',
    "postgresql/postgresql-15-main.log": "2026-11-23 07:00:00 UTC [7] ansim@ansim ERROR:  permission denied",
}


def test_what_never_comes_into_the_journal_is_sent_too_but_no_line_of_a_request(tmp_path: Path) -> None:
    authority, port = new_authority(tmp_path / "ours"), free_port()
    directory = tmp_path / "sender"
    (directory / "audit").mkdir(parents=True)
    (directory / "audit/audit.log").write_text("type=DAEMON_START\n")
    with sender(directory, authority.file, port) as entrance, log_server(authority, port) as got:
        say(entrance, "all the same")
        assert "imfile" not in (directory / "log").read_text(), "no complaint of what this server has not, or not yet"
        for name, line in FILES.items():
            (directory / name).parent.mkdir(exist_ok=True)
            with (directory / name).open("a") as file:
                file.write(f"{line}\n")
        wanted = (b"DAEMON_START", b"ansim-engine", b"client: 192.0.2.9", b"permission denied", b"all the same")
        wait_for(lambda: all(any(one in line for line in got) for one in wanted), seconds=180)
    named = {line.split()[3].decode() for line in got}
    assert {"auditd", "nginx", "postgresql"} <= named
    assert not [line for line in got if b"minji" in line]


def attempts(directory: Path) -> list[str]:
    """What rsyslogd says of connections that it did not trust."""
    said = (directory / "log").read_text().lower().splitlines()
    return [line for line in said if "cert" in line or "suspended" in line]


@pytest.fixture(scope="module")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Prometheus' own reader of rules: the machine's, or that of the distribution's package, unpacked."""
    found = shutil.which("promtool")
    if found:
        return found
    place = tmp_path_factory.mktemp("prometheus")
    for package in ("promtool", "prometheus"):  # a package of its own from Debian 13 on
        fetched = subprocess.run(["apt-get", "download", package], cwd=place, capture_output=True, check=False)
        if fetched.returncode == 0:
            break
    archives = sorted(place.glob("*.deb"))
    if not archives:
        pytest.fail("promtool is missing: apt-get install -y --no-install-recommends prometheus")
    subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(place)], check=True)
    return str(place / "usr" / "bin" / "promtool")


GIGABYTE = 10**9
#: Disks of a server as prometheus-node-exporter names them: one that may fill up, and one of data that is only read.
ON_DISK = {"mountpoint": "/var/lib/postgresql", "fstype": "ext4"}
POSTGRESQL = '{mountpoint="/var/lib/postgresql",fstype="ext4"}'
DATA = '{mountpoint="/srv/data",fstype="ext4"}'
#: What a healthy zone serves.
HEALTHY: dict[str, str] = {
    'ansim_process_up{process="hub"}': "1+0x120",
    'ansim_process_restarts{process="hub"}': "0+0x120",
    "ansim_engine_up": "1+0x120",
    "ansim_homes_up": "1+0x120",
    "ansim_log_entries": "100+1x120",
    "ansim_log_pending": "0+0x120",
    "ansim_log_unsigned_seconds": "0+0x120",
    "ansim_log_disk_level": "0+0x120",
    'ansim_disk_level{place="log"}': "0+0x120",
    "ansim_gate_connections_ended": "2+0x120",
    f"node_filesystem_avail_bytes{POSTGRESQL}": f"{100 * GIGABYTE}+0x120",
    f"node_filesystem_size_bytes{POSTGRESQL}": f"{400 * GIGABYTE}+0x120",
    f"node_filesystem_avail_bytes{DATA}": "0+0x120",
    f"node_filesystem_size_bytes{DATA}": f"{400 * GIGABYTE}+0x120",
    f"node_filesystem_readonly{DATA}": "1+0x120",
    "ansim_clock_right": "1+0x120",
    'ansim_outward_behind{target="siem"}': "0+0x120",
    "ansim_reviews_overdue": "0+0x120",
    'ansim_requests{state="released",direction="egress"}': "7+0x120",
    'ansim_request_oldest_seconds{state="in_review"}': "0+60x120",
    'ansim_request_oldest_seconds{state="scanning"}': "3+0x120",
    "ansim_walls_broken": "0+0x120",
    "ansim_probe_age_seconds": "60+60x120",
    "ansim_backup_age_seconds": "60+60x120",
    'ansim_certificate_seconds_left{certificate="zone"}': f"{ONE_YEAR}+0x120",
    "ansim_certificates_unread": "0+0x120",
    "ansim_emergency_account_age_seconds": "100000+60x120",
}
#: What makes each rule speak: a gauge as it then is, or None where it is absent; and the labels of the alert.
BROKEN: dict[str, tuple[str, str | None, dict[str, str]]] = {
    "AnsimProcessDown": ('ansim_process_up{process="hub"}', "0+0x120", {"process": "hub"}),
    "AnsimProcessRestarts": ('ansim_process_restarts{process="hub"}', "0+1x120", {"process": "hub"}),
    "AnsimEngineDown": ("ansim_engine_up", "0+0x120", {}),
    "AnsimHomesDown": ("ansim_homes_up", "0+0x120", {}),
    "AnsimAuditLag": ("ansim_log_pending", "500+0x120", {}),
    "AnsimCheckpointFailed": ("ansim_log_unsigned_seconds", "0+60x120", {}),
    "AnsimDiskLow": ('ansim_disk_level{place="backups"}', "1+0x120", {"place": "backups"}),
    "AnsimServerDiskLow": (f"node_filesystem_avail_bytes{POSTGRESQL}", f"{15 * GIGABYTE}+0x120", ON_DISK),
    "AnsimGateFull": ("ansim_gate_connections_ended", "0+1x120", {}),
    "AnsimClockOff": ("ansim_clock_right", None, {}),
    "AnsimOutwardBehind": ('ansim_outward_behind{target="siem"}', "5000+0x120", {"target": "siem"}),
    "AnsimReviewOverdue": ("ansim_reviews_overdue", "1+0x120", {}),
    "AnsimRequestStuck": (
        'ansim_requests{state="scan_failed",direction="egress"}',
        "1+0x120",
        {"state": "scan_failed", "direction": "egress"},
    ),
    "AnsimRequestWaits": (
        'ansim_request_oldest_seconds{state="scanning"}', "0+60x120", {"state": "scanning"},
    ),
    "AnsimWallBroken": ("ansim_walls_broken", "1+0x120", {}),
    "AnsimProbeOld": ("ansim_probe_age_seconds", None, {}),
    "AnsimBackupOld": ("ansim_backup_age_seconds", "200000+60x120", {}),
    "AnsimCertificateEnds": (
        'ansim_certificate_seconds_left{certificate="zone"}', "86400+0x120", {"certificate": "zone"},
    ),
    "AnsimCertificateEnded": ('ansim_certificate_seconds_left{certificate="zone"}', "0+0x120", {"certificate": "zone"}),
    "AnsimEmergencyAccess": ("ansim_break_glass_age_seconds", "60+0x120", {}),
}  # fmt: skip
#: What else makes some of them speak.
FURTHER: tuple[tuple[str, str, str | None], ...] = (
    ("AnsimEngineDown", "ansim_engine_up", None),
    ("AnsimEmergencyAccess", "ansim_emergency_account_age_seconds", "60+0x120"),
    ("AnsimProcessDown", 'ansim_process_up{process="hub"}', None),
    ("AnsimAuditLag", "ansim_log_entries", None),
    ("AnsimCheckpointFailed", "ansim_log_unsigned_seconds", None),
    ("AnsimDiskLow", "ansim_log_disk_level", None),
    ("AnsimReviewOverdue", "ansim_reviews_overdue", None),
    ("AnsimProbeOld", "ansim_walls_broken", None),
    ("AnsimBackupOld", "ansim_backup_age_seconds", None),
    ("AnsimCertificateEnds", "ansim_certificates_unread", "1+0x120"),
    ("AnsimCertificateEnds", "ansim_certificates_unread", None),
)


def rules() -> dict[str, Any]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def story(series: dict[str, str], speaks: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """One story for promtool: what is served for two hours, and which rules speak at its end."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": "100m", "alertname": name, "exp_alerts": speaks.get(name, [])} for name in (speaks or rules())
        ],
    }


def test_every_rule_speaks_when_its_gauge_says_so_and_none_in_a_healthy_zone(promtool: str, tmp_path: Path) -> None:
    known = rules()
    assert set(BROKEN) == set(known), "each rule has a story"
    stories = [story(HEALTHY, {})]
    told = [(name, *how) for name, how in BROKEN.items()]
    told += [(name, series, values, {}) for name, series, values in FURTHER]
    for name, series, values, labels in told:
        served = {**HEALTHY, series: values} if values else {k: v for k, v in HEALTHY.items() if k != series}
        rule = known[name]
        alert = {"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": rule["annotations"]}
        stories.append(story(served, {name: [alert]}))
    file = tmp_path / "stories.yml"
    document = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": stories}
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    for words in (["check", "rules", str(RULES)], ["test", "rules", str(file)]):
        done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_alerts_go_to_whoever_the_inventory_names(promtool: str, tmp_path: Path) -> None:
    named = ["alerts.example.org:9093", "https://pager.example.org:443"]
    written = {}
    for name, given in (("nobody", []), ("somebody", named)):
        text = rendered(PROMETHEUS, ansim_alertmanager=given)
        text = text.replace("/etc/ansim/monitoring/ansim.rules.yml", str(RULES))
        file = tmp_path / f"{name}.yml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([promtool, "check", "config", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        written[name] = yaml.safe_load(text)
    assert "alerting" not in written["nobody"]
    told = written["somebody"]["alerting"]["alertmanagers"]
    said = [(one["scheme"], *(target for how in one["static_configs"] for target in how["targets"])) for one in told]
    assert said == [("http", "alerts.example.org:9093"), ("https", "pager.example.org:443")]
