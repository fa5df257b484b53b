"""Columns of counts that only a plural tells, `notifications`, `Exits`, `폐업`, or the count that they are a part of.

A table of groups has a row for each of them: its labels never repeat. There, whole numbers under the name of what
befell people or firms count them, and so do those that are nowhere above the number of people beside them. Scores,
ages, durations, amounts and the sizes of models are plurals too; they are known by their names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.tables import LONGEST_NUMBER, Table

FEWEST_ROWS, MOST_ROWS, MOST_PARTS = 3, 2_000, 200
LEAST_LARGEST = 30
"""What the largest of such counts is at least; smaller numbers may be levels, ranks or settings."""
LEAST_FILLED = 0.5

_NOT_OF_PEOPLE = frozenset(
    """
    years days hours minutes mins seconds secs weeks months quarters points scores degrees units levels grades ranks
    marks dollars pounds euros cents sales earnings wages incomes revenues profits costs prices expenses expenditures
    taxes assets debts savings payments amounts values totals means sums shares rates ratios percentages percentiles
    metres meters miles kilometres kilometers kms acres hectares tonnes tons litres liters calories grams steps reps
    lines rows columns fields files bytes tokens words characters pages chapters items questions variables vars
    features parameters params iterations iters epochs trees nodes edges links bins folds clusters classes categories
    groups topics factors components genes snps variants reads transcripts proteins peptides probes loci contigs
    samples replicates runs batches seeds models knots lags series periods waves rounds versions beds rooms seats
    stations buses cars vehicles trucks planes ships sensors devices machines servers requests queries hits clicks
    views downloads stars forks commits issues tests errors warnings bugs tickets pixels bits cores threads jobs goods
    sports electronics physics economics mathematics maths statistics politics arts species gas plus bonus census
    radius status basis bias loss process class access success address news lens always yes does has was this its ms
    gps weights heights places positions stages phases terms effects layers heads dims dimensions neighbors neighbours
    intervals thresholds cutoffs quantiles deciles quartiles subsidies premiums fees fines grants budgets emissions
    particulates temps temperatures pressures speeds distances areas volumes sizes lengths widths depths ages odds
    hazards logs exports imports shipments orders purchases deposits goals wins defeats draws medals matches games
    seasons hospitals clinics pharmacies schools universities libraries parks museums facilities offices branches
    stores roads bridges ports airports villages towns cities districts regions countries states provinces
    municipalities laws acts papers articles trials studies publications citations patents transfers stocks bonds
    contracts credits loans rents bills balances returns losses gains yields subsamples splits
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
_PLURAL = re.compile(r"[a-z]{2,22}[a-hj-rtv-z]s")
"""A word that ends as plurals do, not as `status`, `basis` or `loss`."""
_OF_EVENTS = re.compile(
    r"(?:신규|최초|누적|추가|당월|전체)?(?:신고|접수|해지|폐업|창업|휴업|이탈|전입|전출|혼인|결혼|이혼|취업|실업|실직|퇴사|이직|휴직|복직|"
    r"낙상|재입원|감염|체납|연체|미납|완납|탈락|합격|불합격|이수|미이수|수료|중도탈락|자퇴|양성|음성|무응답|찬성|반대|미참여|불참|가입|탈퇴|"
    r"중단|출소|재범|검거|송치|기소|발병|완치|격리|상담|민원|의뢰|승인|거절|기각|출동|구조|이송|사고|부상|중상|경상|실종|자살|추락|"
    r"미이용|수급|탈수급|사산|조산|유산|분만|출산|신생아|미숙아|흡연|비흡연|금연|음주|정상|이상소견|재발|전이|생존|추적소실)",
)
_OF_MODELS = re.compile(
    r"p|p[-_ .]?(?:val\w*|adj\w*)|padj|fdr|q[-_ ]?val\w*|auc|auroc|coef\w*|beta|loss|accuracy|acc|f1|r2|rmse|mae|"
    r"aic|bic|logfc|log2fc|precision|recall|odds_?ratio|or|hr|t|z|df",
    re.IGNORECASE,
)
_NO_PART = re.compile(
    r"age|year|month|week|day|hour|minute|score|rank|order|level|grade|stage|step|size|bed|room|seat|price|cost|income|wage|"
    r"salary|amount|sales|revenue|budget|weight|height|length|width|depth|distance|area|volume|speed|temp|pressure|"
    r"index|rating|point|percent|threshold|cut|seed|lag|k\b|code|zip|distinct|unique|dose|mg|ml|km|time|duration|stay|wait|"
    r"나이|연령|연도|점수|순위|등급|단계|병상|금액|액$|비용|소득|임금|매출|예산|기간|일수|시간|거리|면적|지수|코드|번호|용량|개월|차수|점$|도$|회$|"
    r"[(\[]",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z가-힣]+")


def by_words(table: Table, unnamed: Collection[int], known: Collection[int]) -> Iterator[int]:
    """The columns, of those of whole numbers that nothing named, that count people, firms or what befell them."""
    rows = len(table.rows)
    if not unnamed or not FEWEST_ROWS <= rows <= MOST_ROWS or not _is_of_groups(table):
        return
    for index in unnamed:
        values = [int(cell) for raw in table.column(index) if (cell := raw.strip().replace(",", "")).isdecimal()]
        if not LEAST_FILLED * rows <= len(values) or max(values) < LEAST_LARGEST:
            continue
        name = table.names[index].strip()
        if _counts(name) or (rows <= MOST_PARTS and _is_part(table, index, name, known)):
            yield index


def _is_of_groups(table: Table) -> bool:
    """Whether each row is a group of its own: labels or times that never repeat, and no results of a model."""
    if any(_OF_MODELS.fullmatch(name.strip()) for name in table.names[1:]):
        return False
    labels = [i for i in range(len(table.names)) if i == 0 or not all(_is_number(c) for c in table.distinct(i))]
    keys = set(zip(*(table.column(i) for i in labels), strict=True))
    people = any(kind_of(table.names[i]) is Kind.PERSON for i in labels)
    return len(keys) == len(table.rows) and not people and any(cell.strip() for cell in table.column(0))


def _is_number(cell: str) -> bool:
    plain = cell.strip()
    return not plain or (len(plain) <= LONGEST_NUMBER and plain.replace(",", "").replace(".", "").isdecimal())


def _counts(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or "(" in name or "[" in name:
        return False
    if _OF_EVENTS.fullmatch("".join(words)):
        return True
    last = words[-1]
    return _PLURAL.fullmatch(last) is not None and _NOT_OF_PEOPLE.isdisjoint((last, *words[:-1]))


def _is_part(table: Table, index: int, name: str, known: Collection[int]) -> bool:
    """Whether whole numbers are nowhere above the number of people in a column that is named as a count."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or _NO_PART.search(name) or not _NOT_OF_PEOPLE.isdisjoint(words):
        return False
    parts = table.column(index)
    for other in known:
        if kind_of(table.names[other]) is not Kind.COUNT:
            continue
        pairs = [
            (int(part), int(whole))
            for a, b in zip(parts, table.column(other), strict=True)
            if (part := a.strip().replace(",", "")).isdecimal() and (whole := b.strip().replace(",", "")).isdecimal()
        ]
        if len(pairs) >= FEWEST_ROWS and all(part <= of for part, of in pairs) and any(part < of for part, of in pairs):
            return True
    return False
