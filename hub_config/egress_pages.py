"""Generated pages on egress review: what each rule means, what each policy demands, the way of a request."""

from __future__ import annotations

from collections.abc import Iterable

from audit.text import Language, Text
from egress_review.findings import Severity
from egress_review.meanings import MEANING
from egress_review.policy import load_policy, shipped_policies
from egress_review.rules import RULES
from egress_review.terms import TERMS, Policy
from egress_review.workflow import MOVES, STATE_TEXT, Party, mermaid

_SEVERITIES = {
    Severity.BLOCK: Text("**차단** — 누구도 통과시킬 수 없음", "**block** — nobody can wave it through"),
    Severity.FAIL: Text(
        "**실패** — 고치거나 선임 심사자가 사유를 적음", "**fail** — mend it, or a senior checker says why"
    ),
    Severity.WARN: Text("주의 — 심사자가 살핌", "warn — reviewers look at it"),
    Severity.NOTE: Text("알림", "note"),
}
_PARTIES = {
    Party.AUTHOR: Text("신청자", "author"),
    Party.CHECKER: Text("심사자", "checker"),
    Party.SYSTEM: Text("시스템", "system"),
}
_TERMS = {
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
}


def _table(heads: Text, rows: Iterable[Iterable[str]], language: Language) -> list[str]:
    head = heads.say(language).split(" | ")
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def rules_page(language: Language) -> str:
    """Return what every rule means, how much it weighs and who says so."""
    intro = Text(
        "반출 전에 기계가 적용하는 규칙입니다. 노트북의 사전 점검, 심사 화면, 명령줄이 같은 규칙을 씁니다. "
        "확인하지 못한 규칙은 통과가 아니라 ‘확인 안 됨’으로 나옵니다. 중괄호 안의 이름은 정책이 정하는 값입니다.",
        "The rules that the machine applies before anything leaves. The pre-check in the notebook, the review screen "
        "and the command line apply the same ones. A rule that could not be applied is *not checked*, which is never a "
        "pass. A name in braces is a value that the policy sets.",
    )
    rows = (
        (
            f"`{rule.id}`",
            f"**{rule.title.ko if language == 'ko' else rule.title.en}.** "
            f"{MEANING[rule.id].ko if language == 'ko' else MEANING[rule.id].en}",
            _SEVERITIES[rule.severity].say(language),
            rule.source,
        )
        for rule in RULES
    )
    heads = Text("규칙 | 뜻 | 무게 | 근거", "rule | meaning | weight | source")
    return "\n".join(
        [
            Text("# 반출 점검 규칙", "# The rules of egress review").say(language),
            "",
            Text("[English](egress-rules.md)", "[한국어](egress-rules.ko.md)").say(language),
            "",
            intro.say(language),
            "",
            *_table(heads, rows, language),
        ]
    )


def policies_page(language: Language) -> str:
    """Return the values of every shipped policy beside each other, then each with its sources."""
    policies = [load_policy(name) for name in shipped_policies()]
    intro = Text(
        "`egress.policy`에 이름을 적습니다. `kr-default+uk-sdap`처럼 여러 이름을 더하면 "
        "항목마다 가장 엄격한 값이 적용됩니다. "
        "`.yaml`로 끝나는 이름은 직접 쓴 정책 파일입니다. 어떤 정책도 승인자를 두 명보다 적게 정할 수 없습니다.",
        "Name one in `egress.policy`. With several, as in `kr-default+uk-sdap`, the strictest value of each holds. A "
        "name that ends in `.yaml` is a policy file of your own. No policy can ask for fewer than two people.",
    )
    heads = Text(
        " | ".join(("항목", *(f"`{policy.name}`" for policy in policies))),
        " | ".join(("term", *(f"`{policy.name}`" for policy in policies))),
    )
    rows = ((f"{_TERMS[t].say(language)} (`{t}`)", *(_value(policy, t) for policy in policies)) for t in TERMS)
    lines = [
        Text("# 반출 정책", "# Egress policies").say(language),
        "",
        Text("[English](egress-policies.md)", "[한국어](egress-policies.ko.md)").say(language),
        "",
        intro.say(language),
        "",
        *_table(heads, rows, language),
    ]
    sources = Text("항목 | 값 | 출처", "term | value | source")
    for policy in policies:
        lines += [f"## `{policy.name}` — {policy.title.ko if language == 'ko' else policy.title.en}", ""]
        lines += _table(sources, ((f"`{t}`", _value(policy, t), policy.sources[t]) for t in TERMS), language)
    return "\n".join(lines)


def _value(policy: Policy, term: str) -> str:
    value = getattr(policy, term)
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def workflow_page(language: Language) -> str:
    """Return the state machine of a request as a diagram and as a table."""
    rows = (
        (
            STATE_TEXT[move.source].ko if language == "ko" else STATE_TEXT[move.source].en,
            STATE_TEXT[move.target].ko if language == "ko" else STATE_TEXT[move.target].en,
            _PARTIES[move.by].say(language),
            f"`{move.event}`",
            Text("필요", "needed").say(language) if move.needs_text else "",
        )
        for move in MOVES
    )
    heads = Text("처음 | 다음 | 누가 | 사건 | 사유", "from | to | by | event | reason")
    return "\n".join(
        [
            Text("# 반출신청의 흐름", "# The way of an egress request").say(language),
            "",
            Text("[English](egress-workflow.md)", "[한국어](egress-workflow.ko.md)").say(language),
            "",
            "```mermaid",
            mermaid().rstrip(),
            "```",
            "",
            *_table(heads, rows, language),
        ]
    )
