"""Counts in running text: `n = 7` names a count as surely as a column does."""

from __future__ import annotations

import re
from itertools import islice

from egress_review.checks.cells import judge, mend
from egress_review.checks.comments import is_remark
from egress_review.checks.few_in_words import few_in_words
from egress_review.checks.listing import Listing
from egress_review.checks.number_words import ENGLISH, KOREAN, number_of
from egress_review.checks.said_shares import shares_below, shares_in
from egress_review.checks.share_words import outside_shares
from egress_review.checks.subject import Subject
from egress_review.checks.tables import count_said
from egress_review.findings import Where
from registry.text import Text

_NAMED = re.compile(r"(?<![A-Za-z0-9_])[nN]\s*[=:＝]\s*((?>\d{1,3}(?:,\d{3})+|\d+))(?![\d.,]*\d)")
_PEOPLE = re.compile(
    r"(?<![\d.,])(\d{1,2})\s?(?:명|인의|(?:patients?|people|persons?|participants?|subjects?|individuals?)\b)"
)
_LIMIT = r"(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩))"
_FEW = rf"(\d{{1,2}}|{'|'.join(ENGLISH)})"
_NOT_OF = (
    r"(?<![\d.,<>≤≥=/-])(?<!than )(?<!least )(?<!most )(?<!under )(?<!below )(?<!minimum )(?<!every )(?<!each )"
    r"(?<!per )"
)
_WHO = r"(?:patients?|participants?|subjects|respondents?|deaths?|women|men|children|deceased)"
_SORT = (
    r"(?:of (?:the|these|our|all) |other |more |further |additional |female |male |adult |older |younger |elderly )?"
)
_NAMED_WHO = (
    re.compile(
        rf"\b(?:there (?:were|was)|we (?:observed|found|saw)|only) {_FEW} (?:\w{{1,15}} )?"
        r"(?:cases?|events?|deaths?|failures?|relapses?)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?!(?<=with )\w+ children)(?!(?<=having )\w+ children)(?!(?<=out of )(?:three|four|five)\b)"
        rf"{_NOT_OF}\b{_FEW} {_SORT}{_WHO}\b(?! (?:or more|per|groups?|each|at least))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_NOT_OF}\b{_FEW} (?:people|persons|individuals|users) (?:died|were excluded|had|developed|withdrew)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:환자|대상자|참여자|참가자|피험자|사망자|사망|해당자|응답자|중단자|제외자|여성|남성|사람)(?:은|는|이|가|"
        r"도|만|수는|\s수는)?\s*"
        rf"(?:(?:모두|총|단|단지|겨우)\s*)?(\d{{1,2}}|{'|'.join(KOREAN)})\s*명(?!\s*(?:미만|이하|이상|보다|당|"
        rf"마다|초과|단위|씩|중|에서))"
    ),
    re.compile(
        rf"(?<![\d.,가-힣])(\d{{1,2}}|{'|'.join(KOREAN)})\s*명의?\s*(?:환자|대상자|참여자|참가자|피험자|사망자|"
        rf"응답자|여성|남성)"
    ),
    re.compile(
        r"(?<![가-힣])(?![가-힣]{0,8}(?:연구|위원|검토|심사|평가|저자|관리|분석자|담당|승인|책임|조사|관찰자|전문가|"
        r"자문))[가-힣]{2,10}"
        r"(?:은|는|이|가)\s(\d{1,2})\s*명(?=이었|이다|임|이며|이고|이나|으로|였|에서|뿐|\.|,)"
    ),
    re.compile(
        r"(?<![가-힣])(?![가-힣]{0,8}(?:연구자|검토자|심사자|평가자|저자|관리자|분석자|담당자|승인자|책임자|조사자|"
        r"관찰자))[가-힣]{1,9}[자군]"
        r"(?:은|는|이|가|도|만)?\s(?:(?:모두|총|단|단지|겨우)\s*)?(\d{1,2})\s*명"
        r"(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩|중|에서))"
    ),
)
"""Few people who are said to be what a study is of: as sure as a cell. A limit, such as "fewer than 5", is none."""

