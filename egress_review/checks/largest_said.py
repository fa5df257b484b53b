"""Shares of the largest one or two that words give: `상위 두 기관이 청구액의 91%를 차지`, `largest site alone 61 %`.

Shares of the largest ten, of a category or a region that is largest, of people, and limits of rules are none of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST, NEAR, AROUND = 1_000, 70, 30
"""Characters of a sentence that are read, between the largest and their share, and around both."""

_KO = (
    r"(?:의료 ?기관|요양 ?기관|기관|병원|의원|약국|사업체|사업자|사업장|업체|기업|회사|법인|농가|어가|점포|공장|공급자|"
    r"제조사|판매사|판매업자|생산자|수출업자|제약사|건설사|은행|증권사|보험사|운용사|학교|대학|시설|발전소|광산|조합|"
    r"기여자|납세자|차주|고객|수용가|주주|개사|개소|개교|곳)"
)
_EN = (
    r"(?:enterprises?|firms?|compan(?:y|ies)|business(?:es)?|contributors?|sites?|plants?|smelters?|mills?|mines?|"
    r"establishments?|institutions?|hospitals?|clinics?|centres?|centers?|providers?|pharmac(?:y|ies)|manufacturers?|"
    r"producers?|suppliers?|exporters?|importers?|farms?|holdings?|banks?|insurers?|lenders?|borrowers?|employers?|"
    r"shops?|stores?|retailers?|operators?|players?|taxpayers?|customers?|shareholders?|"
    r"universit(?:y|ies)|schools?|facilit(?:y|ies)|recipients?|donors?|entit(?:y|ies)|reporters?|factor(?:y|ies))"
)
_KO_NUMBERS = {"한": 1, "두": 2, "둘": 2, "세": 3, "네": 4, "다섯": 5, "열": 10}
_EN_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty")
_WORD = rf"(?:\d{{1,3}}|{'|'.join(_EN_NUMBERS)})"
_SORT = r"(?:[a-z-]{3,20} ){0,2}?"
_NO_KIND_KO = r"(?!\s?(?:군|집단|유형|규모|그룹|형태|종류|수|급))"
_NO_KIND_EN = (
    r"(?! (?:size|class|group|categor|type|sector|region|area)| (?:of|in) (?:every|each|two|three|four|five|ten)\b)"
)
_LARGEST = re.compile(
    r"(?P<second>(?<!\d)2위(?! ?까지)|둘째로 ?큰|두 ?번째로 ?큰|\bsecond[- ](?:largest|biggest|ranked)|\brunner-up)"
    rf"|(?:상위|최대|가장 큰)\s?(?P<ko>\d{{1,3}}(?![\d.%])|{'|'.join(_KO_NUMBERS)})"
    rf"(?:\s?(?:개|대))?\s?(?:{_KO}{_NO_KIND_KO}|의|이|가|은|는)"
    rf"|(?<![\d~–-])(?P<rank>1)위(?:\s?{_KO}{_NO_KIND_KO}|(?=(?:의)?\s?(?:비중|점유율|몫)))"
    rf"|(?:최대|가장 큰|단일|최상위|선두)\s?(?P<one>{_KO}){_NO_KIND_KO}"
    rf"|(?<![가-힣\d])(?P<single>한|1개|1)\s?{_KO}(?=[이가])"
    rf"|\b(?:the )?(?P<n1>{_WORD}) (?:largest|biggest|leading|top)\b"
    rf"|\b(?:largest|biggest|leading|top)[- ](?P<n2>{_WORD})\b(?!\s?%)(?! per ?cent)"
    rf"|\b(?P<en>(?:largest|biggest|dominant|top|leading)(?: single| individual)?) {_SORT}{_EN}\b{_NO_KIND_EN}"
    rf"|\b(?P<alone>(?:a single|one|one single)) {_SORT}{_EN}\b{_NO_KIND_EN}"
    r"|\b(?P<both>(?:the|these|those) two|both)(?: of them)?(?: together| combined| jointly)?"
    r"(?= (?:account|make|represent|compris|hold|cover|contribut|generat|produc|consum|form))"
    r"|(?P<beide>(?:이|그) ?두 ?(?:기관|업체|기업|회사|곳|병원|사업체)|(?:둘|두 ?곳)을 ?합(?:하면|쳐|치면|한))",
    re.IGNORECASE,
)
"""Who is the largest, how many they are, and words for both of two that were named before."""
_SHARE = re.compile(
    r"(?<![\d.,~–-])(?P<p>\d{1,3}(?:\.\d{1,4})?)\s{0,2}"
    r"(?:%(?!\s?(?:p\b|포인트|points?\b|CI\b|신뢰))|per ?cent\b(?! points?)|퍼센트)"
)
_OF_WHOLE = re.compile(
    r"차지|비중|점유|몫|집중|기여|구성|에 ?달[하한]|쏠[려림]|"
    r"\baccount|\bmakes? up\b|\bmade up\b|\brepresent|\bcompris|\bshares?\b|\bcontribut|\bconcentrat|\bholds?\b|"
    r"\bheld\b|"
    r"\balone\b|\bgenerat|\bproduc|\bconsum|\bfalls?\b|\bfell\b|\bdue to\b|"
    r"\bof (?:the |its |their |all )?(?:\w{1,20} ){0,2}(?:total|turnover|sales|revenue|output|costs?|value|volume|"
    r"claims|"
    r"spending|expenditure|consumption|market)\b",
    re.IGNORECASE,
)
"""What makes a share of a whole of the number beside the largest."""
_NO_FACT = re.compile(
    r"\bif\b|\bwhen\b|\bwhenever\b|\bunless\b|\bwhether\b|\bmust\b|(?-i:\bmay\b)|\bmight\b|\bshould\b|\bshall\b|"
    r"\bwould\b|"
    r"\bcould\b|\bcan(?:not)?\b|\brules?\b|\bthreshold|\bcriteri|\blimits?\b|\bpolic(?:y|ies)\b|"
    r"\bno (?:single|one|firm|enterprise|contributor|site|hospital|compan|business|institution)|\bnone\b|\bneither\b|"
    r"\bnot\b|\bnever\b|\bfewer than\b|\bless than\b|\bat most\b|\bup to\b|\b(?:under|below|"
    r"within)\b(?=\s(?:the\s)?\d)|"
    r"\bexample|\bhypothe|\bsuppos|\bsimulat|\bsynthetic|\bsuppress|\bdominance (?:rule|check|test)|"
    r"기준|원칙|규칙|규정|경우|(?<!합)하면|되면|이면|[넘않]으면|미만|이하|않|없[었는다음]|아니|초과하는|넘는|예시|"
    r"예를|가상|가정|"
    r"비공개|가[렸림]",
    re.IGNORECASE,
)
"""A rule, a condition or a denial."""
_OTHERS = re.compile(
    r"(?:(?<!비)중|가운데)\s|여성|남성|여자|남자|환자[가는이은]|\b(?:fe)?males?\b|\b(?:wo)?men\b|\bpatients\b|[;:]|"
    r"\b(?:whereas|while|compared|versus|the others?|the rest|remaining)\b|나머지|반면|달리",
    re.IGNORECASE,
)
"""What leads from the largest away to something else."""
_CATEGORY = re.compile(
    r"(?:지역|시도|권역|업종|산업|부문|연령|집단|구간|유형|품목|상품|국가|계층|그룹|범주)(?:은|는|이|가|의|에서)?\s*$|"
    r"\b(?:region|sector|industr|categor|age|group|countr|class|item|type|product|cause|reason)\w*\W*$",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"(?:환자|대상자|참여자|응답자|표본|사례|건수|입원|인원|가입자|근로자|종사자|증례)(?:들)?\s?(?:수)?(?:의|에서|"
    r"중)?\s?(?:약\s?)?$"
)
_OF_PEOPLE_AFTER = re.compile(
    r"\s?(?:of|among) (?:all |the |our |these |study )*(?:\w{1,20} )?(?:patients|participants|respondents|subjects|"
    r"samples?|specimens|variance|variation|enrolments?|cases|records|observations|admissions|people|persons|"
    r"workers|employees|employment|women|men|deaths|rows|visits)\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r"(?<![\d])[.。!?;]\s|(?<=\d)[.]\s(?=[A-Z가-힣])|(?<=[다음함됨임요%)])\.\s|\n")


@dataclass(frozen=True, slots=True)
class Said:
    """What words give of the largest: how many they are, their share in per cent, and where it stands."""

    largest: int
    share: float
    at: int


def plain_words(text: str) -> str:
    """A text of the same length without what LaTeX writes for spaces and signs of per cent."""
    return text.replace("\\%", " %").replace("~", " ").replace("\N{NO-BREAK SPACE}", " ")


def says_percent(text: str) -> bool:
    """Whether a text has a share in per cent, at a glance."""
    return "%" in text or "cent" in text or "퍼센트" in text


def shares_of_largest(text: str) -> Iterator[Said]:
    """The shares of the largest one, two or more that sentences give."""
    if not says_percent(text):
        return
    start, plain = 0, plain_words(text)
    for end in (*(match.end() for match in _BREAK.finditer(plain)), len(plain)):
        sentence = plain[start:end]
        if len(sentence) <= LONGEST:
            for one in _in_sentence(sentence):
                yield Said(one.largest, one.share, one.at + start)
        start = end


def _in_sentence(words: str) -> list[Said]:
    shares = list(_SHARE.finditer(words))
    named = [match for match in _LARGEST.finditer(words) if not _CATEGORY.search(words[: match.start()][-12:])]
    if not shares or not named:
        return []
    found: list[Said] = []
    seconds: list[re.Match[str]] = []
    taken: set[int] = set()
    for match in named:
        if (match["both"] or match["beide"]) and not _LARGEST_BEFORE.search(words[: match.start()]):
            continue
        share = _share_for(match, words, shares, named, taken)
        if share is None or not _is_told(words, match, share):
            continue
        taken.add(share.start())
        if match["second"]:
            seconds.append(share)
        else:
            found.append(Said(_number(match), float(share["p"]), share.start()))
    return [*found, *_with_second(seconds, found, shares)]


_LARGEST_BEFORE = re.compile(r"largest|biggest|leading|최대|가장 큰|1위|상위|둘째|2위", re.IGNORECASE)


def _number(match: re.Match[str]) -> int:
    if match["both"] or match["beide"]:
        return 2
    said = match["ko"] or match["n1"] or match["n2"]
    if said is None:
        return 1
    lower = said.lower()
    if lower.isdecimal():
        return int(lower)
    return _KO_NUMBERS.get(lower) or (_EN_NUMBERS.index(lower) + 1 if lower in _EN_NUMBERS[:10] else 20)


def _share_for(
    match: re.Match[str],
    words: str,
    shares: Sequence[re.Match[str]],
    named: Sequence[re.Match[str]],
    taken: set[int],
) -> re.Match[str] | None:
    """The share that belongs to the largest: the next one behind, before others are named; else the one before."""
    limit = min((one.start() for one in named if one.start() >= match.end()), default=len(words))
    free = [one for one in shares if one.start() not in taken]
    behind = [one for one in free if match.end() <= one.start() < limit and one.start() - match.end() <= NEAR]
    before = [one for one in free if one.end() <= match.start() and match.start() - one.end() <= NEAR]
    joined = before and _JOINS.search(words[before[-1].end() : match.start()])
    if joined:
        return before[-1]
    return behind[0] if behind and not _OTHERS.search(words[match.end() : behind[0].start()]) else None


_JOINS = re.compile(
    r"^[^.;%]{0,60}?\b(?:by|to|of|from|with|at|in|for)\b(?: just| only)?(?: the| its| a)?\s*$|^\s?\((?:the )?$|"
    r"^(?:를|을|가|는|은|의)?\s?[가-힣 ]{0,20}?(?:곳|것)[은는이가]\s?$",
    re.IGNORECASE,
)
"""What leads from a share to the largest behind it: `91 % of the total is accounted for by the two largest`."""


def _is_told(words: str, match: re.Match[str], share: re.Match[str]) -> bool:
    """Whether the words tell as a fact that the share is one of a whole, and not one of people."""
    start, end = min(match.start(), share.start()), max(match.end(), share.end())
    around = words[max(0, start - AROUND) : end + AROUND]
    if not _OF_WHOLE.search(around) or _NO_FACT.search(unicodedata.normalize("NFKC", around)):
        return False
    before = words[max(0, share.start() - AROUND) : share.start()]
    return not (_OF_PEOPLE.search(before) or _OF_PEOPLE_AFTER.match(words, share.end()))


def _with_second(
    seconds: Sequence[re.Match[str]], found: Sequence[Said], shares: Sequence[re.Match[str]]
) -> Iterator[Said]:
    """The share of two that follows from that of the second: with the largest, or with the larger share before it."""
    for share in seconds:
        second = float(share["p"])
        ones = [one.share for one in found if one.largest == 1 and one.share >= second]
        ones = (
            ones or [float(one["p"]) for one in shares if one.end() <= share.start() and float(one["p"]) >= second][-1:]
        )
        if ones and ones[0] + second <= 100:
            if not any(one.largest == 1 for one in found):
                yield Said(1, ones[0], share.start())
            yield Said(2, ones[0] + second, share.start())
