"""The forms of the guideline as one value, which a page shows and a PDF prints: review and record of an extract.

The fields of the record are those of PIPA art. 28-4(3) and Enforcement Decree art. 29-5(2): purpose, items, use
history, recipients, period. Names of columns and techniques, never a value of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audit.text import Language, Text
from deid.records.house import Usage
from deid.records.model import KIND_TEXT, USE_TEXT, VERDICT_TEXT, Extract
from deid.records.risk_rows import FIGURES, MET, figures
from deid.records.rules import CHECKLIST
from deid.records.synthetic_rows import risk_head, risk_rows, tables_of, use_head, use_rows
from deid.records.workflow import STATE_TEXT

KOREAN_TIME = ZoneInfo("Asia/Seoul")
KEPT = timedelta(days=3 * 366)
"""How long the record is kept after destruction: three years (PIPA art. 28-4(3))."""
ROLE_TEXT = {
    "direct": Text("식별정보", "direct identifier"),
    "quasi": Text("식별가능정보", "quasi-identifier"),
    "sensitive": Text("민감정보", "sensitive"),
    "free": Text("자유 서술", "free text"),
    "keep": Text("개인과 무관", "not about a person"),
    "drop": Text("제외", "left out"),
    "synthetic": Text("합성", "synthetic"),
}

Naming = Callable[[str], str]
"""Finds the name behind a reference."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a form: facts by label, or a table, under a heading."""

    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A form in one language."""

    title: str
    reference: str
    sections: tuple[Section, ...] = field(default=())


_T = {
    "record": Text("가명정보 처리 기록", "Record of pseudonymisation"),
    "review": Text("가명처리 적정성 검토 결과서", "Adequacy review of a pseudonymised extract"),
    "purpose": Text("처리 목적", "Purpose"),
    "kind": Text("목적의 구분", "Kind of purpose"),
    "specific": Text("구체적 목적", "Specific purpose"),
    "basis": Text("법적 근거", "Legal basis"),
    "target": Text("대상 선정", "Selection of the data"),
    "dataset": Text("데이터셋", "Dataset"),
    "owner": Text("제공 기관", "Provided by"),
    "people": Text("정보주체 수", "People"),
    "scope": Text("대상 범위", "Scope"),
    "need": Text("최소한인 까닭", "Why these items"),
    "levels": Text("가명처리 수준 정의표", "Level definition table"),
    "items": Text("가명처리한 개인정보의 항목", "Items of personal information that were pseudonymised"),
    "column": Text("항목", "Item"),
    "table": Text("표", "Table"),
    "role": Text("구분", "Classification"),
    "technique": Text("처리 기법", "Technique"),
    "level": Text("처리 수준", "Level"),
    "why": Text("사유", "Reason"),
    "run": Text("가명처리 수행", "Processing"),
    "at": Text("일시", "Date and time"),
    "by": Text("담당자", "By"),
    "rows": Text("행 수", "Rows"),
    "out": Text("기준을 위해 뺀 행", "Rows left out for the criteria"),
    "manifest": Text("결과 파일 목록의 해시", "Hash of the files"),
    "policy": Text("정책의 해시", "Hash of the policies"),
    "key": Text("키 영역과 버전", "Key"),
    "binding": Text("검토 대상의 해시", "What was reviewed"),
    "risk": Text("위험성 검토", "Risk review"),
    "synthetic": Text("합성자료의 위험과 쓸모", "Risk and use of the synthetic rows"),
    "measure": Text("지표", "Figure"),
    "before": Text("처리 전", "Before"),
    "after": Text("처리 후", "After"),
    "criteria": Text("기준", "Criterion"),
    "required": Text("요구", "Required"),
    "found": Text("결과", "Found"),
    "verdict": Text("판정", "Verdict"),
    "reason": Text("판정 사유", "Reason"),
    "conditions": Text("조건", "Conditions"),
    "checklist": Text("점검 항목", "Checklist"),
    "checked": Text("확인", "confirmed"),
    "open": Text("확인 안 함", "not confirmed"),
    "reviewer": Text("검토자", "Reviewer"),
    "history": Text("이용 내역", "Use history"),
    "project": Text("과제", "Project"),
    "from": Text("시작", "From"),
    "until": Text("종료", "Until"),
    "approver": Text("승인한 사람", "Approved by"),
    "revoked": Text("철회", "Revoked"),
    "provision": Text("제3자 제공", "Provision to third parties"),
    "use": Text("이용 구분", "Kind of use"),
    "recipients": Text("제공받는 자", "Recipients"),
    "environment": Text("이용 환경의 보호조치", "Protection of the place of use"),
    "period": Text("처리 기간과 파기", "Period and destruction"),
    "started": Text("처리 시작", "Begun"),
    "ends": Text("처리 기간의 끝", "End of the period"),
    "state": Text("상태", "State"),
    "destroyed": Text("파기 일시", "Destroyed"),
    "why_destroyed": Text("파기 사유", "Reason of the destruction"),
    "key_end": Text("추가정보의 파기", "Additional information"),
    "key_gone": Text("추출본과 함께 파기함", "destroyed with the extract"),
    "key_kept": Text("다른 추출본이 쓰고 있어 보관 중", "kept, as another extract needs it"),
    "keep": Text("기록 보관", "Record kept until"),
    "none": Text("없음", "none"),
    "keep_rule": Text("파기한 날부터 3년", "three years after destruction"),
}


def record_form(extract: Extract, usages: Sequence[Usage], language: Language, name: Naming) -> Form:
    """Return the record of pseudonymisation (가명정보 처리 기록) with the fields that the law asks for."""

    def t(key: str) -> str:
        return _T[key].say(language)

    draft, end = extract.draft, extract.destruction
    history = tuple(
        (
            use.project,
            _day(use.starts_at),
            _day(use.ends_at),
            name(use.approved_by),
            _moment(use.revoked_at) if use.revoked_at else t("none"),
        )
        for use in usages
    )
    sections = [
        _purpose(extract, language),
        _levels(extract, language, t("items")),
        Section(
            t("history"),
            header=(t("project"), t("from"), t("until"), t("approver"), t("revoked")),
            rows=history or ((t("none"), "", "", "", ""),),
        ),
        Section(
            t("provision"),
            (
                (t("use"), USE_TEXT[draft.use].say(language)),
                (t("recipients"), ", ".join(draft.recipients) or t("none")),
                (t("environment"), draft.environment),
            ),
        ),
        *(_run(extract, language, name)),
        *(_verdicts(extract, language, name)),
        Section(
            t("period"),
            (
                (t("started"), _moment(extract.at)),
                (t("ends"), _moment(draft.ends_at)),
                (t("state"), STATE_TEXT[extract.state].say(language)),
                (t("destroyed"), f"{_moment(end.at)} · {name(end.by_ref)}" if end else t("none")),
                (t("why_destroyed"), end.reason if end else t("none")),
                (t("key_end"), t("key_gone" if end.key else "key_kept") if end else t("none")),
                (t("keep"), _day(end.at + KEPT) if end else t("keep_rule")),
            ),
        ),
    ]
    return Form(t("record"), extract.ref, tuple(sections))


def review_form(extract: Extract, language: Language, name: Naming) -> Form:
    """Return the result of the adequacy review, with everything that it was about."""

    def t(key: str) -> str:
        return _T[key].say(language)

    sections = [
        _purpose(extract, language),
        _levels(extract, language, t("levels")),
        *_run(extract, language, name),
        *_risk(extract, language),
        *_synthetic(extract, language),
        *_verdicts(extract, language, name),
    ]
    if review := extract.review:
        rows = tuple(
            (text.say(language), t("checked" if item in review.checked else "open")) for item, text in CHECKLIST.items()
        )
        sections.append(Section(t("checklist"), header=(t("checklist"), t("checked")), rows=rows))
    return Form(t("review"), extract.ref, tuple(sections))


def _purpose(extract: Extract, language: Language) -> Section:
    draft = extract.draft
    facts = {
        "kind": KIND_TEXT[draft.kind].say(language),
        "specific": draft.purpose,
        "basis": draft.basis,
        "dataset": f"{draft.title.say(language)} ({draft.dataset})",
        "owner": draft.owner,
        "people": f"{draft.people:,}",
        "scope": draft.scope,
        "need": draft.need,
        "project": draft.project,
    }
    return Section(_T["purpose"].say(language), tuple((_T[key].say(language), value) for key, value in facts.items()))


def _levels(extract: Extract, language: Language, heading: str) -> Section:
    keys = ("table", "column", "role", "technique", "level", "why")
    levels = extract.run.levels if extract.run else ()
    rows = tuple(
        (
            level.table,
            level.column,
            ROLE_TEXT[level.role].say(language) if level.role in ROLE_TEXT else level.role,
            level.technique_text.say(language),
            level.how_far.say(language) or "–",
            level.reason or "–",
        )
        for level in levels
    )
    return Section(heading, header=tuple(_T[key].say(language) for key in keys), rows=rows)


def _run(extract: Extract, language: Language, name: Naming) -> Iterable[Section]:
    if (run := extract.run) is None:
        return
    facts = {
        "at": _moment(run.at),
        "by": name(run.by_ref),
        "rows": f"{run.rows:,}",
        "out": f"{sum(int(table['suppressed']) for table in run.tables):,}",
        "key": _T["none"].say(language) if run.synthetic else f"{run.linkage_domain} v{run.key_version}",
        "policy": run.policy_sha256,
        "manifest": run.manifest_sha256,
    }
    yield Section(_T["run"].say(language), tuple((_T[key].say(language), value) for key, value in facts.items()))


def _risk(extract: Extract, language: Language) -> Iterable[Section]:
    if (run := extract.run) is None:
        return
    for table, risk in run.risk["tables"].items():
        heading = f"{_T['risk'].say(language)}: {table}"
        rows = tuple((FIGURES[name].say(language), old, new) for name, old, new in figures(risk, language))
        yield Section(heading, header=tuple(_T[key].say(language) for key in ("measure", "before", "after")), rows=rows)
        if risk["criteria"]:
            yield Section(
                "",
                header=tuple(_T[key].say(language) for key in ("criteria", "required", "found")),
                rows=tuple(
                    (
                        one["name"] + (f" ({one['column']})" if one["column"] else ""),
                        f"{one['required']:g}",
                        MET[one["met"]].say(language),
                    )
                    for one in risk["criteria"]
                ),
            )


def _synthetic(extract: Extract, language: Language) -> Iterable[Section]:
    """Yield how safe and how useful each table of a synthetic extract was found."""
    for table, found in tables_of(extract.run.synthetic if extract.run else None):
        heading = f"{_T['synthetic'].say(language)}: {table}"
        yield Section(heading, header=risk_head(language), rows=tuple(risk_rows(found, language)))
        yield Section("", header=use_head(language), rows=tuple(use_rows(found, language)))


def _verdicts(extract: Extract, language: Language, name: Naming) -> Iterable[Section]:
    for review in extract.reviews:
        facts = {
            "verdict": VERDICT_TEXT[review.verdict].say(language),
            "reason": review.reason,
            "conditions": review.conditions or _T["none"].say(language),
            "reviewer": name(review.by_ref),
            "at": _moment(review.at),
            "binding": review.binding,
        }
        heading = f"{_T['verdict'].say(language)} {review.run}"
        yield Section(heading, tuple((_T[key].say(language), value) for key, value in facts.items()))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(KOREAN_TIME):%Y-%m-%d %H:%M} KST"


def _day(at: datetime) -> str:
    return f"{at.astimezone(KOREAN_TIME):%Y-%m-%d}"
