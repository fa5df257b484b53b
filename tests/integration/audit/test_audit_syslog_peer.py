"""Our messages as rsyslog, an independent implementation of RFC 5424 and 5425, reads them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from audit.outward.delivery import Outward
from audit.outward.target import Format, Target
from audit.search import Entry, Query, search
from tests.integration.audit.audit_receiver import LOCALHOST, Authority, new_authority, wait_for
from tests.integration.audit.audit_world import World
from tests.patience import PATIENCE

CONFIGURATION = """
global(workDirectory="{directory}" maxMessageSize="128k" defaultNetstreamDriverCAFile="{ca}"
       defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
input(type="imtcp" port="0" listenPortFileName="{directory}/port" address="127.0.0.1")
template(name="read" type="list" option.jsonf="on") {{
  property(outname="facility" name="syslogfacility" format="jsonf")
  property(outname="severity" name="syslogseverity" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="process" name="procid" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}}
action(type="omfile" file="{directory}/read" template="read")
"""


@dataclass(frozen=True, slots=True)
class Rsyslog:
    """A running rsyslog and the file that it writes."""

    port: int
    output: Path

    def read(self) -> list[dict[str, str]]:
        if not self.output.exists():
            return []
        lines = self.output.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("rsyslog-authority"))


@pytest.fixture(scope="module")
def rsyslog(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rsyslog]:
    program = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
    if not Path(program).exists():
        pytest.fail("rsyslog is missing: apt-get install -y --no-install-recommends rsyslog rsyslog-gnutls")
    directory = tmp_path_factory.mktemp("rsyslog")
    certificate, key = authority.issue(LOCALHOST)
    configuration = directory / "rsyslog.conf"
    values = {"directory": directory, "ca": authority.file, "certificate": certificate, "key": key}
    configuration.write_text(CONFIGURATION.format(**values), encoding="utf-8")
    with (directory / "log").open("wb") as output:
        process = subprocess.Popen(
            [program, "-n", "-f", str(configuration), "-i", str(directory / "pid")], stdout=output, stderr=output
        )
    try:
        port = directory / "port"
        wait_for(lambda: port.exists() and port.read_text().strip() != "")
        yield Rsyslog(int(port.read_text()), directory / "read")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def sent(world: World, rsyslog: Rsyslog, authority: Authority, form: Format) -> list[tuple[Entry, dict[str, str]]]:
    """Send a log of nine entries and return each with what rsyslog read."""
    world.fill(9)
    certificate, key = authority.issue("zone")
    target = Target(name="siem", format=form, host=LOCALHOST, port=rsyslog.port, ca=str(authority.file), language="ko")
    before = len(rsyslog.read())
    done = Outward(world.log, replace(target, certificate=str(certificate), key=str(key))).deliver()
    assert (done.state, done.sent) == ("current", 9)
    wait_for(lambda: len(rsyslog.read()) >= before + 9)
    with world.db.read() as tx:
        entries = search(tx, Query(newest_first=False))
    return list(zip(entries, rsyslog.read()[before:], strict=True))


def test_rsyslog_reads_every_field_as_it_was_meant(usual_world: World, rsyslog: Rsyslog, authority: Authority) -> None:
    for entry, read in sent(usual_world, rsyslog, authority, "syslog"):
        assert (read["facility"], read["app"], read["process"]) == ("13", "ansim", "portal")
        assert (read["id"], read["host"]) == (entry.body["action"], entry.body["source"]["host"])
        assert read["time"] == entry.body["ts"].replace("Z", "+00:00") or read["time"] == entry.body["ts"]
        assert f'index="{entry.index}" leafHash="{entry.leaf_hash.hex()}"' in read["data"]
        assert read["text"].lstrip("\ufeff") == "셀 코드를 실행하도록 보냄 (ok)"


def test_rsyslog_reads_the_event_of_another_format_unchanged(
    usual_world: World, rsyslog: Rsyslog, authority: Authority
) -> None:
    for entry, read in sent(usual_world, rsyslog, authority, "ocsf"):
        event = json.loads(read["text"])
        assert event["metadata"]["sequence"] == entry.index
        assert event["raw_data"].encode() == usual_world.body(entry.index)
