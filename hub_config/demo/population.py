"""The Korean data set: floating population of an invented city, in the form public bodies hand it out.

CP949, `|` between columns, Korean headers, CRLF. Every count is drawn, from a fixed seed, by the patterns
below; no real person, place or device stands behind any of them. Only `Random.random`, `+ - * /` and `sqrt`
are used: they give the same bits on every platform and Python version, so the file is the same everywhere.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from random import Random

SEED = 20260302
FIRST_DAY = datetime.date(2026, 3, 2)  # a Monday
DAYS = 14
FILE_NAME = "floating_population.csv"
ENCODING = "cp949"
HEADER = (
    "기준일자",
    "시간대",
    "행정동코드",
    "행정동명",
    "성별",
    "연령대",
    "체류인구수",
    "유입인구수",
    "평균체류분",
)
SEXES = ("남", "여")
# age band -> share of residents in per mille; the bands of the national population tables
AGES = {
    "10세미만": 70,
    "10대": 90,
    "20대": 130,
    "30대": 140,
    "40대": 160,
    "50대": 170,
    "60대": 140,
    "70대이상": 100,
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a neighbourhood fills: percent of its peak for each hour of a working day and of a weekend day."""

    workday: tuple[float, ...]
    weekend: tuple[float, ...]
    favours: frozenset[str]  # age bands seen half as often again
    absent: frozenset[str] = frozenset()  # age bands never seen


def _hours(night: int, morning: int, noon: int, evening: int, late: int) -> tuple[float, ...]:
    """Return 24 levels from five (0-5, 6-9, 10-16, 17-20, 21-23 o'clock), each step smoothed over its neighbours."""
    levels = [float(level) for level in [night] * 6 + [morning] * 4 + [noon] * 7 + [evening] * 4 + [late] * 3]
    for _ in range(2):
        levels = [(levels[hour - 1] + 2 * levels[hour] + levels[(hour + 1) % 24]) / 4 for hour in range(24)]
    return tuple(levels)


_CHILDREN = frozenset({"10세미만", "10대"})

PATTERNS = {
    "주거": Pattern(_hours(100, 80, 50, 75, 95), _hours(100, 95, 80, 85, 95), frozenset({"10세미만", "70대이상"})),
    "업무": Pattern(_hours(8, 60, 100, 55, 15), _hours(6, 10, 20, 15, 8), frozenset({"30대", "40대"})),
    "상업": Pattern(_hours(15, 30, 70, 100, 60), _hours(25, 35, 95, 100, 70), frozenset({"20대", "30대"})),
    "대학": Pattern(_hours(25, 60, 100, 70, 40), _hours(25, 25, 35, 35, 30), frozenset({"10대", "20대"})),
    "공단": Pattern(_hours(12, 90, 100, 60, 20), _hours(4, 8, 10, 8, 5), frozenset({"50대", "60대"}), _CHILDREN),
    "산간": Pattern(
        _hours(100, 90, 80, 90, 100),
        _hours(100, 110, 130, 110, 100),
        frozenset({"60대", "70대이상"}),
        _CHILDREN,
    ),
}

