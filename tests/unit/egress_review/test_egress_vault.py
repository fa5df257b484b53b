"""What a hostile outbox can hold, and what the vault makes of it: never a link followed, never a hang."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from egress_review import vault as vault_module
from egress_review.errors import OutboxRefused
from egress_review.vault import Limits, Vault, list_outbox
from tests.patience import PATIENCE
from tests.rights import as_root

LIMITS = Limits(files=20, file_bytes=1_000_000, total_bytes=2_000_000)


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    directory = tmp_path / "outbox"
    directory.mkdir()
    (tmp_path / "secret.csv").write_text("secret")
    return directory


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def kept(vault: Vault) -> list[str]:
    return sorted(path.name for path in vault.scratch.parent.joinpath("files").iterdir())


def test_a_file_is_kept_under_its_hash_and_read_only(vault: Vault, outbox: Path) -> None:
    (outbox / "결과 1.csv").write_text("sex,n\n")
    (stored,) = vault.take(outbox, ["결과 1.csv"], LIMITS)
    path = vault.path(stored.sha256)
    assert stored.sha256 == hashlib.sha256(b"sex,n\n").hexdigest()
    assert path.read_text() == "sex,n\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not list(vault.scratch.iterdir())


def _symlink(outbox: Path) -> None:
    (outbox / "x").symlink_to(outbox.parent / "secret.csv")


def _symlink_to_device(outbox: Path) -> None:
    (outbox / "x").symlink_to("/dev/zero")


def _fifo(outbox: Path) -> None:
    os.mkfifo(outbox / "x")


def _device(outbox: Path) -> None:
    os.mknod(outbox / "x", stat.S_IFCHR | 0o666, os.makedev(1, 5))


def _socket(outbox: Path) -> None:
    # A path relative to the outbox, because Unix socket paths are short.
    here = Path.cwd()
    os.chdir(outbox)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("x")
    finally:
        os.chdir(here)


def _directory(outbox: Path) -> None:
    (outbox / "x").mkdir()


def _hard_link(outbox: Path) -> None:
    (outbox / "x").hardlink_to(outbox.parent / "secret.csv")


def _sparse(outbox: Path) -> None:
    with (outbox / "x").open("wb") as stream:
        stream.truncate(2 * 1024**3)


def _too_large(outbox: Path) -> None:
    (outbox / "x").write_bytes(b"a" * (LIMITS.file_bytes + 1))


def _missing(outbox: Path) -> None:
    assert not (outbox / "x").exists()


HOSTILE = (
    pytest.param(_device, marks=as_root, id="_device"),
    *(_symlink, _symlink_to_device, _fifo, _socket, _directory, _hard_link),
    *(_sparse, _too_large, _missing),
)


@pytest.mark.parametrize("prepare", HOSTILE, ids=lambda made: getattr(made, "__name__", None))
def test_what_is_no_ordinary_file_is_refused_at_once(
    vault: Vault, outbox: Path, prepare: Callable[[Path], None]
) -> None:
    prepare(outbox)
    begin = time.monotonic()
    with pytest.raises(OutboxRefused):
        vault.take(outbox, ["x"], LIMITS)
    assert time.monotonic() - begin < PATIENCE  # nobody writes into the pipe, ever
    assert kept(vault) == []
    assert not list(vault.scratch.iterdir())


def test_a_sparse_file_is_refused_even_where_its_size_is_allowed(vault: Vault, outbox: Path) -> None:
    _sparse(outbox)
    with pytest.raises(OutboxRefused, match="sparse"):
        vault.take(outbox, ["x"], Limits(1, 4 * 1024**3, 4 * 1024**3))


@pytest.mark.parametrize(
    "name",
    [
        "../secret.csv",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a/b",
        "a\nb",
        "a\x00b",
        "a\u202eb",
        "a" * 300,
        " a",
        ".hidden",
        "\udc80",
    ],
)
def test_a_name_that_is_not_one_plain_component_is_refused(vault: Vault, outbox: Path, name: str) -> None:
    with pytest.raises(OutboxRefused):
        vault.take(outbox, [name], LIMITS)


def test_an_outbox_that_is_a_link_is_not_entered(vault: Vault, tmp_path: Path, outbox: Path) -> None:
    (outbox / "a.csv").write_text("a")
    (tmp_path / "link").symlink_to(outbox)
    with pytest.raises(OutboxRefused):
        vault.take(tmp_path / "link", ["a.csv"], LIMITS)
    assert list_outbox(tmp_path / "link", LIMITS) == []


def test_one_refused_file_refuses_them_all_by_name(vault: Vault, outbox: Path) -> None:
    (outbox / "a.csv").write_text("a")
    _fifo(outbox)
    with pytest.raises(OutboxRefused, match=r"^x: "):
        vault.take(outbox, ["a.csv", "x"], LIMITS)


def test_too_many_names_and_the_same_name_twice_are_refused(vault: Vault, outbox: Path) -> None:
    with pytest.raises(OutboxRefused, match="At most 20"):
        vault.take(outbox, [f"{n}.csv" for n in range(10_000)], LIMITS)
    with pytest.raises(OutboxRefused, match="twice"):
        vault.take(outbox, ["a", "a"], LIMITS)


def test_all_files_together_stay_within_the_total(vault: Vault, outbox: Path) -> None:
    for name in "abc":
        (outbox / name).write_bytes(name.encode() * 900_000)
    with pytest.raises(OutboxRefused, match=r"^c: "):
        vault.take(outbox, ["a", "b", "c"], LIMITS)


def test_ten_thousand_files_are_listed_up_to_a_bound_and_quickly(outbox: Path) -> None:
    for number in range(10_000):
        os.close(os.open(outbox / f"{number}.csv", os.O_CREAT | os.O_WRONLY))
    begin = time.process_time()
    assert len(list_outbox(outbox, LIMITS)) == vault_module.MOST_LISTED
    assert time.process_time() - begin < 2


def test_the_list_says_what_stands_against_each_entry(outbox: Path) -> None:
    (outbox / "good.csv").write_text("a")
    _fifo(outbox)
    (outbox / "two\nlines").write_text("a")
    assert {file.name: file.problem is None for file in list_outbox(outbox, LIMITS)} == {
        "good.csv": True,
        "x": False,
        "two\nlines": False,
    }


def test_a_file_swapped_for_a_link_between_look_and_open_is_refused(
    vault: Vault, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outbox / "x").write_text("harmless")
    look = os.stat

    def swapping(path: object, *args: object, **options: object) -> os.stat_result:
        seen = look(path, *args, **options)  # type: ignore[arg-type]
        if path == "x" and (outbox / "x").is_file() and not (outbox / "x").is_symlink():
            (outbox / "x").unlink()
            _symlink(outbox)
        return seen

    monkeypatch.setattr(os, "stat", swapping)
    with pytest.raises(OutboxRefused):
        vault.take(outbox, ["x"], LIMITS)
    assert kept(vault) == []


def test_the_hash_is_of_what_was_copied_while_the_file_is_being_rewritten(vault: Vault, outbox: Path) -> None:
    target, stop = outbox / "x.csv", threading.Event()
    target.write_bytes(b"a" * 500_000)

    def rewrite() -> None:
        while not stop.is_set():
            for letter in (b"a", b"b"):
                fresh = outbox / "fresh"
                fresh.write_bytes(letter * 500_000)
                fresh.replace(target)
                with target.open("r+b") as stream:
                    stream.write(letter * 1000)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for _ in range(30):
            try:
                (stored,) = vault.take(outbox, ["x.csv"], LIMITS)
            except OutboxRefused:
                continue
            assert hashlib.sha256(vault.path(stored.sha256).read_bytes()).hexdigest() == stored.sha256
    finally:
        stop.set()
        writer.join()


def test_a_file_that_grows_while_it_is_read_is_cut_at_the_limit(vault: Vault, outbox: Path) -> None:
    target, stop = outbox / "x.csv", threading.Event()
    target.write_bytes(b"a")

    def grow() -> None:
        with target.open("ab", buffering=0) as stream:
            while not stop.is_set():
                stream.write(b"a" * 100_000)
                if stream.tell() > 50_000_000:
                    return

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        while target.stat().st_size <= LIMITS.file_bytes:
            with suppress(OutboxRefused):
                (stored,) = vault.take(outbox, ["x.csv"], LIMITS)
                assert stored.size <= LIMITS.file_bytes
        with pytest.raises(OutboxRefused):
            vault.take(outbox, ["x.csv"], LIMITS)
    finally:
        stop.set()
        writer.join()
    assert not list(vault.scratch.iterdir())


def test_what_an_interrupted_copy_left_is_cleared_once_it_is_old(vault: Vault) -> None:
    (vault.scratch / "half").write_text("a")
    vault.clear_incoming()
    assert (vault.scratch / "half").exists()
    vault.clear_incoming(older_than=-1)
    assert not (vault.scratch / "half").exists()
