"""The one at the top, named with its value: `가장 큰 차주의 잔액은 83억 원`, `the largest borrower owes £4.1m`.

A text may say that no smallest or largest values leave and give one in the next line; then every one that it gives is
against its own words. Regions, sectors and groups have a largest as well, which is nobody's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_LINE, LONGEST_TEXT = 1_000, 20_000
"""Characters of a line, and of a text, that are read."""

_ONE_KO = (
    r"(?:차주|차입자|대출자|채무자|예금주|업체|기업|회사|사업체|사업장|법인|농가|어가|점포|공장|고객|환자|회원|가입자|"
    r"수급자|응답자|참여자|"
    r"대상자|근로자|직원|학생|사람|가구|개인|피험자|납세자|임차인|임대인|계좌|대출|거래|청구|건|입원|기부자|주주|"
    r"투자자|주택|아파트|건물|토지|선박|보유자|소유자)"
)
_ONE_EN = (
    r"(?:borrowers?|debtors?|loans?|firms?|compan(?:y|ies)|business|enterprises?|plants?|farms?|shops?|stores?|"
    r"employers?|"
    r"customers?|clients?|patients?|members?|claimants?|recipients?|respondents?|participants?|workers?|employees?|"
    r"students?|pupils?|persons?|individuals?|households?|famil(?:y|ies)|taxpayers?|tenants?|landlords?|accounts?|"
    r"claims?|"
    r"transactions?|deposits?|donors?|shareholders?|investors?|houses?|homes?|propert(?:y|ies)|estates?|owners?|"
    r"earners?|balances?|invoices?|bills?)"
)
_AMOUNT_KO = (
    r"(?!(?:19|20)\d\d년)\d[\d,.]{0,15}\s?(?:조|천억|백억|십억|억|천만|백만|만|천)?(?:\s?\d[\d,]{0,6}\s?(?:억|만|"
    r"천)?)?\s?"
    r"(?:원|달러|유로|엔|명|세|살|일|개월|년|시간|회|건|kg|cm|톤|㎡|평|배|억|만)"
)
_AMOUNT_EN = (
    r"(?:(?:[£$€₩]|\b(?:KRW|USD|GBP|EUR|JPY)\s?)\s?\d[\d,.]{0,18}\s?(?:k|m|bn|million|billion|trillion|thousand)?\b"
    r"|\b\d[\d,.]{0,18}\s?(?:(?:m|b|tr)illion|thousand|bn)?\s?(?:won|pounds|dollars|euros|yen|years?|days?|kg|tonnes?|"
    r"employees|hectares|visits)\b)"
)
_TOP = (
    re.compile(
        rf"(?:가장|제일)\s(?:[가-힣]{{1,8}}\s){{0,3}}?[가-힣]{{1,8}}\s?{_ONE_KO}"
        rf"(?P<of>[^.\n\d]{{0,30}}?)(?P<value>{_AMOUNT_KO})"
    ),
    re.compile(
        rf"(?:최대|최고|최다|최상위|최고액|최다액|최하위|(?<!\d)1위)\s?{_ONE_KO}"
        rf"(?P<of>[^.\n\d]{{0,30}}?)(?P<value>{_AMOUNT_KO})"
    ),
    re.compile(
        rf"\b(?:largest|biggest|highest|richest|oldest|youngest|smallest|lowest|top|best[- ]paid|heaviest|"
        rf"most indebted)\s"
        rf"(?:single |individual |[a-z]{{3,12}} )?{_ONE_EN}\b(?P<of>[^.\n\d£$€₩]{{0,45}}?)(?P<value>{_AMOUNT_EN})",
        re.IGNORECASE,
    ),
)
_OF_MANY = re.compile(
    r"평균|중앙값|중위|분위|비율|합계|총액|업종|산업|부문|지역|시도|시군구|연령대|집단|구간|그룹|국가|유형|분포|"
    r"상위\s?\d|"
    r"mean|average|median|share|percent|%|total|sum|sector|industr|region|group|categor|countr|province|quintile|"
    r"decile|"
    r"band|class\b|each|any|every|may|must|can\b|limit|up to|한도|상한|허용|기준|정원|만족도|점수",
    re.IGNORECASE,
)
_NONE_SAID = re.compile(
    r"(?:최소|최대|최솟값|최댓값|최저|최고|극단값|극단치|극값|이상값|이상치)[^.\n]{0,30}?"
    r"(?:제시하지|표시하지|싣지|내지|적지|포함하지|나가지|공개하지|제공하지|보고하지)\s?(?:않|아니)"
    r"|(?:최소|최대|최솟값|최댓값|최저|최고|극단값|극단치|극값)[^.\n]{0,20}?(?:없다|없음|없습니다|제외(?:하|함|했)|"
    r"삭제(?:하|함|했)|생략)"
    r"|\b(?:no|without|neither)\b[^.\n]{0,20}?\b(?:extremes?|extreme values|minim(?:um|a)|maxim(?:um|a)|min/max|"
    r"outliers?)\b"
    r"|\b(?:extremes?|extreme values|minim(?:um|a)|maxim(?:um|a)|min/max)\b[^.\n]{0,30}?\b(?:not|never|are omitted|"
    r"omitted|"
    r"withheld|removed|left out|suppressed)\b",
    re.IGNORECASE,
)


def says_no_ends(text: str) -> bool:
    """Whether a text says that no smallest and largest values leave."""
    return _NONE_SAID.search(text[:LONGEST_TEXT]) is not None


def value_at_top(line: str) -> Iterator[str]:
    """The values that a line gives of the one person, firm or loan that has most or least."""
    if len(line) > LONGEST_LINE:
        return
    for pattern in _TOP:
        for match in pattern.finditer(line):
            if not _OF_MANY.search(match[0]):
                yield match["value"]
