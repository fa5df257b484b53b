"""The page of the last long runs: what each showed when it was last run, and the command that repeats it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audit.text import Language, Text
from hub_config.processes import REPOSITORY

FIGURES = REPOSITORY / "docs" / "reference" / "long-runs.json"
"""Written by the runs themselves where they are told to keep their figures."""
TITLE = Text("오래 걸리는 시험의 최근 결과", "Last figures of the long runs")
OTHER = Text("[English](long-runs.md)", "[한국어](long-runs.ko.md)")
LEAD = Text(
    "`make test-long`이 하는 시험 가운데 숫자를 남기는 것들입니다. 하나씩 따로 실행할 수 있으며,"
    " `ANSIM_KEEP_FIGURES=1`을 주면 이 문서에 쓸 숫자를 남깁니다. 시간은 재는 컴퓨터에 따라 다릅니다.",
    "The runs of `make test-long` that leave figures. Each can be started alone, and with `ANSIM_KEEP_FIGURES=1` it"
    " leaves the figures of this page. Seconds depend on the machine.",
)
NONE = Text("아직 남긴 결과가 없습니다.", "It has left no figures yet.")
COLUMNS = (Text("잰 것", "figure"), Text("값", "value"))
RUN_AT = Text("{at} UTC에 실행", "Run at {at} UTC")

RUNS: Mapping[str, Text] = {
    "crash-loop": Text(
        "첫 반출 중 아무 때나 프로세스를 kill -9 (PostgreSQL)",
        "kill -9 of any process at any moment of the first release (PostgreSQL)",
    ),
    "crash-loop-units": Text(
        "첫 반출 중 아무 때나 설치된 서버의 systemd 유닛을 kill -9 (PostgreSQL)",
        "kill -9 of any systemd unit of an installed server at any moment of the first release (PostgreSQL)",
    ),
    "postgresql-faults": Text(
        "PostgreSQL 중단, 지연, 대기 서버로 전환", "PostgreSQL down, slow, and failing over to a standby"
    ),
    "backup-under-load": Text("업무 중 백업", "A backup while the zone works"),
    "installation-bookworm": Text("빈 Debian 12 서버에 설치", "A bare server of Debian 12 installed"),
    "installation-trixie": Text("빈 Debian 13 서버에 설치", "A bare server of Debian 13 installed"),
    "installation-broken-off": Text(
        "설치를 거듭 중단한 뒤 끝까지 실행", "An installation killed again and again, then played to its end"
    ),
}
"""Every run that leaves figures."""
WORDS: Mapping[str, Text] = {
    "rounds": Text("반출 횟수", "releases played"),
    "kills": Text("강제로 끝낸 프로세스 수", "processes killed"),
    "seed": Text("난수 씨앗", "seed"),
    "quiet_seconds": Text("방해 없이 걸린 시간(초)", "seconds without a kill"),
    "median_seconds": Text("방해받은 반출의 중앙값(초)", "median seconds with kills"),
    "worst_seconds": Text("가장 오래 걸린 반출(초)", "worst seconds with kills"),
    "entries": Text("감사 기록 건수", "entries of the log"),
    "lost": Text("확인해 준 뒤 잃은 것", "acknowledged and lost"),
    "down_seconds": Text("PostgreSQL이 멈춘 시간(초)", "seconds that PostgreSQL was away"),
    "back_seconds": Text("돌아온 뒤 정상까지(초)", "seconds from its return until all works"),
    "failover_seconds": Text("전환에서 정상까지(초)", "seconds from the switch until all works"),
    "slow_seconds": Text("잠금에 막힌 시간(초)", "seconds behind a lock"),
    "writes": Text("백업 중에 쓴 기록", "entries written meanwhile"),
    "backup_seconds": Text("백업과 시험 복원(초)", "seconds of the backup and its trial"),
    "install_minutes": Text("처음부터 끝까지 설치한 시간(분)", "minutes of the whole first play"),
    "install_changed": Text("처음 실행에서 바뀐 작업", "tasks changed by the first play"),
    "killed_at": Text("설치를 중단한 횟수", "plays that were killed at a task"),
    "rest_minutes": Text("중단 뒤 나머지를 설치한 시간(분)", "minutes of the play after them, which did the rest"),
    "rest_changed": Text("그 실행에서 바뀐 작업", "tasks changed by that play"),
    "again_changed": Text("한 번 더 실행해 바뀐 작업", "tasks changed by one more play"),
}
"""What a figure's name means to a reader; a name that is not here is a defect (a test looks)."""


def long_runs_page(language: Language) -> str:
    """Return the page in a language."""
    lines = [f"# {TITLE.say(language)}", "", OTHER.say(language), "", LEAD.say(language), ""]
    kept: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    for name, title in RUNS.items():
        heading = [f"## {title.say(language)}", ""]
        lines += [*heading, *(_run(kept[name], language) if name in kept else (NONE.say(language), ""))]
    return "\n".join(lines)


def _run(row: Mapping[str, Any], language: Language) -> list[str]:
    head = " | ".join(column.say(language) for column in COLUMNS)
    lines = [RUN_AT.say(language).format(at=str(row["at"])[:16].replace("T", " ")), ""]
    lines += ["```", str(row["command"]), "```", "", f"| {head} |", "|---|---|"]
    return [*lines, *(f"| {WORDS[name].say(language)} | {value} |" for name, value in row["figures"].items()), ""]
