"""Surveying a table before anyone asks for it: what its columns are, what may identify, and what would have to be done.

The answers are proposals with their reasons: a person decides. No value of the data is in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from audit.text import Language, Text
from deid.catalogue import Role
from deid.column_names import A_DAY, DIRECT, NAMED, NUMBERED, OF_A_PERSON
from deid.errors import DataError
from deid.identifiers import detect
from deid.label_names import label_names
from deid.number_windows import Rules
from deid.risk.classes import classes
from deid.risk.measures import Figure, NotComputed, k_anonymity, uniques
from deid.sources import Table

Kind = Literal["number", "date", "text", "empty"]
Readiness = Literal["ready", "after_deid", "after_quality", "not_providable"]

MAX_BYTES = 4 * 2**30
"""A table is held in memory as a whole."""
SAMPLE_VALUES = 2_000
"""So many distinct values of a text column are searched for identifiers."""
IDENTIFYING_SHARE = 0.2
_MIXED_LABELS = 3
_MIXED_SHARE = 0.05
_MOST_PROSE = 0.5
_BARE = 0.8
"""Of such a value no less is identifiers: a label in front, as of a telephone, is none."""
_SHORTEST_GIVEN = 100_000_000
"""Numbers that were given to people have nine digits or more."""
FREE_LENGTH = 40
MISSING_LIMIT = 0.5
MIXED_LIMIT = 0.01
FEW_VALUES = 200
MOST_CODES = 10
"""As many intervals as a draft makes of numbers; fewer values are codes, such as of sex."""
_WIDTHS = (2, 5, 10, 20)
K_WANTED = 5

READINESS: Mapping[Readiness, Text] = MappingProxyType(
    {
        "ready": Text("바로 제공 가능", "ready"),
        "after_deid": Text("가명·비식별 처리 후 제공 가능", "after de-identification"),
        "after_quality": Text("품질 개선 후 제공 가능", "after quality work"),
        "not_providable": Text("제공 불가", "not providable"),
    }
)

KINDS: Mapping[Kind, Text] = MappingProxyType(
    {
        "number": Text("숫자", "numbers"),
        "date": Text("날짜", "dates"),
        "text": Text("글자", "texts"),
        "empty": Text("빈 열", "empty"),
    }
)

_ONE_SPACE = Text(
    "사람의 번호라면, 같은 사람의 번호가 있는 다른 표의 열에도 같은 space를 적거나 둘 다 적지 않아야 이어짐",
    "if it numbers people, the column of another table with the same person's number needs the same space, or neither",
)
_ACTIONS: Mapping[Role, tuple[str, dict[str, object]]] = MappingProxyType(
    {
        "direct": ("pseudonym_one_way", {}),
        "free": ("scrub_text", {}),
        "sensitive": ("keep", {}),
        "quasi": ("keep", {}),
        "keep": ("keep", {}),
        "drop": ("drop", {}),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """What was found in one column."""

    name: str
    kind: Kind
    missing: float
    """The share of rows without a value."""
    distinct: int
    identifiers: Mapping[str, float]
    """Labels of direct identifiers and the share of the values looked at that hold one."""
    mixed: float
    """The share of values that are no number in a column of numbers."""
    role: Role
    reason: Text


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found in a table."""

    rows: int
    columns: tuple[Column, ...]
    duplicates: int
    """Rows that are like another in every column."""
    k: Figure
    unique_rows: int
    readiness: Readiness
    reasons: tuple[Text, ...]

    def of_role(self, role: Role) -> tuple[str, ...]:
        """Return the columns for which a role is proposed."""
        return tuple(column.name for column in self.columns if column.role == role)


def survey(
    source: Table, progress: Callable[[int, int | None], None] = lambda _done, _all: None, *, more: Rules = ()
) -> Survey:
    """Look at a whole table; `more` are the recognisers of the zone.

    Raises: DataError — if it cannot be read, or is larger than a survey holds in memory.
    """
    batches = list(_held(source, progress))
    table = (
        pa.Table.from_batches(batches) if batches else pa.table({n: pa.array([], pa.string()) for n in source.columns})
    )
    columns = tuple(_column(name, table.column(name), table.num_rows, more) for name in table.column_names)
    quasi = [column.name for column in columns if column.role == "quasi"]
    found = classes(table, quasi)
    duplicates = table.num_rows - len(classes(table, table.column_names).sizes)
    k: Figure = (
        k_anonymity(found) if quasi else NotComputed(Text("식별가능정보 열이 없습니다.", "no quasi-identifiers."))
    )
    readiness, reasons = _readiness(table.num_rows, columns, duplicates, k)
    return Survey(table.num_rows, columns, duplicates, k, uniques(found) if quasi else 0, readiness, reasons)