# code, name, pattern, people at the peak hour; codes below 99 are in use, so the invented city takes 99
DISTRICTS = (
    ("9911051000", "안심1동", "주거", 21000),
    ("9911052000", "안심2동", "주거", 18500),
    ("9911053000", "안심3동", "주거", 15200),
    ("9911054000", "느티동", "주거", 12800),
    ("9911055000", "봄내동", "주거", 9600),
    ("9911056000", "가람동", "주거", 8700),
    ("9911057000", "시청동", "업무", 34000),
    ("9911058000", "세움동", "업무", 26500),
    ("9911059000", "은행동", "업무", 17400),
    ("9911060000", "안심역동", "상업", 39000),
    ("9911061000", "장터동", "상업", 16800),
    ("9911062000", "물빛동", "상업", 13900),
    ("9911063000", "글벗동", "대학", 19500),
    ("9911064000", "배움동", "대학", 8800),
    ("9911065000", "쇠내동", "공단", 14600),
    ("9911066000", "바름동", "공단", 7300),
    ("9911067000", "솔뫼동", "산간", 420),
    ("9911068000", "두메동", "산간", 160),
    ("9911069000", "하늘재동", "산간", 75),
    ("9911070000", "너른들동", "산간", 310),
)


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the file: day (0 is the first), hour, district name, sex, age band."""

    day: int
    hour: int
    district: str
    sex: str
    age: str


# Singular values (특이정보) put there on purpose: a person or an event that anyone would recognise.
PLANTED: dict[Key, tuple[int, int, int]] = {
    Key(2, 3, "하늘재동", "여", "10세미만"): (1, 0, 60),  # the only child ever seen in a mountain hamlet
    Key(4, 2, "바름동", "여", "10대"): (1, 1, 47),  # one girl in a factory district, at two in the morning
    Key(5, 21, "물빛동", "여", "20대"): (48211, 47160, 58),  # a concert: more than ten times a usual evening
    Key(9, 4, "두메동", "남", "20대"): (1, 1, 3),  # a passer-by who stayed three minutes
    Key(12, 12, "너른들동", "남", "70대이상"): (737, 702, 55),  # a family gathering larger than the district
}


def rows() -> Iterator[tuple[str, ...]]:
    """Yield every row without the header, in the order of day, hour, district, sex and age band."""
    chance = Random(SEED)  # noqa: S311 — repeatable on purpose; nothing here is secret
    for day in range(DAYS):
        date = FIRST_DAY + datetime.timedelta(days=day)
        for hour in range(24):
            for code, district, kind, peak in DISTRICTS:
                for sex in SEXES:
                    for age, share in AGES.items():
                        expected = _expected(PATTERNS[kind], date, hour, peak, age, share)
                        drawn = _drawn(chance, expected, hour)
                        values = PLANTED.get(Key(day, hour, district, sex, age), drawn)
                        yield (f"{date:%Y%m%d}", f"{hour:02}", code, district, sex, age, *map(str, values))


def _expected(pattern: Pattern, date: datetime.date, hour: int, peak: int, age: str, share: int) -> float:
    """Return the people of one sex and age band that the pattern lets expect in one hour."""
    if age in pattern.absent:
        return 0.0
    level = (pattern.weekend if date.weekday() >= 5 else pattern.workday)[hour]
    favour = 1.5 if age in pattern.favours else 1.0
    return peak * level / 100 * share / 1000 / len(SEXES) * favour


def _drawn(chance: Random, expected: float, hour: int) -> tuple[int, int, int]:
    """Draw people present, people who came in within the hour, and mean stay in minutes of that hour."""
    # The sum of three uniform draws is nearly normal; half a person more keeps tiny places uneven.
    noise = (chance.random() + chance.random() + chance.random() - 1.5) * 2
    spread = sqrt(expected) + expected * 0.05 + 0.5 if expected else 0.0
    present = max(0, round(expected + noise * spread))
    moving = 0.35 if 7 <= hour <= 20 else 0.08
    arrived = min(present, round(present * moving * (0.6 + 0.8 * chance.random())))
    stay = 0 if present == 0 else round(60 - 25 * moving - 20 * chance.random())
    return present, arrived, stay


def write_population(directory: Path) -> int:
    """Write the file and its data dictionary into an empty directory; return the number of rows."""
    lines = ["|".join(row) for row in rows()]
    text = "\r\n".join(["|".join(HEADER), *lines, ""])
    (directory / FILE_NAME).write_bytes(text.encode(ENCODING))
    (directory / "README.md").write_text(_dictionary(len(lines)), encoding="utf-8")
    return len(lines)


def _dictionary(count: int) -> str:
    last = FIRST_DAY + datetime.timedelta(days=DAYS - 1)
    districts = "\n".join(f"| {code} | {name} | {kind} |" for code, name, kind, _ in DISTRICTS)
    return f"""# 유동인구 / Floating population

**한국어.** 가상의 도시 안심시의 시간대별 유동인구입니다. 정해진 난수로 만들었으며
실제 사람, 장소, 기기의 기록이 아닙니다. `{FILE_NAME}`: CP949, 구분자 `|`, 줄바꿈 CRLF,
{FIRST_DAY} ~ {last}, {count:,}행. 1명뿐인 칸이나 유난히 큰 값 같은 특이정보가 일부러 들어 있습니다.

**English.** Floating population by hour of Ansim-si, an invented city. Made from a fixed seed; it
records no real person, place or device. `{FILE_NAME}`: CP949, separator `|`, CRLF,
{FIRST_DAY} to {last}, {count:,} rows. Singular values (cells of one person, unusually large values)
were planted on purpose.

| 열 column | 내용 | content |
|---|---|---|
| 기준일자 | 날짜, YYYYMMDD | date, YYYYMMDD |
| 시간대 | 00–23시 | hour, 00–23 |
| 행정동코드 | 10자리 | district code, 10 digits |
| 행정동명 | 행정동 이름 | district name |
| 성별 | 남, 여 | sex: 남 male, 여 female |
| 연령대 | {", ".join(AGES)} | age band |
| 체류인구수 | 그 시간에 머문 사람 수(명) | people present in that hour |
| 유입인구수 | 그 시간에 들어온 사람 수(명) | people who came in within that hour |
| 평균체류분 | 평균 체류 시간(분, 0–60) | mean stay in minutes, 0–60 |

| 행정동코드 | 행정동명 | 유형 kind |
|---|---|---|
{districts}
"""
