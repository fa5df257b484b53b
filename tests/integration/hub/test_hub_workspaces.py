"""Workspaces as the portal starts and stops them: real hub, gate, registry, log and engine."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
import pytest

from audit.event import Source
from hub_config.spawn_failures import both
from hub_config.spawner import STEPS
from registry.desk import CLI
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine
PROJECT, OTHER = "gibleed-study", "floating-pop"
HERE = Source(None)
Answer = Callable[..., None]


@pytest.fixture
def researcher(hub: Any, world: Any) -> str:
    """Somebody with both projects, known to the hub since the first sign-in."""
    handle: str = world.person(projects=(PROJECT, OTHER))
    hub.sign_in(hub.browser(), handle)
    return handle


def containers(engine: Any, world: Any, handle: str, project: str = PROJECT) -> list[Any]:
    wanted = [f"ansim.zone={world.zone.zone_id}", f"ansim.prefix=/user/{handle}/{project}/"]
    # Without ignore_removed a container that goes away meanwhile is an error.
    return list(engine.containers.list(all=True, filters={"label": wanted}, ignore_removed=True))


def story(world: Any, handle: str, project: str = PROJECT) -> list[tuple[str, str, str | None]]:
    """Return what the log says of a workspace's life, the oldest first."""
    found = world.entries(object=world.workspace(handle, project), newest_first=False)
    return [(e.body["action"], e.body["outcome"], e.body.get("reason")) for e in found]


def test_a_start_is_announced_carried_out_and_recorded(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer, small_image: str
) -> None:
    relay(researcher)
    asked = {"requested_by": world.ref(researcher), "source_ip": "198.51.100.7"}
    answer = hub.api().post(f"/users/{researcher}/servers/{PROJECT}", json={"user_options": asked})
    assert settled(hub, researcher, answer) == 201, answer.text
    [container] = containers(engine, world, researcher)
    assert container.status == "running"
    assert story(world, researcher) == [("workspace.start", "intent", None), ("workspace.start", "ok", None)]
    outcome, intent = world.entries(action="workspace.start", object=world.workspace(researcher))
    assert outcome.body["intent_id"] == intent.id == container.labels["ansim.intent"]
    assert outcome.body["detail"]["image"] == small_image
    assert outcome.body["actor"]["ref"] == world.ref(researcher)
    assert "198.51.100.7" in world.zone.log.unseal(intent.index).values()
    model = hub.api().get(f"/users/{researcher}/servers/{PROJECT}").json()
    assert model["ready"]
    assert model["user_options"] == {}

    assert hub.api().delete(f"/users/{researcher}/servers/{PROJECT}").status_code == 204
    assert containers(engine, world, researcher) == []
    assert story(world, researcher)[2:] == [("workspace.stop", "intent", None), ("workspace.stop", "ok", None)]


def test_two_workspaces_of_one_person_run_side_by_side(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer
) -> None:
    for project in (PROJECT, OTHER):
        relay(researcher, project)
        answer = hub.api().post(f"/users/{researcher}/servers/{project}")
        assert settled(hub, researcher, answer, project) == 201
    [one], [other] = (containers(engine, world, researcher, p) for p in (PROJECT, OTHER))
    assert one.id != other.id
    assert one.attrs["Config"]["User"] != other.attrs["Config"]["User"]
    for project in (PROJECT, OTHER):
        hub.api().delete(f"/users/{researcher}/servers/{project}")


def test_a_refusal_gives_the_registrys_reason_in_both_languages_and_is_recorded(
    hub: Any, world: Any, engine: Any
) -> None:
    stranger = world.person(projects=())
    hub.sign_in(hub.browser(), stranger)
    answer = hub.api().post(f"/users/{stranger}/servers/{PROJECT}")
    assert answer.status_code == 403
    assert answer.json()["message"].splitlines() == [
        "이 이름의 과제에 참여하고 있지 않습니다.",
        "You are not a member of a project with this name.",
    ]
    [entry] = world.entries(action="workspace.start", actor=world.ref(stranger))
    assert (entry.body["outcome"], entry.body["reason"]) == ("denied", "not_a_member")
    assert containers(engine, world, stranger) == []


