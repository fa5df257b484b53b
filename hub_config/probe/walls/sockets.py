"""Sockets are the only bridge, and which one a call came through is who calls."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("sock", Text("소켓", "Sockets"))

PROBES = (
    row(
        "sock.abstract",
        "서버가 열어 둔 경로 없는 소켓에 접속한다",
        "Connect to a socket without a path that the server holds open",
        "SATRE 2.1.14, CIS 5.10",
    ),
    row(
        "sock.listed",
        "커널의 소켓 목록에서 서버의 소켓을 찾는다",
        "Look for the server's sockets in the kernel's list",
        "SATRE 2.1.14",
        Text("서버의 소켓이 보이지 않는다", "none of the server is seen"),
    ),
    row(
        "sock.engine",
        "컨테이너 엔진, 시스템 서비스, 이름 서비스의 소켓에 접속한다",
        "Connect to the sockets of the container engine, of services and of resolvers of names",
        "SATRE 2.1.14, CIS 5.32",
    ),
    row(
        "sock.content",
        "안심구역 소켓 디렉터리의 내용을 본다",
        "Look at what the directory of the zone's sockets holds",
        "SATRE 2.1.14",
        Text("정해진 소켓 셋뿐이다", "the three sockets of the table and nothing else"),
    ),
    row(
        "sock.directory",
        "소켓 디렉터리에서 만들고, 옮기고, 지우고, 링크한다",
        "Create, rename, remove and link in that directory",
        "SATRE 2.1.14, CIS 5.6",
    ),
    row(
        "sock.replace",
        "안심구역의 소켓 이름 뒤에 다른 서버를 놓는다",
        "Put another server behind the name of a socket of the zone",
        "SATRE 2.1.14",
    ),
    row(
        "sock.identity",
        "요청 헤더로 다른 분석환경인 척한다",
        "Claim to be another workspace in the headers of a call",
        "SATRE 1.5.06, SATRE 2.1.14",
        Text("소켓이 말하는 분석환경으로만 알려진다", "it is known as the workspace of its socket"),
    ),
    row(
        "sock.unlisted",
        "목록에 없는 호출을 여러 표기로 보낸다",
        "Call what no table lists, in several spellings",
        "SATRE 2.1.14",
    ),
    row(
        "sock.packages",
        "패키지 미러로 내보낸다: 올리기, 질의 문자열, 다른 주소와 다른 서버",
        "Use the mirror of packages as a way out: uploads, queries, other addresses, other servers",
        "SATRE 2.1.14, SATRE 2.2.11",
    ),
    row(
        "sock.oversized",
        "헤더·본문·끝없는 본문으로 한도를 넘긴다",
        "Send more than a call may hold: header, body, endless body",
        "SATRE 2.1.14",
    ),
    row(
        "sock.smuggled",
        "첫 호출의 본문에 둘째 호출을 숨긴다",
        "Hide a second call in the body of the first",
        "SATRE 2.1.14",
    ),
    row(
        "sock.early",
        "묻기 전에 대답하여 다른 사람의 응답이 되게 한다",
        "Answer before being asked, so that it becomes another person's answer",
        "SATRE 2.1.14",
        Text("연결이 끊긴다", "the connection is closed"),
    ),
    row(
        "sock.flood",
        "정해진 수보다 훨씬 많이 접속한다",
        "Dial in far more often than is allowed",
        "SATRE 2.3.03",
        Text("정해진 수만 남는다", "no more than the limit stay"),
    ),
    row(
        "sock.log_flood",
        "구역에 쉬지 않고 요청하여 기록을 채운다",
        "Call the zone without a pause, to fill the log",
        "SATRE 2.3.03, SATRE 2.1.14",
        Text("정해진 빠르기를 넘으면 거부된다", "what is faster than the limit is refused"),
    ),
)
