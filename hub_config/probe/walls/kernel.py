"""As few doors into the shared kernel as a notebook can live with."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("kern", Text("커널", "Kernel"))
FILTER = "SATRE 2.1.14, CIS 5.22"

PROBES = (
    row(
        "kern.proc_sys",
        "/proc/sys의 설정을 쓰기로 연다",
        "Open settings in /proc/sys for writing",
        "SATRE 2.1.14, CIS 5.5",
    ),
    row(
        "kern.core_pattern",
        "프로세스가 죽을 때 바깥에서 실행될 프로그램을 정한다",
        "Name a program that the kernel runs outside when a process dies",
        "SATRE 2.1.14, CIS 5.19",
    ),
    row("kern.sysrq", "서버를 멈추는 스위치를 연다", "Open the trigger that stops the server", "SATRE 2.1.14"),
    row(
        "kern.sys_writable",
        "/sys에서 쓸 수 있는 것을 모두 찾는다",
        "Look for anything in /sys that can be written",
        "SATRE 2.1.14, CIS 5.5",
        Text("쓸 수 있는 것이 없다", "nothing can be written"),
    ),
    row(
        "kern.masked",
        "서버와 다른 이용자에 대해 커널이 알려 주는 것을 읽는다",
        "Read what the kernel tells about the server and its other users",
        "SATRE 2.1.14, CIS 5.5",
        Text("읽히지 않는다", "nothing is read"),
    ),
    row(
        "kern.keyring",
        "컨테이너마다 나뉘지 않은 커널 열쇠고리를 쓴다",
        "Use the kernel's keyrings, which are not apart for each container",
        FILTER,
    ),
    row(
        "kern.observers", "BPF, perf, userfaultfd, fanotify를 연다", "Open BPF, perf, userfaultfd and fanotify", FILTER
    ),
    row("kern.modules", "커널 모듈과 다른 커널을 올린다", "Load kernel modules and another kernel", FILTER),
    row(
        "kern.user_namespace",
        "사용자 네임스페이스를 만들어 그 안에서 root가 된다",
        "Become root in a user namespace of one's own",
        FILTER,
    ),
    row("kern.namespaces", "다른 모든 네임스페이스를 만든다", "Make every other kind of namespace", FILTER),
    row("kern.mounts", "옛 호출과 새 호출로 마운트한다", "Mount, remount and unmount by old calls and new", FILTER),
    row(
        "kern.io_uring",
        "필터를 거치지 않는 io_uring을 연다",
        "Open io_uring, which carries calls past the filter",
        FILTER,
    ),
    row(
        "kern.old_calls",
        "64비트 필터가 보지 못하는 32비트 방식으로 호출한다",
        "Make a call the 32-bit way, which a 64-bit filter would not see",
        FILTER,
    ),
    row(
        "kern.clock",
        "기록의 시각이 되는 서버 시계를 바꾼다",
        "Set the server's clock, which dates the record",
        "SATRE 2.1.14, CIS 5.3",
    ),
    row(
        "kern.machine",
        "서버의 이름을 바꾸고, 다시 시작하고, 포트를 직접 연다",
        "Rename, restart and touch the ports of the server",
        FILTER,
    ),
    row("kern.messages", "커널 메시지를 읽는다", "Read the kernel's messages", FILTER),
    row(
        "kern.handles",
        "경로 대신 번호로 서버의 파일을 연다",
        "Open a file of the server by number instead of path",
        FILTER,
    ),
    row(
        "kern.cgroup_files",
        "자신의 한도를 올리고 해제 프로그램을 정한다",
        "Raise one's own limits, name a release program",
        "SATRE 2.3.03, CIS 5.24",
        Text("쓸 수 없다", "nothing can be written"),
    ),
    row(
        "kern.cgroup_mount",
        "제어 그룹을 직접 마운트한다",
        "Mount a hierarchy of control groups",
        "SATRE 2.1.14, CIS 5.24",
    ),
)
