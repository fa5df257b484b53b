"""What a heading says about the numbers under it: counts of people, percentages, statistics, labels.

Names decide first because a column of coefficients may hold whole numbers and a count may hold gaps.
The words are those that results in Korean and English use.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What the numbers of a column or row are."""

    COUNT = "count"
    COUNT_AND_PERCENT = "count and percent"
    PERCENT = "percent"
    STATISTIC = "statistic"
    EXTREME = "extreme"
    LABEL = "label"
    PERSON = "person"
    UNKNOWN = "unknown"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COUNT = _words("""
    n count counts cnt freq freqs frequency frequencies num nobs obs observations nrow nrows samplesize
    persons people patients subjects participants individuals respondents students employees records
    population women men children
    cases controls deaths events hospitalizations hospitalisations admissions enrolled households headcount
""")
_WHO = _words("""
    claims claimants cards cardholders firms businesses enterprises establishments closures families births accidents
    injuries
    beneficiaries pupils workers residents donors recipients applicants tenants inmates offenders victims visits
    prescriptions procedures surgeries discharges readmissions incidents complaints episodes failures len nunique
    respondent responders carriers smokers veterans farms dwellings
    observed failed censored uncensored dead alive survived died dropouts withdrawals withdrawn excluded randomised
    randomized analysed analyzed
    falls fractures infections transplants transplantations vaccinations arrests crimes divorces marriages suicides
    overdoses referrals collisions crashes seizures strokes amputations miscarriages stillbirths abortions burglaries
    evictions bankruptcies dismissals expulsions
""")
"""What a column may be called that counts groups of people and what befell them; with a % it is a share of them."""
_PERCENT = _words("""
    pct percent percentage percentages perc rate rates ratio ratios prop proportion proportions share shares
    prevalence incidence fraction fractions
""")
_STATISTIC = _words("""
    mean means avg average sd std stdev se sem median iqr q1 q3 var variance skew skewness kurtosis cv
    pval pvalue pvalues coef coefs coefficient coefficients beta betas estimate estimates or hr rr irr
    ci lower upper chi2 df dof power effect smd logit odds hazard residual residuals weight weights
    auc accuracy precision recall r2 aic bic loglik rmse mae mse loss score scores
    bmi value price cost amount
""")
_EXTREME = _words("top1 top2 min max minimum maximum lowest highest longest shortest oldest youngest largest smallest")
_OF_A_THING = re.compile(
    r"(?:up[ _-]?)?to[ _-]date(?![a-z])|"
    r"largest connected|(?:min|max)imum (?:wages?|pensions?|incomes? (?:standard|guarantee)|likelihood|"
    r"legal|legislation|spanning|tax|"
    r"school leaving|obs(?:ervations)? per|iterations|lag|depth|degree)|max obs per|"
    r"최저 ?(?:임금|생계|보장|생활)|최대 ?(?:우도|가능도)",
    re.IGNORECASE,
)
"""What is called minimum or maximum by its name, and is no value of anybody."""
_LABEL = _words("""
    year years month months day days date dates age ages week weeks hour hours minute quarter time period dow
    rank code codes id ids no index idx order level levels stage grade class cluster step epoch iteration lag
    version decile quantile quintile quartile percentile bin sex gender type category region zip threshold
    seed fold group band visit wave
""")

