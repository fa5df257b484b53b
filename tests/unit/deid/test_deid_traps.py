"""The traps of de-identification, each by its name; `TRAPS` says which tests keep out of which."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from deid.action import Action
from deid.actions.dates import DateShift
from deid.actions.deletion import LONGEST_KEPT, Keep, RareToOther, SuppressLocal
from deid.actions.encryption import OrderPreserving, PseudonymOneWay, PseudonymReversible
from deid.actions.generalisation import Range, Round, RoundControlled, RoundRandom, TopBottomCode
from deid.actions.randomisation import Noise
from deid.actions.statistics import Aggregate, Microaggregate
from deid.actions.tokens import Tokenize
from deid.cautions import cautions
from deid.engine import apply
from deid.errors import DataError
from deid.policy import parse_policy
from deid.pseudonyms import original
from deid.sources import open_table
from tests.unit.deid.deid_world import KEY, changed

TRAPS: dict[str, tuple[str, ...]] = {
    "an unknown column passes": ("an_extract_has_the_columns_of_the_policy_and_no_other",),
    "NaN, the empty text and blanks are mixed up": (
        "nan_is_a_missing_value_and_never_a_number",
        "an_empty_text_a_blank_and_nan_have_no_pseudonym_and_are_one_gap_in_numbers",
        "empty_and_blank_texts_are_values_of_their_own_and_missing_is_not_one_of_them",
    ),
    "whole numbers are read as floats": (
        "whole_numbers_read_as_floats_have_the_token_of_the_number_and_fractions_are_refused",
    ),
    "leading zeroes are lost": (
        "leading_zeroes_make_another_identifier",
        "leading_zeroes_of_a_csv_survive_reading_writing_and_a_range",
    ),
    "a category keeps levels that nobody has": ("nothing_of_the_source_rides_along",),
    "statistics and metadata of Parquet carry raw values": (
        "nothing_of_the_source_rides_along",
        "rows_that_were_left_out_are_in_no_statistics_of_the_extract",
    ),
    "the order of rows is that of the source": (
        "a_shuffled_extract_has_the_same_rows_in_another_order",
        "a_policy_says_what_it_shows_although_it_is_permitted",
    ),
    "weekdays reveal a shift of dates": ("a_shift_by_weeks_keeps_every_weekday_and_one_by_days_is_warned_of",),
    "an engine takes a column for an id and leaves it out": (
        "whole_numbers_that_are_all_different_are_learnt_as_numbers_and_taken_for_no_id",
        "keys_are_new_and_each_is_there_once",
    ),
    "nothing has a pseudonym": ("a_missing_or_empty_identifier_has_no_token",),
    "a cell of a CSV is a formula": (
        "a_csv_extract_holds_no_formula",
        "an_inventory_runs_no_formula_and_escapes_names",
    ),
    "a text is in CP949": (
        "a_table_in_any_spelling_is_read_as_it_was_written",
        "the_first_korean_letter_decides_however_far_down_it_stands",
    ),
    "prose is declared as kept": ("prose_that_is_declared_keep_is_refused_unless_somebody_read_it",),
    "suppressed rows are counted as a class": (
        "suppressed_rows_marked_with_an_asterisk_are_counted_as_no_class",
        "columns_generalised_to_an_asterisk_throughout_are_a_class_and_a_missing_value_is_one_too",
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_has_a_test_by_its_name(trap: str) -> None:
    places = Path(__file__).parents[2]
    files = [*(places / "unit" / "deid").glob("test_*.py"), *(places / "integration" / "deid").glob("test_*.py")]
    written = "".join(path.read_text(encoding="utf-8") for path in files)
    for name in TRAPS[trap]:
        assert written.count(f"def test_{name}(") == 1, name


def test_leading_zeroes_of_a_csv_survive_reading_writing_and_a_range(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("no,zip,age\n007,00123,07\n7,123,7\n", encoding="utf-8")
    rules = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  no: {role: direct, action: pseudonym_reversible, reason: r}
  zip: {role: quasi, action: keep, reason: r}
  age: {role: quasi, action: range, params: {width: 10}, reason: r}
"""
    for ending in ("csv", "parquet"):
        apply(parse_policy(rules), open_table(tmp_path / "in.csv"), KEY, tmp_path / f"out.{ending}")
        rows = pa.Table.from_batches(list(open_table(tmp_path / f"out.{ending}").batches(("no", "zip", "age"))))
        key = KEY.derive("reversible|person")
        assert [original(token, key) for token in rows.column("no").to_pylist()] == ["007", "7"]
        assert rows.column("zip").to_pylist() == ["00123", "123"]
        assert len(set(rows.column("age").to_pylist())) == 1


