"""Columns of counts that only a plural tells, `notifications`, `Exits`, `폐업`, or the count that they are a part of.

A table of groups has a row for each of them: its labels never repeat. There, whole numbers under the name of what
befell people or firms count them, and so do those that are nowhere above the number of people beside them and are
called what some of these are. Watts, lessons, scores and the sizes of models are plurals too: a name that is not among
those known to be counted makes its numbers unclear, of which a warning tells, and no small cells.
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

_UNITS = frozenset(
    """
    kids boys girls males females sons husbands wives twins triplets neonates clients neighbours prisoners convicts
    candidates electors alumni juniors freshmen professionals surgeons midwives executives directors operatives
    landlords guardians dependants dependents asthmatics diabetics alcoholics addicts elderly homeless unemployed
    companies corporations organisations organizations startups partnerships proprietorships subsidiaries affiliates
    franchises cooperatives charities entrants notifications doses jabs inoculations immunisations immunizations
    boosters consultations appointments attendances callouts calls operations interventions transfusions screenings
    biopsies diagnoses relapses recurrences remissions recoveries reactions exposures poisonings bites burns wounds
    concussions haemorrhages hemorrhages infarctions attacks exacerbations outbreaks quarantines isolations
    intubations resuscitations deliveries pregnancies terminations caesareans positives negatives absences overstays
    readmits tumours tumors cancers malignancies metastases malformations disabilities comorbidities allergies
    ulcers disorders fevers exits entries hires hirings layoffs resignations retirements redundancies separations
    quits placements vacancies promotions demotions sackings furloughs secondments apprenticeships internships
    traineeships removals relocations repossessions foreclosures arrears sanctions disconnections defaults
    delinquencies insolvencies liquidations registrations deregistrations dissolutions enrolments enrollments
    applications approvals rejections denials refusals appeals petitions cancellations renewals completions
    graduations suspensions exclusions truancies detentions adoptions naturalisations naturalizations deportations
    departures arrivals migrations signups subscriptions unsubscriptions memberships votes ballots nominations
    donations responses nonresponses interviews replies acquisitions takeovers convictions prosecutions indictments
    acquittals cautions offences offenses thefts robberies assaults homicides murders rapes frauds scams arsons
    kidnappings stabbings shootings abductions violations infringements imprisonments paroles reoffences summonses
    warrants grievances disputes lawsuits fatalities casualties emergencies rescues disappearances attempts abuses
    trips journeys rides boardings alightings transactions
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""People, firms and what befell them, beside those whom `columns` and `people_words` know."""
_STATES = frozenset(
    """
    positive negative yes true no false unknown missing alive deceased severe moderate mild fatal critical male female
    men women pregnant single married widowed divorced disabled elderly young old urban rural current former never ever
    repeat late active inactive overdue insured uninsured obese overweight underweight normal abnormal depressed frail
    diabetic hypertensive anaemic anemic asthmatic symptomatic asymptomatic inpatient outpatient dependent independent
    poor foreign native employed unemployed risk uptake
    """.split()  # noqa: SIM905
)
"""What some of the people beside may be."""
_DONE = re.compile(r"(?!(?:bre|fe|ne|se|spe|we|de|gre|cre|re|ste|she|sle|hundr)+ed$)[a-z]{2,18}ed")
"""What was done to some of them, `vaccinated`: a participle, not `speed` or `seed`."""
_NOT_OF_SOME = frozenset(
    """
    expected predicted estimated weighted unweighted adjusted unadjusted standardised standardized imputed fitted
    rounded scaled needed required allowed planned budgeted licensed staffed
    bed beds room rooms seat seats place places unit units age ages year years month months week weeks day days hour
    hours minute minutes score scores point points cost costs income wage price amount value index level rank distance
    """.split()  # noqa: SIM905
)
"""What makes of such a word what a model says, a capacity, a time or an amount."""
_OF_EVENTS = re.compile(
    r"(?:신규|최초|누적|추가|당월|전체)?(?:신고|접수|해지|폐업|창업|휴업|이탈|전입|전출|혼인|결혼|이혼|취업|실업|실직|퇴사|이직|휴직|복직|"
    r"낙상|재입원|감염|체납|연체|미납|완납|탈락|합격|불합격|이수|미이수|수료|중도탈락|자퇴|양성|음성|무응답|찬성|반대|미참여|불참|가입|탈퇴|"
    r"중단|출소|재범|검거|송치|기소|발병|완치|격리|상담|민원|의뢰|승인|거절|기각|출동|구조|이송|사고|부상|중상|경상|실종|자살|추락|"
    r"미이용|수급|탈수급|사산|조산|유산|분만|출산|신생아|미숙아|흡연|비흡연|금연|음주|정상|이상소견|재발|전이|생존|추적소실)",
)
_OF_STATES = re.compile(
    r"유|무|예|아니오|.*(?:[가-힣]군|남성?|여성?|남아|여아|아동|노인|있음|없음|안함|양호|불량|독거|동거|미혼|기혼|사별|장애|임신|"
    r"우울|비만|과체중|저체중|당뇨(?:병)?|고혈압|빈혈|천식|치매|암|질환|증상|염|진단|검진|수검|치료|수술|처방|투약|투여|복용|접종|이용|"
    r"참여|응답|완료|신청|등록|이행|제외|선정|수혜|수령|고용|무직|휴학|졸업|진학|전학|결석|지각|위반|적발|경험|의심|위험)"
)
"""What some of the people beside are or did, by the end of its name in Korean."""
_OF_MODELS = re.compile(
    r"p|p[-_ .]?(?:val\w*|adj\w*)|padj|fdr|q[-_ ]?val\w*|auc|auroc|coef\w*|beta|loss|accuracy|acc|f1|r2|rmse|mae|"
    r"aic|bic|logfc|log2fc|precision|recall|odds_?ratio|or|hr|t|z|df",
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
    """Whether a name is one of what is known to be counted, with a word before it or without."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or "(" in name or "[" in name:
        return False
    return _OF_EVENTS.fullmatch("".join(words)) is not None or words[-1] in _UNITS


def _is_of_some(name: str) -> bool:
    """Whether a name says what some of the people beside are or did."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or "(" in name or "[" in name or not _NOT_OF_SOME.isdisjoint(words):
        return False
    if _OF_STATES.fullmatch("".join(words)):
        return True
    return not _STATES.isdisjoint(words) or not _UNITS.isdisjoint(words) or any(map(_DONE.fullmatch, words))


def _is_part(table: Table, index: int, name: str, known: Collection[int]) -> bool:
    """Whether whole numbers of some are nowhere above the number of people in a column that is named as a count."""
    if not _is_of_some(name):
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
