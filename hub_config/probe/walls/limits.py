"""One's share of the machine and no more."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("limit", Text("한도", "Limits"))
SHARE = "SATRE 2.3.03"

PROBES = (
    row(
        "limit.memory",
        "과제의 한도보다 많은 메모리를 쓴다",
        "Take more memory than the project has",
        f"{SHARE}, CIS 5.11",
        Text("그 프로세스가 끝난다", "the process that does is ended"),
    ),
    row(
        "limit.processes",
        "한도보다 많은 프로세스를 시작한다",
        "Start more processes than allowed",
        f"{SHARE}, CIS 5.29",
        Text("한도에서 멈춘다", "it ends at the limit"),
    ),
    row(
        "limit.files",
        "한도보다 많은 파일을 열고 한도를 올린다",
        "Open more files than allowed and raise the limit",
        f"{SHARE}, CIS 5.19",
        Text("한도에서 멈추고 올릴 수 없다", "it ends at the limit, which stays"),
    ),
    row(
        "limit.processor",
        "한동안 과제의 몫보다 많은 CPU를 쓴다",
        "Use more processors than the project has, for a while",
        f"{SHARE}, CIS 5.12",
        Text("몫을 넘지 못한다", "it does not get more than its share"),
    ),
    row(
        "limit.temporary",
        "임시 파일을 한도 너머로 채운다",
        "Fill temporary files beyond their limits",
        SHARE,
        Text("한도에서 멈춘다", "it ends at the limit"),
    ),
    row(
        "limit.disk",
        "홈과 반출함의 한도를 읽는다(디스크를 채워 보지는 않는다)",
        "Read the quota of home and outbox (the disk is not filled to try it)",
        SHARE,
        Text("한도가 있다", "there is a quota"),
        advice=True,
    ),
)
