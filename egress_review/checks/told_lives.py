"""What lives are told by: the story of one patient with its days, and what participants said of themselves.

A story is an age with a sex and, near it, days on which something befell somebody. What was said in the first person is
of one participant; it stops a file where several kinds of particulars stand in it or beside it, such as an age, a
place, a work, a family, an illness. Questions, themes and words of topics are what many people have in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.columns import kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.person_rows import COUNTED
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

FEWEST_DAYS, NEAR, LONGEST = 2, 16, 2_000
"""Days on which something befell somebody, lines from the age on in which they stand, and characters of a line."""
FEWEST_KINDS, FEWEST_TOLD = 3, 2
"""Kinds of particulars of one quotation, and of one answer of which there are at least as many."""
FEWEST_ANSWERS, LEAST_ANSWER, MOST_ANSWERS = 3, 12, 20_000
"""Different answers of a column, characters that they have on average, and rows that are read."""

_NOT_RANGE = r"(?! ?(?:이상|이하|미만|초과|부터|까지|대|[-~–]))"
_AGED = re.compile(
    r"\b\d{1,3}[- ]year[- ]old (?:[A-Za-z-]{2,20} ){0,4}"
    r"(?:man|woman|male|female|boy|girl|patient|lady|gentleman|infant|child)\b"
    rf"|(?<![\d.~–-])\d{{1,3}}세{_NOT_RANGE}의? ?(?:[가-힣]{{1,6}} )?(?:남|여)(?:성|자|아|"
    rf"환자)?(?![가-힣]{{0,2}}[녀별])"
    r"|(?<![가-힣])(?:남|여)(?:성|자|아)?(?: 환자)? ?[(/,·]? ?만? ?\d{1,3}세"
    + _NOT_RANGE
    + r"|(?<![\w/.])\d{1,3} ?/ ?[MF](?![\w/])|(?<![\w/])[MF] ?/ ?\d{1,3}(?![\d/%.])"
)
"""One person by age and sex, as doctors write them."""
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DAY = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-./] ?(?:0?[1-9]|1[0-2])[-./] ?(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<!\d)(?:0?[1-9]|1[0-2])월 ?(?:0?[1-9]|[12]\d|3[01])일"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTHS},? (?:19|20)\d\d\b|\b{_MONTHS} \d{{1,2}},? (?:19|20)\d\d\b"
    r"|(?<![\d.])\d{1,3}병일|\b(?:[Hh]ospital|[Pp]ost-?operative|[Ss]tudy|[Tt]reatment) [Dd]ay \d{1,3}\b"
)
_BEFELL = re.compile(
    r"입원(?!비)|퇴원|내원|사망|수술(?!비)|투여|투약|진단|전원(?:됨|함|하|되)|발열|악화|호전|삽관|쇼크|혈압 저하|"
    r"저혈압|회복|임종|절제|이식|출혈|"
    r"확진|(?:치료|투석|승압제|항생제|요법) ?(?:를 |을 )?시작"
    r"|\b(?:admi(?:tted|ssion)|discharged|died|death|dead|diagnosed|operated|underwent|intubated|recovered|bleeding|"
    r"fever|febrile|shock|surgery|relapsed?|hypotensive|seizures?|[a-z]{4,14}(?:mab|platin|taxel|rubicin))\b",
    re.IGNORECASE,
)

_QUOTED = re.compile(r"[“\"「『]([^“”\"「」『』\n]{20,1500})[”\"」』]")
_OWN = re.compile(
    r"(?<![가-힣])(?:제가|저는|저도|저희|저를|저한테|제게|내가|나는|저 (?:하나|혼자)|우리 ?(?:집|면|동네|마을|회사|"
    r"학교|남편|아내|애|"
    r"아이|아들|딸|가게|병원|어머니|아버지))|\b(?:I|I'm|I’m|my|My)\b"
)
_KIN = re.compile(
    r"남편|아내|아들|(?<![가-힣])딸|며느리|사위|쌍둥이|시어머니|어머니|아버지|손주|손자|(?:첫|둘|셋)째|이혼|동거"
    r"|\b(?:husband|wife|sons?|daughters?|mother|father|twins?|divorced?|widow(?:ed|er)?|brother|sister|ex-partner)\b",
    re.IGNORECASE,
)
_ILL = re.compile(
    r"(?<![가-힣])암(?= |이|으로|에|을|투병|수술)|[가-힣]{1,6}(?:암|병|증|염|졸중|골절|마비)(?=[ 이에을를로라,.]|"
    r"으로|진단|$)|"
    r"결핵|사산|유산(?=하|을|됐)|낙태|자살|장애|진단|병가|휴직|교도소|구치소|구속|폭[언행력]|성폭|추행|파산|사고로|"
    r"수술|쓰러|죽|돌아가|"
    r"에이즈|투석|마약|도박|해고|맞고"
    r"|\b(?:cancer|hiv|diagnos\w+|arrest\w*|prison|jail|suicid\w*|miscarr\w+|stillb\w+|bankrupt\w*|depress\w+|abus\w+|"
    r"disab\w+|rap(?:ed|e)|lupus|epilep\w+|stroke|addict\w*|overdos\w+|lost my (?:job|home|leg|arm)|sacked)\b",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"간호사|의사(?=[로인이]| )|약사|약국|교사|담임|교장|교감|이장|목사|스님|경찰|소방|군인|공무원|변호사|사장|식당|"
    r"가게|미용실|세탁소|농장|"
    r"농사|어부|해녀|기사로|조리사|미용|교수|공장|반장|원장|소장|[가-힣]{2,4}점 하는|[가-힣]{2,3}집 하는"
    r"|\b(?:nurse|teacher|midwife|doctor|pharmacist|priest|pastor|mayor|headteacher|policeman|soldier|farmer|fisherman|"
    r"driver|shop|pub|bakery|school|factory|hospital)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|작년|재작년|지난해|\d{1,2}년째|\d{1,2}년 전|개월|\b(?:last|this) year\b|\byears ago\b"
)
_AGE = re.compile(
    r"(?<![\d~–-])\d{1,3}(?:세|살)(?! ?(?:이상|이하|미만|초과|[-~–]|부터|까지|대))|\b\d{1,3}[- ]year[- ]old\b|"
    r"\baged \d{1,3}\b"
)
_ONLY = re.compile(
    r"유일|하나뿐|저 하나|저 혼자|혼자뿐|한 명뿐|다 (?:압니다|알아|알게)|\bthe only\b|\bonly one\b|everyone knows",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"[가-힣]{1,5}(?:군|읍|면|리|동)(?= |에|의|사무소|보건|시장)|[가-힣]{2,5}(?:초|중|고)(?= \d학년| 교사| 담임)|"
    r"[가-힣]{2,6}(?:초등|중|고등)학교|"
    r"[가-힣]{2,6} ?\d ?공장|읍내|우리 (?:면|마을|동네)"
    r"|\b(?:in|at|near|from|of) (?:the )?(?!(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|"
    r"December|English|Korean)\b)[A-Z][a-z]{2,15}\b"
)
_KINDS = (_KIN, _ILL, _WORK, _TIME, _AGE, _ONLY, _PLACE)
_TELLING = (_AGE, _ONLY, _PLACE)
"""Particulars of which one has to stand beside a quotation: by the others alone nobody is known."""

_VERBATIM = re.compile(
    r".*(?:원문|주관식|개방형|서술형|자유 ?(?:응답|의견|기술|답변|서술)|기타 ?의견|건의 ?사항|하고 ?싶은 ?말).*|"
    r"(?:응답|답변|의견|소감|사연|진술)(?: ?내용)?|"
    r"(?:.*[ _])?(?:verbatim|free[ _-]?text|open[ _-]?(?:ended|text|answers?|responses?)|comments?|answers?|responses?|"
    r"remarks?|feedback|quot(?:e|ation)s?|testimon\w+|narratives?)(?:[ _]text)?",
    re.IGNORECASE,
)
_ASKED = re.compile(r"\?|습니까|귀하|당신|여부|있다$|\b(?:whether|you|your|respondents?)\b|응답자", re.IGNORECASE)
"""What stands in a question or in the description of one, and in no answer."""

_WHO = re.compile(
    r"(?<![\w/.])\d{1,3}(?: ?/ ?(?:[MF]|남|여)| ?(?:y/?o|세)[ /,]{0,2}(?:[MF]|남|여)(?:성|자)?)(?![\w/가-힣])"
    r"|(?<![\w/])(?:[MF]|남|여) ?/ ?\d{1,3}(?![\d/%.])|\b\d{1,3}[- ]year[- ]old\b|\b\d{1,3} ?y/?o\b"
)
"""An age with a sex, as it heads a note."""
_NOTED = re.compile(r"[“\"「『'‘]([^“”\"「」『』\n]{12,1500})[”\"」』'’]")
_GUESSED = re.compile(r"예측|분류 ?결과|\bpred(?:icted|iction)?\b", re.IGNORECASE)
_TRUE = re.compile(r"실제|정답|참값|\b(?:true|truth|actual|gold|label|reference|correct)\b", re.IGNORECASE)
_INVENTED = re.compile(
    r"가상의? ?(?:사례|환자|예|문장|기록)|가공의|지어낸|꾸며 ?낸|만들어 ?낸|합성 ?(?:사례|문장|기록|자료|데이터)|"
    r"바꾸어 ?쓴|고쳐 ?쓴|\b(?:synthetic|fictitious|fictional|made[- ]up|invented|paraphrased|simulated|rewritten)\b",
    re.IGNORECASE,
)
"""What a text says of examples that are nobody's notes."""
_NOTE = Text(
    ko="한 사람에 대한 기록의 원문이 그대로 실려 있습니다.",
    en="What was noted about one person is quoted as it was written.",
)
_REWRITE = Text(
    ko="원문을 지우고 오류의 유형과 건수를 적으십시오. 예문이 필요하면 새로 지어 쓰고 그렇다고 적으십시오.",
    en="Remove the notes and give the kinds of errors with their numbers; where an example is needed, make one up and "
    "say so.",
)
_STORY = Text(
    ko="한 환자의 경과로 보입니다: 나이와 성별에 이어 그 사람에게 일어난 일이 날짜 {number}개로 적혀 있습니다.",
    en="This looks like the story of one patient: an age and a sex, and {number} days on which something befell them.",
)
_SHORTEN = Text(
    ko="한 사람의 경과를 지우고 여러 사람을 묶은 수만 적으십시오. 날짜는 빼고 나이는 넓은 범주로 바꾸십시오.",
    en="Remove the story of one person and give numbers of many people; leave out days, and widen ages.",
)
_SPOKEN = Text(
    ko="한 참여자의 말을 그대로 옮겼고, 그 사람을 알아볼 수 있는 특징이 {number}가지 있습니다.",
    en="The words of one participant are quoted, with {number} kinds of particulars by which others may know them.",
)
_ANSWERS = Text(
    ko="응답자가 자기 삶을 적은 답이 {number}개 그대로 있습니다: 한 행이 한 사람의 말입니다.",
    en="{number} answers are given in the words of single respondents, who tell of their own lives.",
)
_SUMMARISE = Text(
    ko="말을 그대로 옮기지 말고 여러 사람에게 해당하는 주제로 요약하여 사람 수와 함께 적으십시오. 나이, 지역, 직장, "
    "가족, 병명은 지우십시오.",
    en="Sum up what several people said, with their number, instead of quoting it; leave out age, place, workplace, "
    "family "
    "and illness.",
)


