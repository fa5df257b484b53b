"""Counts that only a plural tells, few firms, numbered units, British numbers, lists of people."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from egress_review.checks.counted_words import by_words
from egress_review.checks.national_numbers import is_of_health, persons_abroad
from egress_review.checks.ocr import reader
from egress_review.checks.tables import read_delimited
from egress_review.findings import Flagged, NotChecked, Verdict
from tests.benchmarks.bench_egress import caught
from tests.benchmarks.bench_egress import look as judged
from tests.benchmarks.egress_twenty_third import PLANTED_TWENTY_THIRD, SAFE_TWENTY_THIRD
from tests.unit.egress_review.egress_files import flagged, look, places, png


def rules(name: str, content: str | bytes) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


@pytest.mark.parametrize("kind", PLANTED_TWENTY_THIRD)
def test_what_a_stranger_planted_is_caught_made_anew(kind: str) -> None:
    sample = PLANTED_TWENTY_THIRD[kind](random.Random(kind))
    assert caught(sample, judged(sample))


@pytest.mark.parametrize("kind", SAFE_TWENTY_THIRD)
def test_its_safe_twin_leaves(kind: str) -> None:
    sample = SAFE_TWENTY_THIRD[kind](random.Random(kind))
    assert judged(sample).verdict is not Verdict.FLAGGED


@pytest.mark.parametrize(
    ("heading", "counts"),
    [
        ("notifications", True),
        ("Exits", True),
        ("first_doses", True),
        ("폐업", True),
        ("신규 접수", True),
        ("points", False),
        ("days", False),
        ("median_days", False),
        ("status", False),
        ("loss", False),
        ("genes", False),
        ("일수", False),
        ("매출(백만원)", False),
    ],
)
def test_whole_numbers_of_groups_are_counts_where_a_plural_names_what_befell_them(heading: str, counts: bool) -> None:
    (table,) = read_delimited(
        f"area,{heading}\n" + "".join(f"Town {c},{n}\n" for c, n in zip("ABCDE", (120, 4, 98, 77, 51), strict=True))
    )
    assert (tuple(by_words(table, (1,), ())) == (1,)) is counts


def test_numbers_of_rows_whose_labels_repeat_count_nobody() -> None:
    (table,) = read_delimited("sex,visits\n" + "M,4\nF,31\n" * 12)
    assert not tuple(by_words(table, (1,), ()))


def test_a_plural_beside_the_results_of_a_model_counts_nobody() -> None:
    (table,) = read_delimited("set,hits,auc\na,40,0.8\nb,4,0.7\nc,9,0.6\n")
    assert not tuple(by_words(table, (1,), ()))


def test_a_part_is_never_above_the_people_that_it_is_of() -> None:
    (table,) = read_delimited("area,patients,uptake\na,400,120\nb,300,4\nc,200,90\n")
    assert tuple(by_words(table, (2,), (1,))) == (2,)
    (table,) = read_delimited("area,patients,uptake\na,400,120\nb,300,4\nc,20,90\n")
    assert not tuple(by_words(table, (2,), (1,)))


def test_cases_to_date_are_counts_and_no_dates() -> None:
    assert places(look("t.csv", "area,cases_to_date\na,400\nb,4\nc,77\n"), "cells.small") == [(3, 2)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("check 943 476 5919 again", True),
        ("check 943-476-5919 again", True),
        ("check 943 476 5918 again", False),
        ("call 031-555-1234", False),
        ("12 943 476 5919 30", False),
        ("c('JT384719B', 'x')", True),
        ("patent EP384719B", False),
        ("GB384719B and BG384719A", False),
        ("the SKU JT3847190", False),
    ],
)
def test_british_numbers_are_known_without_a_word_for_them(words: str, found: bool) -> None:
    assert bool(list(persons_abroad(words))) is found


def test_one_in_eleven_of_a_list_of_numbers_is_nobody() -> None:
    lines = [f"943 476 {n:04}." for n in range(5900, 5922)]
    assert sum(is_of_health(line) for line in lines) == 2
    assert not list(persons_abroad("\n".join(lines)))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("선박용엔진(2개사): 3조 1,204억원", True),
        ("두 기업의 매출은 410억원이다.", True),
        ("Turnover of £4.1m came from two firms.", True),
        ("Marine engines (2 firms): £120m", True),
        ("자동차부품(412개사): 41.2조원", False),
        ("상위 3개사의 매출은 41.2조원이다.", False),
        ("The top 3 firms hold £4.1bn.", False),
        ("기업 3개사 미만은 410억원에 넣지 않았다.", False),
        ("The 3 companies that reviewed this are listed below.", False),
    ],
)
def test_few_firms_behind_a_sum_are_a_small_cell(line: str, found: bool) -> None:
    assert ("cells.small" in rules("memo.md", f"# 매출\n\n- {line}\n")) is found


def test_a_list_of_people_in_the_description_of_a_drawing_is_found() -> None:
    people = "; ".join(f"case 724405{n} 2020-0{n}-18 age {60 + n}" for n in range(1, 6))
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{people}</desc></svg>"
    assert "table.singular" in rules("map.svg", drawing)


def test_weeks_are_no_text_that_was_cut_up_and_pieces_are() -> None:
    weeks = "".join(f"2021-W{n:02},{3000 + n}\n" for n in range(1, 53))
    assert not flagged(look("w.csv", f"iso_week,people\n{weeks}"), "text.encoded")
    chance = random.Random(4)
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    pieces = "".join(f"{''.join(chance.choices(letters, k=10))},{3000 + n}\n" for n in range(52))
    assert flagged(look("w.csv", f"name,people\n{pieces}"), "text.encoded")
    digits = "".join(f"{n:07}"[:3] + f"k{n % 1000:03}B{n % 9973:04},3000\n" for n in chance.sample(range(10**7), 300))
    assert flagged(look("w.csv", f"name,people\n{digits}"), "text.encoded")


def test_a_password_of_an_address_is_a_secret_and_no_number_of_insurance() -> None:
    report = look("db.py", 'URL = "postgresql://ana:9434765919@db:5432/x"\n')
    assert {rule for rule, _ in flagged(report)} == {"text.secret"}


def test_people_of_the_same_region_in_two_printed_years_are_not_held_to_each_other() -> None:
    rows = "| 2,018 | East | 1200 |\n| 2,019 | East | 1204 |\n| 2,018 | West | 900 |\n| 2,019 | West | 955 |\n"
    assert not rules("t.md", f"| year | region | patients |\n|---|---|---|\n{rows}")


def test_words_in_a_picture_are_told_as_not_checked_where_no_program_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reader.cache_clear()
    told = {f.rule for f in look("shot.png", png()).findings if isinstance(f, NotChecked)}
    reader.cache_clear()
    assert {"image.text", "image.content"} <= told


def test_a_table_of_counts_without_a_row_is_checked_like_any_other() -> None:
    report = look("crosstab.csv", 'at": 4, "nbformat_minor": 5}')
    assert not [f.rule for f in report.findings if isinstance(f, NotChecked) and f.rule.startswith("cells.")]