_LIST_HEAD = re.compile(
    r"(?:(?:adverse |serious )?(?:events?|reactions?)|deaths?|cases?|counts?|patients|participants|"
    r"subjects|numbers?|persons?|people|"
    r"admissions|households|respondents|pupils|infections|n|환자|사망자?|사례|건수|인원|대상자|응답자|"
    r"발생)\b[^:;.\n\d]{0,40}"
    r"(?::|=|–|—| were| was|는|은) ?(?P<items>[^;\n:]{8,400})",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"(?:and |및 )?(?:(?P<front>\d{1,3}(?:,\d{3})+|\d{1,6}) (?P<a>[A-Za-z가-힣][A-Za-z가-힣 -]{1,30})"
    r"|(?P<b>[A-Za-z가-힣][A-Za-z가-힣 -]{1,30}?)[ (=:]{1,2}(?P<back>\d{1,3}(?:,\d{3})+|\d{1,6})\)?)"
)
_NO_ITEM = re.compile(
    r"\b(?:table|figure|section|chapter|page|model|step|week|month|day|year|aged?|grade|level|version|fold|years|days|"
    r"weeks|months|"
    r"items?|questions?|percent|points?|hours|minutes|wave|visit|phase|part)\b|표|그림|주차|개월|세",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"[(\[]\s?(?P<k>\d)\s?/\s?(?P<n>\d{1,3}(?:,\d{3})+|\d{2,6})\s?[)\]]|\b(?:was|were|in|"
    r":) (?P<k2>\d)/(?P<n2>\d{3,6})\b"
)
_OF_WHOM = re.compile(
    r"patient|participant|person|people|worker|case|death|died|mortality|women|men|children|infant|pupil|student|"
    r"resident|event|"
    r"infect|survi|relaps|develop|diagnos|환자|사망|대상자",
    re.IGNORECASE,
)
_BEFELL = re.compile(
    rf"(?<![\w.,<>≤≥/-])(?<!than )(?<!least )(?<!most )(?<!every )(?<!per ){_FEW} (?:\w{{1,15}} )?"
    r"(?:workers|nurses|farmers|teachers|students|pupils|employees|soldiers|inmates|prisoners|residents|veterans|"
    r"mothers|infants|babies|"
    r"newborns|girls|boys|adolescents|adults|immigrants|migrants|households|families|couples|drivers|miners|sailors|"
    r"fishermen|"
    r"officers|tenants|widows|twins|smokers|donors|recipients)\b(?! (?:or more|per|each))"
    r"(?=[^.;\n]{0,60}?\b(?:died|developed|reported|tested|withdrew|suffered|"
    r"were (?:\w+ly )?(?:diagnosed|infected|excluded|admitted|"
    r"hospitali[sz]ed|arrested|dismissed|injured|killed|lost|positive)|had (?:a |an )?(?:mutation|"
    r"infection|cancer|stroke|positive|"
    r"attempted|relapse)|committed|attempted|relapsed|tested positive)\b)",
    re.IGNORECASE,
)

_SAID = (
    re.compile(
        rf"(?<![\d.,~-])(?<!아니[오요] )(?<!아니[오요], )(?:단 ?)?(\d{{1,2}})\s?(?:례|예|증례)"
        rf"(?=에서|의|가|는|은|를|이|였|만|,|\.|\s|\)|$){_LIMIT}(?![\s,;/·]{{0,3}}\d{{1,2}}[\s.):=]{{0,2}}(?:아니|모름|무응답|비해당))"
    ),
    re.compile(
        r"\b(?:patients|participants|subjects|deaths|events|cases|controls|positives|negatives|responders|"
        r"individuals)\b"
        r"[^.\n\d|,;:=]{0,30}[:=]\s*(\d{1,2})(?![\d.,]*[\d%])",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:[가-힣]{1,12}(?:환자|대상자|자|군)|환자|사망|결측|제외|탈락|철회)\s?(?:수)?\s*[:=]\s*(\d{1,2})\s*명"
    ),
    re.compile(r"\d{1,3}(?:\.\d+)?\s?%\s?\((?:n\s?=\s?)?(\d{1,3})\)"),
    re.compile(r"(?<![\d.,])(\d{1,3})\s?\(\s{0,3}\d{1,3}\.\d+\s?%\)"),
)
"""A count behind what is counted, or beside its share: `patients after filter: 4`, `1.2% (4)`."""
_ALONE = re.compile(r"\(?(\d{1,3})\s?(?:명|patients|people|persons|participants|subjects)\)?", re.IGNORECASE)
_AT_RISK = re.compile(
    r"(?:no\.?|numbers?|n|patients|subjects) at risk:?|(?:위험|관찰) ?(?:집단|군|대상자?) ?수:?", re.IGNORECASE
)
_BARE = re.compile(r"\d{1,6}|[^\d\n]{1,30}|")
"""What stands below those words in a drawing: numbers, and the names of groups."""
_UNIT = re.compile(
    r"(?:(?:total|all|in-hospital|30-day|new|excluded) )?(?:patients|participants|subjects|deaths|events|cases|"
    r"readmissions|admissions|responders|persons|people)|(?:[가-힣]{1,8}\s?){0,2}(?:환자|대상자|사망자?|참여자|응답자|"
    r"사례)(?:\s?수)?(?:\s?\(명\))?",
    re.IGNORECASE,
)
"""What a number counts that stands in a line of its own, above or below it."""

