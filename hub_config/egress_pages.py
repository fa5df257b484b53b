"""Generated pages on egress review: what each rule means, what each policy demands, the way of a request."""

from __future__ import annotations

from collections.abc import Iterable

from audit.text import Language, Text
from egress_review.findings import Severity
from egress_review.meanings import MEANING
from egress_review.policy import load_policy, shipped_policies
from egress_review.rules import RULES, Rule
from egress_review.term_names import TERM_NAMES, value_of
from egress_review.terms import TERMS
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
            _weight(rule).say(language),
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


def _weight(rule: Rule) -> Text:
    """What a rule weighs, and what the worst of its findings weigh."""
    said = _SEVERITIES[rule.severity]
    if rule.heaviest is None:
        return said
    worst = _SEVERITIES[rule.heaviest]
    return Text(f"{said.ko}; 심하면 {worst.ko}", f"{said.en}; at worst {worst.en}")


def policies_page(language: Language) -> str:
    """Return the values of every shipped policy beside each other, then each with its sources."""
    policies = [load_policy(name) for name in shipped_policies()]
    intro = Text(
        "`egress.policy`에 이름을 적습니다. `kr-default+uk-sdap`처럼 여러 이름을 더하면 "
        "항목마다 가장 엄격한 값이 적용됩니다. "
        "`.yaml`로 끝나는 이름은 직접 쓴 정책 파일입니다. "
        "데이터셋이나 과제에는 `ansim egress policy assign`으로 정책을 더 정할 수 있습니다. "
        "어떤 정책도 승인자를 두 명보다 적게 정할 수 없습니다.",
        "Name one in `egress.policy`. With several, as in `kr-default+uk-sdap`, the strictest value of each holds. A "
        "name that ends in `.yaml` is a policy file of your own. A dataset or a project is given a policy of its own "
        "with `ansim egress policy assign`. No policy can ask for fewer than two people.",
    )
    heads = Text(
        " | ".join(("항목", *(f"`{policy.name}`" for policy in policies))),
        " | ".join(("term", *(f"`{policy.name}`" for policy in policies))),
    )
    rows = (
        (f"{TERM_NAMES[t].say(language)} (`{t}`)", *(value_of(policy, t).say(language) for policy in policies))
        for t in TERMS
    )
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
        rows = ((f"`{t}`", value_of(policy, t).say(language), policy.sources[t]) for t in TERMS)
        lines += _table(sources, rows, language)
    return "\n".join(lines)


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
            _AROUND.say(language),
            "",
        ]
    )


_AROUND = Text(
    "의견(`egress.commented`)과 회피(`egress.recused`)는 상태를 바꾸지 않습니다. 심사자끼리의 의견은 자신의 의견을 "
    "낸 뒤에, 신청자와 공유한 의견은 그 차례가 끝난 뒤에 읽습니다. 결정을 내지 않는 한 표는 아무에게도 드러나지 "
    "않으므로, 방치된 신청을 종료하는 날짜도 그 표 때문에 늦춰지지 않습니다.\n\n"
    "방치된 신청은 `idle_days`가 지나면 종료됩니다. 신청자는 7일 전(14일보다 짧으면 절반 전)에 알림을 받고"
    "(`egress.idle_warned`), 알림 없이 종료되지 않습니다. 끝난 신청의 파일은 `purge_days`가 지나면 미리보기와 "
    "함께 지워지고(`egress.purged`, 해시를 적음), 해시·점검 결과·심사 의견·감사 기록은 남습니다. "
    "보존 조치가 있으면 지우지 않습니다. 반출된 결과는 뒤의 결과와 견주어야 하므로 과제가 끝날 때까지 둡니다.\n\n"
    "분석환경으로 들어오는 파일도 같은 표를 따르며, 사건마다 `direction: ingress`가 적힙니다. 마지막 단계는 "
    "`egress.released`가 아니라 `ingress.released`이고, 꾸러미 대신 그 분석환경의 `/inbox`에 읽기 전용으로 들어갑니다. "
    "취소하면 `/inbox`에서 지워집니다. 수령 기간은 없습니다.",
    "A remark (`egress.commented`) and stepping back (`egress.recused`) move nothing. Checkers read each "
    "other's remarks after their own vote, the author reads those that are shared when the turn has ended. A "
    "vote that decides nothing shows to nobody, so it does not put off the day on which an idle request ends "
    "either.\n\n"
    "An idle request ends after `idle_days`. Its author is warned seven days before, or half the time where "
    "the policy allows less than two weeks (`egress.idle_warned`), and never goes unwarned. The files of what "
    "has ended are removed with their previews after `purge_days` (`egress.purged`, which names the hashes); "
    "hashes, findings, votes and the record stay. A legal hold keeps the files. Outputs that left stay until "
    "their project is closed, because later ones are compared with them.\n\n"
    "A file that comes into a workspace follows the same table, and each of its events says `direction: ingress`. "
    "Its last step is `ingress.released` and not `egress.released`: it goes read-only into `/inbox` of that "
    "workspace, and there is no package. When it is revoked it is removed from `/inbox`. It does not expire.",
)
