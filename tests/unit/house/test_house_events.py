from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.body import OBJECT_REFS
from audit.catalogue import CATALOGUE
from audit.outward.meanings import MEANINGS
from audit.writer import COMPONENT_ACTIONS
from egress_review.workflow import MOVES

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGES = ("registry", "egress_review", "portal", "hub_config")
WRITERS = (*PACKAGES, "audit", "deid")
DESCRIBED_IN = frozenset({"catalogue.py", "meanings.py", "records.py"})
PROCESSES = frozenset({"portal", "hub", "gate", "worker", "cli"})
#: Actions that nothing writes today: logs that an earlier version began may hold them.
RETIRED = frozenset({"log.created", "settings.loaded"})
NAMED = re.compile(
    r'"((?:person|project|membership|dataset|grant|session|workspace|cell|contents|gate|egress|log|zone|image|review'
    r'|privacy|hold|deid|policy)\.[a-z_]+)"'
)
#: Names of this form that are no actions: fields, files and routes.
OTHERS = frozenset({"zone.name", "zone.port", "zone.bind", "hub.port"})


@pytest.mark.parametrize("event", sorted({move.event for move in MOVES}))
def test_every_move_of_a_request_can_be_logged(event: str) -> None:
    assert event in CATALOGUE


@pytest.mark.parametrize("component", sorted(COMPONENT_ACTIONS))
def test_what_a_component_may_record_is_in_the_catalogue(component: str) -> None:
    assert COMPONENT_ACTIONS[component] <= set(CATALOGUE)


def test_every_action_named_as_one_in_the_code_is_in_the_catalogue() -> None:
    unknown = {}
    for package in PACKAGES:
        for path in (REPOSITORY / package).rglob("*.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                if "action=" in line or "Event(" in line:
                    for name in NAMED.findall(line):
                        if name not in CATALOGUE and name not in OTHERS:
                            unknown[name] = path.name
    assert unknown == {}


@pytest.mark.parametrize("action", sorted(MEANINGS))
def test_a_meaning_names_processes_objects_and_subjects_that_exist(action: str) -> None:
    meaning = MEANINGS[action]
    assert meaning.by
    assert set(meaning.by) <= PROCESSES
    assert meaning.objects
    assert set(meaning.objects) <= set(OBJECT_REFS)
    assert meaning.subjects
    assert set(meaning.subjects) <= {"none", "person", "dataset"}


def test_every_action_of_the_catalogue_is_written_by_something() -> None:
    code = [
        path.read_text(encoding="utf-8")
        for package in WRITERS
        for path in (REPOSITORY / package).rglob("*.py")
        if path.name not in DESCRIBED_IN
    ]
    unwritten = {action for action in CATALOGUE if not any(f'"{action}"' in text for text in code)}
    assert unwritten == RETIRED


@pytest.mark.parametrize("event", sorted({move.event for move in MOVES}))
def test_a_move_of_a_request_means_something_about_requests(event: str) -> None:
    assert "request" in MEANINGS[event].objects
