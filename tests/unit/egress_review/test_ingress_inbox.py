"""The inbox: a delivery is whole or not there, is what was voted on, and follows no name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from egress_review.errors import ReleaseFailed
from egress_review.inbox import Parcel, deliver, take_back

WORKSPACE, REQUEST = "ws_aaaaaaaaaaaaaaaa", "er_aaaaaaaaaaaaaaaa"
DATA = b"code,label\n1,one\n"


@pytest.fixture
def workspaces(tmp_path: Path) -> Path:
    made = tmp_path / "workspaces"
    made.mkdir()
    return made


def a_parcel(tmp_path: Path, name: str = "codes.csv", data: bytes = DATA, says: bytes = DATA) -> Parcel:
    source = tmp_path / f"vault-{name}"
    source.write_bytes(data)
    return Parcel(name, source, hashlib.sha256(says).hexdigest(), len(says))


def names(directory: Path) -> list[str]:
    return [one.name for one in directory.iterdir()]


def test_a_delivery_can_be_read_by_the_workspace_and_written_by_nobody(tmp_path: Path, workspaces: Path) -> None:
    deliver(workspaces, WORKSPACE, REQUEST, [a_parcel(tmp_path)])
    directory = workspaces / WORKSPACE / "inbox" / REQUEST
    assert (directory / "codes.csv").read_bytes() == DATA
    assert (directory / "codes.csv").stat().st_mode & 0o777 == 0o444
    assert directory.stat().st_mode & 0o777 == 0o755
    assert names(directory.parent) == [REQUEST]


def test_a_delivery_is_made_anew_and_taken_back_as_often_as_one_likes(tmp_path: Path, workspaces: Path) -> None:
    for _ in range(2):
        deliver(workspaces, WORKSPACE, REQUEST, [a_parcel(tmp_path)])
    for _ in range(2):
        take_back(workspaces, WORKSPACE, REQUEST)
        assert names(workspaces / WORKSPACE / "inbox") == []


@pytest.mark.parametrize("data", [DATA + b"more", DATA[:-1], b"X" + DATA[1:]])
def test_bytes_that_are_not_those_of_the_votes_never_appear(tmp_path: Path, workspaces: Path, data: bytes) -> None:
    whole, changed = a_parcel(tmp_path, "a.csv"), a_parcel(tmp_path, "b.csv", data)
    with pytest.raises(ReleaseFailed, match="not the one that was approved"):
        deliver(workspaces, WORKSPACE, REQUEST, [whole, changed])
    assert names(workspaces / WORKSPACE / "inbox") == []


@pytest.mark.parametrize("level", ["workspace", "inbox"])
def test_a_link_in_the_place_of_a_directory_is_refused(tmp_path: Path, workspaces: Path, level: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if level == "inbox":
        (workspaces / WORKSPACE).mkdir()
    (workspaces / WORKSPACE / ("inbox" if level == "inbox" else "")).symlink_to(elsewhere)
    with pytest.raises(ReleaseFailed, match="inbox"):
        deliver(workspaces, WORKSPACE, REQUEST, [a_parcel(tmp_path)])
    with pytest.raises(ReleaseFailed, match="inbox"):
        take_back(workspaces, WORKSPACE, REQUEST)
    assert names(elsewhere) == []


@pytest.mark.parametrize("name", [REQUEST, f".{REQUEST}.new"])
def test_a_link_that_waits_for_a_delivery_is_replaced_and_not_followed(
    tmp_path: Path, workspaces: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "codes.csv").write_bytes(b"kept")
    (workspaces / WORKSPACE / "inbox").mkdir(parents=True)
    (workspaces / WORKSPACE / "inbox" / name).symlink_to(elsewhere)
    deliver(workspaces, WORKSPACE, REQUEST, [a_parcel(tmp_path)])
    assert (elsewhere / "codes.csv").read_bytes() == b"kept"
    assert not (workspaces / WORKSPACE / "inbox" / REQUEST).is_symlink()
    assert names(workspaces / WORKSPACE / "inbox") == [REQUEST]