_PERSON = re.compile(
    r"(?:person|patient|subject|participant|member|customer|employee|student|respondent|individual|beneficiary|case)"
    r"_?(?:id|no|num|number|key|code|source_value)|p_?id|pt_?id|mrn|ssn|emp_?no|study_?id"
)
_COUNTED_PERSON = re.compile(
    rf"(?:{_PERSON.pattern})[ _](?!(?:number|no|code|key|type|str|hash|name)\b).+", re.IGNORECASE
)
"""The heading of a pivot that counts a number of people by something: `patient_id F`, `patient_id nunique`."""
_PIVOTED = re.compile(r"(?:개수|건수|count of|number of)\s*[:：]?\s", re.IGNORECASE)
_OF_EVERYBODY = re.compile(r"\b(?:n|events?|cases?|deaths?|사건|발생|사망)\s*/\s*(?:n|total|patients|전체)\b")
"""A heading of counts beside what they are of: `events/N`."""
_CODE = r"[A-Z]\d{2}(?:\.?\d{1,2}|[A-Z]{1,2}(?:\d{2})?)?"
_CODED = re.compile(rf"{_CODE}(?:\s?[-–~]\s?{_CODE})?")
"""A code of a disease or a drug, such as N18, N18.5, N00-N99 or N02AA01: its letter is no number of people."""
_NONE_OF = re.compile(r"no (?=[a-z])(?!of\b)")
"""How a group begins that lacks something, `No injury`; the number of something is `no.`, or ends with it."""
_ENDS = frozenset(("p0", "p100", "q0", "q100"))
_SIZES = frozenset(("size", "group_size", "group size", "sizes", "base", "unweighted base", "denominator"))
_OF_SETTINGS = _words(
    "features estimators iter iterations jobs components clusters classes factors topics knots folds "
    "splits bins trees layers epochs neighbors leaves rounds threads gpus beams heads"
)
_APART = re.compile(r"(?:n|num) (?:heads|leaves|classes|groups|beams)", re.IGNORECASE)
"""Two words, as somebody writes them who counts heads; a setting is written in one, `n_heads`."""
_PER_MANY = re.compile(
    r"(?:\bper|/)[ _]?(?:an? )?(?:1?,?000|10,?000|100,?000|1,?000,?000|100|1?0?0k|10k|thousand|hundred thousand|"
    r"million|10\^[3-6])\b"
    r"|(?:[백천만]|십만|백만|\d[\d,]{2,10})\s?(?:명|인|건|가구|세대|출생아?)?\s?당(?!뇨|일|사|시|해|신|년|월)|"
    r"/\s?(?:십만|[천만]|\d{1,3}[만천])\s?명?",
    re.IGNORECASE,
)
"""What makes a rate of a number, of whatever it counts: `deaths per 100,000`, `dx(기수 10만명당)`."""


def _is_rate(name: str, bare: str) -> bool:
    """Whether a heading is that of a rate; one whose brackets alone speak of a rate beside a number is of both."""
    spaced = name.replace("_", " ")
    return _PER_MANY.search(spaced) is not None and (
        _PER_MANY.search(bare.replace("_", " ")) is not None or not re.search(r"[률율]|\brate", name, re.IGNORECASE)
    )


_PER_HUNDRED = re.compile(
    r"(?:\bper|/)[ _]?(?:an? )?(?:100|hundred)\b|백\s?(?:명|인|건)?\s?당|(?<![\d,])100\s?(?:명|인|건)\s?당"
)


def is_per_hundred(name: str) -> bool:
    """Whether a heading is that of a rate of so many in a hundred."""
    return _PER_HUNDRED.search(unicodedata.normalize("NFKC", name).replace("_", " ").lower()) is not None


_SIZE = re.compile(r"0|size|count_?")
_PERSON_KO = re.compile(
    r"(?:연구|조사|임상|시험|면담)?"
    r"(?:환자|대상자|참여자|응답자|연구|등록|회원|고객|사원|직원|학생"
    r"|수진자|가입자|개인|피험자|이용자|차트|병록)"
    r"(?:등록|식별|고유)?(?:번호|ID|id|코드|키)"
)

_COUNT_KO = re.compile(
    r"(?:.*(?:인원|인원수|명수|건수|빈도|빈도수|도수|자수|원수|생수|객수|민수|가구수|세대수|사례수|표본수|관측치?수|"
    r"관측치|"
    r"발생수|환자|사망|인구|인구수|헤드카운트|방문수|이용수|응답수|대상수|출생수|입원수|수술수|사람수|기관수|업체수|"
    r"사람|대상|참여|대상군|증례|증례수|(?<![숫글투이의인입원전])자|"
    r".인수|아수|사수|개체수|여성수|남성수|주민수|시민수|회원수|직원수|아동수|농가수|어가수|기업수|업소수|점포수|"
    r"학교수|"
    r"(?:노인|아동|청소년|어린이|장애인|외국인|산모|임신부|임산부|주민|근로자|사업체|업체|기업|농가|학교) ?\(?수\)?)|"
    r"명|건|수|개수|입원|퇴원|내원|확진|접종|사건|승차|하차|승객|통행)"
)
_PERCENT_KO = re.compile(r".*(?:비율|백분율|구성비|분율|유병률|발생률|사망률|점유율|율|률|퍼센트|비중)")
_STATISTIC_KO = re.compile(
    r".*(?:평균|표준편차|표준오차|중앙값|중위수|분산|계수|오차|추정치|신뢰구간|유의확률|점수|지수|금액|비용|가격|"
    r"합계액|"
    r"변수|차수|(?<!대)상수|함수|배수|급수|오즈비|위험비|편차|농도|수치|체중|신장|혈압)"
)
_EXTREME_KO = re.compile(
    r".*(?:최소|최대|최솟값|최댓값|최저|최고)(?:값)?|(?:최장|최단|최고령|최연소).*|.*(?:최장|최단)"
    r"|(?:최소|최대|최저|최고|최다)(?!값|산소|심박|호기|흡기|근력|악력|토크|임금|생계|주거|학력|기온|혈압|허용|한도|"
    r"위원|인원|정원|용량|출력|우도|깊이|반복|제곱|운동|셀|표본|크기|기준|길이)[가-힣]{0,6}"
    r"(?:일|일수|기간|시간|연령|나이|액|금액|소득|연봉|급여|임금|매출|비용|가격|진료비|청구액|보험금|체중|신장|키|"
    r"값|속도|거리|"
    r"점|점수|수치|농도|횟수|근속|근무|재원일수|대기일수|지연|면적|부채|자산|대출|벌금|형량|학점|성적|기록|수|용|"
    r"료|세)"
)
_LABEL_KO = re.compile(
    r".*(?:연도|년도|시간|시각|요일|연령|나이|연령대|순위|순번|코드|번호|등급|단계|분위|분기|날짜|일자|기간|"
    r"구분|성별|지역|개월수|일수|연수|횟수|학년)|(?:기준|발생|진료|방문|입원|퇴원|등록|검사|관측|조사)?[년월일주시분]"
)

