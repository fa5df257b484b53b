"""Recognisers that a zone adds: what its file may say, and that no pattern in it can stop the zone."""

from __future__ import annotations

import json
import time
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.errors import RecogniserError
from deid.identifiers import detect
from deid.recogniser_file import load_recognisers
from deid.zone_recognisers import UnsafePatternError, ZoneRecogniser, compiled, safe_pattern
from egress_review.policy import load_policy, with_recognisers
from egress_review.terms import Policy
from tests.unit.egress_review.egress_files import flagged, look

GOOD = """version: 1
recognisers:
  - rule: student-number
    label: OTHER_ID
    pattern: "S[0-9]{8}"
    score: 0.4
    context: [학번, student no]
    with_context: 0.9
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "recognisers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_recogniser_of_the_zone_finds_what_it_says_with_its_words_beside_it(tmp_path: Path) -> None:
    more = compiled(load_recognisers(written(tmp_path, GOOD)))
    (span,) = detect("그의 학번 S20241234", more=more)
    assert (span.label, span.rule, span.score) == ("OTHER_ID", "zone.student-number", 0.9)
    assert detect("부품 S20241234", more=more) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("version: 1", "version: 2", 1),
        ("label: OTHER_ID", "label: SECRET", 4),
        ("score: 0.4", "score: 3", 6),
        ("score: 0.4", "score: high", 6),
        ("    score: 0.4\n", "", 3),
        ("    score: 0.4", "    score: 0.4\n    extra: 1", 7),
        ("    with_context: 0.9\n", "", 3),
        ("rule: student-number", "rule: Student Number", 3),
        ("with_context: 0.9", "with_context: 0.9\n    validator: nothing", 9),
        ("S[0-9]{8}", "S[0-9]+", 5),
        ("S[0-9]{8}", "(S{1,9}){1,9}x", 5),
        ("S[0-9]{8}", "S{0,60}S{0,60}x", 5),
        ("S[0-9]{8}", "(?i)student", 5),
        ("S[0-9]{8}", "(S)12\\\\1", 5),
        ("S[0-9]{8}", "S{0,3}", 5),
        ("S[0-9]{8}", "S[0-9", 5),
        ("S[0-9]{8}", "[[a]{2}", 5),
        ("S[0-9]{8}", "[A-Z--Q]{2}", 5),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    with pytest.raises(RecogniserError) as error:
        load_recognisers(written(tmp_path, GOOD.replace(old, new)))
    for language in ("ko", "en"):
        assert f":{line}" in error.value.text(language) or f"{line}" in error.value.text(language).split(":")[0]


def test_a_validator_must_agree(tmp_path: Path) -> None:
    text = GOOD.replace('"S[0-9]{8}"', '"[0-9]{10}"').replace("score: 0.4", "score: 0.9\n    validator: luhn")
    more = compiled(load_recognisers(written(tmp_path, text)))
    assert [s.rule for s in detect("7992739871 학번 1234567897", more=more)] == ["zone.student-number"]


@pytest.mark.parametrize("pattern", ["[[a]{2}", "[[]{2}", "[A-Z--Q]{2}", "[0-9&&5]{2}", "[a||b]{2}", "[a~~b]{2}"])
def test_what_python_only_warns_of_is_refused_with_what_to_write_instead(tmp_path: Path, pattern: str) -> None:
    path = written(tmp_path, GOOD.replace("S[0-9]{8}", pattern))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(RecogniserError) as error:
            load_recognisers(path)
    assert said == []
    assert "[\\[]" in error.value.text("ko")
    assert "[\\[]" in error.value.text("en")
    assert safe_pattern(r"[\[a]{2}").search("x[a")


@given(st.text(alphabet="ab0[]{}()*+?|\\.-^$,1359<=!:가", max_size=24))
def test_what_is_accepted_is_searched_in_proportion_to_the_text(pattern: str) -> None:
    try:
        accepted = safe_pattern(pattern)
    except UnsafePatternError:
        return
    began = time.process_time()
    for text in ("a" * 3000, "ab" * 1500, "0" * 3000, "가a0" * 1000):
        sum(1 for _ in accepted.finditer(text))
    assert time.process_time() - began < 3


def test_the_review_of_outputs_uses_them_and_a_vote_covers_them(tmp_path: Path) -> None:
    plain = load_policy("kr-default")
    written(tmp_path, GOOD)
    policy = with_recognisers(plain, tmp_path)
    assert policy.digest != plain.digest
    assert Policy.from_json(json.loads(json.dumps(policy.as_json()))) == policy
    assert with_recognisers(plain, tmp_path / "empty") == plain
    found = flagged(look("a.txt", "학번 S20241234\n", policy=policy))
    assert "identifier.other_id" in {rule for rule, _ in found}


def test_a_recogniser_goes_to_the_scanner_and_back_unchanged() -> None:
    one = ZoneRecogniser(rule="a", label="PHONE", pattern="ab{2}", score=0.5, context=("x",), with_context=0.7)
    assert ZoneRecogniser.from_json(json.loads(json.dumps(one.as_json()))) == one
    assert replace(one, validator="luhn").as_json()["validator"] == "luhn"
