"""Data is read and never written; nothing of another project is seen."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("file", Text("파일과 장치", "Files and devices"))

PROBES = (
    row(
        "file.root", "이미지의 모든 디렉터리에 쓴다", "Write to every directory of the image", "SATRE 2.1.14, CIS 5.13"
    ),
    row(
        "file.data_write",
        "데이터를 바꾼다: 파일, 이름, 권한, 마운트",
        "Change a dataset: files, names, rights, the mount",
        "SATRE 2.1.14, CIS 5.6",
    ),
    row(
        "file.inbox_write",
        "승인된 파일만 오는 곳에 넣는다",
        "Put something where only approved files arrive",
        "SATRE 2.1.14",
    ),
    row(
        "file.other_project",
        "다른 과제의 자료에 둔 표식을 찾는다",
        "Search for a mark that lies in another project's data",
        "SATRE 2.1.08, SATRE 2.2.10",
        Text("자기 표식만 나온다", "only one's own mark is found"),
    ),
    row(
        "file.other_shared",
        "다른 과제의 공유 폴더에 닿으려 한다: 마운트, 그룹, 경로, 표식",
        "Reach another project's shared space: its mount, group, path, and a mark in it",
        "SATRE 2.1.08, SATRE 2.2.10",
        Text("자기 과제의 것만 보인다", "only that of one's own project is seen"),
    ),
    row(
        "file.data_signals",
        "같은 데이터를 읽는 다른 사람의 흔적을 찾는다: 잠금, 읽기 알림, 읽힌 적이 있는지",
        "Look for signs of others who read the same data: locks, notices of reading, whether it was read",
        "SATRE 2.1.08, SATRE 2.2.10",
        Text("드러나는 것이 없다", "nothing is told"),
    ),
    row(
        "file.datasets",
        "보이는 데이터셋을 센다",
        "List the datasets that are seen",
        "SATRE 2.1.08",
        Text("과제의 것뿐이다", "those of the project only"),
    ),
    row(
        "file.mounts",
        "마운트를 모두 보고 쓸 수 있는 것을 찾는다",
        "Look at every mount and which can be written",
        "CIS 5.6, CIS 5.20",
        Text("표에 있는 것만 쓸 수 있다", "only what the table names can be written"),
    ),
    row(
        "file.mount_options",
        "쓸 수 있는 곳이 장치와 setuid를 허용하는지 본다",
        "Look whether writable places admit devices and setuid",
        "CIS 5.6",
        Text("nosuid, nodev", "nosuid, nodev"),
        advice=True,
    ),
    row(
        "file.upwards",
        "`..`와 링크, 프로세스 디렉터리로 마운트를 벗어난다",
        "Leave a mount by `..`, links and process directories",
        "SATRE 2.1.14",
        Text("분석환경의 루트에서 끝난다", "it ends at the root of the workspace"),
    ),
    row(
        "file.devices",
        "장치를 센다",
        "List the devices",
        "CIS 5.18",
        Text("표에 있는 것뿐이다", "those of the table only"),
    ),
    row("file.make_devices", "디스크와 메모리 장치를 만든다", "Make devices for disk and memory", "CIS 5.18, CIS 5.4"),
    row("file.open_devices", "서버에 닿는 장치를 연다", "Open devices that reach the server", "CIS 5.18"),
    row(
        "file.run_from_tmp",
        "임시 파일과 메모리의 프로그램을 실행한다",
        "Run a program from temporary files and from memory",
        "CIS 5.13",
    ),
)
