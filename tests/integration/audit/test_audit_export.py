"""A copy of the log in the layout of C2SP tlog-tiles: what lies where, how it grows, and what it never holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from audit.errors import ExportRefused
from audit.export.layout import Tile, tiles_of, unpack
from audit.export.write import Export, export_log
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.verifying.exported import verify_export
from tests.integration.audit.audit_world import World, an_event


@pytest.fixture
def keys(usual_world: World) -> TrustedKeys:
    return TrustedKeys.load(usual_world.home / "keys" / TRUSTED_KEYS_FILE)


def grow(world: World, size: int) -> None:
    world.fill(size - world.size())
    world.log.checkpoint()


def export(world: World, keys: TrustedKeys, *, since: int = 0) -> Export:
    return export_log(world.db, world.home / "log", keys, world.home / "copy", since=since)


def files(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_the_files_are_those_of_tlog_tiles(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 300)
    copy = export(usual_world, keys).target
    assert files(copy) == {
        "checkpoint",
        "checkpoints/300",
        "log.vkey",
        "manifest.json",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
        "trusted-keys",
        "verify.py",
    }
    assert [usual_world.body(n) for n in range(256)] == unpack((copy / "tile/entries/000").read_bytes())


def test_the_tree_of_70000_has_the_tiles_that_the_specification_names() -> None:
    tiles = list(tiles_of(70_000))
    full = [tile for tile in tiles if tile.full]
    assert [sum(tile.level == level for tile in full) for level in range(3)] == [273, 1, 0]
    assert [tile for tile in tiles if not tile.full] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_copy_grows_and_full_tiles_are_not_written_again(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 300)
    copy = export(usual_world, keys).target
    first = {path: (copy / path).stat().st_ino for path in ("tile/entries/000", "tile/0/000")}
    grow(usual_world, 700)
    export(usual_world, keys)
    assert {path: (copy / path).stat().st_ino for path in first} == first
    assert not (copy / "tile/entries/001.p").exists()
    result = verify_export(copy, keys)
    assert (result.verdict, result.size, result.checkpoints_checked, result.problems) == ("intact", 700, 2, ())


def test_a_copy_that_was_interrupted_is_finished(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 700)
    copy = export(usual_world, keys).target
    for path in ("checkpoint", "manifest.json", "tile/entries/001"):
        (copy / path).unlink()
    (copy / "tile/entries/.001.new").write_bytes(b"half")
    kept = (copy / "tile/entries/000").stat().st_ino
    export(usual_world, keys)
    assert verify_export(copy, keys).ok
    assert (copy / "tile/entries/000").stat().st_ino == kept


def test_only_what_is_signed_is_copied(usual_world: World, keys: TrustedKeys) -> None:
    with pytest.raises(ExportRefused):
        export(usual_world, keys)
    grow(usual_world, 5)
    usual_world.fill(3)
    assert export(usual_world, keys).manifest.size == 5


def test_a_directory_with_something_else_is_left_alone(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 5)
    target = usual_world.home / "copy"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(ExportRefused):
        export(usual_world, keys)
    assert files(target) == {"thesis.txt"}


def test_the_copy_of_another_log_is_not_written_over(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 300)
    copy = export(usual_world, keys).target
    (copy / "checkpoint").write_text("another\n1\nAAAA\n\n— another AAAAAAA=\n")
    with pytest.raises(ExportRefused):
        export(usual_world, keys)


def test_a_tile_that_was_changed_stops_a_copy_that_goes_on(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 300)
    copy = export(usual_world, keys).target
    (copy / "checkpoint").unlink()
    (copy / "tile/0/000").write_bytes(b"\0" * 8192)
    with pytest.raises(ExportRefused, match="tile/0/000"):
        export(usual_world, keys)


def test_what_is_sealed_stays_sealed_unless_it_is_asked_for(usual_world: World, keys: TrustedKeys) -> None:
    world = usual_world
    world.log.record(an_event(sealed={"comment": "셀이 너무 작습니다"}))
    world.log.checkpoint()
    copy = export(world, keys).target
    whole = b"".join((copy / path).read_bytes() for path in files(copy))
    assert "셀이 너무 작습니다".encode() not in whole
    assert b"203.0.113.7" not in whole
    opened = export_log(world.db, world.home / "log", keys, world.home / "open", unseal=world.log.unseal).target
    (line,) = (opened / "sealed.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["values"]["comment"] == "셀이 너무 작습니다"
    assert (opened / "sealed.jsonl").stat().st_mode & 0o077 == 0


def test_a_later_part_is_enough_for_whoever_holds_the_earlier_one(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 512)
    mine = usual_world.log.checkpoint()
    grow(usual_world, 700)
    copy = export(usual_world, keys, since=600).target
    assert "tile/entries/001" not in files(copy)
    alone, together = verify_export(copy, keys), verify_export(copy, keys, held=[mine])
    assert [(p.code, p.index, p.last) for p in alone.problems] == [("entry.left_out", 0, 511)]
    assert (alone.verdict, together.verdict, together.covered) == ("incomplete", "intact", 700)


def test_a_copy_without_a_key_of_ones_own_is_whole_and_not_trusted(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 5)
    result = verify_export(export(usual_world, keys).target, None)
    assert (result.verdict, [p.code for p in result.problems], result.covered) == ("untrusted", ["key.unknown"], 5)


def test_links_and_pipes_in_a_copy_are_not_followed(usual_world: World, keys: TrustedKeys, tmp_path: Path) -> None:
    grow(usual_world, 300)
    copy = export(usual_world, keys).target
    shutil.move(copy / "tile/entries/000", tmp_path / "elsewhere")
    (copy / "tile/entries/000").symlink_to(tmp_path / "elsewhere")
    assert [(p.code, p.index) for p in verify_export(copy, keys).problems] == [("file.missing", 0)]


def test_a_copy_is_verified_by_several_processes_as_by_one(usual_world: World, keys: TrustedKeys) -> None:
    grow(usual_world, 9000)
    copy = export(usual_world, keys).target
    data = bytearray((copy / "tile/entries/033").read_bytes())
    data[-2] ^= 1
    (copy / "tile/entries/033").write_bytes(data)
    one, two = verify_export(copy, keys), verify_export(copy, keys, processes=2)
    assert one == two
    assert one.first_bad is not None
    assert one.first_bad.index == 33 * 256 + 255
