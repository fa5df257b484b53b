"""Tables whose title gives the unit of a measurement, `PM2.5 (㎍/㎥)`, or an average: what they hold counts nobody.

Only columns are meant that nothing but the form of the table shows to be counts; what a heading names stays a count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Reading, Why
from egress_review.checks.tables import Table

MOST_ABOVE, LONGEST_TITLE, MOST_LINES = 4, 160, 200

_PREFIX = r"(?:[µμkcdmnMG]|da)?"
_UNIT_WORD = (
    rf"{_PREFIX}(?:g|L|l|m|Pa|W|Wh|J|V|A|Hz|Bq|Sv|Gy|mol|eq|IU)|[µμ]m|kcal|cal|°\s?[CF]|℃|℉|degC|K|pH|ppm|ppb|ppt|"
    rf"ppmv|"
    r"dB(?:\(?A\)?)?|db|mmHg|hPa|bar|psi|rpm|bpm|lux|lx|TOE|toe|tCO2e?|CO2e?|t|ton(?:ne)?s?|톤|ha|헥타르|평|리터|"
    r"그램|킬로그램|미터|"
    r"센티미터|밀리미터|mm|cm|km|kg|mg|ng|kWh|MWh|GWh|TWh|kW|MW|kt|Mt|mSv|kBq|AQI|CAI|in|ft|mi|mph|kn|knots|lbs?|"
    r"oz|gal|"
    r"kJ|MJ|GJ|TJ|PJ|dL|dl|mL|ml|mU|U"
)
_UNIT = rf"(?:{_UNIT_WORD})(?:[23²³]|\^[23])?"
_PER = (
    r"(?:g|kg|L|l|dL|mL|m[23²³]?|m\^[23]|km[2²]?|cm[23²³]?|s|sec|min|h|hr|hour|day|d|month|year|yr|y|a|ha|초|분|"
    r"시간|일|월|년|인|capita)"
)
_MEASURE = rf"{_UNIT}(?:\s?[/·]\s?{_PER}){{0,2}}(?:\s?(?:s|h|d|yr|m|kg)[-⁻]?[¹12])?"
_IN_BRACKETS = re.compile(
    rf"[(\[]\s?(?:(?:단위|units?|in|einheit|"
    rf"unité)\s?[:：]?\s?|(?![A-Za-z]\s?[)\]])){_MEASURE}\s?[)\]]\s?[.:]?"
    rf"(?:\s?[,(]?\s?\d{{4}}(?:[-–~]\d{{2,4}})?\s?\)?)?\s{{0,4}}$"
    rf"|(?:단위|units?)\s?[:：]\s?{_MEASURE}\s?[)\]]?\s{{0,4}}$"
    rf"|,\s(?:in\s)?(?:°\s?[CF]|℃|㎍/㎥|{_UNIT}/{_PER}|mm|kWh|MWh|GWh|ppm|ppb|dB|hPa|mmHg)\s{{0,4}}$"
)
"""The unit ends the title, or stands behind the word for it; one letter alone may be that of a panel, `Table 2 (A)`."""
_AVERAGE = re.compile(
    r"(?:월|연|년|일|주|시간|시간대별|분기|계절)\s?평균|평균\s?(?:농도|기온|온도|습도|강수량|풍속|소음|점수|값|"
    r"시간|속도|거리|사용량|소비량|수위|기압)|"
    r"\b(?:(?:monthly|annual|yearly|daily|hourly|weekly|seasonal) (?:means?|averages?)|"
    r"(?:means?|averages?|median) (?:[\w.-]{1,20} ){0,2}(?:concentrations?|temperatures?|rainfall|precipitation|"
    r"humidity|levels?|"
    r"speeds?|noise|consumption|usage|scores?|values?|durations?|minutes|hours))\b",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?P<split>\bby\b|\bacross\b|according to|\bper\b(?= [a-z]{4})|에 따른)|분포|구간|분위|등급|범주|"
    r"\b(?:distribution|categor\w+|groups?|class(?:es)?|bands?|quintiles?|tertiles?|quartiles?)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"mean|average|median|concentration|level|temperature|rain|precipitation|consumption|emission|speed|humidity|"
    r"pressure|"
    r"noise|\bpm ?\d|ozone|no2|so2|co2|height|weight|length|depth|distance|energy|power|usage|농도|평균|기온|온도|"
    r"강수|습도|기압|"
    r"풍속|소음|소비|사용량|배출|수위|높이|길이|거리|무게|면적|발전량|전력",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"명|건수|인원|환자|대상자|응답자|참여자|사망|입원|발생|사람|가구 ?수|세대|이용자|근로자|학생|주민|인구|빈도|"
    r"도수|사례|교차표|"
    r"\b(?:n|no\.|numbers?|counts?|frequenc\w+|patients?|people|persons?|participants?|respondents?|subjects?|"
    r"deaths?|"
    r"cases?|admissions?|events?|households?|visits?|women|men|children|students?|workers?|cross-?tab\w*)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"\d\s?(?:[-–~]|to|이상|미만|이하|초과|\+)|[<>≤≥]|^(?:low|medium|high|normal|obese|overweight|underweight|"
    r"낮음|중간|높음|정상|비만|과체중|저체중)$"
    r"|^q[1-5]$",
    re.IGNORECASE,
)
"""How a column is called that is a class of what was measured, so that its cells count who is in it."""


def without_measures(table: Table, reading: Reading, lines: Sequence[str], *, numbered: bool) -> Reading:
    """The reading of a table without the counts that are measurements by its title.

    `lines` are those of the text around; `numbered` says that the rows of the table have the numbers of its lines.
    """
    formed = {count.column for count in reading.counts if count.why in (Why.CROSS_TABLE, Why.ADDS_UP)}
    if not formed:
        return reading
    title = _above(table, lines, numbered)
    spared = {Why.CROSS_TABLE, Why.ADDS_UP} if _gives_unit(title) else {Why.CROSS_TABLE} if _averages(title) else set()
    if not spared or any(_RANGE.search(name.strip()) for name in table.names):
        return reading
    if _are_of_people(table) and not any(map(_QUANTITY.search, title)):
        return reading
    counts = tuple(count for count in reading.counts if count.why not in spared)
    left = {count.column - 1 for count in reading.counts if count.why in spared}
    return replace(reading, counts=counts, unclear=tuple(sorted({*reading.unclear, *left})))


def _are_of_people(table: Table) -> bool:
    """Whether a column is called by a sex or by what people have, or whole numbers add up, as counts of them do."""
    said = [name.strip() for name in table.names[1:]]
    return any(map(_SEX_OR_ILL.fullmatch, said)) or any(map(is_total, said))


_SEX_OR_ILL = re.compile(
    r"(?:fe)?males?|(?:wo)?men|boys|girls|m|f|남성?|여성?|남자|여자|남아|여아|hiv|aids|tb|tuberculosis|copd|flu|"
    r".{0,20}(?:cancer|diabetes|stroke|disease|disorder|syndrome|infection|itis)|"
    r".{0,10}(?:암|당뇨병?|뇌졸중|질환|결핵|폐렴|간염|우울증|고혈압)",
    re.IGNORECASE,
)


def _above(table: Table, lines: Sequence[str], numbered: bool) -> list[str]:
    """The lines of words right above a table, found by its numbers or else by its headings."""
    names = [name.strip() for name in table.names if name.strip()]
    if not names:
        return []
    starts = [table.numbers[0] - 1 if table.numbers else 0] if numbered else _headings(names, lines[:MOST_LINES])
    for at in starts:
        near = lines[max(0, at - 2 * MOST_ABOVE) : at]
        words = [said for line in near if _is_title(line, names) and (said := line.strip(" #*>_|,;\t\"'"))]
        if words:
            return words[-MOST_ABOVE:]
    return []


def _headings(names: Sequence[str], lines: Sequence[str]) -> Iterator[int]:
    """The places (from 0) of the headings of a table, in one line or, as documents say them, below each other."""
    filled = [(at, line.strip()) for at, line in enumerate(lines) if line.strip()]
    for place, (at, line) in enumerate(filled):
        below = [said for _, said in filled[place : place + len(names)]]
        if below == list(names) or all(name in line for name in names):
            yield at


def _is_title(line: str, names: Sequence[str]) -> bool:
    """Whether a line is words: neither the headings nor a row of the table, nor an order to LaTeX but its caption."""
    if all(name in line for name in names) or _ORDER.match(line):
        return False
    return sum(map(str.isdecimal, map(str.strip, _CELL.split(line)))) < len(("two", "cells"))


_ORDER, _CELL = re.compile(r"\s*\\(?!caption)[a-z]"), re.compile(r"[\t,|&]")


def _gives_unit(title: Sequence[str]) -> bool:
    """Whether one of the lines ends with a unit of what stands below, and none speaks of people."""
    if any(_PEOPLE.search(line) for line in title):
        return False
    return any(_IN_BRACKETS.search(_plain(line)) and _is_of_cells(line) for line in title if len(line) <= LONGEST_TITLE)


def _plain(line: str) -> str:
    """A line in which the signs that are one letter for a unit are written out: `㎍/㎥`."""
    plain = line.replace("℃", "°C").replace("℉", "°F").replace("\\mu", "µ").replace("\\degree", "°")
    plain = re.sub(r"\\caption\{|\\text\w*\{|[${}]|\\(?=[,% ])", "", plain)
    return unicodedata.normalize("NFKC", plain).replace("μ", "µ").strip()


def _is_of_cells(line: str) -> bool:
    """Whether the unit is of the cells and not of what they are divided by: `smoking by BMI (kg/m²)` counts."""
    match = _BY.search(line)
    return match is None or (match["split"] is not None and _QUANTITY.search(line[: match.start()]) is not None)


def _averages(title: Sequence[str]) -> bool:
    if any(_PEOPLE.search(line) or _counts(line) for line in title):
        return False
    return any(_AVERAGE.search(line) and _is_of_cells(line) for line in title if len(line) <= LONGEST_TITLE)


def _counts(line: str) -> bool:
    return any(kind_of(word) is Kind.COUNT for word in re.findall(r"[A-Za-z가-힣]{2,20}", line))