_OF_ALL = (
    re.compile(
        r"(?<![\d.,/])(?P<k>\d{1,4}) ?(?:/|of|out of) ?(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?: ?(?:명|\w{1,40}))? ?"
        r"[(\[,] ?(?P<p>\d{1,3}(?:\.\d+)?) ?%"
    ),
    re.compile(
        r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})\s*명(?:의\s?[가-힣]{1,10})?\s*(?:중|"
        r"가운데)(?:에서)?(?:\s[가-힣\s,·]{0,40}|\s*)(?P<k>\d{1,4})\s*명"
        r"(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩))"
    ),
    re.compile(
        r"\b[Oo]f (?:the |these |all )?(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15}) (?:\w{1,20} ){0,2}?"
        r"(?:patients|participants|subjects|people|persons|individuals|women|men|children|respondents|"
        r"[a-z]{3,15}s),? "
        rf"(?:who [a-z ]{{2,30}}, )?(?:only )?(?P<k>\d{{1,4}}|{'|'.join(ENGLISH)})\b(?![\d.,]*[\d%])"
    ),
    re.compile(
        rf"(?<![\w-])(?P<k>{'|'.join(ENGLISH)}) (?:out )?of (?:the |these |our |all )?(?:first )?"
        r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{2,15}) [a-z]{3,15}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})\s*명(?:의\s?[가-힣]{1,10})?\s*(?:중|"
        r"가운데)(?:에서)?\s(?:[가-힣\s,·]{0,30}\s)?"
        rf"(?P<k>{'|'.join(KOREAN)})\s?명(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩))"
    ),
)
"""A part of a number with its share: 4 of 120 patients (3.3%), 120명 중 4명."""

_ONE_PERSON = (
    re.compile(
        r"(?:환자|증례|사례|대상자|\b[Pp]atient|\b[Cc]ase|\b[Ss]ubject)[^()\n]{0,12}"
        r"\(\s?\d{1,3}\s?(?:세|yo|y/o|years?)?\s?[,/·]?\s?"
        r"(?:남|여|남성|여성|남자|여자|M|F|male|female)\s?\)"
    ),
    re.compile(
        r"\b(?:[Aa]n?|[Oo]ne|[Tt]he) \d{1,3}[- ]year[- ]old (?:\w{1,15} )?"
        r"(?:man|woman|male|female|boy|girl|patient)\b(?!s)"
        r"(?=[^.\n]{0,120}\b(?:was|were|had|died|presented|developed|admitted|underwent)\b)"
    ),
    re.compile(
        r"(?<![\d~-])\d{1,3}세(?:의)? ?(?:남|여)(?:성|자|아)? ?환자(?: ?[1한] ?명)?"
        r"(?:가|는|은|이|에서|의)(?! ?(?:비율|수|분포|평균))"
    ),
)
"""The story of one person, as a report of a case begins."""

_MESSAGE = Text(
    ko="글 속의 사람 수 {value}: 최소 셀 {least}보다 작습니다.",
    en="The text speaks of {value} people; the smallest cell is {least}.",
)


