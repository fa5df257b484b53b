"""The Korean data set is repeatable, in the promised encoding, plausible, and holds its singular values."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from hub_config.demo.population import (
    AGES,
    DAYS,
    DISTRICTS,
    ENCODING,
    FILE_NAME,
    HEADER,
    PLANTED,
    SEXES,
    Key,
    write_population,
)

Row = dict[str, str]


@pytest.fixture(scope="module")
def table(population: Path) -> list[Row]:
    lines = (population / FILE_NAME).read_bytes().decode(ENCODING).split("\r\n")
    assert lines[-1] == ""
    return [dict(zip(HEADER, line.split("|"), strict=True)) for line in lines[1:-1]]


def key(row: Row) -> Key:
    return Key(int(row["기준일자"][-2:]) - 2, int(row["시간대"]), row["행정동명"], row["성별"], row["연령대"])


def test_two_generations_are_byte_identical(population: Path, tmp_path: Path) -> None:
    write_population(tmp_path)
    for file in (FILE_NAME, "README.md"):
        assert (tmp_path / file).read_bytes() == (population / file).read_bytes()


def test_the_file_of_this_seed_is_the_published_one(population: Path) -> None:
    digest = hashlib.sha256((population / FILE_NAME).read_bytes()).hexdigest()
    assert digest == "efb58cae0e8634b4bd599197811cb0a4d5f36bf2e5792f8937c590eae5d13525"


def test_the_text_survives_the_way_through_cp949(population: Path) -> None:
    content = (population / FILE_NAME).read_bytes()
    assert content.decode("cp949").encode("cp949") == content
    assert content.decode("cp949").split("\r\n")[0].split("|") == list(HEADER)
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


def test_every_hour_of_every_place_and_group_stands_exactly_once(table: list[Row]) -> None:
    assert len(table) == DAYS * 24 * len(DISTRICTS) * len(SEXES) * len(AGES) == 107_520
    assert max(Counter(map(key, table)).values()) == 1


def test_every_planted_value_is_in_the_file(table: list[Row]) -> None:
    found = {key(row): row for row in table if key(row) in PLANTED}
    for place, values in PLANTED.items():
        row = found[place]
        assert (int(row["체류인구수"]), int(row["유입인구수"]), int(row["평균체류분"])) == values


def test_a_planted_child_is_the_only_one_ever_seen_in_the_hamlet(table: list[Row]) -> None:
    children = [row for row in table if row["행정동명"] == "하늘재동" and row["연령대"] == "10세미만"]
    assert sum(int(row["체류인구수"]) for row in children) == 1


def test_offices_fill_by_day_and_homes_by_night(table: list[Row]) -> None:
    people: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in table:
        people[row["행정동명"], row["시간대"]] += int(row["체류인구수"])
    assert people["시청동", "13"] > 5 * people["시청동", "03"]
    assert people["안심1동", "03"] > 1.5 * people["안심1동", "13"]


def test_counts_agree_with_each_other(table: list[Row]) -> None:
    for row in table:
        assert 0 <= int(row["유입인구수"]) <= int(row["체류인구수"])
        assert 0 <= int(row["평균체류분"]) <= 60


def test_codes_belong_to_no_real_district(table: list[Row]) -> None:
    assert {row["행정동코드"][:2] for row in table} == {"99"}
