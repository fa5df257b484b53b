"""`ansim doctor --mend`: each mend breaks something first, and data is never touched."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from docker.errors import NotFound

from audit.search import Query, search
from hub_config.cli import Context
from hub_config.engine import ZONE_LABEL, connect
from hub_config.errors import EnvironmentMissing
from hub_config.home import PLACES
from hub_config.mending.certificate import ending_certificate, renew
from hub_config.mending.command import NobodyToAsk, find, run_mend
from hub_config.mending.machine import run_machine
from hub_config.mending.running import left_containers, left_data, stopped_units
from hub_config.processes import SUPERVISED
from hub_config.settings import FILE_NAME, load_settings
from hub_config.supervisor import STATE
from hub_config.workspace_container import layered
from hub_config.zone import Zone, open_zone
from tests.integration.house.house_people import make_zone
from tests.rights import as_root

NAMES = ["zone.safe.example.org", "*.safe.example.org"]


@pytest.fixture
def zone(usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    """A zone in which nothing is wrong, and nothing runs."""
    home = tmp_path / "home"
    make_zone(home)
    for place in PLACES:
        (home / place.path).mkdir(mode=place.mode, exist_ok=True)
    opened = open_zone(home, "cli")
    yield opened
    opened.db.close()


def mended(zone: Zone, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[str]:
    """What the command did, by the codes of its mends."""
    capsys.readouterr()
    assert run_mend(Context(home=zone.home, json=True, _zone=zone), yes=True) == code
    said = json.loads(capsys.readouterr().out)
    assert all(one["done"] for one in said["mends"]), said
    return [one["mend"] for one in said["mends"]]


def recorded(zone: Zone) -> list[tuple[str, str]]:
    zone.log.settle()
    with zone.db.read() as tx:
        found = search(tx, Query(action="zone.mended", newest_first=False, limit=100))
    return [(one.body["detail"]["mend"], one.body["outcome"]) for one in found]


def test_a_zone_in_which_nothing_is_wrong_is_left_alone(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    assert mended(zone, capsys) == []
    assert recorded(zone) == []


def test_a_key_that_others_may_read_is_closed_and_public_ones_and_links_stay(
    zone: Zone, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    keys, outside = zone.home / "keys", tmp_path / "outside"
    outside.write_text("somebody else's")
    outside.chmod(0o644)
    (keys / "link.secret").symlink_to(outside)
    public = keys / "log.vkey"
    public.chmod(0o644)
    for broken, mode in ((keys / "registry.secret", 0o644), (keys / "sidecar.key", 0o660), (keys, 0o755)):
        broken.chmod(mode)
    assert mended(zone, capsys) == ["secret_closed"] * 3
    assert stat.S_IMODE((keys / "registry.secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((keys / "sidecar.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert stat.S_IMODE(public.stat().st_mode) == stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert recorded(zone) == [("secret_closed", "ok")] * 3
    assert mended(zone, capsys) == []


@as_root
def test_a_directory_that_holds_nothing_lasting_is_made_again(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("sessions", "logs"):
        shutil.rmtree(zone.home / name)
    assert mended(zone, capsys) == ["directory_made"] * 2
    assert stat.S_IMODE((zone.home / "sessions").stat().st_mode) == 0o700
    assert recorded(zone) == [("directory_made", "intent"), ("directory_made", "ok")] * 2


def test_a_directory_that_held_data_is_never_made_in_its_place(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    (zone.home / "vault").rename(zone.home / "elsewhere")
    assert mended(zone, capsys, code=1) == []
    assert not (zone.home / "vault").exists()
    context = Context(home=zone.home, json=False, _zone=zone)
    assert run_mend(context, yes=True) == 1
    assert "vault" in capsys.readouterr().out


def test_a_socket_that_nobody_answers_is_removed_and_one_that_answers_stays(
    zone: Zone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(zone.home / "run")
    with socket.socket(socket.AF_UNIX) as dead, socket.socket(socket.AF_UNIX) as alive:
        dead.bind("portal.sock")
        alive.bind("gate.sock")
        alive.listen()
        Path("notes.sock").write_text("not a socket")
        dead.close()
        assert mended(zone, capsys) == ["socket_removed"]
    assert sorted(one.name for one in Path.cwd().iterdir()) == ["gate.sock", "notes.sock"]


def test_what_a_killed_supervisor_left_is_ended(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    (zone.home / STATE).write_text('{"pid": 1, "children": {"hub": 1}, "restarts": {}}')
    environment = {**os.environ, SUPERVISED: str(zone.home)}
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env=environment)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        assert set(mended(zone, capsys)) == {"state_removed", "processes_ended"}
        left.wait(30)
        assert other.poll() is None
    finally:
        for process in (left, other):
            process.kill()
            process.wait()
    assert not (zone.home / STATE).exists()


def test_nothing_is_done_before_somebody_agreed(
    zone: Zone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = zone.home / "keys" / "registry.secret"
    secret.chmod(0o644)
    assert run_mend(Context(home=zone.home, json=True, _zone=zone), yes=False) == 1
    assert [one["done"] for one in json.loads(capsys.readouterr().out)["mends"]] == [False]
    talking = Context(home=zone.home, json=False, _zone=zone)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(NobodyToAsk):
        run_mend(talking, yes=False)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for said, code, mode in (("n\n", 1, 0o644), ("예\n", 0, 0o600)):
        monkeypatch.setattr("sys.stdin", Terminal(said))
        assert run_mend(talking, yes=False) == code
        assert stat.S_IMODE(secret.stat().st_mode) == mode
    assert recorded(zone) == [("secret_closed", "ok")]


def test_what_cannot_be_recorded_is_not_done(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    state = zone.home / STATE
    state.write_text("{}")
    zone.db.close()
    with contextlib.closing(open_zone(zone.home, "cli").db) as db, db.begin() as tx:
        tx.exec_driver_sql("alter table audit_entry rename to audit_gone")
    assert [mend.code for mend in find(load_settings(zone.home))] == ["state_removed"]
    assert run_mend(Context(home=zone.home, json=True), yes=True) == 1
    assert json.loads(capsys.readouterr().out)["mends"][0]["done"] is False
    assert state.exists()


def stand_in(place: Path, name: str, script: str) -> None:
    """A program of the machine that this machine does not have, or must not use."""
    path = place / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def under_systemd(zone: Zone) -> Any:
    file = zone.home / FILE_NAME
    file.write_text(file.read_text().replace("run_by: supervisor", "run_by: systemd"))
    settings = load_settings(zone.home)
    assert settings.machine.run_by == "systemd"
    return settings


def test_a_unit_that_stands_still_is_started_and_one_that_does_not_start_is_said(
    zone: Zone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = under_systemd(zone)
    bin, said = tmp_path / "bin", tmp_path / "said"
    bin.mkdir()
    shown = (
        'if [ "$1" = show ]; then shift 3; for unit in "$@"; do case $unit in *portal*) s=failed;; *) s=active;; esac; '
        'printf "Id=%s\\nActiveState=%s\\nMainPID=7\\nNRestarts=0\\n\\n" $unit $s; done; exit; fi'
    )
    stand_in(bin, "systemctl", f'{shown}\necho "$@" >> {said}')
    monkeypatch.setenv("PATH", f"{bin}:{os.environ['PATH']}")
    (mend,) = stopped_units(settings)
    assert "ansim-portal.service" in mend.what.en
    mend.do()
    assert said.read_text().splitlines() == ["reset-failed ansim-portal.service", "start ansim-portal.service"]
    stand_in(bin, "systemctl", f"{shown}\nexit 1")
    (mend,) = stopped_units(settings)
    with pytest.raises(Exception, match="does not start"):
        mend.do()


@as_root
def test_what_is_roots_on_a_server_is_recorded_by_the_zones_own_user(
    zone: Zone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    under_systemd(zone)
    (zone.home / FILE_NAME).chmod(0o640)
    bin = tmp_path / "bin"
    bin.mkdir()
    state = 'case $unit in *hub*) s=inactive;; *) s=active;; esac; printf "Id=%s\\nActiveState=%s\\n\\n" $unit $s'
    stand_in(bin, "systemctl", f'if [ "$1" = show ]; then shift 3; for unit in "$@"; do {state}; done; fi')
    monkeypatch.setenv("PATH", f"{bin}:{os.environ['PATH']}")
    assert run_machine(Context(home=zone.home, json=True), yes=True) == 0
    assert [one["mend"] for one in json.loads(capsys.readouterr().out)["mends"]] == ["unit_started"]
    assert recorded(zone) == [("unit_started", "intent"), ("unit_started", "ok")]
    (zone.home / FILE_NAME).chmod(0o666)
    with pytest.raises(EnvironmentMissing):
        run_machine(Context(home=zone.home, json=True), yes=True)


def certificates(place: Path, *, days: int, own: bool = True) -> None:
    """An authority and a certificate of three names that ends in some days."""
    place.mkdir()
    now = datetime.now(UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "zone", "stranger")}
    for name, until in (("authority", 3650), ("zone", days)):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} safe.example.org")])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority safe.example.org")])
        builder = x509.CertificateBuilder(
            issuer, subject, keys[name].public_key(), x509.random_serial_number(), now - timedelta(days=90),
            now + timedelta(days=until),
        )  # fmt: skip
        builder = builder.add_extension(x509.BasicConstraints(name == "authority", None), critical=True)
        if name == "zone":
            usage = x509.KeyUsage(True, *[False] * 8)
            builder = builder.add_extension(usage, critical=True)
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, NAMES)), critical=False)
        signer = keys["authority" if own else "stranger"]
        made = builder.sign(signer, hashes.SHA256())
        (place / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
        (place / f"{name}.key").write_bytes(keys[name].private_bytes(serialization.Encoding.PEM, form, plain))


def test_a_certificate_of_the_zones_own_authority_is_made_anew_before_it_ends(zone: Zone, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    certificates(place, days=5)
    assert len(list(ending_certificate(zone.settings, place))) == 1
    renew(place, reload=False)
    new = x509.load_pem_x509_certificate((place / "zone.pem").read_bytes())
    authority = x509.load_pem_x509_certificate((place / "authority.pem").read_bytes())
    new.verify_directly_issued_by(authority)
    names = new.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == NAMES
    assert new.not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)
    key = serialization.load_pem_private_key((place / "zone.key").read_bytes(), None)
    assert key.public_key() == new.public_key()
    assert stat.S_IMODE((place / "zone.key").stat().st_mode) == 0o600
    assert list(ending_certificate(zone.settings, place)) == []


@pytest.mark.parametrize("why", ["lasts", "somebody else's", "no key", "link", "nothing"])
def test_other_certificates_are_left_alone(zone: Zone, tmp_path: Path, why: str) -> None:
    place = tmp_path / "tls"
    if why != "nothing":
        certificates(place, days=200 if why == "lasts" else 5, own=why != "somebody else's")
    if why == "no key":
        (place / "authority.key").unlink()
    if why == "link":
        (place / "zone.pem").rename(tmp_path / "live.pem")
        (place / "zone.pem").symlink_to(tmp_path / "live.pem")
    assert list(ending_certificate(zone.settings, place)) == []


@pytest.mark.engine
def test_the_container_of_an_ended_workspace_is_removed_and_another_zones_stays(zone: Zone) -> None:
    empty = io.BytesIO()
    with tarfile.open(fileobj=empty, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("nothing"))
    tag = f"ansim-test-mending-{zone.zone_id}"
    with contextlib.closing(connect()) as client:
        client.api.import_image_from_data(empty.getvalue(), repository=tag)
        made = [
            client.api.create_container(tag, ["/nothing"], labels={ZONE_LABEL: label, "ansim.workspace": "ws_a"})["Id"]
            for label in (zone.zone_id, "other0000000")
        ]
        try:
            (mend,) = left_containers(zone.settings)
            mend.do()
            left = {one["Id"] for one in client.api.containers(all=True)}
            assert made[0] not in left
            assert made[1] in left
            assert list(left_containers(zone.settings)) == []
        finally:
            for one in made:
                with contextlib.suppress(NotFound):  # what was mended is gone
                    client.api.remove_container(one, force=True)
            client.api.remove_image(tag, force=True)


@pytest.mark.engine
def test_a_volume_that_a_workspace_left_is_removed_and_any_other_stays(zone: Zone) -> None:
    ended, other = zone.home / "workspaces" / "ws_a" / "empty", zone.home.parent / "workspaces" / "ws_a" / "empty"
    with contextlib.closing(connect()) as client:
        made = [
            client.api.create_volume(
                driver_opts={"type": "overlay", "device": "overlay", "o": layered(Path("/data, of:all"), layer)}
            )["Name"]
            for layer in (ended, other)
        ]
        try:
            (mend,) = left_data(zone.settings)
            mend.do()
            left = {one["Name"] for one in client.api.volumes()["Volumes"]}
            assert made[0] not in left
            assert made[1] in left
            assert list(left_data(zone.settings)) == []
        finally:
            for one in made:
                with contextlib.suppress(NotFound):  # what was mended is gone
                    client.api.remove_volume(one)