_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d?|[A-Z]+|\d+")
_COUNT_UNITS = frozenset(
    ("n", "명", "건", "인", "가구", "세대", "개소", "개사", "persons", "people", "patients", "count", "no.")
)
_COUNT_PHRASE = re.compile(
    r"(?:number|num|no\.?|nr|count|#) ?(?:of|_of_) ?(?! ?(?:[a-z]+ ){0,2}(?:levels?|parameters?|variables?|"
    r"iterations?|"
    r"points|knots|terms|effects|predictors|features|clusters|chains|draws|replications?|imputations?|folds|steps|"
    r"dimensions?)\b)"
    r"|(?:sample|group|cell|cluster|stratum)[ _-]?size"
)

TOTALS = frozenset(
    (
        *(
            "insgesamt",
            "gesamt",
            "summe",
            "ensemble",
            "totale",
            "totalt",
            "i alt",
            "ialt",
            "yhteensä",
            "razem",
            "ogółem",
            "totaal",
        ),
        *("合计", "总计", "小计", "総数", "合計", "итого", "всего"),
        "total",
        "totals",
        "all",
        "sum",
        "overall",
        "grand total",
        "subtotal",
        "any",
        "row total",
        "column total",
        "합계",
        "계",
        "소계",
        "총계",
        "전체",
        "총합",
        "총합계",
    )
)


_OF_ALL = re.compile(
    r"(?:전체|총|모든|전) (?!기타|콜레스테롤|빌리루빈|단백)[가-힣]{1,12}(?: [가-힣]{1,8}){0,2}"
    r"|[가-힣a-z0-9·./-]{1,20}(?: [가-힣a-z0-9]{1,20})? (?:합계|전체|총계|소계|계|total|subtotal|sub-total)"
    r"|전국|(?:sub|grand)[- ]?total|(?:entire|whole|overall|full|total) (?:study )?(?:sample|population|cohort|"
    r"country)"
    r"|(?:total|all)[ _](?:no\.? of |number of )?"
    r"(?!others?\b|causes?\b)(?:[a-z-]{1,15}[ _])?(?:people|women|men|children|staff|[a-z-]{2,16}s|n)",
)
"""What sums up the others by a name of several words: `전체 진단`, `서울 소계`, `all patients`."""
_NOT_ALL = re.compile(
    r"proteins|lipids|steroids|phosphates|scores|points|hours|days|months|years|costs|sales|assets|expenses"
    r"|평균|비율|매출|비용|점수|일수|시간|[비액금률율]$"
)


def is_total(name: str) -> bool:
    """Whether a row or column of that name sums up the others."""
    plain = unicodedata.normalize("NFKC", name).strip().lower()
    if plain in TOTALS:
        return True
    if len(plain) > LONGEST_TOTAL:
        return False
    bare = " ".join(_UNIT.sub(" ", plain).rstrip(" ,:").split())
    return bare in TOTALS or (_OF_ALL.fullmatch(bare) is not None and not _NOT_ALL.search(bare))


LONGEST_TOTAL = 60
"""Characters up to which a name can be that of a total."""


def is_pivoted(name: str) -> bool:
    """Whether the first heading says that the whole table counts, as a pivot table does: `개수 : 환자ID`."""
    return _PIVOTED.match(unicodedata.normalize("NFKC", name).strip()) is not None


