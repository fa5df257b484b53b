"""Every technique of the guideline is there, or says why not; those on whole tables do what their papers say."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from deid.actions.tokens import Tokenize
from deid.anatomise import anatomise
from deid.catalogue import ACTIONS
from deid.errors import DataError, PolicyError, UsageError
from deid.policy import parse_policy
from deid.queries import Question, check_question, computed
from deid.sampling import sampled
from deid.techniques import TECHNIQUES
from hub_config.cli import GROUPS, Context, parser
from tests.unit.deid.deid_world import OTHER_KEY, MemoryTable, changed

KEY = bytes(range(32))
NOT_PROVIDED = {"encrypt_format_preserving", "encrypt_homomorphic", "secret_share"}

#: The microdata that the paper on anatomy works through (Xiao and Tao 2006, table 1): age, sex, disease.
PATIENTS = [
    (23, "M", "pneumonia"),
    (27, "M", "dyspepsia"),
    (35, "M", "dyspepsia"),
    (59, "M", "pneumonia"),
    (61, "F", "flu"),
    (65, "F", "gastritis"),
    (65, "F", "flu"),
    (70, "F", "bronchitis"),
]


def test_the_guideline_has_29_techniques_and_each_is_provided_somewhere_or_says_why_not() -> None:
    assert len(TECHNIQUES) == 29
    by_action = {code for kind in ACTIONS.values() for code in kind.techniques}
    for code, technique in TECHNIQUES.items():
        places = [code in by_action, technique.elsewhere is not None, technique.missing is not None]
        assert sum(places) == 1, code
        assert (technique.missing is not None) == (code in NOT_PROVIDED)


def test_the_command_lists_every_technique_with_its_action_or_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = parser(GROUPS).parse_args(["deid", "techniques", "--json"])
    assert typed.func(typed, Context(home=tmp_path, json=True)) == 0
    listed = json.loads(capsys.readouterr().out)["techniques"]
    assert [one["technique"] for one in listed] == list(TECHNIQUES)
    assert {one["technique"] for one in listed if not one["provided"]} == NOT_PROVIDED
    assert all(one["actions"] or one["where"] for one in listed)


@pytest.mark.parametrize("code", sorted(NOT_PROVIDED))
def test_a_policy_that_asks_for_what_is_not_provided_is_told_why(code: str) -> None:
    policy = f"""version: 1
name: n
dataset: d
project: p
purpose: scientific_research
order: shuffled
columns:
  id: {{role: direct, action: {code}, reason: r}}