def check_told_lives(subject: Subject, listing: Listing) -> None:
    """Flag stories of one patient, quotations that tell of their speaker, and columns of answers that do."""
    if subject.type in ("md", "txt"):
        for line, number in _stories(subject.lines):
            listing.flag("table.singular", _STORY.fill(number=number), _SHORTEN, where=Where(row=line), number=number)
        for line, number in _quotations(subject.lines):
            listing.flag(
                "table.singular", _SPOKEN.fill(number=number), _SUMMARISE, where=Where(row=line), number=number
            )
        for line in _notes(subject):
            listing.flag("table.singular", _NOTE, _REWRITE, where=Where(row=line), number=1)
        for line, number in _listed(subject.lines):
            listing.flag(
                "table.singular", _ANSWERS.fill(number=number), _SUMMARISE, where=Where(row=line), number=number
            )
    for table in subject.tables:
        for index, number in _answers(table):
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            listing.flag("table.singular", _ANSWERS.fill(number=number), _SUMMARISE, where=where, number=number)
    for path, number in _held(subject.json) if subject.type == "json" else ():
        listing.flag("table.singular", _ANSWERS.fill(number=number), _SUMMARISE, where=Where(path=path), number=number)


def _stories(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines (from 1) at which the story of one person begins, and how many of its days are told."""
    end = 0
    for at, line in enumerate(lines):
        if at < end or not _AGED.search(line[:LONGEST]):
            continue
        days: set[str] = set()
        for one in lines[at : at + NEAR]:
            if _BEFELL.search(one[:LONGEST]):
                days.update(_DAY.findall(one[:LONGEST]))
        if len(days) >= FEWEST_DAYS:
            yield at + 1, len(days)
            end = at + NEAR


def _quotations(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines with words of one participant, and the kinds of particulars in them and in what is said of the speaker."""
    before = ""
    for number, raw in enumerate(lines, 1):
        line = raw[:LONGEST]
        quoted = [match[1] for match in _QUOTED.finditer(line) if _OWN.search(match[1])]
        if quoted:
            said = f"{before} {line}"
            kinds = sum(kind.search(said) is not None for kind in _KINDS)
            if kinds >= FEWEST_KINDS and any(kind.search(said) for kind in _TELLING):
                yield number, kinds
        before = line if line.strip() and not line.startswith("#") else "" if line.startswith("#") else before


def _notes(subject: Subject) -> Iterator[int]:
    """Lines with a note that is quoted: beside the age, sex and day of whom it is about, or as errors of a program."""
    wrong: list[int] = []
    before = ""
    for number, raw in enumerate(subject.lines, 1):
        line = raw[:LONGEST]
        said, before = f"{before} {line}", line
        noted = _NOTED.search(line)
        if noted is None or _INVENTED.search(subject.said):
            continue
        around = said.replace(noted[0], " ")
        if _WHO.search(around) and _DAY.search(around):
            yield number
        elif _GUESSED.search(around) and _TRUE.search(around):
            kinds = sum(kind.search(noted[1]) is not None for kind in _KINDS)
            wrong += [number] if kinds >= FEWEST_TOLD else []
    if len(wrong) >= FEWEST_TOLD:
        yield from wrong


def _answers(table: Table) -> Iterator[tuple[int, int]]:
    """Columns of answers in the words of those who gave them, and how many tell of their own lives."""
    if not FEWEST_ANSWERS <= len(table.rows) <= MOST_ANSWERS or _counts(table):
        return
    for index, name in enumerate(table.names):
        if not _VERBATIM.fullmatch(name.strip()[:60]):
            continue
        cells = [cell.strip()[:LONGEST] for cell in table.distinct(index) if cell.strip()]
        if len(cells) < FEWEST_ANSWERS or sum(map(len, cells)) < LEAST_ANSWER * len(cells):
            continue
        if 2 * sum(_ASKED.search(cell) is not None for cell in cells) >= len(cells):
            continue
        if (told := sum(map(_tells, cells))) >= FEWEST_TOLD:
            yield index, told


def _listed(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Headings of answers with a list below them in which some tell of their own lives, and how many do."""
    at, told = 0, 0
    for number, line in enumerate([*lines, "#"], 1):
        item = _ITEM.match(line[:LONGEST])
        if at and item:
            told += _tells(line[item.end() : LONGEST])
        elif line.strip():
            if told >= FEWEST_TOLD:
                yield at, told
            at, told = number if _HEADED.search(line[:MOST_HEADING]) else 0, 0


def _held(value: object, path: str = "$", depth: int = 0) -> Iterator[tuple[str, int]]:
    """Lists of answers in JSON, by the key that calls them so."""
    for key, one in value.items() if isinstance(value, dict) and depth < DEEPEST else ():
        said = [text[:LONGEST] for text in one if isinstance(text, str)] if isinstance(one, list) else []
        if len(said) >= FEWEST_ANSWERS and _VERBATIM.fullmatch(str(key)[:60]):
            if (told := sum(map(_tells, said))) >= FEWEST_TOLD:
                yield f"{path}.{str(key)[:60]}", told
        elif isinstance(one, dict):
            yield from _held(one, f"{path}.{str(key)[:60]}", depth + 1)


DEEPEST, MOST_HEADING = 20, 80
_ITEM = re.compile(r"\s{0,8}(?:[-*•·▪○●]|\(?\d{1,3}[.)])\s")
_HEADED = re.compile(
    r"원문|주관식|개방형|서술형|자유 ?(?:응답|의견|기술|답변)|\b(?:verbatim|open[- ]ended|free[- ]text|comments|"
    r"answers|quotes)\b",
    re.IGNORECASE,
)


def _tells(cell: str) -> bool:
    """Whether an answer tells of the life of who gave it; Korean leaves out who speaks."""
    own = _OWN.search(cell) is not None or _HANGUL.search(cell) is not None
    return own and sum(kind.search(cell) is not None for kind in _KINDS) >= FEWEST_TOLD


def _counts(table: Table) -> bool:
    """Whether a column of numbers counts people: a heading such as `respondent` may number them instead."""
    return any(
        kind_of(name) in COUNTED and all(map(_NUMBER.fullmatch, map(str.strip, table.distinct(index)))) and index
        for index, name in enumerate(table.names)
    )


_HANGUL = re.compile(r"[가-힣]")
_NUMBER = re.compile(r"\d[\d,.]{0,15}%?")
