"""The way of an extract, its order file and the reviewer's checklist, as a page for readers."""

from __future__ import annotations

from audit.text import Language, Text
from deid.records.rules import CHECKLIST
from deid.records.workflow import MOVES, NEXT_TEXT, PARTY_TEXT, STATE_TEXT, mermaid

TITLE = Text("추출본의 흐름", "The way of an extract")
OTHER = Text("[English](extract-workflow.md)", "[한국어](extract-workflow.ko.md)")
LEAD = Text(
    "표에 없는 움직임은 거부됩니다. 방법은 [데이터를 구역에 들이기](../how-to/bring-in-a-dataset.ko.md)에 있습니다.",
    "What the table does not name is refused. [How to do it](../how-to/bring-in-a-dataset.md).",
)
_HEAD = {
    "moves": Text("| 에서 | 으로 | 누가 | 사건 |\n|---|---|---|---|", "| from | to | by | event |\n|---|---|---|---|"),
    "states": Text(
        "## 상태\n\n| 상태 | 뜻 | 다음 할 일 |\n|---|---|---|", "## States\n\n| state | meaning | next |\n|---|---|---|"
    ),
    "checklist": Text("## 적정성 검토의 점검 항목\n", "## What a reviewer confirms\n"),
    "order": Text("## 신청서(YAML)\n\n| 항목 | 뜻 |\n|---|---|", "## The order (YAML)\n\n| key | meaning |\n|---|---|"),
}
KEYS: tuple[tuple[str, Text], ...] = (
    ("version", Text("1", "1")),
    ("dataset", Text("데이터셋 번호", "id of the dataset")),
    ("project", Text("이용할 과제 번호", "id of the project that will use it")),
    ("title", Text("제목, `ko`와 `en`", "title, `ko` and `en`")),
    ("owner", Text("데이터 제공 기관", "who provides the data")),
    ("people", Text("정보주체 수", "number of people in it")),
    ("sensitive", Text("민감정보·고유식별정보가 있는지", "whether it holds sensitive data or unique identifiers")),
    (
        "purpose",
        Text(
            "`kind`(statistics, scientific_research, archiving), `statement`(구체적 목적), `basis`(법적 근거)",
            "`kind` (statistics, scientific_research, archiving), `statement` (specific purpose), `basis` (the law)",
        ),
    ),
    (
        "target",
        Text(
            "`scope`(대상 범위), `need`(최소한인 까닭)", "`scope` (whose data), `need` (why these items are the fewest)"
        ),
    ),
    (
        "environment",
        Text(
            "`use`(internal, provision, third_party), `protection`(보호조치), `recipients`(제3자 제공일 때)",
            "`use` (internal, provision, third_party), `protection`, `recipients` (for third parties)",
        ),
    ),
    ("ends", Text("처리 기간의 마지막 날", "last day of the processing period")),
    (
        "tables",
        Text(
            "표 이름마다 `policy`와 `source`(이 파일에 상대적인 경로)",
            "by table: `policy` and `source`, relative to this file",
        ),
    ),
    (
        "synthetic",
        Text(
            "합성자료로 만들 때: 모든 표를 만드는 합성 정책. 표에는 `source`만 적습니다",
            "for a synthetic extract: the synthetic policy of all tables, which then have a `source` only",
        ),
    ),
)


def workflow_page(language: Language) -> str:
    """Return the page in one language."""
    lines = [f"# {TITLE.say(language)}\n", f"{OTHER.say(language)}\n", f"{LEAD.say(language)}\n"]
    lines += ["```mermaid", mermaid().rstrip(), "```\n", _HEAD["moves"].say(language)]
    lines += [
        f"| `{move.source}` | `{move.target}` | {PARTY_TEXT[move.by].say(language)} | `{move.event}` |"
        for move in MOVES
    ]
    lines += ["", _HEAD["states"].say(language)]
    lines += [
        f"| `{state}` | {text.say(language)} | {NEXT_TEXT[state].say(language)} |" for state, text in STATE_TEXT.items()
    ]
    lines += ["", _HEAD["checklist"].say(language)]
    lines += [f"* `{item}`: {text.say(language)}" for item, text in CHECKLIST.items()]
    lines += ["", _HEAD["order"].say(language)]
    lines += [f"| `{key}` | {meaning.say(language)} |" for key, meaning in KEYS]
    return "\n".join(lines) + "\n"
