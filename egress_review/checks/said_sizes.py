"""How many a line says that something is of: `Base: 84 graduates.`, `응답자 수: 132명`, `표본은 18개소이다`.

A number that has a share in brackets behind it, `181명(54.2%)`, is a part; whose number has a unit of time or measure
behind it counts nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.people_words import is_of_people
from egress_review.checks.tables import count_said

LONGEST = 600
"""Characters of a line that are read."""

_N = r"(?P<n>\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(?![\d.,]*\d)"
_PART = r"(?!\s?[(\[]\s?\d{1,3}(?:\.\d{1,4})?\s?%)"
_BEGIN = r"(?<![\d.,])"
_LABELS = (
    re.compile(rf"(?<![\w.])[nN]\s?[=:]\s?{_N}"),
    re.compile(
        rf"\b(?:(?:un)?weighted )?(?:base|sample(?: size)?|denominator|cohort|respondents|participants|patients|"
        rf"subjects|"
        rf"persons|people|number of [a-z -]{{3,40}})(?: size| count)?(?: ?\([^()\d]{{1,20}}\))?\s?[=:]\s?{_N}(?!\s?%)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:응답자?|표본|대상자?|분석 ?대상|조사 ?대상|전체|참여자|참가자|사례|환자|학생|근로자|"
        r"사업체|업체|기업|농가|가구|모집단|모수|기준|인원)"
        rf"(?: ?(?:수|크기|규모|인원))?(?: ?\([^()\d]{{1,20}}\))?\s?[=:]\s?(?:총 ?)?{_N}(?!\s?(?:%|년|월|일|세|점|원))"
    ),
)
_COUNTED = re.compile(
    rf"{_BEGIN}{_N}\s?(?:명|인(?=[\s),.]|중|의|을|이|가운데)|개소|개교|개사|개원|곳|가구|세대|농가|호(?=[\s를의가)])|쌍|례|사례|건|"
    rf"개 ?(?:기업|기관|업체|병원|학교|사업체|농가|회사|법인|시설|공장|업소|점포))"
    rf"(?!\s?(?:당|마다|미만|이상|이하|초과|단위)|[을를]? ?넘){_PART}"
)
_IN_ENGLISH = re.compile(
    rf"{_BEGIN}{_N}(?P<who>(?: [a-z][a-z-]{{2,19}}){{1,4}})(?![a-z-]){_PART}",
    re.IGNORECASE,
)
_UNITS = frozenset(
    """
    plants sites schools hospitals wards clinics practices meters units companies organisations organizations factories
    mills mines ships vessels facilities branches stores shops stations municipalities counties districts departments
    women men girls boys mothers fathers infants cases samples trainees customers clients accounts candidates members
    properties buildings homes loans borrowers policies accidents donors animals operators growers banks funds insurers
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
_NO_SIZE = re.compile(
    r"\b(?:per|every|least|than|under|over|below|above|minimum|less|fewer|more|up to)\s(?:\w+\s)?$", re.I
)


def labelled_sizes(line: str) -> Iterator[int]:
    """The numbers that a line gives as a size under a name: `n = 84`, `Base: 84`, `응답자 수: 132명`."""
    plain = unicodedata.normalize("NFKC", line[:LONGEST])
    for pattern in _LABELS:
        yield from (count_said(match["n"]) for match in pattern.finditer(plain))


def sizes_said(line: str) -> Iterator[int]:
    """The numbers of people, firms or households that a line says something is of."""
    plain = unicodedata.normalize("NFKC", line[:LONGEST])
    if not any(map(str.isdigit, plain)):
        return
    yield from labelled_sizes(plain)
    yield from (count_said(match["n"]) for match in _COUNTED.finditer(plain))
    for match in _IN_ENGLISH.finditer(plain):
        if any(map(_is_unit, match["who"].lower().split())) and not _NO_SIZE.search(plain[: match.start()][-24:]):
            yield count_said(match["n"])


def _is_unit(word: str) -> bool:
    return word.endswith(("s", "men", "people", "children")) and (
        word in _UNITS or kind_of(word) is Kind.COUNT or is_of_people(word)
    )
