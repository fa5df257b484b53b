"""Reasons that checkers give again and again, each with the way to mend it, in both languages.

Nine in ten refusals elsewhere are one of the first five (OpenSAFELY, docs/outputs/output-checking.md: unrounded counts
about 30 %, too little context 25 %, low counts 20 %, no underlying counts 10 %, unsupported types 10 %).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from registry.text import Text


@dataclass(frozen=True, slots=True)
class Preset:
    """One reason: what it is called in a list, and what the author reads."""

    id: str
    name: Text
    text: Text
    """What is wrong, then how to mend it."""


def _preset(id: str, name: tuple[str, str], wrong: tuple[str, str], fix: tuple[str, str]) -> Preset:
    return Preset(id, Text(*name), Text(f"{wrong[0]} {fix[0]}", f"{wrong[1]} {fix[1]}"))


_ALL = (
    _preset(
        "unrounded",
        ("반올림하지 않은 수", "Unrounded counts"),
        ("사람 수가 반올림되지 않았습니다.", "Counts of people are not rounded."),
        (
            "합계를 포함한 모든 수를 정책의 단위로 반올림하고, 합계는 반올림한 수에서 다시 구하십시오.",
            "Round all counts, totals too, to the base of the policy; make totals anew from the rounded numbers.",
        ),
    ),
    _preset(
        "context",
        ("설명 부족", "Too little context"),
        ("설명만으로는 무엇을 누구에 대해 센 것인지 알 수 없습니다.", "It does not say what was counted, and of whom."),
        (
            "대상 집단, 전체 인원, 각 변수의 뜻, 이전 반출과의 관계를 적으십시오.",
            "Describe the population, its number, what each variable means, and which earlier releases it relates to.",
        ),
    ),
    _preset(
        "low_counts",
        ("작은 수", "Low counts"),
        ("최소 인원보다 작은 수가 있습니다.", "There are counts below the threshold."),
        (
            "범주를 합치거나, 그 칸과 함께 같은 행과 열에서 한 칸씩 더 가리십시오.",
            "Merge categories, or mask the cell together with a second one in its row and in its column.",
        ),
    ),
    _preset(
        "no_counts",
        ("바탕이 되는 수 없음", "No underlying counts"),
        (
            "비율, 평균 또는 그림의 바탕이 되는 인원수가 없습니다.",
            "The counts behind the percentages, means or figures are missing.",
        ),
        (
            "같은 구분의 인원수 표를 근거 파일로 함께 제출하십시오. 근거 파일은 반출되지 않습니다.",
            "Hand in a table of the counts by the same groups as a supporting file; supporting files never leave.",
        ),
    ),
    _preset(
        "type",
        ("다룰 수 없는 형식", "Unsupported type"),
        ("이 형식의 파일은 내용을 끝까지 확인할 수 없습니다.", "A file of this type cannot be read to its end."),
        (
            "표는 CSV로, 그림은 PNG로, 글은 텍스트로 저장하십시오.",
            "Save tables as CSV, figures as PNG, text as plain text.",
        ),
    ),
    _preset(
        "masking",
        ("되돌릴 수 있는 가림", "Masking that can be undone"),
        (
            "가린 값을 합계나 다른 표에서 다시 계산할 수 있습니다.",
            "A masked value can be worked out from the totals or from another table.",
        ),
        (
            "같은 행과 열에서 한 칸씩 더 가리거나, 합계까지 모두 반올림하십시오.",
            "Mask a second cell in the same row and column, or round everything including the totals.",
        ),
    ),
    _preset(
        "difference",
        ("이전 반출과의 차이", "Difference to an earlier release"),
        (
            "이전에 반출한 표와의 차이가 소수의 사람을 드러냅니다.",
            "The difference to a table that was released before shows a few people.",
        ),
        (
            "이전과 같은 집단과 구분을 쓰거나, 차이가 최소 인원보다 크도록 범주를 합치십시오.",
            "Use the population and groups of the earlier table, or merge until the difference is above the threshold.",
        ),
    ),
    _preset(
        "extremes",
        ("최솟값과 최댓값", "Minima and maxima"),
        ("최솟값과 최댓값은 대개 한 사람의 값입니다.", "Minima and maxima are usually one person's value."),
        ("빼거나, 5백분위수와 95백분위수로 바꾸십시오.", "Leave them out, or give the 5th and 95th percentiles."),
    ),
    _preset(
        "dominance",
        ("한 사람이 차지하는 합계", "A total that one person makes up"),
        (
            "합계나 평균의 대부분이 한두 사람의 값에서 나옵니다.",
            "One or two people make up most of a total or mean.",
        ),
        (
            "더 큰 집단으로 합치고, ansim_client.evidence()로 기여자 수와 상위 기여를 근거로 제출하십시오.",
            "Merge into larger groups, and hand in contributors as evidence with ansim_client.evidence().",
        ),
    ),
    _preset(
        "row_level",
        ("개인 단위 자료", "Data of single people"),
        ("한 줄이 한 사람인 자료로 보입니다.", "The rows look like single people."),
        (
            "집계한 표로 바꾸십시오. 개인 단위 자료는 반출할 수 없습니다.",
            "Make a table of groups; rows of people do not leave.",
        ),
    ),
    _preset(
        "identifiers",
        ("식별정보", "Identifying data"),
        ("이름, 번호 등 사람을 알아볼 수 있는 내용이 있습니다.", "There are names, numbers or other identifying data."),
        ("그 열이나 글을 지우고 다시 제출하십시오.", "Delete that column or text and hand it in again."),
    ),
    _preset(
        "points",
        ("점마다 한 사람인 그림", "A figure with a point for each person"),
        ("그림의 점이나 선 하나가 한 사람입니다.", "A point or line of the figure is one person."),
        (
            "구간별 요약(상자그림의 이상점 제외, 히스토그램의 각 구간은 최소 인원 이상)으로 바꾸십시오.",
            "Show summaries: box plots without outliers, histograms whose bins are all above the threshold.",
        ),
    ),
    _preset(
        "small_model",
        ("관측 수가 적은 모형", "A model on few observations"),
        ("모형의 잔차 자유도가 너무 작습니다.", "The residual degrees of freedom of the model are too few."),
        (
            "설명변수를 줄이거나 집단을 넓히고, 관측 수를 적으십시오.",
            "Use fewer variables or a larger group, and state the number of observations.",
        ),
    ),
    _preset(
        "mismatch",
        ("설명과 파일이 다름", "Statement and file differ"),
        (
            "적용했다고 적은 보호조치가 파일에 나타나지 않습니다.",
            "The file does not show the statistical controls that the request states.",
        ),
        ("보호조치를 실제로 적용하거나 설명을 고치십시오.", "Apply the controls, or correct what the request says."),
    ),
    _preset(
        "too_much",
        ("목적에 비해 너무 많음", "More than the purpose needs"),
        ("목적에 필요한 것보다 많은 결과입니다.", "This is more than the purpose needs."),
        ("논문이나 보고서에 쓸 표와 그림만 남기십시오.", "Keep the tables and figures that the paper or report uses."),
    ),
)

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.id: preset for preset in _ALL})


def with_presets(text: str, chosen: Iterable[str], language: str) -> str:
    """What somebody wrote, then the texts of the reasons that were ticked, each on a line of its own.

    A name that is in no row adds nothing.
    """
    added = [f"• {PRESETS[id].text.say(language)}" for id in dict.fromkeys(chosen) if id in PRESETS]
    return "\n".join([*([text.strip()] if text.strip() else []), *added])
