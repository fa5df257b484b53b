"""Every byte between browser and workspace passes the gate."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("gate", Text("게이트", "Gate"))
OUT, WHO = "SATRE 2.1.01", "SATRE 1.5.03"

PROBES = tuple(
    row(id, ko, en, covers, *held, way="browser")
    for id, ko, en, covers, *held in (
        ("gate.stranger", "로그인하지 않고 분석환경을 연다", "Open a workspace without signing in", WHO),
        ("gate.other_person", "다른 사람으로 로그인하여 연다", "Open it signed in as somebody else", WHO),
        (
            "gate.forged_session",
            "지어낸 세션 쿠키와 두 개의 쿠키로 연다",
            "Open it with made-up and doubled session cookies",
            WHO,
        ),
        ("gate.downloads", "내려받기 경로를 모두 부른다", "Call every route of a download", OUT),
        ("gate.terminals", "터미널과 프록시 경로를 부른다", "Call terminals and proxies", OUT),
        ("gate.path_dots", "`..`와 `%2e`로 경로를 벗어난다", "Leave a path by `..` and `%2e`", OUT),
        ("gate.path_twice", "경로를 두 번 부호화한다", "Encode a path twice", OUT),
        (
            "gate.path_slashes",
            "`//`, 역슬래시, 세미콜론, 널 바이트를 넣는다",
            "Use `//`, backslashes, semicolons, null bytes",
            OUT,
        ),
        ("gate.path_target", "절대 URI와 이상한 요청 대상을 보낸다", "Send absolute and odd request targets", OUT),
        (
            "gate.two_hosts",
            "호스트 이름을 둘, 없는 것, 남의 것으로 보낸다",
            "Send two, no, and foreign host names",
            OUT,
        ),
        (
            "gate.other_host",
            "분석환경을 다른 분석환경의 호스트에서, 그 쿠키로도 연다",
            "Open a workspace on another one's host, also with its cookie",
            WHO,
        ),
        (
            "gate.upload",
            "브라우저에서 파일을 올린다",
            "Upload files from the browser",
            OUT,
        ),
        (
            "gate.smuggled_lengths",
            "길이를 둘로 말하여 둘째 요청을 숨긴다",
            "Hide a second request behind two lengths",
            OUT,
        ),
        (
            "gate.smuggled_coding",
            "이상한 전송 부호화로 둘째 요청을 숨긴다",
            "Hide a second request behind odd codings",
            OUT,
        ),
        (
            "gate.smuggled_upgrade",
            "거절된 WebSocket 뒤로 요청을 보낸다",
            "Send a request behind a refused WebSocket",
            OUT,
        ),
        (
            "gate.foreign_socket",
            "다른 사이트의 페이지에서 WebSocket을 연다",
            "Open a WebSocket from a page of another site",
            WHO,
        ),
        ("gate.foreign_post", "다른 사이트의 페이지에서 저장한다", "Save from a page of another site", WHO),
        ("gate.unlisted_frames", "목록에 없는 메시지와 깨진 메시지를 보낸다", "Send unlisted and broken messages", OUT),
        ("gate.big_frame", "한도를 넘는 메시지를 보낸다", "Send a message over the limit", OUT),
        (
            "gate.attachment",
            "분석환경이 첨부파일로 응답한다",
            "Answer from the workspace with an attachment",
            OUT,
            Text("첨부 표시가 전달되지 않는다", "the mark of an attachment does not arrive"),
        ),
        (
            "gate.answer_types",
            "분석환경이 목록에 없는 종류의 내용으로 응답한다",
            "Answer from the workspace with content of unlisted types",
            OUT,
            Text("전달되지 않는다", "it does not arrive"),
        ),
        (
            "gate.answer_headers",
            "분석환경이 쿠키와 느슨한 보안정책을 보낸다",
            "Answer with cookies and a lax security policy",
            OUT,
            Text("게이트의 정책으로 바뀐다", "the gate's own replace them"),
        ),
        (
            "gate.answer_redirect",
            "분석환경이 바깥으로 이동시킨다",
            "Answer with a redirect to the outside",
            OUT,
            Text("전달되지 않는다", "it does not arrive"),
        ),
        (
            "gate.answer_twice",
            "분석환경이 한 물음에 두 번 대답한다",
            "Answer one request twice",
            OUT,
            Text("둘째 대답은 다음 요청의 것이 되지 않는다", "the second becomes nobody's answer"),
        ),
        (
            "gate.policy",
            "페이지의 보안정책을 읽는다",
            "Read the security policy of a page",
            OUT,
            Text("정해진 출처만 허용한다", "it names exact origins only"),
        ),
        (
            "gate.top_level",
            "분석환경 페이지를 탭 전체로 연다",
            "Open a page of the workspace as a whole tab",
            OUT,
            Text("틀로 보내진다", "it is sent to the frame"),
        ),
        (
            "gate.held_output",
            "한 번에 보일 수 있는 양보다 많이 출력하고 그림을 그린다",
            "Print more than may be shown at once, and draw",
            OUT,
            Text("둘 다 보이지 않는다. 정책이 없으면 둘 다 보인다", "neither comes; without the policy both do"),
        ),
        (
            "gate.trickle",
            "부호화한 글자를 여러 셀에 나누어 내보낸다",
            "Carry encoded text out, a little with each cell",
            "SATRE 2.2.14",
            Text("담당자에게 알려진다. 보통 글은 알려지지 않는다", "an officer is told; of plain words nobody is"),
        ),
        (
            "gate.one_browser",
            "첫 브라우저가 연결된 동안 둘째 브라우저로 일한다",
            "Work in a second browser while the first is connected",
            WHO,
            Text("정책이 있으면 막힌다", "where the policy says so it waits"),
        ),
        (
            "gate.addresses",
            "과제의 목록에 없는 네트워크에서 연다",
            "Open it from a network that the project does not list",
            WHO,
            Text("정책이 있으면 막힌다", "where the policy says so it is refused"),
        ),
        (
            "gate.budget",
            "정해진 양보다 많이 화면으로 보낸다",
            "Send more to the browser than the budget",
            OUT,
            Text("끊긴다", "it is cut"),
        ),
    )
)
