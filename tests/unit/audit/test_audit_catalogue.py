"""The catalogue names every action in both languages, and every other table agrees with it."""

from __future__ import annotations

import inspect
import re
import string
from typing import get_type_hints

import pytest

from audit import errors
from audit.catalogue import CATALOGUE, ActionSpec
from audit.cli_context import language_of
from audit.text import Text
from audit.verification import PROBLEMS, Problem, Verification
from audit.verifying.cli import EXIT_BY_VERDICT, VERDICTS
from audit.writer import COMPONENT_ACTIONS

HANGUL = re.compile("[가-힣]")
EVERY_ERROR = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AuditError)]


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=lambda spec: spec.action)
def test_every_action_says_what_it_is_in_both_languages(spec: ActionSpec) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", spec.action)
    assert HANGUL.search(spec.ko)
    assert not HANGUL.search(spec.en)
    assert (spec.say("ko"), spec.say("en")) == (spec.ko, spec.en)


def test_descriptions_are_not_shared() -> None:
    assert len({spec.ko for spec in CATALOGUE.values()}) == len(CATALOGUE)
    assert len({spec.en for spec in CATALOGUE.values()}) == len(CATALOGUE)


def test_changes_of_access_rights_are_kept_as_rights() -> None:
    rights = {action for action, spec in CATALOGUE.items() if spec.retention == "rights"}
    assert {a for a in CATALOGUE if a.startswith(("grant.", "membership.", "person.", "project."))} - {
        "project.cut_off"
    } <= rights
    # A declared interest bars a person from voting for ever: it is about who may do what.
    others = rights - {"egress.interest_declared"}
    assert not {a for a in others if a.startswith(("cell.", "session.", "workspace.", "egress.", "log."))}


def test_components_record_only_actions_that_exist() -> None:
    for component, actions in COMPONENT_ACTIONS.items():
        assert actions, component
        assert actions <= CATALOGUE.keys()


def test_no_component_on_the_socket_can_record_a_decision() -> None:
    decisions = {a for a in CATALOGUE if a.startswith(("egress.", "grant.", "membership.", "person.", "log."))}
    for actions in COMPONENT_ACTIONS.values():
        assert not actions & decisions


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_says_what_it_is_in_both_languages(code: str) -> None:
    text = Problem(code, 3, 7).text
    assert HANGUL.search(text.ko)
    assert not HANGUL.search(text.en)
    places = [
        {name for _, name, _, _ in string.Formatter().parse(t) if name}
        for t in (PROBLEMS[code].text.ko, PROBLEMS[code].text.en)
    ]
    assert places[0] == places[1] <= {"index", "last"}


def made(kind: type[errors.AuditError]) -> errors.AuditError:
    """An error with a reason of whatever kind its class takes."""
    if kind.__init__ is Exception.__init__:
        return kind("reason")
    hints = get_type_hints(kind.__init__)
    needed = [p.name for p in inspect.signature(kind).parameters.values() if p.default is inspect.Parameter.empty]
    return kind(*(Text("사유입니다.", "the reason") if hints[name] is Text else "reason" for name in needed))


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda kind: kind.__name__)
def test_every_error_says_what_it_is_in_both_languages_and_what_to_do(kind: type[errors.AuditError]) -> None:
    error = made(kind)
    assert HANGUL.search(error.text("ko"))
    assert not HANGUL.search(error.text("en"))
    assert error.hint


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ([], "intact"),
        (["time.backwards"], "intact"),
        (["sidecar.missing"], "incomplete"),
        (["checkpoint.untrusted", "sidecar.missing"], "untrusted"),
        (["entry.form", "checkpoint.untrusted", "sidecar.missing"], "tampered"),
    ],
)
def test_the_verdict_is_the_gravest_problem(codes: list[str], verdict: str) -> None:
    found = Verification(1, b"", 1, 1, tuple(Problem(code, 0, 0) for code in codes))
    assert found.verdict == verdict
    assert found.ok == (verdict == "intact")


def test_every_verdict_has_a_sentence_and_an_exit_code_of_its_own() -> None:
    assert VERDICTS.keys() == EXIT_BY_VERDICT.keys()
    assert EXIT_BY_VERDICT == {"intact": 0, "tampered": 10, "incomplete": 11, "untrusted": 12}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "", "LANG": "ko"}, "ko"),
    ],
)
def test_a_korean_terminal_is_answered_in_korean(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language
