"""No network: there is nothing to send on."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("net", Text("네트워크 없음", "No network"))
OUT = "SATRE 2.2.11, CIS 5.29"

PROBES = (
    row(
        "net.interfaces",
        "네트워크 인터페이스를 두 가지 방법으로 찾는다",
        "List the interfaces in two ways",
        OUT,
        Text("루프백뿐이다", "there is loopback only"),
    ),
    row(
        "net.routes",
        "IPv4와 IPv6 경로표를 읽는다",
        "Read the tables of IPv4 and IPv6 routes",
        OUT,
        Text("루프백 밖으로 가는 경로가 없다", "no route leads off loopback"),
    ),
    row(
        "net.host_loopback",
        "서버의 루프백 주소에서 기다리는 프로그램에 접속한다",
        "Connect to what listens on the server's loopback address",
        "SATRE 2.2.10, CIS 5.10",
    ),
    row(
        "net.host_addresses",
        "서버의 모든 주소로 접속한다",
        "Connect to the server by each of its addresses",
        "SATRE 2.2.10, CIS 5.10",
    ),
    row(
        "net.outside",
        "바깥으로 TCP와 UDP, IPv4와 IPv6으로 접속한다",
        "Connect outwards by TCP and UDP, IPv4 and IPv6",
        OUT,
    ),
    row(
        "net.metadata",
        "클라우드의 자격증명을 주는 주소에 TCP와 UDP로 접속한다",
        "Connect to the addresses where clouds hand out credentials, by TCP and UDP",
        OUT,
    ),
    row("net.dns_names", "시스템에 이름을 묻는다", "Ask the system for names", "SATRE 2.2.11, SATRE note B"),
    row(
        "net.dns_servers",
        "대답할 수 있는 모든 이름 서버에 UDP와 TCP로 묻는다",
        "Query every name server that could answer, by UDP and TCP",
        "SATRE 2.2.11, SATRE note B",
    ),
    row(
        "net.dns_encrypted",
        "암호화된 DNS, 멀티캐스트와 브로드캐스트로 묻는다",
        "Ask by encrypted DNS, multicast and broadcast",
        "SATRE 2.2.11, SATRE note B",
    ),
    row(
        "net.raw_sockets",
        "패킷을 직접 쓰는 소켓을 연다",
        "Open sockets that write packets themselves",
        "SATRE 2.2.11, CIS 5.4",
    ),
    row(
        "net.other_families",
        "가상머신·무선·커널로 가는 다른 종류의 소켓을 연다",
        "Open sockets of other families: to the hypervisor, to radios, into the kernel",
        "SATRE 2.2.11, CIS 5.22",
    ),
    row(
        "net.other_namespace",
        "다른 네트워크로 들어가고 인터페이스를 만든다",
        "Enter another network and make an interface",
        "SATRE 2.2.10, CIS 5.10",
    ),
)