"""
    with pytest.raises(PolicyError, match="Not provided"):
        parse_policy(policy)


def patients() -> pa.Table:
    ages, sexes, diseases = zip(*PATIENTS, strict=True)
    return pa.table({"age": list(ages), "sex": list(sexes), "disease": list(diseases)})


def test_the_worked_table_of_the_paper_is_cut_into_groups_of_two_diseases() -> None:
    made = anatomise(patients(), ["age", "sex"], "disease", 2, KEY)
    assert made.groups == 4
    assert made.people.column_names == ["age", "sex", "group_id"]
    assert Counter(made.values.column("disease").to_pylist()) == Counter(disease for *_, disease in PATIENTS)
    assert made.values.column("count").to_pylist() == [1] * 8
    assert Counter(zip(*(made.people.column(n).to_pylist() for n in ("age", "sex")), strict=True)) == Counter(
        (age, sex) for age, sex, _disease in PATIENTS
    )


@given(values=st.lists(st.sampled_from("abcdef"), min_size=4, max_size=80), least=st.integers(2, 4))
def test_no_sensitive_value_stands_for_more_than_its_share_of_a_group(values: list[str], least: int) -> None:
    table = pa.table({"age": list(range(len(values))), "disease": values})
    if max(Counter(values).values()) * least > len(values):
        with pytest.raises(DataError):
            anatomise(table, ["age"], "disease", least, KEY)
        return
    made = anatomise(table, ["age"], "disease", least, KEY)
    rows = Counter(made.people.column("group_id").to_pylist())
    counted: dict[int, int] = defaultdict(int)
    for group, count in zip(*(made.values.column(n).to_pylist() for n in ("group_id", "count")), strict=True):
        counted[group] += count
        assert count * least <= rows[group]
    assert counted == rows
    assert sorted(made.people.column("age").to_pylist()) == list(range(len(values)))


def test_a_missing_sensitive_value_and_a_column_of_that_name_are_refused() -> None:
    with pytest.raises(DataError, match="row 2"):
        anatomise(pa.table({"a": [1, 2], "s": ["x", None]}), ["a"], "s", 2, KEY)
    with pytest.raises(DataError, match="group_id"):
        anatomise(pa.table({"group_id": [1, 2], "s": ["x", "y"]}), [], "s", 2, KEY)


@given(values=st.lists(st.one_of(st.none(), st.text("abc0", max_size=3)), max_size=40), cut=st.integers(1, 9))
def test_tokens_are_short_one_to_a_person_and_do_not_depend_on_the_batches(values: list[str | None], cut: int) -> None:
    values = [*values, "x"]
    shown = changed(Tokenize(), values)
    assert changed(Tokenize(), values, batch_rows=cut) == shown
    pairs = {(value, token) for value, token in zip(values, shown, strict=True) if value}
    assert len(pairs) == len({value for value, _ in pairs}) == len({token for _, token in pairs})
    assert all(token is None for value, token in zip(values, shown, strict=True) if not value)


def test_tokens_say_nothing_of_the_order_of_the_values_and_differ_between_projects() -> None:
    values = [f"{n:04d}" for n in range(200)]
    mine, other = changed(Tokenize(), values), changed(Tokenize(), values, key=OTHER_KEY)
    assert sorted(map(str, mine)) == [f"P{n:03d}" for n in range(1, 201)]
    assert mine != sorted(map(str, mine))
    assert mine != other
    for prefix in ("", "=1", "P1", "가", "x" * 9):
        assert Tokenize(prefix=prefix).mistake() is not None


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.1, 0.9), cut=st.integers(1, 50))
def test_a_sample_keeps_people_whole_whatever_the_batches(share: float, cut: int) -> None:
    people = [f"p{n % 60}" for n in range(300)]
    columns: dict[str, Any] = {"who": pa.array(people), "n": pa.array(range(300))}

    def drawn(batch_rows: int) -> list[int]:
        table = MemoryTable(columns, batch_rows)
        return [n for b in sampled(table, share, KEY, "who") for n in b.column(1).to_pylist()]

    kept = drawn(1000)
    assert drawn(cut) == kept
    assert {people[n] for n in kept}.isdisjoint({people[n] for n in set(range(300)) - set(kept)})


def test_a_sample_has_about_its_share_and_refuses_a_share_that_is_none() -> None:
    table = MemoryTable({"n": pa.array(range(20_000))})
    assert sum(b.num_rows for b in sampled(table, 0.25, KEY)) == pytest.approx(5_000, rel=0.05)
    for share in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(UsageError):
            list(sampled(table, share, KEY))
    with pytest.raises(UsageError, match="no column"):
        list(sampled(table, 0.5, KEY, "who"))


VISITS = MemoryTable(
    {
        "who": pa.array(["a", "a", "b", "c", None]),
        "ward": pa.array(["x", "y", "x", "x", "x"]),
        "days": pa.array([3, 40, 5, None, 9]),
    },
    2,
)


def question(**given: Any) -> Question:
    return Question(epsilon=Fraction(1, 2), **{"where": {}, **given})


def test_what_one_person_can_change_is_cut_before_the_noise_is_added() -> None:
    assert computed(question(), VISITS) == {"*": 5}
    assert computed(question(person="who"), VISITS) == {"*": 3}
    assert computed(question(person="who", where={"ward": "x"}), VISITS) == {"*": 3}
    assert computed(question(person="who", by="ward", values=("x", "y", "z")), VISITS) == {"x": 3, "y": 1, "z": 0}
    assert computed(question(total="days", high=10), VISITS) == {"*": 3 + 10 + 5 + 9}
    assert computed(question(total="days", high=30, person="who"), VISITS) == {"*": 30 + 5}


@given(seed=st.integers(0, 2**20))
def test_adding_or_removing_one_person_changes_an_answer_by_no_more_than_the_sensitivity(seed: int) -> None:
    drawn = random.Random(seed)
    rows = [(f"p{drawn.randrange(6)}", drawn.choice("xy"), drawn.randrange(-50, 50)) for _ in range(40)]
    asked = question(person="who", total="days", low=-7, high=12, by="ward", values=("x", "y"))

    def answers(left_out: str) -> dict[str, int]:
        kept = [row for row in rows if row[0] != left_out] or rows[:1]
        who, ward, days = (pa.array(list(column)) for column in zip(*kept, strict=True))
        return computed(asked, MemoryTable({"who": who, "ward": ward, "days": days}))

    whole, without = answers("nobody"), answers("p0")
    assert all(abs(whole[group] - without[group]) <= asked.sensitivity for group in whole)
    assert asked.cost == 2 * asked.epsilon


@pytest.mark.parametrize(
    "given_",
    [
        {"where": {"nope": "1"}},
        {"by": "ward"},
        {"values": ("x",)},
        {"by": "ward", "values": ("x", "x")},
        {"total": "days", "low": 5, "high": 5},
    ],
)
def test_a_question_that_is_none_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        check_question(question(**given_), VISITS)
    with pytest.raises(UsageError):
        check_question(Question(epsilon=Fraction(3), where={}), VISITS)
