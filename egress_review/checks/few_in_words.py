"""Few people or firms that a sentence counts, in digits or words: `단 세 곳만이 이용하였다`, `환자 중 일곱 명은 사망`.

A number of people is one of the study where the sentence says that there are no more, that they are a part of those who
were looked at, or what befell them. Those who did the work, sites, limits, capacities and the rules by which cells are
hidden have small numbers too, and are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.number_words import ENGLISH, KOREAN, number_of

LONGEST_LINE, NEAR = 2_000, 70
"""Characters of a line that is read, and around a number in the same sentence."""

_SINO = ("일", "이", "삼", "사", "오", "육", "칠", "팔", "구")
_WHOSE = r"업체|기업|회사|사업체|사업장|법인|농가|어가|점포|공장|업소|가맹점|매장|병원|의원|약국|학교|시설|은행|조합"
_KO = re.compile(
    rf"(?<![\d.,~∼–\-제])(?P<digits>\d{{1,2}})\s?(?:(?P<p1>명|사람|가구|인(?=[은이만뿐]))|(?P<f1>개사|개소|곳|군데|"
    rf"개\s?(?:{_WHOSE})|업체|기업|농가))"
    rf"|(?<![가-힣])(?P<native>{'|'.join(KOREAN)})\s?(?:(?P<p2>명|사람|가구)|(?P<f2>곳|군데|개사|개소|"
    rf"(?:개\s?)?(?:{_WHOSE})))"
    rf"|(?<![가-힣])(?P<sino>{'|'.join(_SINO[2:])})\s?(?:(?P<p3>인(?=[은이만뿐]))|(?P<f3>개사|개소|개\s?(?:{_WHOSE})))"
)
_AFTER_COUNT = re.compile(r"(?:은|는|이|가|을|를|만|도|의|뿐|밖에|에|모두|전부|중|[\s,.)·]|$)")
"""What can follow a number of somebody; another letter makes another word of it."""
_NO_MORE_BEFORE = re.compile(r"(?:단지?|오직|겨우|불과|고작|유일하게|딱|달랑|기껏해야)\s?$")
_NO_MORE_AFTER = re.compile(
    r"\s?(?:뿐(?!만)|밖에|에\s?(?:불과|그[쳤치])|에서만|에게만|(?:만|만이|"
    r"만을)(?=\s[^.\n]{0,30}?[가-힣](?:[였었했았됐렸겼]|하[고며]|되[고며])))"
)
_GROUP = (
    r"(?:환자|대상자|참여자|참가자|피험자|응답자|이용자|가입자|수급자|근로자|학생|직원|사원|주민|회원|고객|가구|세대|"
    r"아동|노인|여성|남성|"
    r"산모|신생아|영아|장애인|[가-힣]{2,5}군|[가-힣]{1,4}[가-힣]자|사례|차주|사람|기업|업체|회사|사업체|사업장|법인|"
    r"농가|점포|[가-힣]{1,6}업)"
)
_PART_BEFORE = re.compile(
    rf"(?:{_GROUP}(?:들)?\s?(?:\([^()]{{0,20}}\)\s?)?(?:중|가운데)|(?:이|그)\s?(?:중|가운데))(?:에서|에는|에|"
    rf"의)?(?:는|도)?,?"
    r"\s?(?:모두|총|단지?|겨우|나머지|약|다른|또 다른)?\s?$"
)
_PART_OF_PEOPLE = re.compile(r"[가-힣]{2,10}(?:들)?\s?(?:중|가운데)(?:에서)?(?:는|도)?\s?(?:모두|단지?)?\s?$")
"""A part of people whatever they are called, which what befell it shows to be of the study."""
_BEFELL = re.compile(
    r"사망|숨[졌진지]|자살|탈락|이탈|중도|추적|소실|철회|제외|배제|누락|결측|재입원|재발|악화|합병증|이상 ?반응|"
    r"부작용|감염|확진|양성|"
    r"진단|해고|퇴사|퇴직|실직|체포|구속|기소|유죄|처벌|징계|체납|연체|부도|파산|폐업|휴업|적자|흑자|손실|도산|위반|"
    r"어[겼겨긴]|"
    r"추징|적발|과징금|벌금|제재|탈세|영업 ?정지|수급|중단|자퇴|유급|임신|유산|거부|무응답|미응답|미이수|불합격|"
    r"불이행|환수|인수|매각|"
    r"독점|해당(?:한|하|됐|되)|전원 ?(?:후|되)"
)
_WITH_PART = re.compile(
    r"이용|신청|선정|받[았은아]|보였|보고|나타|가입|수혜|사용|응답|전원|수술|입원|참여하지|있었|없었|였다|이었다|이다"
)
_OTHERS = re.compile(
    r"연구자|연구원|연구진|연구 ?보조|위원|검토자|심사|평가자|평가단|저자|관리자|분석자|담당자|승인|책임자|조사원|"
    r"조사자|면접원|관찰자|"
    r"전문가|자문|판독|전문의|코더|번역|감수|참여 ?(?:기관|병원|센터|학교|대학|의료기관|연구)|(?:기관|병원|센터|대학|"
    r"대학교)(?:이|은|가|는|도)? ?"
    r"(?:함께 )?참여|수행|공동|협력|컨소시엄|제공 ?(?:기관|업체|회사)|자료를 제공|공급|개발사|제조사|운영사|통신사|"
    r"가지|모형|모델|방법|"
    r"알고리즘|변수|척도|문항|1조|예시|예를 들|가상|가정|가령|접속|로그인|정원|동시에|허용|권한|좌석|지점|관측소|"
    r"측정소|정거장|"
    r"시도(?![하했한를])|시군구|시·도|시·군|자치구|지역 ?(?:중|가운데)|도시|국가|나라|항목|파일|그림|문장|화면|정류장"
)
_OF_METHOD = re.compile(
    r"비공개|마스킹|가[렸리림]|가려|병합|통합|합[쳐쳤침]|숨[겼김]|셀|칸|기준|원칙|규칙|규정|최소 ?\d|경우|[이인]라?면|"
    r"때는|있는지|"
    r"suppress|mask|merg|combin|hidden|withheld|\bcells?\b|threshold|\brule|dominance|minimum|\bif\b|\bwhen\b|"
    r"\bwhere\b|unless|whether|at least|example|hypothe|simulat|synthetic|imagin|suppos",
    re.IGNORECASE,
)
"""A sentence of how small cells are treated, or of what is not so."""
_LIMIT = re.compile(
    r"\s?(?:미만|이하|이상|이내|보다|당(?![가-힣])|마다|초과|단위|씩|까지|꼴|정도씩|이라도|이면|인 경우)|"
    r"[을를]\s?(?:초과|넘)|"
    r"\s?(?:중|가운데)\s?(?:에서\s?)?\d{0,2}(?:한|하나|[1-9])\b"
)
_LIMIT_BEFORE = re.compile(
    r"(?:최소|적어도|최대|많아야|평균|매|각|1회|한 ?번에|명당|\d\s?명\s?(?:중|가운데)|열 ?명 ?(?:중|가운데))\s?$"
)
_BREAK = re.compile(r"(?<=[다음함됨임요])\.\s|[.;。!?]\s|\s[–—]\s")

_FIRMS_EN = (
    r"firms?|compan(?:y|ies)|business(?:es)?|enterprises?|plants?|establishments?|breweries|farms?|shops?|stores?|"
    r"employers?|contractors?|manufacturers?|producers?|exporters?|importers?|banks?|factories|restaurants?|hotels?|"
    r"clinics?|pharmacies|mines?|shipyards?|wineries|mills?|households?|families|couples|borrowers?|people|"
    r"persons|individuals|patients?|participants?|respondents?|pupils|students|workers|employees|residents|children|"
    r"women|men|tenants|users|customers|claimants|taxpayers|landlords|landowners"
)
_EN = re.compile(
    rf"(?<![\d.,<>≤≥=/$£€:-])\b(?P<n>\d{{1,2}}|{'|'.join(ENGLISH)})\b(?: of (?:the|these|those|our|all|its))?"
    rf"(?: [a-z][a-z-]{{2,14}}){{0,2}} (?:{_FIRMS_EN})\b(?! (?:or more|or fewer|or less|per|each)\b)",
    re.IGNORECASE,
)
_NO_MORE_EN = re.compile(r"\b(?:only|just|merely|a mere|no more than|as few as)(?: the)? ?$", re.IGNORECASE)
_BEFELL_EN = re.compile(
    r"\b(?:died|dead|deceased|dropped|excluded|removed|discarded|deleted|lost|withdr[ae]w\w*|default(?:ed)?|"
    r"bankrupt\w*|"
    r"insolven\w*|closed|fined|penali[sz]ed|convicted|sanctioned|loss(?:es)?|breach\w*|violat\w*|evad\w*|arrested|"
    r"positive|"
    r"relapsed|infected|diagnosed|suicid\w*|readmitted|hospitali[sz]ed|dismissed|expelled|refused|disqualified|"
    r"prosecuted|audited|clawed back|repaid|used the|claimed the|received|applied|qualified|earn(?:ed|s)?|made a)\b",
    re.IGNORECASE,
)
_NOT_TOLD_EN = re.compile(r"\b(?:is|are|be|to|for|takes?|may|might|can|could|will|would|should|must)\b", re.IGNORECASE)
"""What stands before such a word where it tells of nobody but of what happens as a rule."""
_OTHERS_EN = re.compile(
    r"reviewer|author|investigator|coder|rater|\breaders?\b|interviewer|supervisor|committee|participating|took part|"
    r"take part|suppl(?:y|ied|ier)|provided|vendor|\bsites?\b|collaborat|partner|funded|sponsor|consult|log ?in|"
    r"at a time|capacity|models?\b|methods?\b|largest|\btop\b|leading|"
    r"in (?:every|ten|five)\b|out of (?:every|ten)|memory|\bcpus?\b|\bcores?\b|thread|parallel|\bpool\b|concurrent|"
    r"\bnodes?\b|\btrees?\b|distribution|binomial|poisson|gaussian",
    re.IGNORECASE,
)


_BARE_EN = re.compile(
    rf"\b(?:only|just|merely) (?P<o>{'|'.join(ENGLISH)}) (?:of (?:them|these|those) )?"
    r"(?:survived|remained|died|failed|closed|withdrew|defaulted|relapsed|recovered|used it|qualified|responded)\b"
    rf"|\b(?P<n>{'|'.join(ENGLISH)}) of (?:them|these|those)\b(?=[^.;\n]{{0,40}}? ?\b(?:died|withdrew|relapsed|"
    r"(?:were|was) (?:fined|lost|dropped|excluded|convicted|dismissed|expelled|infected|positive|arrested)|"
    r"went bankrupt|defaulted|closed)\b)",
    re.IGNORECASE,
)
"""Few of those whom the sentence before names: `Seven of them died`."""
_TIMES_EN = re.compile(r"\b(?:year|week|month|day|hour|minute)s?\b", re.IGNORECASE)


def few_in_words(line: str, least: int) -> Iterator[tuple[int, int]]:
    """Where a line counts fewer people or firms than `least`, and how many."""
    if len(line) > LONGEST_LINE:
        return
    for match in _KO.finditer(line):
        value = _value(match)
        if 0 < value < least and _AFTER_COUNT.match(line, match.end()) and _is_told(line, match):
            yield match.start(), value
    for match in _EN.finditer(line) if line.isascii() or " " in line else ():
        value = number_of(match["n"])
        if 0 < value < least and _is_told_in_english(line, match):
            yield match.start(), value
    for match in _BARE_EN.finditer(line):
        value = number_of(match["o"] or match["n"])
        if value < least and not any(one.search(line) for one in (_OTHERS_EN, _OF_METHOD)):
            yield match.start(), value


def _value(match: re.Match[str]) -> int:
    if match["sino"]:
        return _SINO.index(match["sino"]) + 1
    return number_of(match["digits"] or match["native"])


def _around(line: str, match: re.Match[str]) -> tuple[str, str]:
    """What stands before and behind a number in its sentence."""
    before = _BREAK.split(line[max(0, match.start() - NEAR) : match.start()])[-1]
    return before, _BREAK.split(line[match.end() : match.end() + NEAR])[0]


def _is_told(line: str, match: re.Match[str]) -> bool:
    """Whether a Korean sentence says of so many that they are all, a part, or what befell them."""
    before, after = _around(line, match)
    if _LIMIT.match(line, match.end()) or _LIMIT_BEFORE.search(before):
        return False
    if _OTHERS.search(before[-25:] + match[0] + after[:25]) or _OF_METHOD.search(before[-30:] + after):
        return False
    firms = match["f1"] or match["f2"] or match["f3"] or ""
    if firms in ("곳", "군데", "개소") and not re.search(
        rf"{_WHOSE}|[가-힣]업|사업자|[가-힣]장(?:은|이|중|에서|\s)", line
    ):
        return False
    if value_is_one(match) and not (_NO_MORE_BEFORE.search(before) or _NO_MORE_AFTER.match(line, match.end())):
        return _PART_BEFORE.search(before) is not None and _BEFELL.search(after) is not None
    if _NO_MORE_BEFORE.search(before) or _NO_MORE_AFTER.match(line, match.end()):
        return True
    if _PART_BEFORE.search(before) and (_BEFELL.search(after) or _WITH_PART.search(after)):
        return True
    grave = _BEFELL.search(after) is not None
    if not firms and grave and (_PART_OF_PEOPLE.search(before) or after.startswith(("에서 ", "에게서 "))):
        return True
    subject = re.match(r"\s?(?:은|는|이|가|만|도|만이|모두|전부)(?=\s)", after) or re.match(
        r"(?:은|는|이|가)?\s?(?:모두|전부)\s", after
    )
    return (
        subject is not None
        and _BEFELL.search(after) is not None
        and (bool(firms) or _GROUPED.search(before) is not None)
    )


def value_is_one(match: re.Match[str]) -> bool:
    """Whether a number is the word that may as well be an article: `한 기업`."""
    return match["native"] == KOREAN[0]


_GROUPED = re.compile(_GROUP)


def _is_told_in_english(line: str, match: re.Match[str]) -> bool:
    """As much of an English sentence."""
    before, after = _around(line, match)
    if _TIMES_EN.search(match[0]) or re.search(r"\b(?:with|having|have) $", before):
        return False
    if _OTHERS_EN.search(before[-30:] + match[0] + after[:40]) or _OF_METHOD.search(before + after):
        return False
    if re.search(
        r"(?:\bthan|\bleast|\bmost|\bunder|\bbelow|\bper|\bevery|\beach|\bany|\bno|\bto|\bor|[-–])\s?$", before, re.I
    ):
        return False
    if match["n"].lower() in ("one", "1") and not (_NO_MORE_EN.search(before) or " of " in match[0]):
        return False
    befell = _BEFELL_EN.search(after)
    told = befell is not None and _NOT_TOLD_EN.search(after[: befell.start()]) is None
    return told or _NO_MORE_EN.search(before) is not None
