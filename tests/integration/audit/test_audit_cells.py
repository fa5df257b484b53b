"""Executed code is kept encrypted, under a name that commits to it and does not show it."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.cells import MAX_CELL_BYTES, CellStore
from audit.errors import EventRefused, KeyFileUnusable, NotDurable, SealedValueLost
from audit.keys import LogKeys

KEY = b"\x01" * 32
CODE = b"df[df.name == 'Kim Minsu']"


@pytest.fixture
def cells(tmp_path: Path) -> CellStore:
    return CellStore(tmp_path / "cells", KEY)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.binary(max_size=2000))
def test_code_is_read_as_it_was_stored(cells: CellStore, code: bytes) -> None:
    assert cells.get(cells.put(code)) == code


def test_the_same_code_has_one_name_and_one_file(cells: CellStore, tmp_path: Path) -> None:
    assert cells.put(CODE) == cells.put(CODE)
    assert len(files(tmp_path)) == 1
    assert cells.put(CODE + b" ") != cells.put(CODE)


def test_the_name_cannot_be_guessed_without_the_key(cells: CellStore, tmp_path: Path) -> None:
    name = cells.put(CODE)
    assert name != hashlib.sha256(CODE).hexdigest()
    assert name != CellStore(tmp_path / "other", b"\x02" * 32).put(CODE)


def test_nothing_of_the_code_is_on_the_disk(cells: CellStore, tmp_path: Path) -> None:
    cells.put(CODE)
    (path,) = files(tmp_path)
    assert b"Kim" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_changed_file_is_noticed(cells: CellStore, tmp_path: Path) -> None:
    name = cells.put(CODE)
    (path,) = files(tmp_path)
    data = path.read_bytes()
    path.chmod(0o600)
    for position in range(14, len(data)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        with pytest.raises(SealedValueLost):
            cells.get(name)


def test_a_cell_under_another_name_is_noticed(cells: CellStore, tmp_path: Path) -> None:
    one, two = cells.put(b"one"), cells.put(b"two")
    paths = {path.parent.name + path.name: path for path in files(tmp_path)}
    paths[one].replace(paths[two])
    with pytest.raises(SealedValueLost):
        cells.get(two)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "0" * 64])
def test_a_name_that_no_cell_has_is_refused(cells: CellStore, name: str) -> None:
    with pytest.raises(SealedValueLost):
        cells.get(name)


def test_an_empty_file_is_noticed(cells: CellStore, tmp_path: Path) -> None:
    name = cells.put(CODE)
    (path,) = files(tmp_path)
    path.unlink()
    path.write_bytes(b"")
    with pytest.raises(SealedValueLost):
        cells.get(name)


def test_more_code_than_the_log_takes_is_refused(cells: CellStore) -> None:
    with pytest.raises(EventRefused):
        cells.put(b"x" * (MAX_CELL_BYTES + 1))


def test_code_that_cannot_be_written_is_not_durable(tmp_path: Path) -> None:
    (tmp_path / "cells").write_bytes(b"a file where the directory should be")
    with pytest.raises(NotDurable):
        CellStore(tmp_path / "cells", KEY).put(CODE)


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = LogKeys.load_or_create(tmp_path / "keys")
    assert LogKeys.load_or_create(tmp_path / "keys").sidecar.now() == first.sidecar.now()
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)} == {0o600}
    assert first.sidecar.now().hex() not in repr(first)
    assert repr(first.sidecar.now()) not in repr(first)


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "00" * 33])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    LogKeys.load_or_create(tmp_path)
    (tmp_path / "sidecar.key").write_text(content)
    with pytest.raises(KeyFileUnusable):
        LogKeys.load_or_create(tmp_path)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    LogKeys.load_or_create(tmp_path)
    (tmp_path / "cells.key").chmod(0o640)
    with pytest.raises(KeyFileUnusable):
        LogKeys.load_or_create(tmp_path)
