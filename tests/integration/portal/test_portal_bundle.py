"""The record of a closed project, downloaded by a compliance officer."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.databases import refuse_entries
from tests.integration.portal.portal_world import CLI, HERE, World

BUNDLE = "/projects/study/bundle"
REASON = "archived at the end of the project"


@pytest.fixture
def closed(world: World) -> World:
    """A world whose project is over."""
    world.zone.registry.close_project("study", by=CLI, source=HERE)
    return world


def test_the_officer_downloads_a_bundle_that_holds(closed: World, tmp_path: Path) -> None:
    officer = closed.signed_in("jiwoo")
    assert 'action="/projects/study/bundle"' in officer.page("/projects/study")
    answer = officer.fill(BUNDLE, 200, reason=REASON)
    assert answer.headers["content-disposition"] == 'attachment; filename="ansim-project-study.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    key = closed.zone.settings.home / "keys" / "log.vkey"
    verifier = tmp_path / "ansim-project-study" / "verify.py"
    done = subprocess.run(
        [sys.executable, str(verifier), "--key", str(key)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_download_is_recorded_with_its_reason(closed: World) -> None:
    closed.signed_in("jiwoo").fill(BUNDLE, 200, reason=REASON)
    (entry,) = closed.entries("log.bundled")
    assert entry.body["actor"] == {
        "kind": "person",
        "ref": closed.zone.registry.person("jiwoo").ref,
        "roles": ["compliance_officer"],
        "session": entry.body["actor"]["session"],
    }
    assert closed.zone.log.unseal(entry.index)["reason"] == REASON


def test_without_a_reason_there_is_no_download(closed: World) -> None:
    closed.signed_in("jiwoo").fill(BUNDLE, 400, reason=" ")
    assert closed.entries("log.bundled") == []


def test_names_come_only_if_they_were_ticked(closed: World) -> None:
    officer = closed.signed_in("jiwoo")
    for ticked, wanted in (({}, False), ({"names": "yes"}, True)):
        content = officer.fill(BUNDLE, 200, reason=REASON, **ticked).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            page = archive.read("ansim-project-study/report.en.html").decode()
        assert ("Minji" in page) is wanted


def test_a_project_that_is_not_closed_has_no_bundle(world: World) -> None:
    officer = world.signed_in("jiwoo")
    assert BUNDLE not in officer.page("/projects/study")
    officer.fill(BUNDLE, 409, reason=REASON)
    assert world.entries("log.bundled") == []


@pytest.mark.parametrize("handle", ["taeyang", "sunhee", "minji", "junho"])
def test_nobody_else_gets_it(closed: World, handle: str) -> None:
    closed.signed_in(handle).fill(BUNDLE, 403, reason=REASON)
    assert closed.entries("log.bundled") == []


def test_an_officer_sees_projects_and_may_change_nothing_there(world: World) -> None:
    page = world.signed_in("jiwoo").page("/projects/study")
    assert "/revoke" not in page
    assert "/members" not in page
    assert "/close" not in page


def test_a_bundle_leaves_nothing_behind_on_the_server(
    closed: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    closed.signed_in("jiwoo").fill(BUNDLE, 200, reason=REASON)
    assert list(scratch.iterdir()) == []


def test_a_log_that_cannot_be_written_hands_nothing_over(closed: World) -> None:
    officer = closed.signed_in("jiwoo")
    with closed.zone.db.begin() as tx:
        refuse_entries(tx)
    officer.fill(BUNDLE, 503, reason=REASON)
