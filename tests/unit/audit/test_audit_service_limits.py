"""What a component may record through the service, and how much."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from audit.body import OBJECT_REFS
from audit.errors import NotPermitted, TooManyEvents
from audit.event import Actor, Event, Object, Source, Subjects
from audit.limits import COMPONENTS, WINDOW_SECONDS, Limits, check_schema
from audit.refs import new_ref

EVENT = Event(
    "cell.sent",
    Actor.person("p_aaaaaaaaaaaaaaaa"),
    Object("workspace", "ws_aaaaaaaaaaaaaaaa"),
    Subjects.none(),
    Source(None),
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_a_component_observes_is_permitted() -> None:
    check_schema("gate", EVENT)
    check_schema("gate", replace(EVENT, actor=Actor.service("gate")))


@pytest.mark.parametrize(
    ("component", "event"),
    [
        ("stranger", EVENT),
        ("hub", EVENT),
        ("gate", replace(EVENT, action="egress.released")),
        ("gate", replace(EVENT, actor=Actor.service("hub"))),
        ("gate", replace(EVENT, actor=Actor.system())),
        ("gate", replace(EVENT, object=Object("request", "er_aaaaaaaaaaaaaaaa"))),
    ],
)
def test_what_it_does_not_observe_is_refused(component: str, event: Event) -> None:
    with pytest.raises(NotPermitted):
        check_schema(component, event)


def test_the_table_names_kinds_of_objects_that_exist() -> None:
    assert all(component.objects <= OBJECT_REFS.keys() for component in COMPONENTS.values())


def test_one_who_floods_is_stopped_and_others_are_not() -> None:
    limits, rate = Limits(Clock()), COMPONENTS["gate"].rate_of_one
    for _ in range(rate.burst):
        limits.check("gate", EVENT)
    with pytest.raises(TooManyEvents):
        limits.check("gate", EVENT)
    limits.check("gate", replace(EVENT, actor=Actor.person("p_bbbbbbbbbbbbbbbb")))


def test_a_component_as_a_whole_is_stopped_too() -> None:
    limits, rate = Limits(Clock()), COMPONENTS["gate"].rate
    people = (Actor.person(new_ref("p")) for _ in count())
    for _ in range(rate.burst):
        limits.check("gate", replace(EVENT, actor=next(people)))
    with pytest.raises(TooManyEvents):
        limits.check("gate", replace(EVENT, actor=next(people)))


def test_time_fills_a_bucket_again() -> None:
    clock = Clock()
    limits, rate = Limits(clock), COMPONENTS["gate"].rate_of_one
    for _ in range(rate.burst):
        limits.check("gate", EVENT)
    clock.now += 1
    for _ in range(int(rate.per_second)):
        limits.check("gate", EVENT)
    with pytest.raises(TooManyEvents):
        limits.check("gate", EVENT)


def test_refusals_are_told_once_per_window_with_their_number() -> None:
    clock = Clock()
    limits = Limits(clock)
    first = limits.refused("gate")
    assert first is not None
    assert first.detail == {"component": "gate", "refused": 1}
    assert [limits.refused("gate") for _ in range(5)] == [None] * 5
    clock.now += WINDOW_SECONDS
    later = limits.refused("gate")
    assert later is not None
    assert later.detail["refused"] == 6