def check_prose(subject: Subject, listing: Listing) -> None:
    """Named counts fail like cells; other mentions of few people are pointed out to the reviewers."""
    at_risk = False
    for at, few in shares_below(subject.lines, subject.policy.min_cell):
        judge(few, Where(row=at + 1), subject.claims, subject.policy, listing)
    for line, said in enumerate(subject.lines, 1):
        text = _REFERENCE.sub("", said) if "\\" in said else said
        where = Where(row=line)
        if line in subject.planned:
            continue
        for value in _named(text, "" if ":" not in text else subject.said):
            judge(value, where, subject.claims, subject.policy, listing)
        plain = text.strip()
        told = outside_shares(_told(text, subject.policy.min_cell), text)
        if plain.isdecimal() and len(plain) <= 2 and _is_counted(subject.lines, line - 1):
            told[0] = int(plain)
        elif alone := _ALONE.fullmatch(plain[:20]):
            told[0] = int(alone[1])  # A label that is nothing but a number of people, as on a map.
        at_risk = _AT_RISK.fullmatch(plain) is not None or (at_risk and _BARE.fullmatch(plain) is not None)
        if at_risk and plain.isdecimal():
            told[0] = count_said(plain)
        for value in told.values():
            judge(value, where, subject.claims, subject.policy, listing)
        for match in _PEOPLE.finditer(text):
            value = int(match[1])
            if match.start(1) not in told and 0 < value < subject.policy.min_cell:
                message = _MESSAGE.fill(value=value, least=subject.policy.min_cell)
                listing.flag("cells.unclear", message, mend(subject.policy), where=where, number=value)


def _told(text: str, least: int) -> dict[int, int]:
    """The numbers of people that a line says, by their places in it."""
    told = {m.start(1): number_of(m[1]) for pattern in (*_NAMED_WHO, *_SAID) for m in pattern.finditer(text)}
    told |= dict(few_in_words(text, least))
    told |= dict(shares_in(text, least))
    told |= {match.start(): 1 for pattern in _ONE_PERSON for match in pattern.finditer(text)}
    told |= dict(_listed(text))
    told |= dict(_itemised(text, least))
    told |= {m.start(1): number_of(m[1]) for m in _BEFELL.finditer(text)}
    if _OF_WHOM.search(text):
        parts = ((m.start(), int(m["k"] or m["k2"]), count_said(m["n"] or m["n2"])) for m in _PARTS.finditer(text))
        told |= {at: part for at, part, of in parts if of >= LARGE}
    if _COMPUTED.search(text):
        return told
    return told | {m.start("k"): number_of(m["k"]) for p in _OF_ALL for m in p.finditer(text) if _is_part(m)}


_REFERENCE = re.compile(r"\\(?:label|(?:eq|auto|page|[cC])?ref|cite\w{0,6})\{[^{}]*\}")
_COMPUTED = re.compile(
    r"divergen|transitions|iterations|draws|resampl|bootstrap|replicat|simulat|epochs|permutation|converge",
    re.IGNORECASE,
)
"""What a program counts of its own work."""


def _listed(text: str) -> list[tuple[int, int]]:
    """The groups of a list such as `A 120명, B 88명, C 4명`, if one of them is too large to be of the authors."""
    items = [(match.start(1), count_said(match[1])) for match in _LISTED.finditer(text)]
    return items if len(items) >= FEWEST_LISTED and max(people for _, people in items) >= LARGE else []


def _itemised(text: str, least: int) -> list[tuple[int, int]]:
    """The numbers of a list behind words for what is counted: `Adverse events: 412 mild, 88 moderate, 4 severe`."""
    found: list[tuple[int, int]] = []
    for head in _LIST_HEAD.finditer(text):
        said = re.split(
            r",(?!\d{3}\b)\s?|\s?·\s?|(?<=[^\d]) and (?=\d)", head["items"].partition(". ")[0].rstrip(" .)")
        )
        items = [match for item in said if (match := _ITEM.fullmatch(item.strip()))]
        if (
            len(items) < FEWEST_LISTED
            or len(items) < len(said)
            or any(_NO_ITEM.search(m["a"] or m["b"]) for m in items)
        ):
            continue
        numbers = [count_said(match["front"] or match["back"]) for match in items]
        if max(numbers) >= LARGE:
            found += [(head.start("items") + at, value) for at, value in enumerate(numbers) if value < least]
    return found


