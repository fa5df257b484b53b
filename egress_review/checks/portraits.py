"""One person by several particulars in a sentence: `울릉군에서 한우 1,200두를 키우는 63세 여성 경영주는 “…”고 적었다`.

An age with a sex or a work makes one person the subject; a small place, what is only theirs, an exact holding, a family
or an illness and words of their own make them known. A group, an average, a number of people and a participant of whom
nothing more is said do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

LONGEST, FEWEST, WINDOW, MOST_PEOPLE = 4_000, 5, 220, 12
"""Characters of a line, what particulars come to at least, characters around the person in which they stand, and people
of a line who are looked at."""

_ROLE_KO = (
    r"(?:참여자|응답자|환자|대상자|면담자|피면담자|제보자|주민|농민|농부|농업인|어민|어업인|어부|해녀|경영주|"
    r"경영인|농장주|축산인|"
    r"목장주|선주|선장|업주|점주|사장|대표|이장|원장|소장|교장|교사|교수|강사|의사|한의사|치과의사|간호사|약사|"
    r"수의사|변호사|"
    r"판사|검사|목사|신부|스님|수녀|공무원|경찰관|소방관|군인|근로자|노동자|직원|기사|운전사|조종사|기관사|"
    r"요리사|미용사|"
    r"주부|학생|수급자|입소자|가구주|세대주|생존자|유족|미망인|과부|이주민|이민자|난민|장애인|작가|화가|가수|"
    r"배우|선수|장인|"
    r"기술자|연구원|광부|임업인|양봉가|사냥꾼|기초의원|군의원|시의원|여성|남성|여자|남자|여|남|노인|할머니|"
    r"할아버지|산모|과학자)"
)
_ROLE = (
    r"(?:man|woman|widow(?:er)?|male|female|boy|girl|lady|gentleman|farmer|rancher|herder|fisher(?:man|woman)?|"
    r"diver|owner|"
    r"operator|manager|mayor|teacher|professor|principal|doctor|physician|surgeon|nurse|midwife|pharmacist|"
    r"dentist|vet|"
    r"veterinarian|lawyer|judge|priest|pastor|monk|nun|miner|captain|pilot|driver|baker|butcher|shopkeeper|soldier|"
    r"police ?(?:man|woman|officer)|firefighter|resident|villager|participant|respondent|patient|interviewee|mother|"
    r"father|grandmother|survivor|refugee|migrant|immigrant|artist|writer|student|pensioner|worker|engineer|"
    r"breeder|grower|"
    r"shepherd|beekeeper|winemaker|entrepreneur|keeper|headteacher|councillor)"
)
_NOT_ONE = r"(?! ?(?:이상|이하|미만|초과|부터|까지|[-~–]|전후|안팎))"
_PERSON_KO = re.compile(
    rf"(?<![\d~–.-])(?:만 ?)?(?P<age>\d{{1,3}})(?:(?:세|살){_NOT_ONE}|(?P<decade>대)(?! ?(?:이상|이하|"
    rf"초반~|[-~–])))"
    rf"(?: ?(?:초반|중반|후반))?의? ?(?:인 ?)?(?:[가-힣]{{1,6}} ){{0,3}}(?P<role>[가-힣]{{0,6}}{_ROLE_KO})"
    rf"(?: ?[A-Z가-하]씨?)?(?:는|은|이|가|의|에게|께서|로|도|를|을|,|\(|라|인데|이다|이며|이고|"
    rf"였)(?![가-힣]{{0,3}}들)"
)
_PERSON = re.compile(
    rf"\b(?:a|an|the|one|another|this|our|"
    rf"only)\s(?:[a-z-]{{2,14}}\s){{0,2}}(?P<age>\d{{1,3}})[- ]year[- ]old\s(?:[A-Za-z-]{{2,20}}\s){{0,4}}?"
    rf"(?P<role>{_ROLE})\b|\b(?:a|an|the|one|another)\s(?:[A-Za-z-]{{2,20}}\s){{0,4}}?(?P<role2>{_ROLE}),?\s"
    rf"(?:(?:who\s(?:is|was)\s)?aged?\s(?:of\s)?|\()(?P<age2>\d{{1,3}})\b(?!\s?(?:to|and|or|[-–]|years?\sand))"
    rf"|\b(?:a|an|the|one)\s(?P<role3>{_ROLE})\sin\s(?:her|his|their)\s(?P<decade>[2-9]0)s\b",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"\d[\d,]{0,12} ?(?:명|인|가구|농가)(?=[의은는이가을를과와 ,.)]|$)|평균|중앙값|비율|대상자 수|기준|"
    r"\b(?:mean|average|median|per cent|percent|rate|"
    r"life expectancy|incidence|prevalence)\b|기대여명|(?:할|될|받을|신청할) 수 있|[을일할될벌] 때(?= |,)|"
    r"인? 경우|(?:이|라)면 |발생률|유병률|추정|가상|예를 들어|가정하|예시|\b(?:hypothetical|simulated|"
    r"for example|e\.g\.|typical|assume|vignette|reference (?:person|patient)|would|should|if)\b|가이드라인|"
    r"지침|권고|guideline",
    re.IGNORECASE,
)
"""What makes a sentence one of a group, of an example or of a rule."""

_PLACE_KO = re.compile(
    r"(?<![가-힣])(?:(?![가-힣]{0,2}(?:대조|실험|치료|환자|시험|비교|중재|처치|위약|투여|위험|정상|질환|연령|"
    r"직업|상병|약물|수술|"
    r"노출|대상|건강|직|병)군)[가-힣]{1,3}군|[가-힣]{1,3}읍|"
    r"[가-힣]{2,3}(?<![관처거권심윤논분대수진물유비원무소자다머우허꼬])리)"
    r"(?=에|의|에서|에 사는| |,)"
    r"|(?<![가-힣])(?:[동서남북]|(?!반대|절대|대부|긍정|"
    r"부정)[가-힣]{2,3}(?<![측화수표국전후정방장단지도내외직대노]))면(?=에|의)"
    r"|(?<![가-힣])[가-힣]{1,5}섬(?=에|의| |,)|(?:백령|연평|흑산|가거|거문|추자|욕지|청산|보길|비금|도초|덕적|"
    r"대청|소청|울릉|마라|"
    r"가파|사량|(?<![가-힣])[우독])도(?=에|의|에서| |,|로)|[가-힣]{1,6} ?(?:어촌|산골|탄광촌|분교|보건지소|"
    r"보건진료소)|"
    r"[가-힣]{1,5} ?마을(?=에|의|에서| |,)"
)
_PLACE = re.compile(
    r"\b[A-Z][a-z]{2,14}(?:[- ](?:gun|eup|myeon|ri)\b| (?:[Ii]sland|[Vv]illage|[Tt]ownship|[Pp]arish|[Ii]slet|"
    r"[Hh]amlet|County)\b)"
    r"|\b(?:[Ii]sland|[Vv]illage|[Hh]amlet|[Pp]arish|[Tt]ownship) of [A-Z][a-z]{2,14}\b|"
    r"\b[Oo]n [A-Z][a-z]{2,14} [Ii]sland\b"
)
_PLACE_TOO = re.compile(r"[가-힣]{2,4}(?:시|구|동)(?=에|의|에서| )|\b(?:in|from|near) [A-Z][a-z]{2,14}\b")
_ONLY = re.compile(
    r"유일|하나뿐|한 명뿐|최초|최고령|최연소|마지막 남은|국내 첫|전국에서 가장|가장 (?:큰|많은|오래)"
    r"|\b(?:only|sole|single-handed(?:ly)?|first|last remaining|oldest|youngest)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\d[\d,.]{0,12} ?(?:두|마리|헥타르|㏊|ha|평|톤|척|억(?: ?원)?|그루|통)(?![가-힣]{0,2}별)"
    r"|\b\d[\d,.]{0,12} (?:head\b|cattle|cows|pigs|sheep|goats|hens|hectares|acres|tonnes|boats|hives|beds)|"
    r"[₩£$€]\s?\d[\d,.]{0,12} ?(?:m|bn|million|billion)\b",
    re.IGNORECASE,
)
_LIFE = re.compile(
    r"혼자|홀로|남편|아내|아들|(?<![가-힣])딸|쌍둥이|이혼|사별|사고로|암(?= |을|에|으로)|투병|희귀|백혈병|결핵|"
    r"에이즈|마비|절단|이식|장애(?=를|가)|"
    r"교도소|파산|자살|귀농|탈북|(?:19|20)\d\d년|\d{1,2}년째"
    r"|\b(?:alone|by (?:her|him)self|husband|wife|son|daughter|twins?|divorced|widowed|accident|cancer|"
    r"leukaemia|leukemia|tuberculosis|HIV|"
    r"transplant|rare|paraly[sz]ed|prison|bankrupt\w*|suicide|defector|since (?:19|20)\d\d|in (?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"[\"”’」』]\s?(?:이?라?고|라며|이라며|며|는 |면서) ?(?:[가-힣]{1,8} ){0,2}?(?:적|썼|쓰|말|답|응답|토로|"
    r"털어|진술|밝|전|호소|회상|설명|기술|이야기|"
    r"강조|덧붙)|\b(?:wrote|said|told|recalled|explained|answered|replied|reported|stated|complained|described|"
    r"added|writes|says)\b"
    r"[^.\"“]{0,30}[\"“]|[\"”],? (?:she|he|they)? ?(?:wrote|said|told|recalled|explained|added)",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"(?:참여자|응답자|환자|대상자|면담자|여성|남성|여자|남자|여|남|노인|man|woman|male|female|participant|"
    r"respondent|patient|boy|girl)$"
)
_SEXED = re.compile(
    r"여성|남성|여자|남자|할머니|할아버지|(?<![가-힣])[여남](?![가-힣])|\b(?:fe)?male\b|\b(?:wo)?man\b|widow|"
    r"\b(?:her|his|she|he)\b",
    re.IGNORECASE,
)


def portraits(line: str, most: int = MOST_PEOPLE) -> Iterator[int]:
    """What the particulars of the first person of a line come to who can be known by them; `most` are looked at."""
    said = line[:LONGEST]
    if not any(map(str.isdigit, said)):
        return
    for pattern in (_PERSON_KO, _PERSON):
        for found in islice(pattern.finditer(said), most):
            told = found.groupdict()
            role = told["role"] or told.get("role2") or told.get("role3") or ""
            around = _sentence(said, found.start(), found.end())
            if role.endswith("들") or _MANY.search(around):
                continue
            number = _weight(around, found[0], role, exact=not told["decade"])
            if number >= FEWEST:
                yield number
                return


def _sentence(said: str, start: int, end: int) -> str:
    """What stands around a person, to the ends of the sentence; the words that are quoted are among it."""
    before = said[max(0, start - WINDOW) : start]
    after = said[end : end + WINDOW]
    return (
        before[max(before.rfind(". "), before.rfind("다. ")) + 1 :]
        + said[start:end]
        + _ENDS.split(after, maxsplit=1)[0]
    )


_ENDS = re.compile(r"(?<=다)\.\s|(?<=[a-z\"”])\.\s(?=[A-Z가-힣])")


def _weight(around: str, person: str, role: str, *, exact: bool) -> int:
    """What particulars come to: a small place or what is only theirs counts twice, and one of the two has to stand."""
    place = _PLACE_KO.search(around) is not None or _PLACE.search(around) is not None
    only = _ONLY.search(around) is not None or _HOLDS.search(around) is not None
    if not place and not only:
        return 0
    worked = role != "" and _GENERIC.search(role.lower()) is None
    single = (exact, _SEXED.search(person) is not None, worked, _LIFE.search(around) is not None)
    spoken = _SAID.search(around) is not None
    near = not place and _PLACE_TOO.search(around) is not None
    # Of many who are as old in a large place nothing but what is theirs alone tells who it is.
    return 2 * place + 2 * only + sum(single) + spoken + near
