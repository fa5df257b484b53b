"""What each term of a policy is called, and how its value is written: one table for pages, commands and documents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from egress_review.terms import Policy
from registry.model import Role
from registry.roles import NAMES
from registry.text import Text

TERM_NAMES: Mapping[str, Text] = MappingProxyType(
    {
        "min_cell": Text("공표하는 수의 최솟값(명)", "fewest people behind a published count"),
        "zeros": Text("0인 셀", "cells of zero"),
        "round_base": Text("권하는 반올림 단위", "base of the rounding that is suggested"),
        "max_files": Text("신청당 파일 수", "files in one request"),
        "max_file_bytes": Text("파일 크기(바이트)", "size of a file, bytes"),
        "max_total_bytes": Text("신청 전체 크기(바이트)", "size of a request, bytes"),
        "max_rows": Text("표의 행 수", "rows of a table"),
        "row_level_rows": Text("개인 단위로 의심하는 행 수", "rows from which records of people are suspected"),
        "types": Text("파일 형식", "file types"),
        "required_votes": Text("승인자 수", "people who must approve"),
        "min_context": Text("설명의 최소 글자 수", "characters of context"),
        "collect_days": Text("수령 기간(일)", "days to collect"),
        "other_organisation": Text("다른 기관의 승인자가 있어야 함", "somebody of another organisation must approve"),
        "required_roles": Text("승인자 가운데 있어야 하는 역할", "roles among those who approve"),
        "budget_requests": Text("30일간 과제의 신청 수", "requests of a project in 30 days"),
        "budget_files": Text("30일간 과제의 파일 수", "files of a project in 30 days"),
        "budget_bytes": Text("30일간 과제의 파일 크기(바이트)", "bytes of a project in 30 days"),
        "idle_days": Text("방치된 신청을 끝내는 날 수", "days until an idle request is given up"),
        "purge_days": Text("끝난 신청의 파일을 지우는 날 수", "days until the files of an ended request are removed"),
        "review_days": Text("심사 기한(영업일)", "business days to decide"),
        "low_risk_bytes": Text("저위험 등급의 최대 크기(바이트)", "largest request of the low-risk tier, bytes"),
        "recheck_percent": Text("반출 후 다시 살펴보는 비율(%)", "share of releases looked at again, percent"),
        "evidence_required": Text("합계와 평균에 근거 파일이 있어야 함", "sums and means need evidence"),
        "dominance_n": Text("지배 규칙: 상위 기여자 수", "dominance: number of largest contributors"),
        "dominance_k": Text("지배 규칙: 그 몫의 상한(%)", "dominance: their share, percent"),
        "p_percent": Text("p% 규칙(%)", "p% rule, percent"),
        "min_dof": Text("모형의 잔차 자유도", "residual degrees of freedom of a model"),
        "survival_threshold": Text("생존곡선의 최소 위험집단(명)", "people at risk behind a survival step"),
    }
)
"""The terms in words."""

_ZEROS = {
    "allow": Text("둠", "let be"),
    "note": Text("알림", "note"),
    "warn": Text("주의", "warning"),
    "fail": Text("불합격", "failure"),
}
_YES, _NO, _NONE = Text("예", "yes"), Text("아니요", "no"), Text("없음", "none")
_NONE_WHEN_ZERO = frozenset(
    (
        *("budget_requests", "budget_files", "budget_bytes", "idle_days", "review_days", "low_risk_bytes"),
        *("dominance_n", "dominance_k", "p_percent", "min_dof", "survival_threshold"),
    )
)


def value_of(policy: Policy, term: str) -> Text:
    """The value of a term as a person reads it."""
    match getattr(policy, term):
        case bool() as truth:
            return _YES if truth else _NO
        case 0 if term in _NONE_WHEN_ZERO:
            return _NONE
        case int() as number:
            return Text(f"{number:,}", f"{number:,}")
        case ():
            return _NONE
        case tuple() as several if term == "required_roles":
            names = [NAMES[Role(one)] for one in several]
            return Text(", ".join(one.ko for one in names), ", ".join(one.en for one in names))
        case tuple() as several:
            return Text(", ".join(several), ", ".join(several))
        case str() as word:
            return _ZEROS.get(word, Text(word, word))
        case other:
            return Text(str(other), str(other))
