"""The bundle of a project: complete, checkable by a stranger, and silent about every other project."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditError, BundleRefused, QuestionRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.outward.bundle import Bundle, Order, entries_of, write_bundle
from audit.outward.report_facts import gather
from audit.search import Query, search
from audit.searching.wording import ROLES
from audit.text import Text
from audit.trusted import TrustedKeys
from registry.desk import CLI
from registry.model import Role
from registry.roles import NAMES
from tests.databases import database_in
from tests.integration.egress_review.egress_house import Zone, open_zone
from tests.integration.registry.registry_house import DAY, HOME

REASON = "archived at the end of the project"
SECRET = "secret-of-the-neighbour"


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle, its zone, and the key as its reader got it on another way."""

    zone: Zone
    bundle: Bundle
    key: Path

    @property
    def directory(self) -> Path:
        return self.bundle.directory


def an_order(zone: Zone, **changes: Any) -> Order:
    given: dict[str, Any] = {
        "project": "gibleed",
        "title": Text("과제", "Project"),
        "period": "2026-11-21 – 2026-12-21",
        "reason": REASON,
        "by": CLI,
        "source": Source(None),
        "releases": zone.home / "releases",
    }
    return Order(**(given | changes))


def trusted(zone: Zone) -> TrustedKeys:
    """Return every key of the log, as the zone has them: of both kinds."""
    return zone.house.log._keys.trusted(zone.house.log.origin)


@pytest.fixture(scope="module")
def made(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A project with a release, a refusal and a neighbour, closed and bundled; the log is longer than a tile."""
    home = tmp_path_factory.mktemp("bundle")
    zone = open_zone(database_in(home), home)
    log, now = zone.house.log, zone.house.clock()
    zone.house.registry.add_project("other", "옆", SECRET, SECRET, now, now + DAY, by=CLI, source=HOME)
    neighbour = Object("workspace", "ws_bbbbbbbbbbbbbbbb", project="other")
    cell: dict[str, Any] = {"actor": CLI, "object": neighbour, "subjects": Subjects.none(), "source": Source(None)}
    log.record_all([(Event("cell.sent", **cell, detail={"n": n, "what": SECRET}), "gate") for n in range(300)])
    ref = zone.released().ref
    zone.desk.collect(zone.author, ref, source=HOME)
    again = zone.in_review("sex,n\nF,210\nM,220\n")
    zone.desk.return_to_author(zone.checkers["hana"], again.ref, "please add the year", source=HOME)
    zone.house.registry.close_project("gibleed", by=CLI, source=HOME)
    bundle = write_bundle(log, trusted(zone), an_order(zone), home / "out")
    key = home / "mailed.vkey"
    key.write_text(zone.log_key.vkey() + "\n", encoding="utf-8")
    yield Made(zone, bundle, key)
    zone.house.db.close()


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may spoil."""
    shutil.copytree(made.directory, tmp_path / "copy")
    return tmp_path / "copy"


def verify(directory: Path, made: Made, *words: str, key: bool = True) -> tuple[int, str]:
    """Run the verifier that lies in the untouched bundle, as a stranger would, without our packages."""
    given = ["--key", str(made.key)] if key else []
    command = [sys.executable, "-I", str(made.directory / "verify.py"), str(directory), *given, *words]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/", check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def verdict(directory: Path, made: Made) -> tuple[int, str]:
    """As `verify`, without a process of its own: the same program, loaded once."""
    checker = _loaded(made.directory)
    try:
        checker.check(directory, checker.log.read_keys(made.key.read_text(encoding="utf-8")))
    except checker.Bad as bad:
        return checker.EXIT[bad.verdict], bad.path
    return 0, ""


@functools.cache
def _loaded(directory: Path) -> Any:
    spec = importlib.util.spec_from_file_location("bundle_verifier", directory / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.path.copy(), sys.dont_write_bytecode
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:], sys.dont_write_bytecode = before
    return module


def bodies_in(directory: Path) -> list[dict[str, Any]]:
    found = []
    for path in (directory / "entries").iterdir():
        extra = path.read_text().split("\n")[1].removeprefix("extra ")
        found.append(json.loads(base64.b64decode(extra)))
    return found


def test_a_stranger_finds_it_intact(made: Made) -> None:
    assert verify(made.directory, made) == (0, f"Intact: {made.bundle.entries} entries are as they were signed.")


def test_the_key_beside_it_is_the_one_that_every_verifier_knows(made: Made) -> None:
    assert len(trusted(made.zone).keys) == 2
    assert (made.directory / "log.vkey").read_text() == made.key.read_text()


def test_without_a_key_of_ones_own_nothing_is_trusted(made: Made) -> None:
    assert verify(made.directory, made, key=False) == (12, "Not trusted: --key")


def test_another_zones_key_is_not_enough(made: Made, usual_url: str, tmp_path: Path) -> None:
    stranger = open_zone(usual_url, tmp_path)
    key = tmp_path / "stranger.vkey"
    key.write_text(stranger.log_key.vkey() + "\n", encoding="utf-8")
    stranger.house.db.close()
    code, said = verify(made.directory, made, "--key", str(key), key=False)
    assert (code, said) == (12, "Not trusted: checkpoint")


def test_it_holds_every_entry_of_the_project_and_none_of_another(made: Made) -> None:
    log = made.zone.house.log
    with log.db.read() as tx:
        wanted = {entry.id for entry in search(tx, Query(project="gibleed", limit=1000))}
    bodies = bodies_in(made.directory)
    assert {body["id"] for body in bodies} == wanted
    assert {body["object"].get("project", body["object"]["ref"]) for body in bodies} == {"gibleed"}


def test_nothing_of_a_neighbour_is_in_any_file_in_any_spelling(made: Made) -> None:
    spellings = [SECRET.encode(), base64.b64encode(SECRET.encode())[:-3], b"ws_bbbbbbbbbbbbbbbb"]
    spellings += [base64.b64encode(b"x" * n + SECRET.encode())[8:-8] for n in range(3)]
    for path in made.directory.rglob("*"):
        if path.is_file():
            assert not [one for one in spellings if one in path.read_bytes()], path


def test_no_sealed_value_and_no_name_is_in_the_bundle(made: Made) -> None:
    people = made.zone.house.registry.people()
    private = [word for one in people for word in (one.name, one.email)] + ["please add the year", HOME.ip or ""]
    for path in made.directory.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in private if word.encode() in data], path