FEWEST_LISTED, LARGE = 3, 30
_LISTED = re.compile(
    r"(?:^|(?<=, )|(?<=; )|(?<=· ))[^,;·\n\d]{1,40}(\d{1,3}(?:,\d{3}){1,3}|\d{1,6}) ?명(?=[,;·.]|$| ?였| ?이)"
)


def check_captions(subject: Subject, listing: Listing) -> None:
    """The lines above and below a delimited table that have no cells are words: `Table 2. Patients (n=4)`."""
    top = subject.text[:CAPTIONS].splitlines()
    above = top[:MOST_CAPTIONS]
    whole = len(subject.text) <= CAPTIONS
    below = (top[MOST_CAPTIONS:] if whole else subject.text[-CAPTIONS:].splitlines())[-MOST_CAPTIONS:]
    last = subject.text.count("\n") + (not subject.text.endswith("\n")) if below else 0
    for number, line in [*enumerate(above, 1), *enumerate(below, last - len(below) + 1)]:
        cells = [cell for cell in re.split(r"[,;\t|]", line) if cell.strip(' "')]
        words = len(cells) == 1 or is_remark(line)
        for value in _named(line, line) if words else ():
            judge(value, Where(row=number), subject.claims, subject.policy, listing)
        for value in outside_shares(_told(line, subject.policy.min_cell), line).values() if words else ():
            judge(value, Where(row=number), subject.claims, subject.policy, listing)


def check_named_cells(subject: Subject, listing: Listing) -> None:
    """Counts that stand with a name in headings and labels of a table: `Low dose (n=6)`, `Jeju (n=3)`."""
    for table in subject.tables:
        top = max(1, table.numbers[0] - 1) if table.numbers else 1
        for index, name in enumerate(table.names):
            for value in _named(name[:LONGEST_NAME], name):
                where = Where(row=top, column=index + 1)
                judge(value, where, subject.claims, subject.policy, listing)
            named = [
                c for c in table.distinct(index) if "n" in c.lower() and len(c) <= LONGEST_NAME and _NAMED.search(c)
            ]
            beside = " ".join([name, *islice(table.distinct(index), MOST_BESIDE)]) if named else ""
            held = {cell: _named(cell, beside) for cell in named}
            for number, cell in zip(table.numbers, table.column(index), strict=True) if held else ():
                for value in held.get(cell, ()):
                    where = Where(row=number, column=index + 1)
                    judge(value, where, subject.claims, subject.policy, listing)


LONGEST_NAME, MOST_BESIDE = 200, 50
MOST_CAPTIONS, CAPTIONS = 10, 4_000
"""Lines, and characters, above and below a table that may be words."""


_MANY_TO_ONE = re.compile(r"[nN][:：]1")
_RELATED = re.compile(
    r"(?<![\w:.])(?:1 ?: ?[1NMnm]|[NM] ?: ?[MN])(?![\w:.])|many[- ]to[- ]one|cardinality|mapping|다대일|매핑|"
    r"대응 ?관계|연계 ?(?:표|유형)",
)
"""What says that `N:1` tells how two lists relate to each other, and no size of a group."""


def _named(text: str, around: str) -> list[int]:
    """The counts that a text names, `n = 7`, in words around it."""
    found = list(_NAMED.finditer(text))
    if any(_MANY_TO_ONE.fullmatch(match[0]) for match in found) and _RELATED.search(around):
        found = [match for match in found if not _MANY_TO_ONE.fullmatch(match[0])]
    return [count_said(match[1]) for match in found]


def _is_counted(lines: list[str], at: int) -> bool:
    """Whether the line below a lone number says what it counts, as the tiles of a page do; else the line above."""
    below = lines[at + 1].strip() if at + 1 < len(lines) else ""
    above = lines[at - 1].strip() if at else ""
    return any(_UNIT.fullmatch(said) is not None for said in (below, above))


def _is_part(match: re.Match[str]) -> bool:
    """Whether the share that is said is that of the part; without one the words say so."""
    part, whole = number_of(match["k"]), count_said(match["n"])
    share = match.groupdict().get("p")
    if part >= whole:
        return False
    return share is None or abs(100 * part / whole - float(share)) <= 0.5 * 10 ** -len(share.partition(".")[2]) + 1e-6
