"""Mutation: every class of byte in a copy of the log is changed in every way, and two verifiers must both say so.

One is ours; the other is the self-contained program in the copy, which shares no line with it. They have to agree.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from audit.db import Database
from audit.export.standalone import _FILE
from audit.export.write import export_log
from audit.text import Language
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.verification import PROBLEMS, Problem
from audit.verifying.exported import verify_export
from tests.integration.audit.audit_mutations import CHECKPOINTS, EXPORT, SIZE, Mutation, cut_back, table
from tests.integration.audit.audit_mutations_database import DATABASE, DatabaseMutation
from tests.integration.audit.audit_tampering import CHECKPOINTS as DATABASE_CHECKPOINTS
from tests.integration.audit.audit_world import World, new_world, open_world

DOCS = Path(__file__).parents[3] / "docs" / "explanation"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, TrustedKeys]]:
    """A copy of a log of 600 entries, and the keys that its reader trusts."""
    home = tmp_path_factory.mktemp("log")
    url = f"sqlite:///{home / 'ansim.db'}"
    world = new_world(Database.open(url), home, url)
    grow(world)
    trusted = TrustedKeys.load(home / "keys" / TRUSTED_KEYS_FILE)
    export_log(world.db, home / "log", trusted, home / "copy")
    yield home / "copy", trusted
    world.db.close()


def grow(world: World) -> None:
    for size in CHECKPOINTS:
        world.fill(size - world.size())
        world.log.checkpoint()


@pytest.fixture
def copy(template: tuple[Path, TrustedKeys], tmp_path: Path) -> Path:
    target = tmp_path / "copy"
    shutil.copytree(template[0], target)
    return target


@pytest.fixture(scope="module")
def other() -> ModuleType:
    """The self-contained verifier."""
    spec = importlib.util.spec_from_file_location("standalone_verifier", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def found_by(program: ModuleType, copy: Path, trusted: TrustedKeys, held: tuple[str, ...] = ()) -> list[Problem]:
    """Return what the self-contained verifier finds, in our words and our order."""
    run: Any = program.Copy(copy)
    run.verify(program.read_keys(trusted.format()), list(held), None)
    problems = [Problem(code, first, last) for (code, first), last in run.found.items()]
    return sorted(problems, key=lambda problem: problem.place)


def gravest(problems: list[Problem]) -> str:
    weights = {problem.weight for problem in problems}
    return next((one for one in ("tampered", "untrusted", "incomplete") if one in weights), "intact")


def test_a_copy_that_nobody_touched_is_intact_for_both(
    copy: Path, template: tuple[Path, TrustedKeys], other: ModuleType
) -> None:
    result = verify_export(copy, template[1])
    assert (result.verdict, result.problems) == ("intact", ())
    assert (result.size, result.covered, result.checkpoints_checked) == (SIZE, SIZE, len(CHECKPOINTS))
    assert found_by(other, copy, template[1]) == []


@pytest.mark.parametrize("mutation", EXPORT, ids=lambda mutation: mutation.id)
def test_every_change_to_every_class_of_byte_is_found(
    copy: Path, template: tuple[Path, TrustedKeys], other: ModuleType, mutation: Mutation
) -> None:
    mutation.change(copy)
    result = verify_export(copy, template[1])
    assert result.verdict == mutation.verdict
    first = next(problem for problem in result.problems if problem.weight == mutation.verdict)
    assert (first.code, first.index) == (mutation.code, mutation.index)
    theirs = found_by(other, copy, template[1])
    assert {problem.code for problem in theirs} <= PROBLEMS.keys()
    if mutation.signed:
        assert gravest(theirs) == mutation.verdict
        assert first.index == next(problem for problem in theirs if problem.weight == mutation.verdict).index
    else:
        # What nobody signed the other one does not read: nothing that it says rests on it.
        assert gravest(theirs) == "intact"


def _a_pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _a_link(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("elsewhere")).name)


def _of_another_name(path: Path) -> None:
    shutil.copy(path.with_name(str(CHECKPOINTS[0])), path)


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("checkpoint", _a_directory, "file.missing"),
        ("checkpoint", _a_pipe, "file.missing"),
        ("tile/0/000", _a_directory, "file.missing"),
        ("tile/entries/000", _a_link, "file.missing"),
        ("checkpoints/77", _a_pipe, "checkpoint.form"),
        (f"checkpoints/0{CHECKPOINTS[0]}", _of_another_name, "checkpoint.form"),
        ("checkpoints/\u0665\u0660", _of_another_name, "checkpoint.form"),
        (f"checkpoints/{'9' * 200}", _of_another_name, "checkpoint.form"),
    ],
)
def test_what_is_no_file_of_a_copy_is_neither_waited_at_nor_followed(
    copy: Path,
    template: tuple[Path, TrustedKeys],
    other: ModuleType,
    name: str,
    change: Callable[[Path], None],
    code: str,
) -> None:
    change(copy / name)
    ours, theirs = list(verify_export(copy, template[1]).problems), found_by(other, copy, template[1])
    assert gravest(ours) == gravest(theirs) == PROBLEMS[code].weight
    assert {p.code for p in ours} == {p.code for p in theirs} == {code}


def test_a_manifest_that_says_no_number_stops_nobody(
    copy: Path, template: tuple[Path, TrustedKeys], other: ModuleType
) -> None:
    for first in ("Infinity", "NaN", "9" * 5000, "[[]]"):
        (copy / "manifest.json").write_text(f'{{"first": {first}}}', encoding="utf-8")
        assert {p.code for p in verify_export(copy, template[1]).problems} == {"manifest.form"}
        assert found_by(other, copy, template[1]) == []


def test_every_byte_of_a_copy_counts(copy: Path, template: tuple[Path, TrustedKeys], other: ModuleType) -> None:
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for position in range(0, len(whole), max(len(whole) // 5, 1)):
            path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
            result = verify_export(copy, template[1])
            assert result.problems, f"{path.name}, byte {position}"
            if path.name != "verify.py":
                assert result.verdict != "intact", f"{path.name}, byte {position}"
            if path.name not in ("verify.py", "manifest.json", "trusted-keys", "log.vkey"):
                assert gravest(found_by(other, copy, template[1])) == result.verdict, f"{path.name}, byte {position}"
        path.write_bytes(whole)


@pytest.fixture(scope="module")
def grown_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("database")
    world = new_world(Database.open(f"sqlite:///{home / 'ansim.db'}"), home, "")
    for size in DATABASE_CHECKPOINTS:
        world.fill(size - world.size())
        world.log.checkpoint()
    world.db.close()
    return home


@pytest.mark.parametrize("mutation", DATABASE, ids=lambda mutation: mutation.id)
def test_every_change_to_every_class_of_byte_of_the_database_is_found(
    grown_log: Path, tmp_path: Path, mutation: DatabaseMutation
) -> None:
    home = tmp_path / "zone"
    shutil.copytree(grown_log, home)
    url = f"sqlite:///{home / 'ansim.db'}"
    world = open_world(Database.open(url), home, url)
    mutation.change(world)
    result = world.verify()
    world.db.close()
    assert result.verdict == mutation.verdict
    first = next(problem for problem in result.problems if problem.weight == mutation.verdict)
    assert (first.code, first.index) == (mutation.code, mutation.index)


@pytest.mark.parametrize(("page", "language"), [("trust-model.md", "en"), ("trust-model.ko.md", "ko")])
@pytest.mark.parametrize(("name", "rows"), [("export", EXPORT), ("database", DATABASE)])
def test_the_documentation_shows_what_was_tried(page: str, language: Language, name: str, rows: Any) -> None:
    written = (DOCS / page).read_text(encoding="utf-8")
    assert table(rows, language) in written, f"{page}: replace the table of the {name} by\n{table(rows, language)}"


def test_an_older_copy_is_betrayed_by_a_checkpoint_of_ones_own_and_by_nothing_else(
    copy: Path, template: tuple[Path, TrustedKeys], other: ModuleType
) -> None:
    mine = (copy / "checkpoint").read_text(encoding="utf-8")
    cut_back(copy, 512)
    ours, theirs = verify_export(copy, template[1], held=[mine]), found_by(other, copy, template[1], (mine,))
    for problems in (list(ours.problems), theirs):
        assert ("copy.older", 512, 599) in {(p.code, p.index, p.last) for p in problems}


def test_another_log_with_valid_hashes_and_without_the_key_is_not_trusted(
    template: tuple[Path, TrustedKeys], tmp_path: Path, other: ModuleType
) -> None:
    home = tmp_path / "forger"
    home.mkdir()
    url = f"sqlite:///{home / 'ansim.db'}"
    forger = new_world(Database.open(url), home, url)
    grow(forger)
    export_log(forger.db, home / "log", TrustedKeys.of(forger.verifier), home / "copy")
    forger.db.close()
    assert verify_export(home / "copy", template[1]).verdict == "untrusted"
    assert gravest(found_by(other, home / "copy", template[1])) == "untrusted"


def test_a_rewritten_history_under_the_right_key_contradicts_a_checkpoint_of_ones_own(
    template: tuple[Path, TrustedKeys], tmp_path: Path, other: ModuleType
) -> None:
    mine = (template[0] / "checkpoint").read_text(encoding="utf-8")
    home = tmp_path / "operator"
    shutil.copytree(template[0].parent / "keys", home / "keys")
    url = f"sqlite:///{home / 'ansim.db'}"
    operator = new_world(Database.open(url), home, url)
    grow(operator)
    export_log(operator.db, home / "log", template[1], home / "copy")
    operator.db.close()
    assert verify_export(home / "copy", template[1]).ok
    result = verify_export(home / "copy", template[1], held=[mine])
    assert result.verdict == "tampered"
    assert result.first_bad is not None
    assert (result.first_bad.code, result.first_bad.index) == ("checkpoint.split", SIZE)
    assert gravest(found_by(other, home / "copy", template[1], (mine,))) == "tampered"
