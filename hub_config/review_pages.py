"""The reference page of the monthly review: its way, its items and the rules of the shipped policy."""

from __future__ import annotations

from audit.review.items import ITEMS
from audit.review.policy import Rule, load_review_policy
from audit.review.workflow import MOVES, NAMES, mermaid
from audit.text import Language, Text

_TITLE = Text("# 월 점검", "# The monthly review")
_OTHER = Text("[English](monthly-review.md)", "[한국어](monthly-review.ko.md)")
_WAY = Text("## 점검의 흐름", "## The way of a review")
_ITEMS = Text("## 점검 항목", "## Items")
_RULES = Text("## 이상 징후 규칙", "## Rules")
_MOVE_HEADS = Text("| 처음 | 다음 | 누가 | 언제 | 사건 |", "| from | to | by | when | event |")
_ITEM_HEADS = Text("| 이름 | 항목 | 볼 것 |", "| name | item | what to look for |")
_RULE_HEADS = Text("| 규칙 | 뜻 | 기준 | 근거 |", "| rule | meaning | numbers | source |")
_RULE_INTRO = Text(
    "배포된 기준(`kr-default`)의 규칙입니다. 구역의 폴더에 `review.yaml`을 두면 그 파일을 씁니다. 알 수 없는 항목은"
    " 줄 번호와 함께 거부됩니다.\n",
    "The rules of the shipped policy (`kr-default`). A `review.yaml` in the zone's home replaces it; an unknown key is"
    " an error with its line.\n",
)
_BY = {"anyone": Text("누구나", "anyone"), "compliance_officer": Text("준법감시 담당자", "compliance officer")}


def review_page(language: Language) -> str:
    """Return the page in a language."""
    policy = load_review_policy()
    lines = [
        _TITLE.say(language),
        "",
        _OTHER.say(language),
        "",
        _WAY.say(language),
        "",
        "```mermaid",
        mermaid().rstrip(),
        "```",
        "",
    ]
    lines += [_MOVE_HEADS.say(language), "|---|---|---|---|---|"]
    for move in MOVES:
        source = "–" if move.source is None else NAMES[move.source].say(language)
        cells = (source, NAMES[move.target].say(language), _BY[move.by].say(language), move.when.say(language))
        lines.append(f"| {' | '.join(cells)} | `{move.event}` |")
    lines += ["", _ITEMS.say(language), "", _ITEM_HEADS.say(language), "|---|---|---|"]
    lines += [f"| `{i.id}` | {i.title.say(language)} | {i.ask.say(language)} |" for i in ITEMS.values()]
    lines += ["", _RULES.say(language), "", _RULE_INTRO.say(language), _RULE_HEADS.say(language), "|---|---|---|---|"]
    lines += [_rule(rule, language) for rule in policy.rules.values()]
    return "\n".join(lines) + "\n"


def _rule(rule: Rule, language: Language) -> str:
    numbers = ", ".join(f"`{name}` {value:,}" for name, value in rule.numbers.items())
    said = f"**{rule.title.say(language)}.** {rule.why.say(language)}"
    return f"| `{rule.id}` | {said} | {numbers} | {rule.source.say(language)} |"
