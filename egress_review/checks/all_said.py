"""Sentences that say something grave of everybody in a group: `입소자 41명 전원이 양성`, `all 41 died`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.tables import count_said

LONGEST_LINE = 2_000
LARGEST_GROUP = 500
"""People up to which a group is one whose members are known to each other; beyond, it may be all there are."""

_TRAIT_KO = (
    r"(?:양성|음성으로|감염|확진|사망|발병|재발|불합격|낙제|탈락|중독|흡연|음주|우울|자살|해고|실직|퇴직|퇴사|파산|폐업|체납|"
    r"연체|부도|유죄|전과|재범|구속|기소|미접종|입원|임신|유산|진단|장애|수급|중퇴|자퇴|유급|미달|부적합|처벌|징계|피해|"
    r"보균|항체|결핍|고위험|합병증|부작용|실패)"
)
_TRAIT_EN = (
    r"(?:positive|negative|infected|died|dead|deceased|fail(?:ed|ing)?|relapsed|diagnosed|dismissed|"
    r"fired|laid off|bankrupt|"
    r"unemployed|convicted|reoffended|arrested|smok(?:ed|ers?|ing)|drank|depress\w*|suicid\w*|"
    r"pregnant|hospitali[sz]ed|"
    r"unvaccinated|dropped out|expelled|defaulted|insolvent|closed|abused|addicted|obese|disabled|"
    r"deficient|seropositive|"
    r"colonised|colonized|carriers?|sick|ill)"
)
_OTHERS = (
    r"survived|passed|recovered|tested negative|negative|vaccinated|employed|responded|completed|graduated|returned|"
    r"reoffended|smoked|passed the \w+"
)
_N = r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,4})"
_ALL = (
    re.compile(
        rf"(?:모든|전체) ?[가-힣]{{1,8}}\s?\(\s?(?:[nN]\s?=\s?)?{_N}\s?명?\s?\)(?:이|가|은|는|에서|"
        rf"에게서)?(?=[^.\n]{{0,40}}?{_TRAIT_KO})"
    ),
    re.compile(
        rf"{_N}\s?(?:명|인|개소|개사|가구)(?:은|는|이|의)?\s?(?:전원|전부|모두|전체)(?:이|가|에서|은|는|에게서|에게)?(?=\s|$)"
        rf"(?=[^.\n]{{0,40}}?{_TRAIT_KO})"
    ),
    re.compile(
        rf"(?:전원|전부|모두)\s?\(?{_N}\s?(?:명|인|개소|개사|가구)\)?(?:이|가|은|는|에서)?(?=[^.\n]{{0,40}}?{_TRAIT_KO})"
    ),
    re.compile(
        rf"\b(?:all|every one|each|everyone|the entire group) (?:of )?(?:the |these |its |"
        rf"our )?{_N}(?: of (?:the|its|them))?"
        rf"(?: (?!who\b|that\b)[a-z-]{{2,20}}){{0,6}}? (?:[a-z]{{2,12}} ){{0,2}}{_TRAIT_EN}\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:none|not one|no one) of (?:the |these |its |our )?{_N}(?: [a-z-]{{2,20}}){{0,6}}? (?:{_OTHERS})\b",
        re.IGNORECASE,
    ),
    re.compile(rf"{_N}\s?(?:명|인)\s?(?:가운데|중)(?:에서)?\s?(?:한 명도|아무도|단 한 명도)[^.\n]{{0,30}}(?:않|없|못)"),
    re.compile(
        rf"\b(?:100(?:\.0+)? ?%|(?P<k>\d{{1,4}}) (?:out )?of) (?:of )?(?:the |all |"
        rf"its )?{_N}(?: (?!who\b)[a-z-]{{2,20}}){{1,6}}? "
        rf"(?:[a-z]{{2,12}} ){{0,2}}{_TRAIT_EN}\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_N}\s?(?:명|인)\s?(?:가운데|중)(?:에서)?\s?(?P<k>\d{{1,4}})\s?명(?:\(100(?:\.0+)?%\))?(?:이|은|에서|모두|전원)?"
        rf"(?=[^.\n]{{0,30}}?{_TRAIT_KO})"
    ),
)
_BY_NATURE = re.compile(
    r"(?:사망자|확진자|감염자|양성자|환자군|퇴사자|실직자|폐업|수급자|흡연자|재발 환자|입원 ?환자|피해자|"
    r"연구 대상|대상자|"
    r"참여자|증례)\s?(?:총\s)?$|(?:cases|deaths|decedents|smokers|carriers|patients with \w+)$|"
    r"기준|정의|선정|포함|제외|동의",
    re.IGNORECASE,
)
_OF_METHOD = re.compile(
    r"by definition|inclu(?:ded|sion)|criteri|eligib|consent|동의|선정|기준(?! ?(?:초과|치|미달|이하))|"
    r"정의|제외|대상으로|모집|등록|가상|예시|"
    r"simulat|synthetic|example|control",
    re.IGNORECASE,
)


def all_said(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines (from 1) that say something grave of everybody in a group, and how many they are."""
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            continue
        for pattern in _ALL:
            match = pattern.search(line)
            if match is None or (match.groupdict().get("k") or match["n"]) != match["n"]:
                continue
            before, people = line[max(0, match.start() - 20) : match.start()], count_said(match["n"])
            sentence = line[max(0, match.start() - 60) : match.end() + 60]
            if 1 < people <= LARGEST_GROUP and not _BY_NATURE.search(before) and not _OF_METHOD.search(sentence):
                yield number, people
                break
