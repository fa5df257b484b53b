"""Shares that are written out in words, `three in five participants` or `열 명 중 세 명`, whose numbers count
nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SMALL = "one two three four five six seven eight nine ten"
_WORD = rf"(?:{'|'.join(_SMALL.split())})"
_OF = rf"(?:{_WORD}|twelve|twenty|fifty|(?:a |one )?hundred|(?:a |one )?thousand|"
_OF += r"(?:[2-5]|10|20|50|100|1,?000|10,?000|100,?000)(?![\d,.]*\d))"
"""Of a number in digits only a round one is no group that was studied: `3 in 10`, and `3 in 47` are 47 people."""
_SHARES = (
    re.compile(
        rf"(?<![\w.,-])(?:{_WORD}|\d)(?:-| )in(?:-| )(?:every )?{_OF}(?![\w.,]*\d)(?!\s?%)"
        rf"|(?<![\w.,-])(?:{_WORD}|\d)(?: people| persons)? (?:out of|of|for) every {_OF}(?![\w.,]*\d)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<!이 )(?<!그 )(?<!총 )(?<!해당 )(?<!모두 )(?<!전체 )(?<![\d,가-힣])(?:열|스무|백|100|10)\s?(?:명|사람|"
        r"가구|곳)\s?"
        r"(?:중|가운데)(?:에)?\s?(?:약\s?)?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|\d{1,2})\s?(?:명|사람|가구|"
        r"곳)\s?(?:꼴|정도|가량|남짓)",
    ),
    re.compile(
        r"(?<!이 )(?<!그 )(?<!총 )(?<!해당 )(?<!모두 )(?<!전체 )(?<![가-힣])(?:두|세|네|다섯|여섯|일곱|여덟|아홉|"
        r"열|스무|백)\s?"
        r"(?:명|사람|가구|곳)\s?(?:중|가운데)(?:에)?\s?(?:약\s?)?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉)\s?(?:명|"
        r"사람|가구|곳)"
    ),
)
_STUDIED = re.compile(r"(?:환자|대상자|피험자|사망자|참여자|참가자|증례|사례)[들은는이가의]{0,2}\s?$")
"""What stands before a small group that was studied: of `환자 다섯 명 중 세 명` there were five."""
_LARGE = re.compile(r"열|스무|백|\d{2}|꼴|정도|가량|남짓")


def shares_in_words(text: str) -> Iterator[tuple[int, int]]:
    """Where such shares stand in a line: the first character of each, and the one behind it."""
    for pattern in _SHARES:
        for match in pattern.finditer(text):
            small = _STUDIED.search(text[max(0, match.start() - 8) : match.start()]) and not _LARGE.search(match[0])
            if not small:
                yield match.span()


def outside_shares(told: dict[int, int], text: str) -> dict[int, int]:
    """The numbers of people that a line tells, by their places, without those that are parts of a share in words."""
    shares = list(shares_in_words(text)) if told else []
    return {at: value for at, value in told.items() if not any(start <= at < end for start, end in shares)}