def test_data_that_is_not_what_was_registered_starts_nothing(
    hub: Any, world: Any, engine: Any, researcher: str
) -> None:
    file = world.zone.home / "datasets" / "gibleed" / "1" / "people.csv"
    original = file.read_bytes()
    file.write_bytes(b"id\n2\n")
    try:
        answer = hub.api().post(f"/users/{researcher}/servers/{PROJECT}")
        assert answer.status_code == 403
        assert "gibleed" in answer.json()["message"]
        assert containers(engine, world, researcher) == []
    finally:
        file.write_bytes(original)


def test_an_account_that_was_suspended_starts_nothing(hub: Any, world: Any, researcher: str) -> None:
    world.zone.registry.suspend(researcher, by=CLI, source=HERE)
    answer = hub.api().post(f"/users/{researcher}/servers/{PROJECT}")
    assert answer.status_code == 403
    assert "The account is not active." in answer.json()["message"]


def test_there_is_no_workspace_without_a_project(hub: Any, researcher: str) -> None:
    answer = hub.api().post(f"/users/{researcher}/server")
    assert answer.status_code == 403
    assert "belongs to a project" in answer.json()["message"]


def test_services_can_neither_make_people_nor_start_what_is_not_theirs(hub: Any, world: Any, researcher: str) -> None:
    assert hub.api("portal").post("/users/somebody-new").status_code == 403
    assert hub.api("portal").post(f"/users/somebody-new/servers/{PROJECT}").status_code == 404
    assert hub.api("worker").post(f"/users/{researcher}/servers/{PROJECT}").status_code == 403
    assert hub.api("gate").post(f"/users/{researcher}/servers/{PROJECT}").status_code == 403
    assert hub.api("worker").get("/users", params={"state": "active"}).status_code == 200


def test_what_cannot_be_recorded_does_not_start(hub: Any, world: Any, engine: Any, researcher: str) -> None:
    world.workspace(researcher)
    with world.zone.db.begin() as tx:
        tx.exec_driver_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON audit_entry"
            " WHEN CAST(NEW.body AS TEXT) LIKE '%workspace.start%'"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    try:
        answer = hub.api().post(f"/users/{researcher}/servers/{PROJECT}")
        assert settled(hub, researcher, answer) == 503, answer.text
        assert containers(engine, world, researcher) == []
    finally:
        with world.zone.db.begin() as tx:
            tx.exec_driver_sql("DROP TRIGGER full_disk")


def test_a_workspace_that_ends_by_itself_is_recorded_and_closed_at_the_gate(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer
) -> None:
    relay(researcher)
    assert settled(hub, researcher, hub.api().post(f"/users/{researcher}/servers/{PROJECT}")) == 201
    [container] = containers(engine, world, researcher)
    container.kill()
    deadline = time.monotonic() + PATIENCE
    while ("workspace.stop", "ok", "ended") not in story(world, researcher):
        assert time.monotonic() < deadline, story(world, researcher)
        time.sleep(0.5)
    [ended] = world.entries(action="workspace.stop", object=world.workspace(researcher))
    assert ended.body["detail"] == {"exit_code": 137, "out_of_memory": False}
    assert containers(engine, world, researcher) == []
    assert not (world.zone.home / "workspaces" / world.workspace(researcher) / "run" / "up.sock").exists()


def test_a_container_that_ends_at_once_fails_the_start_with_a_reason(
    hub: Any, world: Any, engine: Any, researcher: str
) -> None:
    def kill_when_it_appears() -> None:
        name = f"ansim-{world.workspace(researcher)}"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            # Before it is made, and between its making and its start, the engine has nothing to kill.
            with contextlib.suppress(docker.errors.APIError):
                engine.api.kill(name)
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_when_it_appears)
    killer.start()
    answer = hub.api().post(f"/users/{researcher}/servers/{PROJECT}")
    killer.join()
    assert settled(hub, researcher, answer) == 503
    if answer.status_code == 503:  # not when the hub took more than ten seconds
        assert "did not start" in answer.json()["message"]
    assert story(world, researcher)[-1] == ("workspace.start", "failed", "not_ready")
    assert containers(engine, world, researcher) == []


