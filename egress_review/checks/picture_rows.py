"""Records in a picture of a table, told by what its rows begin with: a few keys, all different, alike and in no order.

A screenshot shows the first rows of a table, too few for the rules that files are held to; and the reading of a picture
may garble the heading that says whom the keys number. A table of results begins its rows with words or with years.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from deid.korean_name_words import COMMON_SURNAMES
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

FEWEST, MOST, FEWEST_CELLS, LONGEST = 4, 200, 3, 300
"""Rows of records, lines that are read, cells of each row with its key, and characters of a line."""

_KEY = re.compile(r"[A-Za-z]{0,4}[-_]?\d{4,12}")
_YEAR = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])?(?:[0-3]\d)?")

_BORN = re.compile(
    rf"(?<![가-힣])(?P<name>[{''.join(sorted(COMMON_SURNAMES))}][가-힣](?![시군구읍면동리도과실팀병원]\s)[가-힣])"
    r"\s{1,6}(?:[남여MF](?:성|자)?\s{1,4})?(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}(?!\d)"
)
"""What has the shape of a name before a day; a place or a department ends otherwise."""
FEWEST_BORN = 3

_RECORDS = Text(
    ko="그림의 표에서 {number}행이 저마다 다른 번호로 시작합니다: 한 행이 한 사람이나 한 업체입니다.",
    en="{number} rows of the table in the picture begin with a key of their own: each is one person or firm.",
)
_REMOVE = Text(
    ko="원자료를 찍은 그림을 지우고 집단별로 집계한 표를 내십시오.",
    en="Remove the picture of the records, and hand in a table of groups.",
)


_NAMED = Text(
    ko="그림의 {number}행에 사람 이름으로 보이는 말과 날짜가 나란히 있습니다: 한 행이 한 사람입니다.",
    en="{number} rows in the picture hold what looks like a name beside a day: each is one person.",
)


def check_picture_rows(subject: Subject, listing: Listing) -> None:
    """Flag the records among the lines that were read in a picture."""
    born = {match["name"] for line in subject.lines[:MOST] if (match := _BORN.search(line[:LONGEST]))}
    if len(born) >= FEWEST_BORN:
        listing.flag("table.singular", _NAMED.fill(number=len(born)), _REMOVE, where=Where(row=1), number=len(born))
        return
    rows = [line.split() for line in subject.lines[:MOST]]
    keyed = [row for row in rows if len(row) >= FEWEST_CELLS and _KEY.fullmatch(row[0]) and not _YEAR.fullmatch(row[0])]
    forms = Counter(re.sub(r"\d", "0", row[0]) for row in keyed).most_common(1)
    if not forms or forms[0][1] < FEWEST:
        return
    alike = [row for row in keyed if re.sub(r"\d", "0", row[0]) == forms[0][0]]
    numbers = [int(re.sub(r"\D", "", row[0])) for row in alike]
    steps = {b - a for a, b in pairwise(numbers)}
    beside = sum(any(map(str.isdigit, "".join(row[1:]))) for row in alike)
    if len(set(numbers)) == len(numbers) and len(steps) > 1 and min(steps) < 0 and beside == len(alike):
        listing.flag("table.singular", _RECORDS.fill(number=len(alike)), _REMOVE, where=Where(row=1), number=len(alike))
