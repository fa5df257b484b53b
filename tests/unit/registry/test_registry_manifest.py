"""Dataset versions on disk: every byte counts, nothing but ordinary files is taken, links lead nowhere."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.datasets import Known, compare, manifest_digest, scan
from registry.errors import Invalid
from registry.model import DatasetVersion, ManifestFile
from tests.rights import as_mounter


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    (root / "tables").mkdir(parents=True)
    (root / "tables" / "person.csv").write_text("id\n1\n")
    (root / "환자.csv").write_text("아이디\n1\n", encoding="cp949")
    (root / "empty").mkdir()
    return root


def files(directory: Path) -> tuple[ManifestFile, ...]:
    return tuple(one.file for one in scan(directory))


def a_version(directory: Path) -> DatasetVersion:
    found = files(directory)
    return DatasetVersion("data", 1, directory, manifest_digest(found), found)


def code(directory: Path) -> str:
    with pytest.raises(Invalid) as refusal:
        scan(directory)
    return refusal.value.code


def test_the_manifest_lists_every_file_with_size_and_hash(directory: Path) -> None:
    assert files(directory) == (
        ManifestFile("tables/person.csv", 5, hashlib.sha256(b"id\n1\n").hexdigest()),
        ManifestFile("환자.csv", 9, hashlib.sha256("아이디\n1\n".encode("cp949")).hexdigest()),
    )


def test_the_digest_is_that_of_canonical_json_and_does_not_depend_on_the_order(directory: Path) -> None:
    found = files(directory)
    canonical = json.dumps(
        {"v": 1, "files": [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in found]},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    assert manifest_digest(found) == hashlib.sha256(canonical.encode()).hexdigest()
    assert manifest_digest(found[::-1]) == manifest_digest(found)


def test_a_link_to_a_file_a_directory_or_nothing_is_refused(directory: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for target in (directory / "환자.csv", outside, tmp_path / "nothing"):
        link = directory / "tables" / "link"
        link.symlink_to(target)
        assert code(directory) == "dataset_special_file"
        link.unlink()


def test_a_directory_that_is_itself_a_link_is_refused(directory: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(directory)
    assert code(link) == "dataset_directory"


def test_a_pipe_and_a_socket_are_refused_without_hanging(directory: Path) -> None:
    os.mkfifo(directory / "pipe")
    assert code(directory) == "dataset_special_file"
    (directory / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(directory)  # a socket's path may have 107 bytes only
        try:
            listener.bind("s")
        finally:
            os.chdir(here)
        assert code(directory) == "dataset_special_file"


@pytest.mark.parametrize("name", ["new\nline", "bell\x07", "\u202eright-to-left", "tab\t"])
def test_a_name_that_could_mislead_a_reader_is_refused(directory: Path, name: str) -> None:
    (directory / name).write_text("x")
    assert code(directory) == "dataset_file_name"


@as_mounter
def test_a_file_system_mounted_below_is_refused_for_no_workspace_sees_it(directory: Path) -> None:
    """The mount is made in a name space of the test's child: nothing of the machine changes."""
    script = 'mount -t tmpfs none "$1/tables" && echo a > "$1/tables/late.csv" && exec "$2" -c "$3" "$1"'
    code = "import sys; from pathlib import Path; from registry.datasets import scan; scan(Path(sys.argv[1]))"
    words = ["unshare", "--mount", "sh", "-c", script, "sh", str(directory), sys.executable, code]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "mounted below a dataset" in done.stderr, done.stderr
    assert "tables" in done.stderr.splitlines()[-1]
    assert len(scan(directory)) == 2


def test_a_name_that_is_not_utf_8_is_refused(directory: Path) -> None:
    Path(os.fsdecode(os.fsencode(directory) + b"/\xb1\xe8.csv")).write_text("x")
    assert code(directory) == "dataset_file_name"


def test_a_directory_without_files_is_refused(tmp_path: Path) -> None:
    assert code(tmp_path) == "dataset_empty"
    assert code(tmp_path / "nothing") == "dataset_directory"


def test_directories_nested_without_end_are_refused(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(40):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "x").write_text("x")
    assert code(tmp_path) == "dataset_depth"


def test_nothing_changed_means_no_difference(directory: Path) -> None:
    version = a_version(directory)
    assert compare(version, files(directory)).ok


def test_missing_changed_and_added_files_are_named(directory: Path) -> None:
    version = a_version(directory)
    (directory / "tables" / "person.csv").write_text("id\n2\n")
    (directory / "환자.csv").unlink()
    (directory / "new.csv").write_text("x")
    check = compare(version, files(directory))
    assert not check.ok
    assert (check.missing, check.changed, check.added) == (("환자.csv",), ("tables/person.csv",), ("new.csv",))


def test_a_file_is_not_read_again_while_its_stamp_is_the_same(directory: Path) -> None:
    known = {one.file.path: Known("0" * 64, one.stamp) for one in scan(directory)}
    assert {one.file.sha256 for one in scan(directory, known)} == {"0" * 64}


def test_same_size_and_restored_time_do_not_hide_a_change(directory: Path) -> None:
    known = {one.file.path: Known(one.file.sha256, one.stamp) for one in scan(directory)}
    version = a_version(directory)
    path = directory / "tables" / "person.csv"
    before = path.stat()
    path.write_text("id\n9\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = tuple(one.file for one in scan(directory, known))
    assert compare(version, found).changed == ("tables/person.csv",)


manifests = st.dictionaries(st.text("ab/", min_size=1, max_size=4), st.integers(0, 3), max_size=5)


@given(manifests, manifests)
def test_ok_means_equal_and_every_difference_is_named_once(expected: dict[str, int], present: dict[str, int]) -> None:
    def lines(sizes: dict[str, int]) -> tuple[ManifestFile, ...]:
        return tuple(ManifestFile(path, size, "0" * 64) for path, size in sorted(sizes.items()))

    check = compare(DatasetVersion("d", 1, Path("/d"), "0" * 64, lines(expected)), lines(present))
    assert check.ok is (expected == present)
    named = [*check.missing, *check.changed, *check.added]
    assert len(named) == len(set(named))
    assert set(named) == {path for path in expected.keys() | present.keys() if expected.get(path) != present.get(path)}