def is_size(name: str) -> bool:
    """Whether a column is called as pandas calls the sizes of groups that nobody named."""
    return _SIZE.fullmatch(name.strip()) is not None


def _folded(name: str) -> str:
    """A heading without the marks of its letters, at which a word would end: `kön` is no number of k."""
    return (
        name
        if name.isascii()
        else "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    )


@lru_cache(maxsize=4096)
def kind_of(heading: str) -> Kind:
    """What a heading says; UNKNOWN where it says nothing."""
    name = unicodedata.normalize("NFKC", heading).strip()
    if not name:
        return Kind.UNKNOWN
    units = [unit.strip().lower() for unit in _UNIT.findall(name)]
    bare = _OF_A_THING.sub(" ", _UNIT.sub(" ", name)).strip()
    words = [word.lower() for word in _WORD.findall(_folded(bare))]
    if is_pivoted(f"{name} ") and ":" in name:
        return Kind.COUNT
    if _CODED.fullmatch(bare):
        return Kind.UNKNOWN
    if bare.lower() in _ENDS:
        return Kind.EXTREME
    if bare.lower() in _SIZES:
        return Kind.COUNT
    percent = "%" in name
    if {"n", "num"}.intersection(words) and _OF_SETTINGS.intersection(words) and not _APART.fullmatch(bare):
        return Kind.STATISTIC
    if _is_rate(name, bare):
        return Kind.STATISTIC
    counted = "n" in words or any(unit in _COUNT_UNITS for unit in units) or bool(_COUNT.intersection(words))
    if percent:
        return Kind.COUNT_AND_PERCENT if counted or _is(_COUNT_KO, bare) else Kind.PERCENT
    if any(unit in _COUNT_UNITS for unit in units):
        return Kind.COUNT
    if "#" in name or _OF_EVERYBODY.search(name.lower()):
        return Kind.COUNT
    if not re.search("[가-힣]", bare):
        return _english(bare, words)
    kind = _korean(bare)
    # People of an age: `환자 18~64세`, `수급자_18_64`.
    return kind if kind is not Kind.UNKNOWN or _korean(_OF_AGES.sub("", bare)) is not Kind.COUNT else Kind.COUNT


_OF_AGES = re.compile(r"[ _]{1,3}(?:만 ?)?\d{1,2} ?세? ?(?:[~–_-] ?\d{2,3} ?세?|이상|미만)$")


def _english(bare: str, words: list[str]) -> Kind:
    lowered = bare.lower()
    if _PERSON.fullmatch(lowered.replace(" ", "_").replace("-", "_")):
        return Kind.PERSON
    if _COUNTED_PERSON.fullmatch(lowered):
        return Kind.COUNT
    if _COUNT_PHRASE.search(lowered):
        return Kind.COUNT
    named = words if _NONE_OF.match(lowered) is None else words[1:]
    for words_of, kind in (
        (_EXTREME, Kind.EXTREME),
        (_PERCENT, Kind.PERCENT),
        (frozenset({"id", "code", "no", "date"}).intersection(named), Kind.LABEL),
        (frozenset({"n"}), Kind.COUNT),
        (_STATISTIC, Kind.STATISTIC),
        (_COUNT | _WHO, Kind.COUNT),
    ):
        if words_of.intersection(words):
            return kind
    # The last word is what the column is: `birth year` holds years, `stage I` is a group of people.
    return Kind.LABEL if words and words[-1] in _LABEL else Kind.UNKNOWN


def _korean(bare: str) -> Kind:
    closed = bare.replace(" ", "").replace("_", "")
    if _PERSON_KO.fullmatch(closed):
        return Kind.PERSON
    for pattern, kind in (
        (_EXTREME_KO, Kind.EXTREME),
        (_PERCENT_KO, Kind.PERCENT),
        (_STATISTIC_KO, Kind.STATISTIC),
        (_COUNT_KO, Kind.COUNT),
        (_LABEL_KO, Kind.LABEL),
    ):
        if pattern.fullmatch(closed) and not (kind is Kind.LABEL and re.search(r"\d", closed)):
            return kind
    words = [word.lower() for word in _WORD.findall(_folded(bare))]
    return _english(re.sub("[가-힣]+", " ", bare).strip(), words) if words else Kind.UNKNOWN


def _is(pattern: re.Pattern[str], bare: str) -> bool:
    return pattern.fullmatch(bare.replace(" ", "").replace("_", "")) is not None
