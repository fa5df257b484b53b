"""The explanation of one prediction: a waterfall, a force plot or LIME shows one person's own values.

    lactate = 7.4   +1.32        7.4 = lactate        feature,value,shap_value

What a model makes of all people, such as mean absolute contributions or a value beside many, is nobody's; an average or
made-up person is nobody either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

FEWEST, NEAR, LONGEST = 3, 24, 1_000
"""Values of one person, lines around the words that name the explanation, and characters of a line that are read."""

_OF_ONE = re.compile(
    r"\bwaterfall\b|\bforce[ _-]?plot|\bLIME\b|\blocal explanations?\b|폭포 ?(?:그림|그래프|도표)|워터폴|"
    r"\b(?:individual|single|one|example|test|index) (?:\w{1,12} )?"
    r"(?:patient|case|person|prediction|instance|subject)\b|"
    r"\b(?:explanation|contributions?|SHAP(?: values?)?) (?:of|for) (?:(?:the|a|one|this) )?(?:\w{1,12} )?"
    r"(?:patient|case|person|instance|subject|respondent|borrower|student)\b(?!s)|"
    r"(?:한|이|개별|특정|단일) ?(?:환자|사례|사람|대상자|응답자|학생|차주)|개인별? ?(?:설명|기여도)|"
    r"개별 ?(?:예측|설명)",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"\bSHAP|shapley|\bLIME\b|\bforce[ _-]?plot|\b[fE]\[?\(?f?\(?[xX]\)?\]?\s?=|contribution|기여도|샤플리|섀플리",
    re.IGNORECASE,
)
_NAME = r"[A-Za-z가-힣][\w가-힣]{0,24}(?:[ ()/%.-]{1,2}[\w가-힣]{1,15}){0,3}[)%]?"
_VALUE = r"-?\d{1,6}(?:,\d{3})?(?:\.\d{1,4})?"
_PAIR = re.compile(
    rf"(?<![\w.(\[])(?:(?P<name>{_NAME})\s?=\s?{_VALUE}(?![\w.])|{_VALUE}\s?=\s?(?P<named>{_NAME}))(?![(\[])"
)
_SIGNED = re.compile(r"(?<![\w.])[+−-]\s?\d{1,3}(?:\.\d{1,4})?(?![\w.])")
_NO_FEATURE = re.compile(
    r"[np]|[Nn](?:[ _](?:obs|estimators|samples|trees|splits|background))?|p[ -]?value|auc|auroc|auprc|r2|k|seed|"
    r"random_?state|alpha|lambda|gamma|threshold|cut-?off|version|max_depth|learning_rate|eta|min_child_weight|"
    r"subsample|base(?:[ _]value)?|baseline|intercept|output|prediction|predicted.{0,20}|probability|risk|score|f|x|"
    r"epochs?|batch_?size|folds?|nsamples|num_features|dpi|width|height|mean.{0,20}|median.{0,20}|sd|se|ci|"
    r"accuracy|sensitivity|specificity|기준값|예측값|예측 ?확률|확률|표본 ?수|대상자 ?수|평균.{0,12}",
    re.IGNORECASE,
)
"""What is given with an equals sign beside an explanation and is no feature of a person."""
_NOBODY = re.compile(
    r"hypothetical|synthetic|simulated|fictitious|fictional|made[- ]up|invented|\baverage (?:patient|person|profile)|"
    r"typical|reference (?:patient|person|profile)|toy example|가상|가공의|지어낸|합성 ?(?:환자|자료|데이터)|평균적인|"
    r"대표 ?프로필",
    re.IGNORECASE,
)

_FEATURE = re.compile(r"features?|variables?|predictors?|변수(?:명)?|특성|특징|예측 ?변수", re.IGNORECASE)
_OWN = re.compile(
    r"(?:feature|patient|person|case|own|observed|actual|instance)?[ _]?(?:value|data)|"
    r"(?:변수|특성|관측|환자|실제)? ?값",
    re.IGNORECASE,
)
_CONTRIBUTION = re.compile(
    r"(?:shap|phi|shapley)(?:[ _]?(?:values?|contributions?|값))?|(?:local[ _])?(?:contribution|weight)s?|"
    r"기여도|샤플리 ?값",
    re.IGNORECASE,
)

_ONE = Text(
    ko="예측 하나의 설명에 한 사람의 값 {number}개가 그대로 적혀 있습니다.",
    en="The explanation of one prediction gives {number} values of a single person.",
)
_OF_ALL = Text(
    ko="한 사람의 설명을 지우고, 모든 사람에 걸친 평균 기여도(예: 평균 |SHAP|)를 내십시오.",
    en="Remove the explanation of one person and give contributions over all people, such as mean |SHAP|.",
)


def check_explained(subject: Subject, listing: Listing) -> None:
    """Flag the values of one person that explain a prediction, in words and in a table."""
    for line, number in _told(subject.lines) if subject.type in ("md", "txt") else ():
        listing.flag("table.singular", _ONE.fill(number=number), _OF_ALL, where=Where(row=line), number=number)
    for table in subject.tables:
        if number := _held(table):
            where = Where(row=max(1, table.numbers[0] - 1))
            listing.flag("table.singular", _ONE.fill(number=number), _OF_ALL, where=where, number=number)


def _told(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines (from 1) that name the explanation of one prediction, and how many values stand near them."""
    end = 0
    for at, line in enumerate(lines):
        if at < end or not _OF_ONE.search(line[:LONGEST]):
            continue
        near = "\n".join(one[:LONGEST] for one in lines[max(end, at - NEAR) : at + NEAR + 1] if one.strip())
        if not _EXPLAINS.search(near) or _NOBODY.search(near):
            continue
        names = {(match["name"] or match["named"]).strip().lower() for match in _PAIR.finditer(near)}
        features = [name for name in names if not _NO_FEATURE.fullmatch(name)]
        if len(features) >= FEWEST and len(_SIGNED.findall(near)) >= FEWEST - 1:
            yield at + 1, len(features)
            end = at + NEAR


def _held(table: Table) -> int:
    """Features of a table that gives each once, with a value and a contribution; 0 for any other."""
    names = [name.strip() for name in table.names]
    feature, own, told = (
        next((i for i, name in enumerate(names) if pattern.fullmatch(name)), None)
        for pattern in (_FEATURE, _OWN, _CONTRIBUTION)
    )
    if feature is None or own is None or told is None or len(table.rows) < FEWEST:
        return 0
    values = [cell.strip() for cell in table.column(own)]
    once = len(table.distinct(feature)) == len(table.rows)
    signed = any(cell.strip()[:1] in "-−" for cell in table.column(told) if cell.strip())
    return len(values) if once and signed and all(values) else 0
