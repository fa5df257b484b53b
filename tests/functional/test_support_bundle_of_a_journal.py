"""What a server's `ansim support-bundle` learns from a journal: a real one, read as the command on a server reads it.

Alone: `pytest -m long tests/functional/test_support_bundle_of_a_journal.py`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from hub_config.processes import REPOSITORY
from hub_config.support.contents import journal_without_lines

pytestmark = pytest.mark.long  # packages of the distribution

COMMAND = REPOSITORY / "ansible" / "roles" / "zone" / "templates" / "ansim.sh.j2"
#: What writes a journal without the system that keeps one, and a library of it.
PACKAGES = ("systemd-journal-remote", "libmicrohttpd12*")
LINES = (
    ("ansim-hub.service", b"[E 2026-11-22 06:51:01.389 JupyterHub app:2409] Plantedkim"),
    ("ansim-worker.service", b'{"level": "WARNING", "message": "Plantedkim"}'),
    ("ansim-worker.service", b"ValueError: Plantedkim"),
    ("ansim-worker.service", b"\xff\xfe INFO Plantedkim"),
    ("ssh.service", b"INFO Plantedkim"),
)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with these lines, as systemd itself writes its files."""
    place = tmp_path_factory.mktemp("journal")
    if shutil.which("journalctl") is None:
        pytest.fail("journalctl is missing: apt-get install -y --no-install-recommends systemd")
    for package in PACKAGES:
        subprocess.run(["apt-get", "download", package], cwd=place, capture_output=True, check=False)
    for archive in place.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(archive), str(place)], check=True)
    entries = []
    for number, (unit, said) in enumerate(LINES):
        message = b"MESSAGE\n" + len(said).to_bytes(8, "little") + said  # the export format, for text and bytes alike
        entries.append(b"__REALTIME_TIMESTAMP=%d\n_SYSTEMD_UNIT=%s\n%s\n\n" % (10**15 + number, unit.encode(), message))
    (place / "entries").write_bytes(b"".join(entries))
    program = next(place.rglob("systemd/systemd-journal-remote"), place)
    libraries = ":".join(str(one.parent) for one in place.rglob("libmicrohttpd.so*"))
    words = [str(program), "-o", str(place / "kept.journal"), str(place / "entries")]
    subprocess.run(words, env={**os.environ, "LD_LIBRARY_PATH": libraries}, capture_output=True, check=True)
    return place / "kept.journal"


def test_lines_of_the_zones_units_are_counted_and_nothing_is_copied(journal: Path) -> None:
    found = re.search(r"journalctl (.+?)\s*\|", COMMAND.read_text(encoding="utf-8").replace("\\\n", " "))
    assert found is not None
    words = ["journalctl", "--file", str(journal), *shlex.split(found[1])]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said.count("Plantedkim") == 3, "strangers are not asked for, and bytes are no text"
    counted = journal_without_lines(said.splitlines())
    assert counted.keys() == {"ansim-hub.service", "ansim-worker.service"}
    assert counted["ansim-hub.service"]["levels"] == {"ERROR": 1}
    worker = counted["ansim-worker.service"]
    assert (worker["levels"], worker["errors"]) == ({"WARNING": 1}, {"ValueError": 1})
    assert "Plantedkim" not in str(counted)
