"""Datasets: what is registered is what is on disk, and what is mounted is what was registered."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.event import Actor
from registry import tables
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.model import Role
from tests.databases import database_in
from tests.integration.registry.registry_house import HOME, PEOPLE_IN_OMOP, House, open_house

HUB = Actor.service("hub")


def test_a_dataset_is_registered_with_the_hash_of_every_file(house: House) -> None:
    directory = house.dataset()
    version = house.registry.version("omop", 1)
    assert [file.path for file in version.files] == ["person.csv"]
    assert version.path == directory
    last = house.last()
    assert last["object"] == {"kind": "dataset", "ref": "omop", "sha256": version.manifest_sha256}
    assert last["subjects"]["datasets"] == [{"id": "omop", "version": 1, "people": PEOPLE_IN_OMOP}]
    assert house.registry.check_dataset("omop", 1, by=CLI, source=HOME).ok
    assert house.last()["outcome"] == "ok"


def test_changed_files_become_a_new_version_and_the_old_one_stays(house: House) -> None:
    house.dataset()
    later = house.files("omop-2")
    version = house.registry.add_version("omop", later, by=CLI, source=HOME)
    assert [one.number for one in house.registry.versions("omop")] == [1, 2]
    assert house.last()["subjects"]["datasets"][0]["version"] == 2
    with pytest.raises(Conflict):
        house.registry.add_version("omop", later, by=CLI, source=HOME)
    with pytest.raises(Conflict):
        house.registry.register_dataset(
            "omop", "가", "a", "b", 1, later, sensitive=False, demo=False, by=CLI, source=HOME
        )
    assert house.registry.version("omop", 2) == version


def change(path: Path) -> None:
    (path / "person.csv").write_text("person_id\nother\n")


def add(path: Path) -> None:
    (path / "more.csv").write_text("x")


def remove(path: Path) -> None:
    (path / "person.csv").rename(path.parent / "person.csv")


def link(path: Path) -> None:
    remove(path)
    (path / "person.csv").symlink_to(path.parent / "person.csv")


def restore_time(path: Path) -> None:
    file = path / "person.csv"
    before = file.stat()
    file.write_text("person_id\nomoq\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("tamper", [change, add, remove, link, restore_time])
def test_a_dataset_that_changed_on_disk_is_not_mounted(house: House, tamper: Callable[[Path], None]) -> None:
    house.at_work()
    permit = house.registry.may_work("minji", "gibleed")
    house.registry.check_mounts(permit, by=HUB, source=HOME)
    tamper(house.home / "datasets" / "omop")
    with pytest.raises(Denied) as refusal:
        house.registry.check_mounts(permit, by=HUB, source=HOME)
    assert refusal.value.code == "dataset_changed"
    last = house.last()
    assert (last["action"], last["outcome"]) == ("dataset.checked", "failed")
    assert last["actor"]["ref"] == "hub"


def test_a_check_says_what_differs(house: House) -> None:
    directory = house.dataset()
    add(directory)
    change(directory)
    check = house.registry.check_dataset("omop", 1, by=CLI, source=HOME)
    assert (check.missing, check.changed, check.added) == ((), ("person.csv",), ("more.csv",))
    assert house.last()["detail"]["added"] == 1


def test_a_check_of_what_is_no_dataset_any_more_fails_with_the_reason(house: House) -> None:
    directory = house.dataset()
    link(directory)
    with pytest.raises(Invalid):
        house.registry.check_dataset("omop", 1, by=CLI, source=HOME)
    assert (house.last()["outcome"], house.last()["reason"]) == ("failed", "dataset_special_file")


def test_a_quick_check_after_a_copy_reads_the_files_and_learns_their_new_stamps(house: House) -> None:
    directory = house.dataset()
    content = (directory / "person.csv").read_bytes()
    (directory / "person.csv").unlink()
    (directory / "person.csv").write_bytes(content)
    with house.db.read() as tx:
        before = tx.execute(tables.dataset_file.select()).one().stamp
    assert house.registry.check_dataset("omop", 1, by=HUB, source=HOME, rehash=False).ok
    with house.db.read() as tx:
        assert tx.execute(tables.dataset_file.select()).one().stamp != before


def test_a_full_check_finds_a_change_below_the_file_system(house: House) -> None:
    """Bytes that change under an unchanged stamp escape the quick check; the full one reads everything."""
    directory = house.dataset()
    (directory / "person.csv").write_text("person_id\nomoq\n")
    file = (directory / "person.csv").stat()
    stamp = f"{file.st_dev}:{file.st_ino}:{file.st_size}:{file.st_mtime_ns}:{file.st_ctime_ns}"
    with house.db.begin() as tx:
        tx.execute(tables.dataset_file.update().values(stamp=stamp))
    assert house.registry.check_dataset("omop", 1, by=HUB, source=HOME, rehash=False).ok
    assert not house.registry.check_dataset("omop", 1, by=CLI, source=HOME).ok


def test_a_demo_zone_takes_demo_data_only_and_a_real_zone_none(house: House, tmp_path: Path) -> None:
    with pytest.raises(Denied) as refusal:
        house.dataset(demo=True)
    assert refusal.value.code == "not_a_demo_zone"
    assert house.last()["outcome"] == "denied"
    (tmp_path / "demo").mkdir()
    demo = open_house(database_in(tmp_path / "demo"), tmp_path / "demo", demo=True)
    with pytest.raises(Denied) as refusal:
        demo.dataset()
    assert refusal.value.code == "demo_zone"
    demo.dataset("gibleed", demo=True)
    demo.db.close()


def test_a_zone_that_changes_its_kind_mounts_nothing_and_takes_no_version(house: House) -> None:
    house.at_work()
    turned = house.reopened(demo=True)
    with pytest.raises(Denied) as refusal:
        turned.may_work("minji", "gibleed")
    assert refusal.value.code == "dataset_not_of_this_zone"
    with pytest.raises(Denied):
        turned.add_version("omop", house.files("next"), by=CLI, source=HOME)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.OPERATOR, Role.DATA_CONTROLLER}])
def test_only_operators_and_data_controllers_register_data(house: House, role: Role) -> None:
    if role is Role.PROJECT_LEAD:
        return
    account = house.join("somebody", role)
    with pytest.raises(Denied):
        house.dataset(by=account.actor)


def test_unknown_datasets_are_not_found(house: House) -> None:
    house.dataset()
    looks: list[Callable[[], object]] = [
        lambda: house.registry.dataset("nothing"),
        lambda: house.registry.version("omop", 2),
        lambda: house.registry.check_dataset("omop", 2, by=CLI, source=HOME),
        lambda: house.registry.add_version("nothing", house.home, by=CLI, source=HOME),
    ]
    for look in looks:
        with pytest.raises(NotFound):
            look()
    assert [one.id for one in house.registry.datasets()] == ["omop"]
