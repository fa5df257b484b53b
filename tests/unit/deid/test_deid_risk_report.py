"""The published examples come out, a population is not guessed, and nothing that was not computed looks fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from html import escape
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from audit.text import Language, Text
from deid.cautions import cautions
from deid.policy import Release, parse_policy
from deid.risk.assessment import Assessment, Criterion, as_json, assess, criteria
from deid.risk.bought import bought
from deid.risk.measures import NotComputed
from deid.risk.page import Grid, Note
from deid.risk.population import Outside, Population, outside
from deid.risk.report import content, report_page, report_pdf
from deid.risk.special import special_uniques

# Benschop, Machingauta and Welch, Statistical Disclosure Control: A Practice Guide, tables 4.3 and 4.4.
GUIDE = [
    ("urban", "female", "secondary incomplete", "employed", "yes"),
    ("urban", "female", "secondary incomplete", "employed", "yes"),
    ("urban", "female", "primary incomplete", "non-LF", "yes"),
    ("urban", "male", "secondary complete", "employed", "yes"),
    ("rural", "female", "secondary complete", "unemployed", "yes"),
    ("urban", "male", "secondary complete", "employed", "no"),
    ("urban", "female", "primary complete", "non-LF", "no"),
    ("urban", "male", "post-secondary", "unemployed", "yes"),
    ("urban", "female", "secondary incomplete", "non-LF", "no"),
    ("urban", "female", "secondary incomplete", "non-LF", "yes"),
]
KEY = ("residence", "gender", "education", "labour")
TABLE = pa.table({name: [row[n] for row in GUIDE] for n, name in enumerate((*KEY, "health"))})
UNKNOWN = NotComputed(Text("까닭", "the reason why"))


def test_the_scores_are_those_of_the_practice_guide() -> None:
    """Record 5: {rural} of one column gives 3*2*1, three sets of two columns give 2*1 each: 12."""
    found = special_uniques(TABLE, KEY, most=3)
    assert found.scores[4] == 12
    # By the same rule: {primary incomplete}; {primary complete}; {post-secondary}, {male or urban, unemployed}.
    assert [found.scores[n] for n in (2, 6, 7)] == [6, 6, 10]
    assert {n for n, score in enumerate(found.scores) if score} == {2, 4, 6, 7}


def test_searching_all_columns_does_not_make_every_score_zero() -> None:
    assert special_uniques(TABLE, KEY, most=4).scores[4] == 12
    assert special_uniques(TABLE, ("residence",), most=4).scores[4] == 1


POPULATION = pa.table({"sex": ["m", "f", "f"], "age": [30, 30, 40], "count": ["100", "20", "50"]})


def test_the_journalist_looks_for_the_smallest_class_of_the_population_that_the_table_touches() -> None:
    table = pa.table({"sex": ["m", "m", "f"], "age": ["30", "30", "40"]})
    seen = outside(table, ("sex", "age"), Population(POPULATION, "count"))
    assert isinstance(seen, Outside)
    assert seen.smallest == 50.0
    assert seen.named_right == pytest.approx((2 / 100 + 1 / 50) / 3)
    found = assess(table, ("sex", "age"), (), Population(POPULATION, "count"))
    assert found.attackers.journalist_highest == pytest.approx(0.02)
    assert found.attackers.prosecutor_highest == 1.0


@pytest.mark.parametrize(
    ("rows", "population", "said"),
    [
        ({"sex": ["m"], "age": ["99"]}, POPULATION, "no size for 1 classes"),
        ({"sex": ["m"], "job": ["x"]}, POPULATION, "lacks column job"),
        ({"sex": ["f"] * 21, "age": ["30"] * 21}, POPULATION, "smaller than the table"),
        ({"sex": [None], "age": ["30"]}, POPULATION, "no size"),
    ],
)
def test_a_population_that_does_not_cover_the_table_computes_nothing(
    rows: dict[str, Any], population: pa.Table, said: str
) -> None:
    table = pa.table(rows)
    found = assess(table, tuple(rows), (), Population(population, "count"))
    assert isinstance(found.attackers.journalist_highest, NotComputed)
    assert said in found.attackers.journalist_highest.reason.en


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(st.tuples(st.integers(0, 99), st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=30))
def test_what_an_action_bought_is_measured_with_it_and_without_it(rows: list[tuple[int, str, int]]) -> None:
    before = pa.table({"age": [r[0] for r in rows], "sex": [r[1] for r in rows], "zip": [r[2] for r in rows]})
    after = pa.table({"age": [r[0] // 10 for r in rows], "sex": [r[1] for r in rows]})
    found = bought(before, after, {"age": "range", "zip": "drop"})
    pairs, wide = [(r[0] // 10,) for r in rows], [(r[0], r[2]) for r in rows]
    assert found.start.average == len(set(wide)) / len(rows)
    assert found.steps[-1].standing.average == len(set(pairs)) / len(rows)
    assert found.steps[0].without.average == len({r[0] for r in rows}) / len(rows)
    assert found.steps[1].without.average == len({(r[0] // 10, r[2]) for r in rows}) / len(rows)
    means = [one.average for one in (found.start, *(step.standing for step in found.steps))]
    assert means == sorted(map(float, means), reverse=True), "hiding more can never help to tell rows apart"  # type: ignore[arg-type]


def pages(found: Assessment, demands: Sequence[Criterion]) -> list[str]:
    return [report_page(found, None, demands, language, name="t") for language in ("ko", "en")]


def blanked(found: Assessment) -> list[tuple[str, Assessment]]:
    """Return the assessment with each of its figures in turn not computed."""
    chances = found.attackers
    cases = [
        ("k", replace(found, k=UNKNOWN)),
        ("uniques", replace(found, uniques=UNKNOWN)),
        ("special", replace(found, special=UNKNOWN)),
    ]
    cases += [(f.name, replace(found, attackers=replace(chances, **{f.name: UNKNOWN}))) for f in fields(chances)]
    for name, one in found.diversity.items():
        for field in fields(one):
            cases.append((field.name, replace(found, diversity={name: replace(one, **{field.name: UNKNOWN})})))
    for name, singular in found.singular.items():
        for changed in (replace(singular, by_sigma=UNKNOWN), replace(singular, by_median=UNKNOWN)):
            cases.append((name, replace(found, singular={**found.singular, name: changed})))
    return cases


def test_every_figure_that_was_not_computed_says_so_and_why_in_a_field_of_its_own_kind() -> None:
    found = assess(TABLE, KEY, ("health",))
    demands = criteria(Release(k=1, l_diversity={"health": 1}, t_closeness={"health": 1.0}), found)
    assert {demand.met for demand in demands} == {"met"}
    for name, one in blanked(found):
        for language, said in (("ko", "계산 안 됨: 까닭"), ("en", "not computed: the reason why")):
            page = content(one, None, criteria(RELEASE, one), language, name="t")  # type: ignore[arg-type]
            cells = [cell for block in page.blocks if isinstance(block, Grid) for row in block.rows for cell in row]
            unknown = [cell for cell in cells if said in cell.text]
            notes = [block for block in page.blocks if isinstance(block, Note) and said in block.text]
            assert unknown or notes, name
            assert {cell.tone for cell in unknown} | {note.tone for note in notes} == {"unknown"}, name


RELEASE = Release(k=1, l_diversity={"health": 1}, t_closeness={"health": 1.0})


def test_a_criterion_that_was_not_computed_takes_the_verdict_away_on_every_page() -> None:
    found = assess(TABLE, KEY, ("health",))
    for name, one in blanked(found):
        if name not in ("k", "distinct", "closeness"):
            continue
        for page in pages(one, criteria(RELEASE, one)):
            assert 'class="tone met"' not in page
            assert 'class="tone unknown"' in page
    for page in pages(found, []):
        assert 'class="tone met"' not in page


WARNED = parse_policy(
    """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  rrn: {role: direct, action: pseudonym_one_way, reason: r}
  born: {role: quasi, action: date_shift, params: {subject: rrn, unit: days}, reason: r}
  cost: {role: sensitive, action: order_preserving, params: {accept_leak_of_order: true}, reason: r}
