"""A support bundle says how a zone stands, and nothing that anybody wrote into the zone."""

from __future__ import annotations

import json
import logging
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from hub_config.cli import main
from hub_config.log_lines import Lines
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME, SECTIONS, load_settings
from hub_config.support.commands import collected, packed
from hub_config.support.contents import settings_without_words
from hub_config.zone import open_zone
from registry.desk import CLI
from tests.integration.house.house_people import HERE, at_work, join, make_zone

#: Values that stand for a person, an address, a secret, data: planted wherever a zone keeps words.
PLANTED = ("Plantedkim", "planted-900101-1234567", "planted.example", "planted secret of a provider", "plantedcohort")


def line_of(code: str, message: str, *given: str) -> str:
    """What a process of the zone writes of an error that came from a file of the program."""
    try:
        exec(compile(code, REPOSITORY / "hub_config" / "demo" / "people.py", "exec"))
    except ValueError:
        return Lines().format(logging.LogRecord("ansim.worker", logging.ERROR, "", 0, message, given, sys.exc_info()))
    raise AssertionError(code)


def journal_of(lines: list[str]) -> list[str]:
    """What `journalctl --output json` prints of them, of a unit of the zone and of strangers, and what is no entry."""
    entries: list[dict[str, Any]] = [{"_SYSTEMD_UNIT": "ansim-hub.service", "MESSAGE": line} for line in lines]
    entries += [{"_SYSTEMD_UNIT": "ansim-plantedkim.service", "MESSAGE": "INFO planted"}, {"MESSAGE": "INFO planted"}]
    entries += [{"_SYSTEMD_UNIT": "ansim-gate.service", "MESSAGE": said} for said in (None, [255, 73], "INFO planted")]
    return [*map(json.dumps, entries), "-- Plantedkim --", "[]", '{"a":' * 20_000]


@pytest.fixture(scope="module")
def planted(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zone that holds each of them in its settings, its record, its logs and its files."""
    home = tmp_path_factory.mktemp("zone") / "plantedcohort"
    make_zone(home)
    settings = (home / FILE_NAME).read_text(encoding="utf-8")
    changed = settings.replace("name: Ansim data safe zone", "name: Plantedkim 구역")
    changed = changed.replace("  issuer: ''", "  issuer: https://planted.example").replace(
        "  client_id: ''", "  client_id: planted.example"
    )
    changed = changed.replace("contact: ''", "contact: Plantedkim").replace(
        "recipients: []", "recipients: [planted.example]"
    )
    (home / FILE_NAME).write_text(changed, encoding="utf-8")
    zone = open_zone(home, "cli")
    at_work(zone)
    zone.registry.invite("planted", "Plantedkim", "a@planted.example", [], "ko", by=CLI, source=HERE)
    join(zone, "plantedcohort")
    zone.log.settle()
    zone.db.close()
    (home / "keys" / "oidc-client.secret").write_text("planted secret of a provider")
    logs = home / "logs"
    logs.mkdir(exist_ok=True)
    lines = [
        "2026-11-22 06:50:43,703 ansim.gate INFO Plantedkim opened planted-900101-1234567",
        "[E 2026-11-22 06:51:01.389 JupyterHub app:2409] Plantedkim",
        'Traceback (most recent call last):\n  File "/srv/plantedcohort/registry/people.py", line 55, in plantedcohort',
        "    person = 'Plantedkim'",
        "ValueError: planted-900101-1234567",
        "PlantedkimError: planted.example",
        "registry.errors.NotFound: Plantedkim",
        "INFO" * 50 + "Plantedkim",
        line_of("raise ValueError('planted-900101-1234567')", "Plantedkim at %s", "planted.example"),
        '{"level": "plantedcohort", "error": [{"type": "Plantedkim", "places": ["planted/people.py:1 planted"]}]}',
        '{"level": "ERROR", "error": "plantedcohort"}',
    ]
    (logs / "hub.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (home / "journal").write_text("\n".join(journal_of(lines)) + "\n", encoding="utf-8")
    (logs / "plantedcohort-of-1.log").write_text("INFO planted", encoding="utf-8")
    (home / "probe").mkdir(exist_ok=True)
    finding = {"probe": "Plantedkim was here", "verdict": "broken"}
    report = {"ended": "2026-11-22T06:50:43+00:00", "findings": [finding]}
    (home / "probe" / "last.json").write_text(json.dumps(report))
    return home


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        files = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        return {name: file.read().decode() for name, file in files.items() if file is not None}


def test_nothing_that_was_planted_is_in_the_file(planted: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "bundle.tar.gz"
    journal = str(planted / "journal")
    assert main(["--home", str(planted), "support-bundle", "--journal", journal, "--output", str(out)]) == 0
    files = unpacked(out)
    everything = "\n".join([*files, *files.values()]).lower()
    for value in PLANTED:
        assert value.lower() not in everything
    assert "planted" not in everything, "nor any part of one"
    assert "minji" not in everything
    assert out.stat().st_mode & 0o077 == 0


def test_it_says_what_helps(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle.tar.gz"
    main(["--home", str(planted), "support-bundle", "--output", str(out)])
    parts = {Path(name).stem: json.loads(text) for name, text in unpacked(out).items()}
    assert parts["settings"]["zone"]["demo"] is False
    assert parts["settings"]["zone"]["name"] == "set"
    assert parts["settings"]["mail"]["security"] == "starttls"
    assert parts["entries"]["person.invited"] >= 2
    assert parts["logs"]["hub.log"]["levels"] == {"ERROR": 2, "INFO": 1}
    raised = parts["logs"]["hub.log"]["places"]
    assert raised.pop("registry/people.py:55") == 1
    assert [place.partition(":")[0] for place in raised] == ["hub_config/demo/people.py"]
    assert parts["logs"]["hub.log"]["errors"] == {"ValueError": 2, "registry.errors.NotFound": 1}
    assert parts["versions"]["distributions"]["jupyterhub"]
    assert {one["check"] for one in parts["doctor"]} >= {"container engine", "disk", "space for the log"}


def test_what_systemd_keeps_of_the_zone_is_counted_as_its_files_are(planted: Path) -> None:
    with (planted / "journal").open() as journal:
        logs: Any = collected(load_settings(planted), journal)["logs.json"]
    assert logs.keys() == {"hub.log", "ansim-hub.service", "ansim-gate.service"}
    of_file, of_unit = logs["hub.log"], logs["ansim-hub.service"]
    assert all(of_unit[counted] == of_file[counted] for counted in ("levels", "places", "errors"))
    assert logs["ansim-gate.service"]["levels"] == {"INFO": 1}


def test_every_section_of_the_settings_is_told_without_words(planted: Path) -> None:
    told = settings_without_words(load_settings(planted))
    assert told.keys() == SECTIONS.keys()


def test_a_file_that_is_there_is_left_alone(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle.tar.gz"
    out.write_text("mine")
    assert main(["--home", str(planted), "support-bundle", "--output", str(out)]) == 3
    assert out.read_text() == "mine"


def test_the_archive_does_not_say_who_made_it(planted: Path, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    path = tmp_path / "again.tar.gz"
    path.write_bytes(packed(collected(load_settings(planted)), datetime.now(UTC)))
    with tarfile.open(path) as archive:
        assert {(one.uname, one.gname, one.uid, one.gid) for one in archive.getmembers()} == {("", "", 0, 0)}