def test_a_restarted_hub_goes_on_with_running_workspaces(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer
) -> None:
    relay(researcher)
    assert settled(hub, researcher, hub.api().post(f"/users/{researcher}/servers/{PROJECT}")) == 201
    [before] = containers(engine, world, researcher)
    hub.kill("hub")
    hub.start("hub")
    model = hub.api().get(f"/users/{researcher}/servers/{PROJECT}").json()
    assert (model["ready"], model["pending"]) == (True, None)
    assert [c.id for c in containers(engine, world, researcher)] == [before.id]
    assert hub.api().delete(f"/users/{researcher}/servers/{PROJECT}").status_code == 204
    assert story(world, researcher)[-1] == ("workspace.stop", "ok", None)


def test_a_hub_killed_in_the_middle_of_a_start_leaves_nothing_behind(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer
) -> None:
    starting = threading.Thread(target=post_and_forget, args=(hub, researcher))
    starting.start()
    deadline = time.monotonic() + PATIENCE
    while not containers(engine, world, researcher):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    hub.kill("hub")
    starting.join()
    hub.start("hub")
    assert containers(engine, world, researcher) == []
    assert story(world, researcher) == [
        ("workspace.start", "intent", None),
        ("workspace.start", "failed", "interrupted"),
    ]
    relay(researcher)
    assert settled(hub, researcher, hub.api().post(f"/users/{researcher}/servers/{PROJECT}")) == 201
    hub.api().delete(f"/users/{researcher}/servers/{PROJECT}")


def test_a_gate_killed_in_the_middle_of_a_start_does_not_fail_it(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer
) -> None:
    answers: list[Any] = []
    starting = threading.Thread(target=lambda: answers.append(post_and_forget(hub, researcher)))
    starting.start()
    while not containers(engine, world, researcher):
        time.sleep(0.1)
    hub.kill("gate")
    hub.start("gate")
    relay(researcher)
    starting.join()
    assert settled(hub, researcher, answers[0]) == 201, answers
    hub.api().delete(f"/users/{researcher}/servers/{PROJECT}")


def test_a_person_who_waits_is_told_each_step_in_both_languages(
    hub: Any, world: Any, engine: Any, researcher: str, relay: Answer
) -> None:
    starting = threading.Thread(target=post_and_forget, args=(hub, researcher))
    starting.start()
    while not containers(engine, world, researcher):
        time.sleep(0.1)
    told: list[str] = []
    with hub.api().stream("GET", f"/users/{researcher}/servers/{PROJECT}/progress") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: "))["message"])
            if told and told[-1] == both(STEPS["answering"]):
                break
    assert told[1:] == [both(text) for text in STEPS.values()]
    relay(researcher)
    starting.join()
    hub.api().delete(f"/users/{researcher}/servers/{PROJECT}")


def test_what_the_hub_keeps_is_not_for_the_gate(hub: Any, world: Any) -> None:
    assert (world.zone.home / "hub.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.long
@pytest.mark.timed
def test_twenty_people_who_start_at_once_all_succeed(hub: Any, world: Any, engine: Any, relay: Answer) -> None:
    people = [world.person() for _ in range(20)]
    for handle in people:
        hub.sign_in(hub.browser(), handle)
        relay(handle)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda h: hub.api().post(f"/users/{h}/servers/{PROJECT}"), people))
    assert {a.status_code for a in answers} <= {201, 202}
    deadline = time.monotonic() + 2 * PATIENCE
    waiting = set(people)
    while waiting:
        assert time.monotonic() < deadline, waiting
        models = {h: hub.api().get(f"/users/{h}/servers/{PROJECT}").json() for h in waiting}
        waiting = {h for h, model in models.items() if not model["ready"]}
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda h: hub.api().delete(f"/users/{h}/servers/{PROJECT}"), people))


def settled(hub: Any, handle: str, answer: Any, project: str = PROJECT) -> int:
    """Return how a start ended; the hub answers 202 to one that takes more than ten seconds, on a busy machine."""
    deadline = time.monotonic() + PATIENCE
    while answer.status_code == 202:
        model = hub.api().get(f"/users/{handle}/servers/{project}").json()
        if model.get("ready"):
            return 201
        if not model.get("pending"):
            return 503
        assert time.monotonic() < deadline, model
        time.sleep(0.2)
    return int(answer.status_code)


def post_and_forget(hub: Any, handle: str) -> Any:
    """Ask for a start whose answer may never come."""
    try:
        return hub.api().post(f"/users/{handle}/servers/{PROJECT}")
    except Exception as error:
        return error
