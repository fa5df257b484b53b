"""Keys that a program lists, tables in long form, names that R joins: people, and what only looks like them."""

from __future__ import annotations

import json
import random

import pytest

from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import look

KEYS = [str(number) for number in random.Random(5).sample(range(10_000_000, 100_000_000), 40)]


def rules(name: str, content: str) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


def notebook(source: str, printed: str) -> str:
    """A notebook of one cell, with what it printed."""
    output = {"name": "stdout", "output_type": "stream", "text": printed}
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": [output]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def long_table(head: str, keys: list[str], told: dict[str, list[str]], delimiter: str = ",") -> str:
    """A table in long form, with values of each variable by chance."""
    chance = random.Random(4)
    rows = [delimiter.join((key, name, chance.choice(values))) for key in keys for name, values in told.items()]
    return "\n".join([head, *rows]) + "\n"


PARTICULARS = {"sex": ["M", "F"], "age": [str(age) for age in range(19, 90)], "city": ["Seoul", "Busan", "Daegu"]}


@pytest.mark.parametrize(("head", "delimiter"), [("key,variable,value", ","), ("번호;항목;값", ";")])
def test_a_table_in_long_form_is_judged_as_the_wide_one_that_it_is(head: str, delimiter: str) -> None:
    assert "table.singular" in rules("long.csv", long_table(head, KEYS, PARTICULARS, delimiter))


def test_rows_of_words_below_a_heading_are_data_where_each_begins_with_a_key() -> None:
    table = "emp_no,variable,value\n" + "".join(f"E{key},sex,{'MF'[int(key) % 2]}\n" for key in KEYS)
    table += "".join(f"E{key},birth_year,{1950 + int(key) % 50}\n" for key in KEYS)
    assert "table.records" in rules("long.csv", table)


def test_long_tables_of_regions_and_of_terms_of_a_model_pass() -> None:
    figures = [f"{number}.4" for number in range(100, 190)]
    regions = ["Seoul", "Busan", "Daegu", "Incheon", "Gwangju", "Daejeon", "Ulsan", "Sejong"]
    assert not rules("a.csv", long_table("region,variable,value", regions, {"rate": figures, "median_age": figures}))
    terms = ["(Intercept)", "age", "sexF", "bmi", "smoker", "income"]
    assert not rules("b.csv", long_table("term,item,value", terms, {"estimate": figures, "std.error": figures}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ipynb", notebook("d['학생ID'].unique()", "[" + " ".join(f"'S{key}'" for key in KEYS) + "]\n")),
        (
            "b.txt",
            "".join(
                f" [{5 * i + 1}] " + " ".join(f'"HH{k}"' for k in KEYS[5 * i : 5 * i + 5]) + "\n" for i in range(6)
            ),
        ),
        ("c.txt", "".join(f"{at}     A-{key}\n" for at, key in enumerate(KEYS)) + "Name: key, dtype: object\n"),
        ("d.txt", "대상자번호: " + ", ".join(KEYS[:8]) + "\n"),
        ("e.json", json.dumps({"left": [f"R{key}" for key in KEYS]}, indent=1)),
    ],
)
def test_a_list_of_keys_of_people_does_not_leave(name: str, content: str) -> None:
    assert "table.records" in rules(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("snps.txt", "Top: " + ", ".join(f"rs{key}" for key in KEYS) + "\n"),
        ("genes.txt", "Genes: " + " ".join(f"ENSG{key}" for key in KEYS) + "\n"),
        ("places.txt", "지역 코드: " + ", ".join(map(str, range(11110, 11750, 30))) + "\n"),
        ("tickets.txt", "Tickets: " + ", ".join(f"PROJ-{12000 + 3 * i}" for i in range(12)) + "\n"),
        (
            "n.ipynb",
            notebook("df.groupby('y')['patient_id'].nunique().values", "[123456 223456 198232 212311 201112]\n"),
        ),
    ],
)
def test_lists_of_genes_places_tickets_and_counts_pass(name: str, content: str) -> None:
    assert not rules(name, content)


def test_names_of_people_that_are_joined_by_points_are_names() -> None:
    vector = "> head(rstandard(m), 2)\nPriya.Castellano  Marcus.Lindqvist\n   4.11   3.98\n"
    assert "identifier.person" in rules("r.txt", vector)
    assert "identifier.person" in rules("r.csv", "row,residual\nDaniel_Smith,3.2\nHelena_Kovacs,3.1\n")


def test_variables_that_are_joined_by_points_are_none() -> None:
    assert not rules("r.txt", "Sepal.Length  Sepal.Width  Petal.Length\n   5.84   3.05   3.75\n")
