"""How far an action goes is said in words that somebody without a policy understands."""

from __future__ import annotations

import pytest

from deid.catalogue import ACTIONS
from deid.parameters import parameters
from deid.records.in_words import NAMES, how_far


def test_every_parameter_of_every_action_has_words() -> None:
    known = {field.name for kind in ACTIONS.values() for field in parameters(kind)}
    assert known <= set(NAMES)


@pytest.mark.parametrize(
    ("parameters", "ko", "en"),
    [
        ("", "", ""),
        ("long_text=False", "", ""),
        ("long_text=True", "긴 글을 사람이 읽고 확인함", "long texts were read by a person"),
        ("unit=month", "단위 월", "unit month"),
        ("width=10, edges=[1.0, 2.5]", "구간 너비 10, 경계 [1.0, 2.5]", "width of the ranges 10, edges [1.0, 2.5]"),
        ("subject=person_id, most=26, unit=weeks", "사람을 가리키는 열 person_id, 최대 이동 26, 단위 주", None),
        ("kind=number, range=0..99", "종류 수, 범위 0..99", "kind number, range 0..99"),
        ("of_later=3", "of_later 3", "of_later 3"),
    ],
)
def test_parameters_are_put_into_words(parameters: str, ko: str, en: str | None) -> None:
    said = how_far(parameters)
    assert said.ko == ko
    assert en is None or said.en == en
