"""No right to begin with, and none to gain."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("priv", Text("권한", "Privileges"))
NONE = Text("하나도 없다", "there is none")

PROBES = (
    row(
        "priv.capabilities",
        "커널 권한(capability)의 모든 집합을 읽는다",
        "Read every set of capabilities",
        "SATRE 2.1.14, CIS 5.4",
        Text("모두 비어 있다", "all are empty"),
    ),
    row(
        "priv.no_new_privileges",
        "새 권한 금지를 읽고 풀어 본다",
        "Read the bar on new privileges and try to lift it",
        "SATRE 2.1.14, CIS 5.26",
        Text("켜져 있고 풀리지 않는다", "it is on and stays on"),
    ),
    row(
        "priv.filter",
        "시스템 호출 필터를 읽는다",
        "Read whether system calls are filtered",
        "CIS 5.22",
        Text("걸러진다", "they are"),
    ),
    row("priv.gain", "root가 되고 권한을 얻는다", "Become root and take capabilities", "SATRE 2.1.14, CIS 5.26"),
    row(
        "priv.identity",
        "누구로 실행되는지 본다",
        "Look who the workspace runs as",
        "SATRE 2.1.14, CIS 4.1",
        Text("자기만의 일반 사용자 하나이다", "one ordinary user of its own"),
    ),
    row(
        "priv.setuid_files",
        "소유자의 권한으로 실행되는 프로그램을 찾는다",
        "Look for programs that run with their owner's rights",
        "CIS 4.8",
        NONE,
    ),
    row(
        "priv.file_capabilities",
        "권한이 붙은 프로그램을 찾는다",
        "Look for programs that carry capabilities",
        "CIS 4.8",
        NONE,
    ),
    row(
        "priv.tools",
        "사용자나 마운트를 바꾸는 도구를 찾는다",
        "Look for tools that change users or mounts",
        "CIS 4.3",
        NONE,
    ),
    row("priv.make_setuid", "setuid root 프로그램을 만든다", "Make a program that is setuid root", "CIS 4.8"),
)
