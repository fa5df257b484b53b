"""The probes and the filter of system calls as a page for readers, made from the tables that the code walks."""

from __future__ import annotations

from audit.text import Language, Text
from hub_config import system_calls as calls
from hub_config.probe.model import VERDICTS, WAYS, Probe, Verdict
from hub_config.probe.table import PROBES, WALLS
from hub_config.workspace_container import BUSES, MASKED_PATHS, READ_ONLY_PATHS

TITLE = Text("벽 점검 목록", "The probes")
OTHER = Text("[English](probes.md)", "[한국어](probes.ko.md)")
LEAD = Text(
    "`ansim probe`가 시도하는 {count}가지 공격이다. 쓰는 법은 [벽 점검하기](../how-to/run-the-probe.ko.md)에 있다."
    " `CIS`는 CIS Docker Benchmark의 항목 번호이며, 이 표는 그 방식을 따를 뿐 인증이 아니다. `SATRE`는"
    " [자체 평가표](../satre.yaml)의 항목이다.",
    "The {count} attacks that `ansim probe` makes. [How to run the probe](../how-to/run-the-probe.md) says how to use"
    " it. `CIS` is the number of a recommendation of the CIS Docker Benchmark, in whose manner the table is written; it"
    " is no certificate. `SATRE` is a statement of the [self-assessment](../satre.yaml).",
)
HEADS = (
    Text("점검", "probe"),
    Text("시도", "what is tried"),
    Text("막은 것으로 보는 때", "held when"),
    Text("방법", "how"),
    Text("항목", "covers"),
)
ADVICE = Text("권고", "advice")
VERDICT_HEAD = Text("결과", "Verdicts")
VERDICT_WORDS = {
    Verdict.HELD: Text("시도가 모두 거부되었다.", "Every try was refused."),
    Verdict.BROKEN: Text(
        "벽이 서 있지 않거나, 점검이 끝까지 가지 못하여 아무것도 증명하지 못했다. 종료 코드 10.",
        "The wall does not stand, or the probe broke off and has proved nothing. Exit code 10.",
    ),
    Verdict.LACKING: Text(
        "있어야 좋지만 구역이 스스로 만들 수 없는 것이 없다. 벽은 서 있다.",
        "Something is missing that should be there beside the walls. The walls stand.",
    ),
    Verdict.NOT_COMPUTED: Text(
        "필요한 자료가 없거나 오래되었거나 그동안 게이트에 탈이 있어 계산하지 못했으며, 이유를 함께 적는다."
        " 괜찮다는 뜻이 아니다.",
        "The data that it needs are missing or too old, or the gate had a trouble meanwhile, and the reason is said. It"
        " does not mean that all is well.",
    ),
    Verdict.NOT_APPLICABLE: Text(
        "여기서는 시도할 수 없으며, 이유를 함께 적는다.", "It cannot be tried here; the reason is said."
    ),
}
FILTER_HEAD = Text("시스템 호출 필터", "The filter of system calls")
FILTER_LEAD = Text(
    "분석환경은 {count}가지 시스템 호출만 쓸 수 있다. 표에 없는 것과 32비트 호출은 모두 거부된다. 아래는 엔진의"
    " 기본 필터가 허용하지만 여기서는 거부하는 호출과 그 까닭이다. 소켓은 {families}만 열 수 있다.",
    "A workspace may make {count} system calls; whatever the table does not name is refused, and so is every 32-bit"
    " call. Below is what the engine's default filter allows and this one refuses, with the reason. Sockets can be"
    " opened of {families} only.",
)
FILTER_HEADS = (Text("까닭", "reason"), Text("호출", "calls"))
PATHS_HEAD = Text("가려진 경로", "Covered paths")


def probes_page(language: Language) -> str:
    """Return the page in one language, without the note that it is generated."""
    lines = [
        f"# {TITLE.say(language)}\n",
        f"{OTHER.say(language)}\n",
        LEAD.format(count=len(PROBES)).say(language) + "\n",
    ]
    lines += [f"## {VERDICT_HEAD.say(language)}\n"]
    lines += [f"* **{VERDICTS[v].say(language)}** (`{v.value}`): {VERDICT_WORDS[v].say(language)}" for v in Verdict]
    lines.append("")
    for wall in WALLS:
        lines += [f"## {wall.title.say(language)}\n", *_head(HEADS, language)]
        lines += [_row(probe, language) for probe in PROBES if probe.wall == wall.id]
        lines.append("")
    families = ", ".join(f"`{name}`" for name in calls.FAMILIES)
    lead = FILTER_LEAD.format(count=len(calls.needed()), families=families)
    lines += [f"## {FILTER_HEAD.say(language)}\n", lead.say(language) + "\n", *_head(FILTER_HEADS, language)]
    lines += [
        f"| {reason.say(language)} | {' '.join(f'`{n}`' for n in names.split())} |" for reason, names in calls.REMOVED
    ]
    paths = " ".join(f"`{path}`" for path in (*MASKED_PATHS, "/".join(map(str, BUSES)), *READ_ONLY_PATHS))
    return "\n".join([*lines, "", f"## {PATHS_HEAD.say(language)}\n", paths, ""])


def _head(heads: tuple[Text, ...], language: Language) -> list[str]:
    return ["| " + " | ".join(head.say(language) for head in heads) + " |", "|" + "---|" * len(heads)]


def _row(probe: Probe, language: Language) -> str:
    how = WAYS[probe.way].say(language) + (f" ({ADVICE.say(language)})" if probe.advice else "")
    cells = (f"`{probe.id}`", probe.tried.say(language), probe.held.say(language), how, ", ".join(probe.covers))
    return "| " + " | ".join(cells) + " |"
