"""Nothing runs that is not recorded first."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("cell", Text("기록", "Record"))
COVERS = "SATRE 2.2.14, SATRE 2.2.13"

PROBES = tuple(
    row(id, ko, en, COVERS, held, way="browser")
    for id, ko, en, held in (
        (
            "cell.recorded",
            "셀을 실행하고 기록을 찾는다",
            "Run a cell and look for its entry",
            Text("기록이 있다", "the entry is there"),
        ),
        (
            "cell.other_channels",
            "다른 통로와 다른 종류의 메시지로 코드를 보낸다",
            "Send code on other channels and in other messages",
            Text("기록되거나 거부된다", "it is recorded or refused"),
        ),
        (
            "cell.disguised",
            "같은 키가 둘인 메시지, 숨긴 종류로 보낸다",
            "Send messages with doubled keys and hidden kinds",
            Text("기록되거나 거부된다", "it is recorded or refused"),
        ),
        (
            "cell.compact",
            "이진 프로토콜로 셀을 보낸다",
            "Send a cell in the binary protocol",
            Text("기록된다", "it is recorded"),
        ),
        (
            "cell.no_record",
            "기록을 멈추고 셀을 보낸다",
            "Stop the record and send a cell",
            Text("실행되지 않는다", "it does not run"),
        ),
        (
            "cell.write_recorded",
            "파일을 저장하고 기록을 찾는다",
            "Save a file and look for its entry",
            Text("기록이 있다", "the entry is there"),
        ),
        (
            "cell.flooded",
            "거절을 수백 번 일으켜 기록을 덮는다",
            "Bury the record under hundreds of refusals",
            Text("하나로 세어지고 다음 기록이 남는다", "they become one entry, and the next is written"),
        ),
    )
)
