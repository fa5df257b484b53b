"""Columns that are not learnt but made: keys, and what names or reaches a person, invented and never real.

Names are of a list of common Korean names, less every name that the source holds. Telephone numbers begin 010-0,
which is given to nobody (전기통신번호관리세칙: the digit after 010 is 2 to 9). Building numbers of 90,000 and more
would need a street of 900 km (도로명주소법: two numbers every 20 m). Resident numbers have a month of
birth of 41 to 52 and a wrong check digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.errors import DataError
from deid.korean_name_words import COMMON_GIVEN, COMMON_SURNAMES
from deid.sources import Table
from deid.synth.policy import LEARNT, SynthPolicy

Maker = Callable[[int, np.random.Generator], pa.Array]
"""Makes so many values."""
PLACES = (
    "서울특별시 종로구", "서울특별시 마포구", "부산광역시 해운대구", "대구광역시 수성구", "인천광역시 연수구",
    "광주광역시 북구", "대전광역시 유성구", "울산광역시 남구", "경기도 수원시 팔달구", "경기도 고양시 일산동구",
    "강원특별자치도 춘천시", "충청북도 청주시 흥덕구", "충청남도 천안시 서북구", "전북특별자치도 전주시 완산구",
    "전라남도 순천시", "경상북도 포항시 북구", "경상남도 창원시 성산구", "제주특별자치도 제주시",
)  # fmt: skip
STREETS = ("햇살", "구름", "바람", "별빛", "달빛", "이슬", "노을", "새벽", "물결", "솔잎")
_WEIGHTS = np.array([2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])


@dataclass(frozen=True, slots=True)
class Makers:
    """What makes the columns of one table that are not learnt."""

    policy: SynthPolicy
    random: np.random.Generator
    made: Mapping[str, Maker]

    def complete(self, table: pa.Table, first: int, more: Mapping[str, pa.Array] | None = None) -> pa.Table:
        """Return the columns of the policy in its order; `first` is the number of the first row, `more` is given."""
        given = dict(more or {})
        columns = {}
        for column in self.policy.columns:
            if column.kind in LEARNT:
                columns[column.name] = table.column(column.name)
            elif column.kind == "key":
                columns[column.name] = keys(np.arange(first, first + table.num_rows))
            elif column.name in given:
                columns[column.name] = given[column.name]
            else:
                columns[column.name] = self.made[column.name](table.num_rows, self.random)
        return pa.table(columns)


def keys(numbers: np.ndarray) -> pa.Array:
    """Return keys that begin with S, so that none looks real; -1 is none."""
    return pa.array([None if n < 0 else f"S{n:09d}" for n in numbers.tolist()], pa.string())


def makers_of(policy: SynthPolicy, source: Table, random: np.random.Generator) -> Makers:
    """Return what makes the columns of a policy that are not learnt.

    Names of the source are looked at only to leave them out. Under a budget they are not: which name is never made
    would tell of the data.

    Raises: DataError — if the source has no such column, or every name of the list is somebody's.
    """
    made: dict[str, Maker] = {}
    for column in policy.columns:
        if column.kind == "name":
            taken = frozenset[str]() if policy.privacy is not None else _taken(source, column.name)
            made[column.name] = _names(taken)
        elif column.kind in MAKERS:
            made[column.name] = MAKERS[column.kind]
    return Makers(policy, random, made)


def makers_without_source(policy: SynthPolicy, random: np.random.Generator) -> Makers:
    """Return what makes the columns of a policy that has none of names: those alone are compared with the source."""
    return Makers(policy, random, {c.name: MAKERS[c.kind] for c in policy.columns if c.kind in MAKERS})


def every_name() -> tuple[str, ...]:
    """Return the list that names are taken from."""
    return tuple(sorted(surname + given for surname in COMMON_SURNAMES for given in COMMON_GIVEN))


def _taken(source: Table, name: str) -> frozenset[str]:
    if name not in source.columns:
        raise DataError(Text(f"자료에 없는 열입니다: {name}", f"the data has no column {name}."))
    listed = pa.array(every_name())
    found = np.zeros(len(listed), dtype=bool)
    for batch in source.batches((name,)):
        texts = pc.replace_substring_regex(pc.cast(batch.column(0), pa.string()), pattern=r"\s", replacement="")
        places = pc.drop_null(pc.index_in(texts.unique(), value_set=listed))
        found[places.to_numpy(zero_copy_only=False)] = True
    return frozenset(listed.filter(pa.array(found)).to_pylist())


def _names(taken: frozenset[str]) -> Maker:
    left = pa.array([name for name in every_name() if name not in taken])
    if not len(left):
        raise DataError(
            Text(
                "지어낼 이름이 남지 않았습니다. 이름 열을 빼십시오.",
                "no name is left to make up; leave the column out.",
            )
        )
    return lambda rows, random: left.take(pa.array(random.integers(len(left), size=rows)))


def _phones(rows: int, random: np.random.Generator) -> pa.Array:
    numbers = random.integers(10_000_000, size=rows).tolist()
    return pa.array([f"010-0{n // 10_000:03d}-{n % 10_000:04d}" for n in numbers], pa.string())


def _addresses(rows: int, random: np.random.Generator) -> pa.Array:
    drawn = zip(
        random.integers(len(PLACES), size=rows).tolist(),
        random.integers(len(STREETS), size=rows).tolist(),
        random.integers(90_000, 100_000, size=rows).tolist(),
        strict=True,
    )
    return pa.array([f"{PLACES[place]} {STREETS[street]}합성로 {n}" for place, street, n in drawn], pa.string())


def _resident_numbers(rows: int, random: np.random.Generator) -> pa.Array:
    """Return numbers of the right length whose month does not exist and whose check digit is wrong."""
    years, months = random.integers(100, size=rows), random.integers(41, 53, size=rows)
    days, rest = random.integers(1, 29, size=rows), random.integers(100_000, size=rows)
    kinds, off = random.integers(1, 5, size=rows), random.integers(1, 10, size=rows)
    texts = []
    for year, month, day, kind, tail, wrong in zip(years, months, days, kinds, rest, off, strict=True):
        front, back = f"{year:02d}{month:02d}{day:02d}", f"{kind}{tail:05d}"
        total = int((_WEIGHTS * np.array([int(digit) for digit in front + back])).sum())
        texts.append(f"{front}-{back}{((11 - total % 11) % 10 + wrong) % 10}")
    return pa.array(texts, pa.string())


MAKERS: Mapping[str, Maker] = {"phone": _phones, "address": _addresses, "resident_number": _resident_numbers}
