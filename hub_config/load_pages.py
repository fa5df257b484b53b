"""The pages about load and size, made of what the last load test measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.text import Language, Text
from hub_config.load_figures import Costs, costs, load_figures

NOT_YET = Text("아직 잰 값이 없습니다.", "Nothing has been measured yet.")
ABOUT = Text(
    "{at} UTC, 코어 {cores}개, 메모리 {memory} GiB, {database}. 시작할 때 평균 부하 {load}.",
    "{at} UTC, {cores} cores, {memory} GiB of memory, {database}. Load average at the start {load}.",
)
LOAD_TITLE = Text("구역 전체의 부하 시험", "Load test of a whole zone")
LOAD_OTHER = Text(
    "[English](load.md) · [서버 크기 정하기](sizing.ko.md)", "[한국어](load.ko.md) · [Size a server](sizing.md)"
)
LOAD_LEAD = Text(
    "실제 컨테이너와 실제 HTTP로 게이트, 포털, 허브를 거칩니다. 사람마다 브라우저가 따로 있고, 화면을 열기 전에 평균"
    " {pause:g}초 동안 생각합니다. 셀은 분석환경에서 실행되며, 나머지 기록은 게이트와 같은 길로 감사 서비스에 넣습니다."
    " 오류가 하나라도 있거나, 확인해 준 것이 없거나, 메모리가 늘기만 하거나, 감사 기록이 검증되지 않으면 실패합니다.",
    "Real containers and real HTTP through gate, portal and hub. Everybody has a browser of their own and thinks for"
    " {pause:g} seconds on average before each page. Cells run in workspaces; the rest of the entries goes to the audit"
    " service the way the gate sends them. One error, one acknowledged thing that is not there, memory that only"
    " grows or a log that does not verify fails it.",
)
DAY = Text("하루", "The day")
DAY_TOLD = Text(
    "{minutes:g}분 동안 {people}명이 로그인해 있었고, 분석환경 {workspaces}개, 반출심사자 {checkers}명, 초당 기록"
    " {events_asked:g}건을 목표로 {events_made:g}건이었습니다. 반출신청 {requests}건, 의견 {votes}건,"
    " 수령 {collected}건, 셀 {cells}개, 오류 {errors}건.",
    "For {minutes:g} minutes {people} people were signed in, with {workspaces} workspaces, {checkers} checkers and"
    " {events_made:g} entries per second (asked for: {events_asked:g}). {requests} requests, {votes} votes,"
    " {collected} packages collected, {cells} cells, {errors} errors.",
)
SAID = Text("오류의 종류: {said}", "Kinds of errors: {said}")
KIND_HEAD = Text("| 무엇 | 횟수 | 중앙값 ms | p95 ms | 최댓값 ms |", "| what | n | median ms | p95 ms | worst ms |")
KINDS: Mapping[str, Text] = {
    "home": Text("처음 화면", "first page"),
    "page": Text("그 밖의 화면", "other pages"),
    "own request": Text("자기 신청 화면", "a person's own request"),
    "queue": Text("심사 대기열", "queue of reviews"),
    "review": Text("심사 화면", "a request under review"),
    "preview": Text("미리보기", "preview"),
    "vote": Text("심사 의견 내기", "vote"),
    "cell": Text("셀 실행", "cell"),
    "submit": Text("노트북에서 신청(커널 시작 포함)", "submission from a notebook, kernel start included"),
    "collect": Text("반출물 수령", "package collected"),
    "event of the gate": Text("감사 기록이 저장되기까지", "an event until it is durable"),
    "(late of the measuring itself)": Text("재는 프로그램 자신의 지연", "lateness of the measuring program itself"),
}
PROCESS = Text("프로세스", "Processes")
PROCESS_HEAD = Text(
    "| 프로세스 | 처음 MB | 최대 MB | 끝 MB | 분당 증가 MB(후반) | 프로세서(코어) |",
    "| process | MB first | MB most | MB last | MB per minute, second half | processor (cores) |",
)
SPACES = Text("분석환경 하나의 메모리: 중앙값 {mb:.0f} MB.", "Memory of one workspace: {mb:.0f} MB in the median.")
GROWTH = Text("늘어날 때 드는 것", "What one more costs")
SIZE_TITLE = Text("서버 크기 정하기", "Size a server")
SIZE_OTHER = Text("[English](sizing.md) · [부하 시험](load.ko.md)", "[한국어](sizing.ko.md) · [Load test](load.md)")
SIZE_LEAD = Text(
    "[부하 시험](load.ko.md)이 잰 값에서 계산합니다. 데이터셋과 모형 학습에 드는 메모리는 과제의 한도가 정하므로 따로"
    " 더하십시오.",
    "Computed from what the [load test](load.md) measured. What datasets and models need is set by each project's"
    " limits: add it.",
)
COST_HEAD = Text("| 하나 더 | 드는 것 |", "| one more | costs |")
ROW_BASE = Text("구역 자체(아무도 없을 때)", "the zone itself, with nobody in it")
ROW_PERSON = Text("로그인한 사람", "person signed in")
ROW_SPACE = Text("분석환경(pandas를 읽은 커널 하나)", "workspace, with a kernel that has loaded pandas")
ROW_EVENT = Text("감사 기록 한 건", "event of the log")
ROW_RELEASED = Text("반출한 GB", "GB released")
EXAMPLE = Text("예", "Examples")
EXAMPLE_HEAD = Text(
    "| 사람 | 분석환경 | 하루 셀 | 한 해 반출 GB | 메모리 | 한 해 디스크 |",
    "| people | workspaces | cells a day | GB released a year | memory | disk a year |",
)
RULE = Text(
    "메모리 = {system:g} GB(운영체제, 엔진, PostgreSQL) + 구역 + 사람 + 분석환경, 여기에 4분의 1을 더해 올림."
    " 디스크 = 하루 셀 × {days}일 × 기록 1건 + 반출 GB × 배수. 근무일은 한 해 {days}일로 봅니다.",
    "Memory = {system:g} GB (system, engine, PostgreSQL) + zone + people + workspaces, a quarter on top, rounded up."
    " Disk = cells a day × {days} days × one event + GB released × its factor. A year has {days} working days.",
)
SYSTEM_GB, DAYS, SPARE = 2.0, 250, 1.25


@dataclass(frozen=True, slots=True)
class House:
    """A zone that somebody might plan."""

    people: int
    workspaces: int
    cells: int
    released_gb: int


HOUSES = (House(10, 4, 5_000, 1), House(50, 20, 40_000, 5), House(200, 80, 200_000, 20))


def load_page(language: Language) -> str:
    """Return the figures of the last load test."""
    found = load_figures()
    lines = [f"# {LOAD_TITLE.say(language)}", "", LOAD_OTHER.say(language), ""]
    if not found:
        return "\n".join([*lines, NOT_YET.say(language), ""])
    if day := found.get("day"):
        lines += [LOAD_LEAD.say(language).format(pause=day["pause"]), "", f"## {DAY.say(language)}", ""]
        lines += [*_about(day["about"], language), DAY_TOLD.say(language).format(**day), ""]
        lines += _said(day.get("said", ()), language)
        lines += [KIND_HEAD.say(language), "|---|---|---|---|---|", *_kinds(day["kinds"], language), ""]
        lines += [f"## {PROCESS.say(language)}", "", PROCESS_HEAD.say(language), "|---|---|---|---|---|---|"]
        lines += [*(_process(name, row) for name, row in day["processes"].items()), ""]
        held = day["workspace_mb"]
        lines += [SPACES.say(language).format(mb=held[len(held) // 2]), ""] if held else []
        lines += [f"![{PROCESS.say(language)}](load-memory.svg)", ""]
    if growth := found.get("growth"):
        lines += [f"## {GROWTH.say(language)}", "", *_about(growth["about"], language)]
        lines += [f"![{GROWTH.say(language)}](load-growth.svg)", "", *_costs(costs(growth), language)]
    return "\n".join(lines)


def _said(kinds: Sequence[tuple[str, int]], language: Language) -> list[str]:
    """Return the kinds of errors with how many there were, where there were any."""
    words = "; ".join(f"`{words}` {count:,}" for words, count in kinds)
    return [SAID.say(language).format(said=words), ""] if words else []


def sizing_page(language: Language) -> str:
    """Return what server a zone of some size needs."""
    lines = [f"# {SIZE_TITLE.say(language)}", "", SIZE_OTHER.say(language), "", SIZE_LEAD.say(language), ""]
    growth = load_figures().get("growth")
    if not growth:
        return "\n".join([*lines, NOT_YET.say(language), ""])
    found = costs(growth)
    lines += [*_costs(found, language), f"## {EXAMPLE.say(language)}", ""]
    lines += [RULE.say(language).format(system=SYSTEM_GB, days=DAYS), ""]
    lines += [EXAMPLE_HEAD.say(language), "|---|---|---|---|---|---|"]
    for house in HOUSES:
        memory, disk = memory_gb(found, house), disk_gb(found, house)
        shown = (house.people, house.workspaces, f"{house.cells:,}", house.released_gb)
        lines.append(f"| {' | '.join(map(str, shown))} | {memory:.0f} GB | {disk:.0f} GB |")
    return "\n".join([*lines, ""])


def memory_gb(found: Costs, house: House) -> float:
    """Return the memory that a zone needs, a quarter spare."""
    zone = found.base_mb + house.people * found.person_mb + house.workspaces * found.workspace_mb
    return float(-(-(SYSTEM_GB + zone / 1000) * SPARE // 1))


def disk_gb(found: Costs, house: House) -> float:
    """Return the disk that a year of a zone takes."""
    of_events = house.cells * DAYS * found.event_bytes / 1e9
    return float(-(-(of_events + house.released_gb * found.released_disk) // 1))


def _about(about: Mapping[str, Any], language: Language) -> list[str]:
    told = {"at": str(about["at"])[:16].replace("T", " "), "cores": about["cores"], "memory": about["memory_gib"]}
    load = " ".join(map(str, about["load_average"]))
    said = ABOUT.say(language).format(**told, database=about["database"], load=load)
    return ["```", str(about["command"]), "```", "", said, ""]


def _kinds(kinds: Mapping[str, Mapping[str, float]], language: Language) -> list[str]:
    return [
        f"| {name.say(language)} | {row['n']:,} | {row['median_ms']:.0f} | {row['p95_ms']:.0f} |"
        f" {row['worst_ms']:.0f} |"
        for kind, name in KINDS.items()
        if (row := kinds.get(kind)) is not None
    ]


def _process(name: str, row: Mapping[str, Any]) -> str:
    held = f"{row['mb_first']:.0f} | {row['mb_most']:.0f} | {row['mb_last']:.0f} | {row['mb_per_minute']:+.2f}"
    return f"| {name} | {held} | {row['cpu']:.2f} |"


def _costs(found: Costs, language: Language) -> list[str]:
    ko = language == "ko"
    seconds, core = ("초", "코어") if ko else ("s", "of a core")
    on_disk = "디스크" if ko else "of disk"
    rows = (
        (ROW_BASE, f"{found.base_mb:.0f} MB"),
        (ROW_PERSON, f"{found.person_mb:.2f} MB"),
        (ROW_SPACE, f"{found.workspace_mb:.0f} MB, {found.start_seconds:.1f} {seconds}"),
        (ROW_EVENT, f"{found.event_bytes / 1000:.1f} kB {on_disk}, {found.event_ms:.1f} ms {core}"),
        (ROW_RELEASED, f"{found.released_disk:.1f} GB {on_disk}, {found.released_seconds * 1000:.0f} {seconds} {core}"),
    )
    told = [f"| {name.say(language)} | {value} |" for name, value in rows]
    return [COST_HEAD.say(language), "|---|---|", *told, ""]
