"""No process but one's own."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("proc", Text("프로세스", "Processes"))

PROBES = (
    row(
        "proc.host",
        "서버와 이웃의 프로세스를 찾는다",
        "Look for processes of the server and of neighbours",
        "SATRE 2.1.14, CIS 5.16",
        Text("하나도 보이지 않는다", "none is seen"),
    ),
    row(
        "proc.neighbour",
        "서버가 아는 번호로 이웃의 프로세스에 신호를 보낸다",
        "Signal a neighbour's process by the number the server knows it by",
        "SATRE 2.1.14, CIS 5.16",
    ),
    row(
        "proc.ptrace",
        "디버거처럼 다른 프로세스를 붙잡는다",
        "Take hold of another process as a debugger does",
        "SATRE 2.1.14, CIS 5.22",
    ),
    row(
        "proc.memory",
        "다른 프로세스의 메모리와 열린 파일을 가져온다",
        "Take another process's memory and open files",
        "SATRE 2.1.14, CIS 5.22",
    ),
    row(
        "proc.ipc",
        "서버가 모두에게 열어 둔 메시지 큐와 공유 메모리를 연다",
        "Open a message queue and shared memory that the server holds open for everybody",
        "SATRE 2.1.14, CIS 5.17",
    ),
)
