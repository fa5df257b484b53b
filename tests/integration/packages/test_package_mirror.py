"""The mirror as workspaces see it: for reading alone, the same for all of a project, and no way to say anything."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.event import listen, remove
from starlette.testclient import TestClient

from audit.event import Source
from portal.package_desk import packages_of
from portal.package_index import JSON_TYPE
from portal.package_mirror import MISSES, MISSES_SECONDS, Misses, TooManyMisses
from registry.desk import CLI
from registry.packages.shelf import Shelf, Wheel
from tests.integration.packages.wheel_maker import make_wheel, put_on_shelf
from tests.integration.portal.portal_world import World

ROOT = "/workspace/packages"
POLICY = "default: a\ntiers: {a: {packages: [good]}, all: {everything: true}}\n"


@pytest.fixture
def wheels(world: World, tmp_path: Path) -> dict[str, Wheel]:
    (world.zone.settings.home / "packages.yaml").write_text(POLICY)
    made = [make_wheel(tmp_path, "good", requires=["helper>=1"]), make_wheel(tmp_path, "good", "2.0")]
    made += [make_wheel(tmp_path, "helper", "1.2.3.4"), make_wheel(tmp_path, "other")]
    return {one.file: one for one in put_on_shelf(packages_of(world.zone).shelf, made)}


@pytest.fixture
def pip(world: World) -> TestClient:
    client = world.workspace_client(world.workspace().ref)
    client.headers["Accept"] = f"{JSON_TYPE}, text/html; q=0.01"
    return client


def test_an_index_names_files_hashes_and_metadata(pip: TestClient, wheels: dict[str, Wheel]) -> None:
    answer = pip.get(f"{ROOT}/simple/good/")
    assert answer.headers["content-type"] == JSON_TYPE
    document = answer.json()
    assert document["versions"] == ["1.0", "2.0"]
    for file in document["files"]:
        body = pip.get(f"{ROOT}/simple/good/{file['url']}")
        assert hashlib.sha256(body.content).hexdigest() == file["hashes"]["sha256"]
        metadata = pip.get(f"{ROOT}/simple/good/{file['url']}.metadata")
        assert hashlib.sha256(metadata.content).hexdigest() == file["core-metadata"]["sha256"]
        assert file["requires-python"] == ">=3.8"


def test_the_old_form_of_an_index_says_the_same(pip: TestClient, wheels: dict[str, Wheel]) -> None:
    page = pip.get(f"{ROOT}/simple/good/", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("application/vnd.pypi.simple.v1+html")
    digests = set(re.findall(r"#sha256=([0-9a-f]{64})", page.text))
    assert digests == {one.sha256 for one in wheels.values() if one.package == "good"}
    names = pip.get(f"{ROOT}/simple/").json()["projects"]
    assert [one["name"] for one in names] == ["good", "helper"]


def test_a_file_is_on_record_before_it_goes_and_metadata_is_not(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    wheel = wheels["helper-1.2.3.4-py3-none-any.whl"]
    pip.get(f"{ROOT}/files/{wheel.sha256}/{wheel.file}.metadata")
    pip.head(f"{ROOT}/files/{wheel.sha256}/{wheel.file}")
    assert world.entries("package.taken") == []
    assert pip.get(f"{ROOT}/files/{wheel.sha256}/{wheel.file}").status_code == 200
    (entry,) = world.entries("package.taken")
    assert entry.body["object"] == {
        "kind": "workspace", "ref": world.workspace().ref, "project": "study", "sha256": wheel.sha256,
    }  # fmt: skip
    assert entry.body["detail"]["version"] == ["1", "2", "3", "4"]
    assert entry.body["policy"] == hashlib.sha256(POLICY.encode()).hexdigest()
    assert entry.body["actor"]["ref"] == world.zone.registry.person("minji").ref


def test_a_file_that_is_taken_again_and_again_is_one_event(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    one, two = wheels["helper-1.2.3.4-py3-none-any.whl"], wheels["good-1.0-py3-none-any.whl"]
    for wheel in (one, one, two, one):
        assert pip.get(f"{ROOT}/files/{wheel.sha256}/{wheel.file}").status_code == 200
    taken = [entry.body["object"]["sha256"] for entry in world.entries("package.taken")]
    assert sorted(taken) == sorted([one.sha256, two.sha256])


def test_what_no_event_says_is_never_on_the_shelf_nor_gone_from_it(world: World, wheels: dict[str, Wheel]) -> None:
    desk, source = packages_of(world.zone), Source(None)

    def fail(*_: object) -> None:
        raise OSError("the disk of the log is full")

    before = desk.shelf.wheels()
    listen(world.zone.db.engine, "commit", fail)
    try:
        for act in (
            lambda: desk.shelve([replace(before[0], file="new-1.0-py3-none-any.whl")], by=CLI, source=source),
            lambda: desk.unshelve("helper", by=CLI, source=source),
        ):
            with pytest.raises(OSError, match="full"):
                act()
    finally:
        remove(world.zone.db.engine, "commit", fail)
    assert packages_of(world.zone).shelf.wheels() == before
    assert all(desk.shelf.path(wheel).exists() for wheel in before)


def test_two_who_change_the_shelf_at_once_lose_nothing(tmp_path: Path, world: World) -> None:
    shelf = packages_of(world.zone).shelf
    made = [put_on_shelf(Shelf(tmp_path), [make_wheel(tmp_path, f"p{number}")])[0] for number in range(8)]

    def add(wheel: Wheel) -> None:
        own = Shelf(world.zone.settings.home)
        with own.changing():
            own.write([*own.wheels(), wheel])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, made))
    assert {one.package for one in shelf.wheels()} >= {one.package for one in made}


def test_a_file_of_a_package_that_is_not_allowed_is_as_if_it_were_not_there(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    hidden = wheels["other-1.0-py3-none-any.whl"]
    there = pip.get(f"{ROOT}/files/{hidden.sha256}/{hidden.file}")
    absent = pip.get(f"{ROOT}/files/{'0' * 64}/{hidden.file}")
    assert (there.status_code, there.content, dict(there.headers)) == (
        404, absent.content, dict(absent.headers),
    )  # fmt: skip
    good = wheels["good-1.0-py3-none-any.whl"]
    for file in ("../shelf.json", "..%2fshelf.json", hidden.file, "good-1.0-py3-none-any.whl.metadata.metadata"):
        assert pip.get(f"{ROOT}/files/{good.sha256}/{file}").status_code == 404
    (world.zone.settings.home / "packages.yaml").write_text(POLICY.replace("default: a", "default: all"))
    assert pip.get(f"{ROOT}/files/{hidden.sha256}/{hidden.file}").status_code == 200


def test_an_unlisted_package_says_where_to_ask_and_is_recorded_once(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    for _ in range(3):
        (file,) = pip.get(f"{ROOT}/simple/evil-name/").json()["files"]
    assert "ask.for.package" in file["filename"]
    assert file["url"].startswith("../../ask/evil-name/")
    (entry,) = world.entries("package.missed")
    assert "evil" not in str(entry.body)
    assert world.zone.log.unseal(entry.index)["package"] == "evil-name"
    assert entry.body["outcome"] == "denied"


def test_names_carry_no_more_into_the_log_than_the_measured_rate(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    answers = [pip.get(f"{ROOT}/simple/bits-{number}/") for number in range(MISSES + 20)]
    assert [one.status_code for one in answers] == [200] * MISSES + [429] * 20
    assert 0 < int(answers[-1].headers["retry-after"]) <= MISSES_SECONDS
    assert len(world.entries("package.missed")) == MISSES
    assert pip.get(f"{ROOT}/simple/good/").status_code == 200  # what is allowed goes on


def test_the_share_of_misses_comes_back_with_time_and_is_each_workspace_s_own() -> None:
    now = [0.0]
    misses = Misses(clock=lambda: now[0])
    for number in range(MISSES):
        assert misses.fresh("one", f"p{number}")
        assert misses.fresh("one", f"p{number}")  # not on record yet, as where the log could not be written
        misses.recorded("one", f"p{number}")
    with pytest.raises(TooManyMisses):
        misses.fresh("one", "another")
    assert misses.fresh("two", "another")
    now[0] = MISSES_SECONDS
    assert misses.fresh("one", "another")


def test_no_request_of_a_workspace_changes_what_a_neighbour_sees(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    registry = world.zone.registry
    other = world.workspace_client(registry.may_work("haneul", "study").workspace.ref)
    paths = [f"{ROOT}/simple/", f"{ROOT}/simple/good/", f"{ROOT}/simple/unlisted/", f"{ROOT}/files/{'0' * 64}/x.whl"]
    before = [(one.status_code, one.content, dict(one.headers)) for one in map(other.get, paths)]
    for number in range(MISSES + 5):
        pip.get(f"{ROOT}/simple/unlisted-{number}/")
    for wheel in wheels.values():
        pip.get(f"{ROOT}/files/{wheel.sha256}/{wheel.file}")
    assert [(one.status_code, one.content, dict(one.headers)) for one in map(other.get, paths)] == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_uploaded(pip: TestClient, wheels: dict[str, Wheel], method: str) -> None:
    for path in ("/simple/", "/simple/good/", f"/files/{'0' * 64}/x-1.0-py3-none-any.whl"):
        assert pip.request(method, ROOT + path, content=b"x").status_code == 405


@pytest.mark.parametrize("name", ["Good", "g_ood", "x" * 65, "a b", "%2e%2e", "good%3fx"])
def test_a_name_that_is_not_in_its_one_form_is_not_looked_for(
    world: World, pip: TestClient, wheels: dict[str, Wheel], name: str
) -> None:
    assert pip.get(f"{ROOT}/simple/{name}/").status_code == 404
    assert world.entries("package.missed") == []


def test_only_a_workspace_in_use_reads_the_mirror(world: World, wheels: dict[str, Wheel]) -> None:
    assert world.workspace_client("ws_aaaaaaaaaaaaaaaa").get(f"{ROOT}/simple/good/").status_code == 403


def test_a_file_exchanged_on_the_disk_contradicts_its_hash(
    world: World, pip: TestClient, wheels: dict[str, Wheel]
) -> None:
    wheel = wheels["good-1.0-py3-none-any.whl"]
    packages_of(world.zone).shelf.path(wheel).write_bytes(b"exchanged")
    (file,) = [one for one in pip.get(f"{ROOT}/simple/good/").json()["files"] if one["filename"] == wheel.file]
    body = pip.get(f"{ROOT}/simple/good/{file['url']}").content
    assert hashlib.sha256(body).hexdigest() != file["hashes"]["sha256"]
