"""Shares in a sentence that says what they are of: `Of the 176 nurses, 2.3% …`, `156명 가운데 2.6%`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.largest_said import shares_of_largest
from egress_review.checks.tables import count_said

MOST_SENTENCE = 1_000
"""Characters of a sentence that are read."""

_N = r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{2,15})"
_BASE = (
    re.compile(
        rf"(?<![\d.,])(?:{_N})\s?(?:명|인(?=[\s),]|중|의|가운데)|례|사례|건|가구|세대|쌍|개소|개교|개사|곳|"
        rf"개 ?(?:기업|기관|업체|병원|학교|사업체|농가|회사|법인|시설))(?!\s?(?:당|마다|미만|이상|이하))"
    ),
    re.compile(
        rf"\b(?:of|among|in|from) (?:the |these |those |all |our |a total of )*(?:{_N})"
        r"(?! ?(?:%|percent|years?|days?|months?|weeks?|hours?|minutes?|km|mg|kg|points?)\b)(?: [a-z-]{1,20}){0,2} "
        r"[a-z-]{2,20}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{2,15}) (?:[a-z-]{1,15} ){0,2}(?:patients|participants|subjects|"
        r"people|persons|"
        r"individuals|women|men|children|respondents|adults|students|workers|nurses|firms|households|cases)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b[nN]\s?[=:]\s?(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{2,15})(?![\d.])"),
)
_SHARE = re.compile(
    r"(?<![\d.,~–-])(?P<p>\d{1,2}(?:\.\d{1,4})?)\s?(?:%|percent\b|퍼센트)(?!\s?(?:p\b|포인트|points?\b|CI\b|신뢰|conf|"
    r"수준|level))"
)
_NO_SHARE = re.compile(
    r"(?:by|CI|interval|신뢰구간|유의수준|significance|level|alpha|least|than|under|below|over|above|within|to|per|"
    r"증가율|감소율|성장률|"
    r"증감률|금리|농도|오차|포화도|hba1c|당화혈색소|humidity|accuracy|sensitivity|specificity|power|correlation|"
    r"change)\W{0,3}(?:of |in |was |:|는 |은 |이 |가 |의 )?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s?(?:씩\s)?(?:증가|감소|상승|하락|높|낮|줄|늘|미만|이상|이하|초과|CI|confidence|신뢰|higher|lower|more|less|"
    r"increase|decrease|"
    r"reduction|solution|saline|discount|interest|of the variance|power)",
    re.IGNORECASE,
)


def shares_in(text: str, least: int) -> Iterator[tuple[int, int]]:
    """Places of shares that are few people of a number that the sentence says before them, and how many they are."""
    for sentence in re.finditer(r"(?:[^.。!?\n]|\.(?=\d)|(?<=\d)\.(?=[가-힣]))+", text):
        words = sentence[0]
        if len(words) > MOST_SENTENCE or ("%" not in words and "ercent" not in words and "퍼센트" not in words):
            continue
        bases = sorted((m.start("n"), count_said(m["n"])) for pattern in _BASE for m in pattern.finditer(words))
        of_largest = {one.at for one in shares_of_largest(words)} if bases else set()
        for match in _SHARE.finditer(words) if bases else ():
            if match.start() in of_largest or _OF_AMOUNT.search(words[max(0, match.start() - 20) : match.start()]):
                continue
            before = [people for at, people in bases if at < match.start() and not _OF_THINGS.search(words[:at])]
            if not before or _NO_SHARE.search(words[max(0, match.start() - 30) : match.start()]):
                continue
            if _AFTER.match(words, match.end()) or _OF_AMOUNT_AFTER.match(words, match.end()):
                continue
            if few := _few(before[-1], match["p"], least):
                yield sentence.start() + match.start(), few


def shares_of_people(words: str) -> Iterator[re.Match[str]]:
    """The shares of a sentence, `p`, of which nothing says that they are changes, intervals or shares of amounts."""
    of_largest = {one.at for one in shares_of_largest(words)}
    for match in _SHARE.finditer(words):
        before = words[max(0, match.start() - 30) : match.start()]
        told = _NO_SHARE.search(before) or _OF_AMOUNT.search(before[-20:]) or match.start() in of_largest
        if not (told or _AFTER.match(words, match.end()) or _OF_AMOUNT_AFTER.match(words, match.end())):
            yield match


_OF_AMOUNT = re.compile(
    r"(?:[가-힣]액|매출|[가-힣]비용?|비용|급여비|소득|자산|부채|생산량|수출|수입|사용량|소비량|배출량|출하량|거래량|"
    r"면적|시장)의\s?"
    r"(?:약\s?)?$"
)
_OF_AMOUNT_AFTER = re.compile(
    r"\s?(?:%|per ?cent|퍼센트)?\s?of (?:the |all |its |their |total |overall |national )*(?:\w{1,20} )?(?:turnover|"
    r"sales|revenues?|"
    r"spending|expenditures?|costs|output|consumption|assets|claimed amount)"
    r"(?=[^\w\s]|\s?$| (?:in|for|by|and|was|were|is|of|from|at|but|which|while|with|during|to|as|since)\b)",
    re.IGNORECASE,
)
"""A share of an amount, which is nobody: `청구액의 38%`."""
_OF_THINGS = re.compile(
    r"(?:논문|문헌|기사|특허|로그|파일|코드|행|레코드|변수|문항|오류|경고|쿼리|커밋|테스트|이미지|영상|문서|서버|"
    r"요청|상품|제품)[은는이가을를의]?\s?$"
)
"""What is counted in `건` as well and is nobody: papers, files, errors."""
_BASE_LINE = re.compile(
    r"\s*(?:[-*•·#>○]\s*)*(?:[가-힣A-Za-z ()/]{0,40})(?:대상|대상자|응답자|"
    r"참여자|참가자|표본|인원|환자|학생|근로자|조사|전체|총|모집단|"
    r"sample|participants?|respondents?|patients?|subjects?|students?|pupils?|workers?|people|population|base|total|"
    r"cohort|size|\bN|\bn)[^\d\n]{0,40}(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3})+|\d{2,6})(?![\d.]|\s?(?:%|년|"
    r"월|일|세|점|개월|years?))",
    re.IGNORECASE,
)
_OF_NOBODY = re.compile(
    r"interest|inflation|growth|return|discount|\btax|margin|confidence|power|level|alpha|accura|"
    r"humid|tolerance|threshold|"
    r"change|\bcv\b|금리|이자|물가|성장|수익|세율|할인|증감|오차|신뢰|검정력|정확|습도|농도|임계|기준|상대",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[-*•·○]|\d{1,2}[.)]|\||[가-힣A-Za-z])")
MOST_BELOW = 8
"""Lines below the one that gives a number of people in which shares are taken to be of them."""
LEAST_SHARP = 0.25
"""Width in people of what rounding leaves open, up to which a whole number of them is hardly chance."""


def shares_below(lines: Sequence[str], least: int) -> Iterator[tuple[int, int]]:
    """Lines (from 0) with a share that is few people of the number that a line above gives, and how many they are."""
    base, since = 0, 0
    for at, line in enumerate(lines):
        if len(line) > MOST_SENTENCE or line.lstrip().startswith("#"):
            base = 0 if len(line) <= MOST_SENTENCE else base
            continue
        shares = list(_SHARE.finditer(line)) if "%" in line or "ercent" in line or "퍼센트" in line else []
        if len({count_said(m["n"]) for pattern in _BASE for m in pattern.finditer(line)}) > 1:
            base = 0  # Several groups: nobody can say of which the next share is.
        elif (match := _BASE_LINE.match(line)) and not shares:
            base, since = count_said(match["n"]), at
        elif base and at - since <= MOST_BELOW and len(shares) == 1 and _ITEM.match(line):
            share = shares[0]
            digits = re.sub(r"%.*|\d{1,3}(?:\.\d+)?(?=\s?%)", "", line)
            said = _NO_SHARE.search(line[max(0, share.start() - 30) : share.start()]) or _AFTER.match(line, share.end())
            slack = 0.5 * 10 ** -len(share["p"].partition(".")[2]) * base / 100
            if (
                not said
                and not _OF_AMOUNT.search(line[max(0, share.start() - 20) : share.start()])
                and not _OF_AMOUNT_AFTER.match(line, share.end())
                and not any(shares_of_largest(line))
                and not _OF_NOBODY.search(line)
                and not re.search(r"\d{2,}", digits)
                and 2 * slack <= LEAST_SHARP
                and (few := _few(base, share["p"], least))
            ):
                yield at, few


def _few(people: int, share: str, least: int) -> int:
    """How many a share of people is, where they are whole ones and rounding leaves no doubt that they are few; else "
    "0."""
    slack = 0.5 * 10 ** -len(share.partition(".")[2]) * people / 100
    exact = float(share) * people / 100
    few = round(exact)
    certain = few > 0 and exact + slack < least <= people and abs(exact - few) <= slack + 1e-6
    return few if certain else 0
