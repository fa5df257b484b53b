"""The server below: in the manner of the CIS Docker benchmark, as far as a zone has to do with it.

Advice is what the server should have and a zone does not give itself: an engine that was found running is never
reconfigured.
"""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("host", Text("서버와 엔진", "Server and engine"))
ONLY_ROOT = Text("root만 쓴다", "root alone may use it")

NOTHING_MENDED = Text(
    "고친 판이 나온 취약점이 남아 있지 않다", "nothing is known against them that a newer version has mended"
)

OF_SERVER = tuple(
    row(id, ko, en, covers, Text(*held), way="host", advice=advice)
    for id, advice, covers, ko, en, held in (
        (
            "host.gate_user",
            False,
            "SATRE 1.5.03, CIS 5.4",
            "게이트 프로세스의 사용자와 권한을 읽는다",
            "Read user and rights of the gate's process",
            ("일반 사용자이고 권한이 없다", "an ordinary user without rights"),
        ),
        (
            "host.gate_orders",
            False,
            "SATRE 1.5.03",
            "일반 사용자로 게이트의 제어 소켓에 접속한다",
            "Connect to the gate's control socket as an ordinary user",
            ("거부된다", "it is refused"),
        ),
        (
            "host.home_closed",
            False,
            "SATRE 1.5.03, CIS 3.15",
            "일반 사용자로 안심구역의 파일을 연다",
            "Open files of the zone as an ordinary user",
            ("거부된다", "it is refused"),
        ),
        (
            "host.loopback_only",
            False,
            "SATRE 2.2.09, CIS 5.13",
            "안심구역의 포트가 기다리는 주소를 읽는다",
            "Read at which addresses the zone's ports listen",
            ("루프백뿐이다", "loopback only"),
        ),
        (
            "host.containers",
            False,
            "SATRE 2.1.14, CIS 5",
            "돌고 있는 분석환경의 설정을 표와 대조한다",
            "Compare the workspaces that run with the table",
            ("모두 표와 같다", "all are as the table says"),
        ),
        (
            "host.image_is_ours",
            False,
            "CIS 4.2, CIS 4.3",
            "이미지가 구역이 만든 것인지 본다",
            "Look whether the image is the one that the zone built",
            ("그대로이다", "it is"),
        ),
        (
            "host.image_plain",
            False,
            "CIS 4.1, CIS 4.9, CIS 4.10",
            "이미지의 설정에서 비밀값과 열린 포트를 찾는다",
            "Look for secrets and open ports in the image's configuration",
            ("하나도 없다", "there is none"),
        ),
        (
            "host.engine_socket",
            False,
            "CIS 3.4, CIS 3.16",
            "엔진 소켓의 소유자와 권한을 읽는다",
            "Read owner and rights of the engine's socket",
            ("다른 사용자는 쓸 수 없다", "no other user may use it"),
        ),
        (
            "host.engine_tcp",
            False,
            "CIS 2.7",
            "엔진이 네트워크에서 명령을 받는지 본다",
            "Look whether the engine takes orders by network",
            ("받지 않는다", "it does not"),
        ),
        (
            "host.engine_filter",
            False,
            "CIS 2.17, CIS 5.22",
            "엔진이 시스템 호출을 거를 수 있는지 본다",
            "Look whether the engine can filter system calls",
            ("거른다", "it can"),
        ),
        (
            "host.engine_registries",
            False,
            "CIS 2.5",
            "엔진이 믿는 저장소를 본다",
            "Look which registries the engine trusts without TLS",
            ("루프백뿐이다", "loopback only"),
        ),
        (
            "host.userns",
            True,
            "CIS 2.9",
            "엔진이 사용자 번호를 옮기는지 본다",
            "Look whether the engine maps user numbers",
            ("옮긴다", "it does"),
        ),
        (
            "host.mandatory_access",
            True,
            "CIS 5.2, CIS 5.3",
            "AppArmor나 SELinux가 있는지 본다",
            "Look for AppArmor or SELinux",
            ("있다", "there is one"),
        ),
        (
            "host.gvisor",
            True,
            "SATRE 2.1.14",
            "gVisor를 쓸 수 있는지 본다",
            "Look whether gVisor can be chosen",
            ("쓸 수 있다", "it can"),
        ),
        (
            "host.live_restore",
            True,
            "CIS 2.15",
            "엔진이 다시 시작되어도 컨테이너가 남는지 본다",
            "Look whether containers outlive a restart of the engine",
            ("남는다", "they do"),
        ),
        (
            "host.icc",
            True,
            "CIS 2.2",
            "기본 네트워크의 컨테이너끼리 통하는지 본다",
            "Look whether containers of the default network reach each other",
            ("통하지 않는다", "they do not"),
        ),
        (
            "host.engine_version",
            True,
            "CIS 1.1.2, SATRE 2.2.12",
            "엔진의 이름 풀이 결함(CVE-2024-29018)이 고쳐졌는지 본다",
            "Look whether the engine's leak of name lookups (CVE-2024-29018) is fixed",
            ("고쳐졌다", "it is"),
        ),
        (
            "host.engine_audit",
            True,
            "CIS 1.1.3",
            "시스템 감사가 엔진을 지켜보는지 본다",
            "Look whether the system's audit watches the engine",
            ("지켜본다", "it does"),
        ),
        (
            "host.partition",
            True,
            "CIS 1.1.1",
            "엔진의 파일이 따로 된 디스크에 있는지 본다",
            "Look whether the engine's files have a disk of their own",
            ("따로 있다", "they have"),
        ),
        (
            "host.kernel_pointers",
            True,
            "SATRE 2.2.12",
            "커널 주소와 메시지가 가려져 있는지 본다",
            "Look whether kernel addresses and messages are hidden",
            ("가려져 있다", "they are"),
        ),
        (
            "host.ptrace_scope",
            True,
            "SATRE 2.2.12",
            "디버거의 범위가 줄어 있는지 본다",
            "Look whether debuggers are kept to their own children",
            ("줄어 있다", "they are"),
        ),
        (
            "host.unprivileged_bpf",
            True,
            "SATRE 2.2.12",
            "일반 사용자의 BPF가 꺼져 있는지 본다",
            "Look whether BPF of ordinary users is off",
            ("꺼져 있다", "it is"),
        ),
        (
            "host.swap_encrypted",
            True,
            "SATRE 2.2.12",
            "스왑이 없거나 암호화되어 있는지 본다",
            "Look whether there is no swap, or it is encrypted",
            ("그렇다", "so it is"),
        ),
        (
            "host.disk_rate",
            True,
            "CIS 5.12, SATRE 2.3.03",
            "분석환경의 디스크 속도 한도를 본다",
            "Look for a limit on the workspace's use of the disk",
            ("한도가 있다", "there is one"),
        ),
    )
)
PROBES = (
    *OF_SERVER,
    row(
        "host.image_debian",
        "이미지의 Debian 패키지를 Debian 보안 추적 자료와 대조한다",
        "Hold the packages of Debian in the images against Debian's security tracker",
        "CIS 4.4",
        NOTHING_MENDED,
        way="host",
        advice=True,
        data=True,
    ),
    row(
        "host.image_python",
        "이미지와 프로그램의 Python 패키지를 공개된 취약점 자료와 대조한다",
        "Hold the Python packages of the images and of the program against their advisories",
        "CIS 4.4",
        NOTHING_MENDED,
        way="host",
        advice=True,
        data=True,
    ),
)