def test_that_it_was_made_and_why_is_recorded_before_anything_is_written(made: Made) -> None:
    log = made.zone.house.log
    with log.db.read() as tx:
        (entry,) = search(tx, Query(action="log.bundled"))
    manifest = (made.directory / "manifest.json").read_bytes()
    assert entry.body["detail"] == {
        "entries": made.bundle.entries - 1,
        "manifest": hashlib.sha256(manifest).hexdigest(),
        "names": False,
    }
    assert log.unseal(entry.index) == {"reason": REASON}
    assert entry.body["subjects"]["datasets"] == [{"id": "omop", "version": 1, "people": 2694}]
    assert entry.index == made.bundle.index


def test_the_receipt_of_every_release_lies_in_it_without_the_released_files(made: Made) -> None:
    assert made.bundle.releases
    (release,) = (made.directory / "releases").iterdir()
    assert {path.name for path in release.iterdir()} == {
        "release.json",
        "release.json.sig",
        "receipt.tlog-proof",
        "release.vkey",
    }


def files_of(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def kinds(directory: Path) -> dict[str, str]:
    """One file of each kind: there is one entry's proof for all of them."""
    found: dict[str, str] = {}
    for path in files_of(directory):
        found.setdefault(re.sub(r"[0-9]+|er_[a-z2-7]{16}", "#", path), path)
    return found


def test_every_kind_of_file_is_there(made: Made) -> None:
    assert set(kinds(made.directory)) == {
        "README.en.md",
        "README.ko.md",
        "ansim_verify.py",
        "checkpoint",
        "entries/#.tlog-proof",
        "log.vkey",
        "manifest.json",
        "releases/#/receipt.tlog-proof",
        "releases/#/release.json",
        "releases/#/release.json.sig",
        "releases/#/release.vkey",
        "report.en.html",
        "report.ko.html",
        "tile/#/#",
        "tile/#/#.p/#",
        "trusted-keys",
        "verify.py",
    }


def test_a_change_deletion_or_cut_of_any_kind_of_file_is_found_and_named(made: Made, tmp_path: Path) -> None:
    for number, path in enumerate(kinds(made.directory).values()):
        data = (made.directory / path).read_bytes()
        middle = len(data) // 2
        spoiled = {
            "changed": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "cut": data[:middle],
            "longer": data + b"\n",
            "gone": None,
        }
        for how, content in spoiled.items():
            copy = tmp_path / f"{number}-{how}"
            shutil.copytree(made.directory, copy, copy_function=os.link)
            (copy / path).unlink()
            if content is not None:
                (copy / path).write_bytes(content)
            code, said = verdict(copy, made)
            assert code in ((11,) if content is None else (10, 11, 12)), (path, how, said)
            assert path in said or path.split("/")[0] in ("tile", "checkpoint", "trusted-keys"), (path, how, said)


def test_a_file_too_many_is_found(copy: Path, made: Made) -> None:
    (copy / "releases" / "extra.txt").write_text("x")
    assert verify(copy, made) == (10, "Tampered with: releases/extra.txt")


def test_a_link_out_of_the_folder_is_found(copy: Path, made: Made) -> None:
    (copy / "report.en.html").unlink()
    (copy / "report.en.html").symlink_to("/etc/hostname")
    assert verify(copy, made) == (10, "Tampered with: report.en.html")


def test_an_entry_left_out_with_its_line_in_the_manifest_is_found(copy: Path, made: Made) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    index = min(manifest["entries"], key=int)
    del manifest["entries"][index]
    (copy / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, indent=1) + "\n")
    (copy / "entries" / f"{index}.tlog-proof").unlink()
    assert verify(copy, made) == (10, "Tampered with: manifest.json")