def _held(source: Table, progress: Callable[[int, int | None], None]) -> Iterator[pa.RecordBatch]:
    """Yield the table, refused where it would not fit: what a survey says is about all of it."""
    rows = size = 0
    for batch in source.batches(source.columns):
        yield batch
        rows, size = rows + batch.num_rows, size + batch.nbytes
        progress(rows, source.rows)
        if size > MAX_BYTES:
            raise DataError(
                Text(
                    f"{MAX_BYTES // 2**30} GiB보다 큰 자료는 조사할 수 없습니다. 나누거나 표본을 조사하십시오.",
                    f"a table of more than {MAX_BYTES // 2**30} GiB cannot be surveyed; cut it or take a sample.",
                )
            )


def draft_policy(found: Survey, *, name: str, dataset: str, project: str, language: Language = "ko") -> str:
    """Return a policy to begin with, as text; every column is named with the reason for its role."""
    columns: dict[str, object] = {}
    alone = isinstance(found.k, float) and found.k < K_WANTED
    events = any(c.role == "direct" and re.search(OF_A_PERSON, c.name.lower()) for c in found.columns)
    for column in found.columns:
        action, params = _coarser(column) if alone and column.role == "quasi" else _ACTIONS[column.role]
        reason = column.reason.say(language)
        if _numbers_rows(column):
            # A bare id numbers people, unless another column does.
            if events or column.name.strip().lower() != "id":
                params = {"space": column.name}  # a visit and a person with one number are not one
            else:
                reason += f" · {_ONE_SPACE.say(language)}"
        entry: dict[str, object] = {"role": column.role, "action": action}
        if params:
            entry["params"] = params
        columns[column.name] = {**entry, "reason": reason}
    document = {
        "version": 1,
        "name": name,
        "dataset": dataset,
        "project": project,
        "purpose": "scientific_research",
        "order": "shuffled",
        "columns": columns,
        "release": {"k": K_WANTED, "max_suppression": 0.05},
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def _coarser(column: Column) -> tuple[str, dict[str, object]]:
    """Return how a column that helps to single people out is made coarser; the risk report judges whether enough."""
    if column.kind == "date":
        return "date_floor", {"unit": "quarter"}
    if column.kind == "number" and MOST_CODES < column.distinct <= FEW_VALUES:
        return "range", {"width": next((w for w in _WIDTHS if column.distinct <= w * MOST_CODES), _WIDTHS[-1])}
    if column.kind == "text":
        return "rare_to_other", {"min_count": K_WANTED}
    return _ACTIONS["quasi"]


def _column(name: str, column: pa.ChunkedArray, rows: int, more: Rules) -> Column:
    missing = _blank(column) / rows if rows else 0.0
    values = pc.drop_null(column)
    distinct = pc.count_distinct(values).as_py()
    kind, mixed = _kind(values)
    found = _identifiers(name, values, more) if kind == "text" or _long(values) else _Identifiers()
    if kind != "text" and not any(share >= IDENTIFYING_SHARE for share in found.whole.values()):
        found = replace(found, held={})  # a few measurements look like a number of a person by chance
    role, reason = _role(name, kind, values, distinct, found, rows)
    return Column(name, kind, missing, distinct, found.held, mixed, role, reason)


def _blank(column: pa.ChunkedArray) -> int:
    empty = 0
    if pa.types.is_string(column.type):
        empty = pc.sum(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py() or 0
    return int(column.null_count + empty)


def _kind(values: pa.ChunkedArray) -> tuple[Kind, float]:
    """Return what a column holds; text that is nearly all numbers is a column of numbers with faults."""
    if not len(values):
        return "empty", 0.0
    if pa.types.is_temporal(values.type):
        return "date", 0.0
    if not pa.types.is_string(values.type):
        return "number", 0.0
    sample = pc.utf8_trim_whitespace(values.slice(0, 20_000))
    numbers = pc.sum(pc.match_substring_regex(sample, r"^[-+]?[0-9]{1,12}(\.[0-9]+)?$")).as_py() or 0
    dates = pc.sum(pc.match_substring_regex(sample, r"^(19|20)[0-9]{2}[-./]?[01][0-9][-./]?[0-3][0-9]$")).as_py() or 0
    if dates > 0.9 * len(sample):
        return "date", 1 - dates / len(sample)
    leading = pc.any(pc.match_substring_regex(sample, r"^0[0-9]")).as_py()
    if numbers > 0.8 * len(sample) and not leading:
        return "number", 1 - numbers / len(sample)
    return "text", 0.0


def _long(values: pa.ChunkedArray) -> bool:
    """Return whether whole numbers are as long as numbers given to people."""
    return pa.types.is_integer(values.type) and len(values) > 0 and bool(pc.min(values).as_py() >= _SHORTEST_GIVEN)


@dataclass(frozen=True, slots=True)
class _Identifiers:
    """What was found in the values that were looked at, as shares of them."""

    held: Mapping[str, float] = field(default_factory=dict)
    """By label: those that hold an identifier."""
    whole: Mapping[str, float] = field(default_factory=dict)
    """By label: those that are half one identifier or more."""
    bare: float = 0.0
    """Those that are nothing but identifiers, of whatever labels."""


def _identifiers(name: str, values: pa.ChunkedArray, more: Rules) -> _Identifiers:
    looked = [str(value) for value in pc.unique(values).slice(0, SAMPLE_VALUES).to_pylist()]
    found: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    bare = 0
    for value in looked:
        spans = detect(value, heading=name, more=more)
        found.update(sorted({span.label for span in spans}))
        whole.update(sorted({span.label for span in spans if 2 * (span.end - span.start) >= len(value.strip())}))
        bare += sum(span.end - span.start for span in spans) >= _BARE * len(value.strip()) > 0
    held, most = ({label: count / len(looked) for label, count in one.most_common()} for one in (found, whole))
    return _Identifiers(held, most, bare / len(looked))


def _role(
    name: str,
    kind: Kind,
    values: pa.ChunkedArray,
    distinct: int,
    found: _Identifiers,
    rows: int,
) -> tuple[Role, Text]:
    identifiers, whole = found.held, found.whole
    if kind == "empty" or distinct <= 1:
        return "drop", _same_everywhere(kind, distinct, identifiers)
    # A note that names somebody is a text to be scrubbed; only a column of names is nothing but an identifier.
    for label, share in whole.items():
        if share >= IDENTIFYING_SHARE and label not in ("URL", "IP") and not _is_prose(found):
            ko, en = label_names([label], "ko"), label_names([label], "en")
            return "direct", Text(
                f"값의 {share:.0%}가 식별정보({ko})임", f"{share:.0%} of values are an identifier ({en})"
            )
    if kind == "text" and distinct > 0.95 * rows and _one_word(values):
        return "direct", Text("행마다 값이 달라 식별번호로 보임", "nearly every row has a value of its own")
    if kind == "text" and (pc.mean(pc.utf8_length(values)).as_py() or 0) > FREE_LENGTH:
        return "free", Text("긴 글이 들어 있음", "it holds long texts")
    if kind == "text" and re.search(NAMED[0][1], name.lower()):
        return "direct", Text(f"열 이름({name})에 따른 제안", f"proposed for its name ({name})")
    if identifiers:
        return "free", Text("일부 값에 식별정보가 섞여 있음", "some of its values hold identifiers")
    if kind == "number" and (_running(values, distinct, rows) or (_is_numbered(name) and distinct > rows / 2)):
        return "direct", Text("행마다 다른 번호로 보임", "it looks like a number of its own for each row")
    if kind == "date" and (re.search(A_DAY, name.lower()) or not re.search(NAMED[0][1], name.lower())):
        return "quasi", Text("날짜는 다른 열과 합치면 식별 가능", "a date: it identifies together with others")
    for role, words in NAMED:
        if re.search(words, name.lower()):
            return role, Text(f"열 이름({name})에 따른 제안", f"proposed for its name ({name})")
    if distinct > 0.95 * rows and kind == "text":
        return "direct", Text("행마다 값이 달라 식별번호로 보임", "nearly every row has a value of its own")
    if distinct <= min(FEW_VALUES, max(2, rows // 20)):
        return "quasi", Text(
            "값의 종류가 적어 다른 열과 합치면 식별 가능", "few values: they identify together with others"
        )
    return "sensitive", Text("사람에 관한 측정값으로 보임", "it looks like a measurement of a person")


def _numbers_rows(column: Column) -> bool:
    """Return whether a direct identifier is a number of rows: neither its name nor its values say that of people."""
    named = re.search(DIRECT, column.name.lower())
    return column.role == "direct" and column.kind == "number" and not column.identifiers and not named


def _is_numbered(name: str) -> bool:
    return re.search(NUMBERED, name.lower()) is not None


def _one_word(values: pa.ChunkedArray) -> bool:
    """Return whether texts are single words, as numbers with letters in them and digests are; notes are not."""
    spaced = pc.mean(pc.match_substring_regex(pc.utf8_trim_whitespace(values), r"\s")).as_py()
    return spaced is not None and spaced < IDENTIFYING_SHARE


def _running(values: pa.ChunkedArray, distinct: int, rows: int) -> bool:
    """Return whether whole numbers count the rows: every row has the next one, in whatever order."""
    if distinct < rows or rows < K_WANTED:
        return False
    try:
        ends = pc.min_max(pc.cast(values, pa.int64())).as_py()
    except pa.ArrowException:
        return False
    return bool(ends["max"] - ends["min"] + 1 == distinct)


def _is_prose(found: _Identifiers) -> bool:
    """Return whether values hold identifiers of many kinds, and few are little but identifiers: notes do."""
    many = sum(share >= _MIXED_SHARE for share in found.held.values()) >= _MIXED_LABELS
    return many and max(found.whole.values(), default=0.0) < _MOST_PROSE and found.bare < _MOST_PROSE


def _same_everywhere(kind: Kind, distinct: int, identifiers: Mapping[str, float]) -> Text:
    """Return why a column that tells no row from another is left out, and what its value was found to hold."""
    if kind == "empty" or not distinct:
        return Text("값이 없어 제외함", "it has no value, so it is dropped")
    if identifiers:
        ko, en = label_names(sorted(identifiers), "ko"), label_names(sorted(identifiers), "en")
        return Text(
            f"모든 값이 같아 제외함. 그 값에 식별정보({ko})가 있음",
            f"all its values are the same, so it is dropped; that value holds an identifier ({en})",
        )
    if kind == "text":
        return Text(
            "모든 값이 같아 제외함. 그 값에서 식별정보를 찾지 못함",
            "all its values are the same, so it is dropped; no identifier was found in that value",
        )
    return Text("모든 값이 같아 제외함", "all its values are the same, so it is dropped")


def _readiness(rows: int, columns: Sequence[Column], duplicates: int, k: Figure) -> tuple[Readiness, tuple[Text, ...]]:
    useful = [column for column in columns if column.role in ("quasi", "sensitive", "keep")]
    if not rows or not useful:
        return "not_providable", (
            Text("식별정보와 글 외에 남는 자료가 없음", "nothing is left but identifiers and texts"),
        )
    faults = [
        Text(f"{column.name}: 결측 {column.missing:.0%}", f"{column.name}: {column.missing:.0%} missing")
        for column in useful
        if column.missing > MISSING_LIMIT
    ]
    faults += [
        Text(f"{column.name}: 숫자가 아닌 값 {column.mixed:.1%}", f"{column.name}: {column.mixed:.1%} are no numbers")
        for column in columns
        if column.mixed > MIXED_LIMIT
    ]
    # Without an identifier two people may well be alike in every column.
    if duplicates > rows // 100 and any(column.role == "direct" for column in columns):
        faults.append(Text(f"똑같은 행 {duplicates:,}개", f"{duplicates:,} rows are like another"))
    if faults:
        return "after_quality", tuple(faults)
    risks = [
        Text(f"{column.name}: {column.reason.ko}", f"{column.name}: {column.reason.en}")
        for column in columns
        if column.role in ("direct", "free") or (column.role == "drop" and column.identifiers)
    ]
    if isinstance(k, float) and k < K_WANTED:
        risks.append(Text(f"k-익명성 {k:.0f} (기준 {K_WANTED})", f"k-anonymity is {k:.0f}, {K_WANTED} is wanted"))
    return ("after_deid", tuple(risks)) if risks else ("ready", ())
