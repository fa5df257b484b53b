"""Whatever people try in whatever order: what is mountable was reviewed by somebody else, and the log says so."""

from __future__ import annotations

import contextlib
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deid.records.errors import RecordError
from deid.records.model import Extract, Verdict
from deid.records.rules import CHECKLIST
from deid.records.workflow import MOVES, State
from registry.errors import RegistryError
from tests.databases import copy_home
from tests.integration.extracts.extract_world import PEOPLE, World, open_world

ACTS = ("submit", "adequate", "inadequate", "register", "process", "touch", "destroy", "stale")
WAYS = {(move.source, move.target) for move in MOVES}


@pytest.fixture(scope="module")
def shared(first_extract_world: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One world for all examples: each makes an extract of its own."""
    home = tmp_path_factory.mktemp("machine") / "home"
    copy_home(first_extract_world, home)
    return open_world(home)


def attempt(world: World, act: str, who: str, extract: Extract, old_binding: str) -> None:
    """Try one act; the rules may refuse it."""
    by, ref = world.by(who), extract.ref
    binding = extract.run.binding if extract.run else ""
    verdict = Verdict.INADEQUATE if act == "inadequate" else Verdict.ADEQUATE
    match act:
        case "submit":
            world.desk.submit(ref, by=by)
        case "adequate" | "inadequate" | "stale":
            given = old_binding if act == "stale" else binding
            world.desk.review(ref, verdict, binding=given, reason="살펴보았습니다.", checked=CHECKLIST, by=by)
        case "register":
            world.desk.register(ref, by=by)
        case "process":
            world.desk.process(ref, world.order(), by=by)
        case "destroy":
            world.desk.destroy(ref, "더는 쓰지 않습니다.", by=by)
        case "touch":
            assert extract.run is not None
            page = extract.run.directory / "README.md"
            page.chmod(0o644)
            page.write_text(f"{random.random()}", encoding="utf-8")


def check(world: World, extract: Extract) -> None:
    """What has to hold of an extract after anything."""
    states = [step.state for step in extract.steps]
    assert states[0] is State.DRAFT
    assert set(itertools.pairwise(states)) <= WAYS
    if State.MOUNTABLE not in states:
        assert extract.version is None
        return
    run, review = extract.run, extract.review
    assert run is not None
    assert review is not None
    assert review.verdict is Verdict.ADEQUATE
    assert review.binding == run.binding
    hands_on = {extract.by_ref, *(one.by_ref for one in extract.runs)}
    assert review.by_ref not in hands_on
    assert not world.registry.is_member(review.by_ref, "cardio")
    registered_by = next(step.by_ref for step in extract.steps if step.state is State.MOUNTABLE)
    assert registered_by != review.by_ref
    version = world.registry.version("hospital", extract.version or 0)
    assert version.manifest_sha256 == run.manifest_sha256


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(sorted(PEOPLE)), st.booleans()), min_size=12, max_size=18)
)
def test_no_order_of_acts_makes_anything_mountable_unreviewed(shared: World, acts: list[tuple[str, str, bool]]) -> None:
    world = shared
    ref = world.processed().ref
    old = world.desk.get(ref).run
    assert old is not None
    for act, who, rightly in acts:
        extract = world.desk.get(ref)
        if extract.state is State.DESTROYED:
            break
        step, person = _right(extract.state) if rightly else (act, who)
        with contextlib.suppress(RecordError, RegistryError):
            attempt(world, step, person, extract, "0" * 64 if extract.run == old else old.binding)
        check(world, world.desk.get(ref))
    extract = world.desk.get(ref)
    done = [body["id"] for body in world.entries() if body["outcome"] == "ok" and body["detail"]["extract"] == ref]
    assert done == [step.event_id for step in extract.steps]


def _right(state: State) -> tuple[str, str]:
    """The act that leads on, by somebody who may take it."""
    return {
        State.PROCESSED: ("submit", "nari"),
        State.IN_REVIEW: ("adequate", "dohyun"),
        State.INADEQUATE: ("process", "nari"),
        State.ADEQUATE: ("register", "sunhee"),
    }.get(state, ("destroy", "minji"))