ON_NUMBERS: list[Action] = [
    Aggregate(),
    Microaggregate(by=("group",)),
    Noise(scale=1.0),
    OrderPreserving(accept_leak_of_order=True),
    Range(width=10),
    Round(to=10),
    RoundControlled(to=10),
    RoundRandom(to=10),
    TopBottomCode(top=50),
]


@pytest.mark.parametrize("action", ON_NUMBERS, ids=lambda action: type(action).__name__)
@pytest.mark.parametrize("gap", [math.nan, None], ids=["NaN", "null"])
def test_nan_is_a_missing_value_and_never_a_number(action: Action, gap: float | None) -> None:
    group = ["a", "a", "b"]
    assert changed(action, [11.0, gap, 42.0], group=group) == changed(action, [11.0, None, 42.0], group=group)


@pytest.mark.parametrize("action", ON_NUMBERS, ids=lambda action: type(action).__name__)
@pytest.mark.parametrize("endless", [math.inf, -math.inf, "inf", "1e999"])
def test_what_has_no_end_is_refused_by_its_row(action: Action, endless: object) -> None:
    values = ["1", endless, "2"] if isinstance(endless, str) else [1.0, endless, 2.0]
    with pytest.raises(DataError, match="row 2"):
        changed(action, values, group=["a", "a", "b"])


def test_an_empty_text_a_blank_and_nan_have_no_pseudonym_and_are_one_gap_in_numbers() -> None:
    for action in (PseudonymOneWay(), PseudonymReversible(), Tokenize()):
        assert changed(action, ["", "  ", None, "\u3000", "7"])[:4] == [None] * 4
        assert changed(action, [math.nan, 7.0])[0] is None
    assert changed(Round(to=10), ["", "  ", None, "7"]) == [None, None, None, 10]


def test_empty_and_blank_texts_are_values_of_their_own_and_missing_is_not_one_of_them() -> None:
    shown = changed(RareToOther(min_count=2), ["", "", " ", None, None, "x", "x"])
    assert shown == ["", "", "기타", None, None, "x", "x"]
    assert changed(SuppressLocal(fewer_than=2), ["", "", " ", None, "x", "x"]) == ["", "", None, None, "x", "x"]


def test_a_shift_by_weeks_keeps_every_weekday_and_one_by_days_is_warned_of() -> None:
    workdays = [date(2024, 1, 1) + timedelta(days=7 * n + n % 5) for n in range(200)]
    shifted = changed(DateShift(subject="who", most=8), workdays, who=[f"p{n}" for n in range(200)])
    assert [day.weekday() for day in shifted if isinstance(day, date)] == [day.weekday() for day in workdays]
    assert DateShift(subject="who").caution() is None
    assert DateShift(subject="who", unit="days").caution() is not None


def test_prose_that_is_declared_keep_is_refused_unless_somebody_read_it() -> None:
    prose = "환" * (LONGEST_KEPT + 1)
    with pytest.raises(DataError, match="row 3") as caught:
        changed(Keep(), ["a", None, prose])
    assert prose not in str(caught.value)
    assert changed(Keep(long_text=True), [prose]) == [prose]
    assert changed(Keep(), ["환" * LONGEST_KEPT, None]) == ["환" * LONGEST_KEPT, None]


def test_a_policy_says_what_it_shows_although_it_is_permitted() -> None:
    text = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: {order}
columns:
  rrn: {{role: direct, action: pseudonym_one_way, reason: r}}
  born: {{role: quasi, action: date_shift, params: {{subject: rrn, unit: days}}, reason: r}}
  cost: {{role: sensitive, action: order_preserving, params: {{accept_leak_of_order: true}}, reason: r}}
"""
    found = cautions(parse_policy(text.format(order="source")))
    assert [caution.column for caution in found] == ["born", "cost", None]
    assert [c.column for c in cautions(parse_policy(text.format(order="shuffled")))] == ["born", "cost"]
    assert "순서" in found[1].text.ko