def test_a_good_proof_of_another_project_does_not_slip_in(copy: Path, made: Made) -> None:
    log = made.zone.house.log
    with log.db.read() as tx:
        foreign = search(tx, Query(project="other", limit=1))[0].index
    proof = log.receipt(foreign).partition("\n\n")[0]
    note = (copy / "checkpoint").read_text()
    (copy / "entries" / f"{foreign}.tlog-proof").write_text(f"{proof}\n\n{note}")
    code, said = verify(copy, made)
    assert (code, said) == (10, f"Tampered with: entries/{foreign}.tlog-proof")


def test_the_report_tells_the_story_in_both_languages_and_needs_nothing_else(made: Made) -> None:
    for language in ("ko", "en"):
        page = (made.directory / f"report.{language}.html").read_text(encoding="utf-8")
        assert f'<html lang="{language}">' in page
        assert re.search(r"(?i)<script|\bsrc=|\bhref=|url\(", page) is None
        assert all(ref in page for ref in (made.zone.author.ref, made.zone.checkers["hana"].ref))
        assert page.count("<tr>") > made.bundle.entries // 2
    english = (made.directory / "report.en.html").read_text(encoding="utf-8")
    korean = (made.directory / "report.ko.html").read_text(encoding="utf-8")
    assert "An egress request was returned for changes" in english
    assert "반출신청을 보완하도록 돌려보냄" in korean


def test_names_stand_in_the_report_only_if_they_were_asked_for(made: Made, tmp_path: Path) -> None:
    zone = made.zone
    order = an_order(zone, names={zone.author.ref: "<b>김민지</b>"})
    bundle = write_bundle(zone.house.log, trusted(zone), order, tmp_path / "named")
    page = (bundle.directory / "report.ko.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;김민지&lt;/b&gt;" in page
    assert "<b>김민지" not in page
    assert verify(bundle.directory, made)[0] == 0
    with zone.house.db.read() as tx:
        assert search(tx, Query(action="log.bundled"))[0].body["detail"]["names"] is True


def test_facts_are_those_of_the_entries(made: Made) -> None:
    log = made.zone.house.log
    facts = gather(list(entries_of(log, "gibleed", made.bundle.index)))
    released = [one for one in facts.requests if one.released]
    assert [len(one.approvers) for one in released] == [2]
    assert [one.outcome.body["action"] for one in facts.requests] == ["egress.collected", "egress.returned"]
    assert [grant.datasets for grant in facts.grants] == [("omop v1",)]
    assert facts.closed is not None


@pytest.mark.parametrize(
    ("changes", "refusal", "why"),
    [
        ({"reason": "  abc "}, QuestionRefused, "at least 5 characters"),
        ({"project": "nothing"}, BundleRefused, "no entry of a project"),
    ],
)
def test_what_cannot_be_bundled_is_refused_and_leaves_nothing(
    made: Made, tmp_path: Path, changes: dict[str, Any], refusal: type[AuditError], why: str
) -> None:
    with pytest.raises(refusal, match=why):
        write_bundle(made.zone.house.log, trusted(made.zone), an_order(made.zone, **changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_directory_that_holds_something_is_left_alone(made: Made, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(BundleRefused, match="not an empty directory"):
        write_bundle(made.zone.house.log, trusted(made.zone), an_order(made.zone), tmp_path)


def test_roles_are_called_what_the_registry_calls_them() -> None:
    assert {name: (text.ko, text.en) for name, text in ROLES.items()} == {
        role.value: (NAMES[role].ko, NAMES[role].en) for role in Role
    }


def test_a_person_who_bundles_is_named_by_reference(made: Made, tmp_path: Path) -> None:
    officer = Actor.person("p_cccccccccccccccc", ("compliance_officer",))
    order = an_order(made.zone, by=officer, source=HOME)
    write_bundle(made.zone.house.log, trusted(made.zone), order, tmp_path / "out")
    with made.zone.house.db.read() as tx:
        assert search(tx, Query(action="log.bundled"))[0].body["actor"]["ref"] == officer.ref