"""
)


@pytest.mark.parametrize("blanked", [1, 2, 50])
def test_suppressed_rows_marked_with_an_asterisk_are_counted_as_no_class(blanked: int) -> None:
    people = pa.table({"age": ["30s", "30s", "40s", "40s"], "sex": ["*"] * 4, "health": ["a", "b", "a", "b"]})
    marked = pa.concat_tables(
        [people, pa.table({"age": ["*"] * blanked, "sex": ["*"] * blanked, "health": ["c"] * blanked})]
    )
    plain, found = (assess(table, ("age", "sex"), ("health",)) for table in (people, marked))
    assert as_json(found) | {"blanked_rows": 0} == as_json(plain)
    assert found.blanked == blanked
    assert found.k == 2.0
    assert as_json(found)["blanked_rows"] == blanked
    for language, said in (("ko", "삭제된 행입니다"), ("en", "were suppressed")):
        assert said in report_page(found, None, [], language, name="t")  # type: ignore[arg-type]
        assert said not in report_page(plain, None, [], language, name="t")  # type: ignore[arg-type]


def test_columns_generalised_to_an_asterisk_throughout_are_a_class_and_a_missing_value_is_one_too() -> None:
    alike = pa.table({"age": ["*"] * 7, "sex": pa.array(["*"] * 7).dictionary_encode()})
    assert (assess(alike, ("age", "sex"), ()).k, assess(alike, ("age", "sex"), ()).blanked) == (7.0, 0)
    missing = pa.table({"age": ["30s", "30s", None], "sex": ["m", "m", None]})
    assert (assess(missing, ("age", "sex"), ()).k, assess(missing, ("age", "sex"), ()).blanked) == (1.0, 0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_caution_of_the_policy_stands_in_the_report_in_words(language: Language) -> None:
    found = assess(TABLE, KEY, ("health",))
    page = report_page(found, None, [], language, name="t", known=cautions(WARNED))
    assert len(cautions(WARNED)) == 3
    for one in cautions(WARNED):
        assert escape(one.text.say(language)) in page
        assert escape(one.column or {"ko": "추출본 전체", "en": "the whole extract"}[language]) in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_report_without_a_policy_says_that_nobody_looked_for_cautions(language: Language) -> None:
    found = assess(TABLE, KEY, ("health",))
    said = {"ko": "정책이 주어지지 않아", "en": "No policy was given"}[language]
    for known, there in ((None, True), ([], False)):
        notes = [b for b in content(found, None, [], language, name="t", known=known).blocks if isinstance(b, Note)]
        assert [note.tone for note in notes if said in note.text] == ["unknown"] * there


def test_what_not_computed_means_is_said_where_a_figure_is_missing_and_only_there() -> None:
    found = assess(TABLE, KEY, ("health",), Population(EVERYBODY, "count"))
    assert not isinstance(found.attackers.journalist_highest, NotComputed)
    meanings = {"ko": "위험이 없다는 뜻이 아니라", "en": "does not mean that there is no risk"}
    for language, meaning in meanings.items():
        assert meaning not in report_page(found, None, [], language, name="t")  # type: ignore[arg-type]
        for name, one in blanked(found):
            assert meaning in report_page(one, None, [], language, name="t"), name  # type: ignore[arg-type]


EVERYBODY = TABLE.select(KEY).append_column("count", pa.array([100] * TABLE.num_rows))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_report_is_a_pdf_of_one_page_too(language: Language) -> None:
    found = assess(TABLE, KEY, ("health",))
    steps = bought(TABLE, TABLE.drop_columns(["education"]), dict.fromkeys(KEY, "keep"))
    demands = criteria(Release(k=2), found)
    data = report_pdf(found, found, demands, language, name="<b>표</b>", steps=steps, known=cautions(WARNED))
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") + data.count(b"/Type /Page/") == 1


def test_dates_and_numbers_also_those_of_a_csv_have_an_order_and_words_have_not() -> None:
    words = pa.table({"q": list("aabb"), "s": list("wxyz")})
    table = assess(words, ("q",), ("s",)).diversity["s"].closeness
    for kind in (pa.int64(), pa.float64(), pa.decimal128(25, 2), pa.date32(), pa.string()):
        values = pa.array([1, 2, 3, 4], pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)
        ordered = assess(pa.table({"q": list("aabb"), "s": values}), ("q",), ("s",)).diversity["s"].closeness
        assert isinstance(ordered, float)
        assert isinstance(table, float)
        assert ordered == pytest.approx(1 / 3)
        assert ordered <= table == pytest.approx(0.5)
