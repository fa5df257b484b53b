"""What a survey proposes for columns whose names and values seem to say different things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest
import yaml

from deid.survey import Survey, draft_policy, survey

ROWS = 300


class Held:
    """A table that is in memory."""

    def __init__(self, columns: dict[str, list[object]]) -> None:
        self.table = pa.table(columns)
        self.columns = tuple(self.table.column_names)
        self.rows = self.table.num_rows
        self.schema = self.table.schema

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the columns."""
        yield from self.table.select(list(columns)).to_batches()


def surveyed(**columns: list[object]) -> Survey:
    return survey(Held(columns))  # type: ignore[arg-type]  # nothing else of a table is looked at


def role_of(name: str, values: list[object]) -> str:
    ages: list[object] = [20 + n % 60 for n in range(len(values))]
    return surveyed(**{name: values, "age": ages}).columns[0].role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("환자번호", "direct"),
        ("면허번호", "direct"),
        ("patient_id", "direct"),
        ("면허취득일", "quasi"),
        ("email_date", "quasi"),
        ("접수", "quasi"),
    ],
)
def test_numbers_of_people_that_look_like_days_are_numbers_of_people(name: str, role: str) -> None:
    days: list[object] = [f"20{n % 20:02d}{n % 12 + 1:02d}{n % 28 + 1:02d}" for n in range(ROWS)]
    assert role_of(name, days) == role


@pytest.mark.parametrize("name", ["회원번호", "직원ID", "고객 코드", "학번", "사번", "대상자번호", "customer_id"])
def test_a_persons_number_in_a_table_of_events_is_direct(name: str) -> None:
    assert role_of(name, [str(5_000 + n * 37 % 140 * 11) for n in range(ROWS)]) == "direct"


@pytest.mark.parametrize("name", ["병원번호", "지역코드", "상품번호"])
def test_a_number_of_something_else_is_not_called_a_persons(name: str) -> None:
    assert role_of(name, [5_000 + n * 37 % 140 * 11 for n in range(ROWS)]) != "direct"


def test_a_column_of_contacts_of_many_kinds_is_direct_and_notes_are_not() -> None:
    kinds = ("010-{n:04d}-5678", "kim{n}@example.org", "서울특별시 종로구 세종대로 {n}", "{n}에게 물어볼 것")
    contacts: list[object] = [kinds[n % 4].format(n=1_000 + n) for n in range(ROWS)]
    assert role_of("how", contacts) == "direct"
    notes: list[object] = [f"{n}번째 상담에서 {contact} 쪽으로 다시 묻기로 함" for n, contact in enumerate(contacts)]
    assert role_of("memo", notes) == "free"


def test_drafts_of_related_tables_give_one_person_one_token() -> None:
    """A visit's number is kept apart from a person's; a person's, whatever its column is called, is not."""
    ages: list[object] = [20 + n % 60 for n in range(ROWS)]
    people = surveyed(id=list(range(1, ROWS + 1)), age=ages)
    visits = surveyed(id=list(range(1, ROWS + 1)), person_id=[n % 140 + 1 for n in range(ROWS)], age=ages)
    drawn = [
        yaml.safe_load(draft_policy(found, name="n", dataset="d", project="p", language="en"))["columns"]
        for found in (people, visits)
    ]
    assert "params" not in drawn[0]["id"]
    assert "same space" in drawn[0]["id"]["reason"]
    assert "params" not in drawn[1]["person_id"]
    assert drawn[1]["id"]["params"] == {"space": "id"}
