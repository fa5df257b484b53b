"""Every way in which the gate says no."""

from __future__ import annotations

from collections.abc import Mapping

from audit.text import Text
from hub_config.gate.refusal import Refusal

DOWNLOAD = Refusal(
    403,
    Text("파일을 바로 내려받을 수 없습니다", "Files cannot be downloaded directly"),
    Text(
        "분석 결과는 반출 신청을 거쳐 나갑니다. 파일을 /outbox 폴더에 두고 포털에서 반출을 신청해 주십시오.",
        "Results leave through an egress request. Put the file into /outbox and make a request in the portal.",
    ),
    "egress",
)

REFUSALS: Mapping[str, Refusal] = {
    "host.unknown": Refusal(
        421,
        Text("알 수 없는 주소입니다", "Unknown address"),
        Text("이 서버는 이 주소로 응답하지 않습니다.", "This server does not answer to this address."),
        "none",
        audited=False,
    ),
    "target.ambiguous": Refusal(
        400,
        Text("주소를 읽을 수 없습니다", "The address has more than one reading"),
        Text(
            "주소에 허용되지 않는 문자나 이중 인코딩이 있습니다.",
            "The address contains characters or encodings that are not allowed.",
        ),
    ),
    "route.unlisted": Refusal(
        403,
        Text("허용되지 않은 기능입니다", "This function is not open in the zone"),
        Text(
            "안심구역에서는 허용 목록에 있는 기능만 쓸 수 있습니다.",
            "Only functions on the zone's list can be used in a workspace.",
        ),
    ),
    "route.download": DOWNLOAD,
    "route.convert": Refusal(
        403,
        Text("변환 내보내기는 쓸 수 없습니다", "Conversion and saving to a file are closed"),
        DOWNLOAD.body,
        "egress",
    ),
    "route.terminal": Refusal(
        403,
        Text("터미널은 쓸 수 없습니다", "Terminals are closed"),
        Text(
            "실행한 코드가 모두 기록되도록 노트북 셀만 쓸 수 있습니다.",
            "Only notebook cells run code, so that what was run is on record.",
        ),
    ),
    "route.proxy": Refusal(
        403,
        Text("다른 서버로 연결할 수 없습니다", "Connections to other servers are closed"),
        Text("분석환경에는 네트워크가 없습니다.", "A workspace has no network."),
    ),
    "route.extension": Refusal(
        403,
        Text("확장 기능을 바꿀 수 없습니다", "Extensions cannot be changed"),
        Text("확장 기능은 운영자가 이미지에 넣습니다.", "Operators put extensions into the image."),
    ),
    "route.missing": Refusal(
        404,
        Text("페이지가 없습니다", "No such page"),
        Text("주소를 다시 확인해 주십시오.", "Please check the address."),
        audited=False,
    ),
    "site.cross": Refusal(
        403,
        Text("다른 사이트에서 온 요청입니다", "The request came from another site"),
        Text(
            "보안을 위해 다른 사이트에서 시작된 요청은 받지 않습니다.",
            "For safety, requests that another site started are not accepted.",
        ),
        audited=False,
    ),
    "browser.old": Refusal(
        403,
        Text("이 브라우저에서는 분석환경을 열 수 없습니다", "This browser cannot open a workspace"),
        Text(
            "브라우저가 너무 오래되었습니다. Chrome이나 Edge 80, Firefox 90, Safari 16.4 이상에서 다시 열어 주십시오. "
            "최신 브라우저인데도 그러면 주소가 https로 시작하는지 확인해 주십시오.",
            "The browser is too old. Open this page with Chrome or Edge 80, Firefox 90, Safari 16.4 or later. If yours "
            "is newer, check that the address begins with https.",
        ),
        "none",
        audited=False,
    ),
    "session.missing": Refusal(
        401,
        Text("다시 로그인해 주십시오", "Please sign in again"),
        Text(
            "로그인이 끝났습니다. 이 페이지를 새로 고치면 다시 로그인합니다.",
            "Your session has ended. Reload this page to sign in again.",
        ),
        "reload",
        audited=False,
    ),
    "session.not_owner": Refusal(
        403,
        Text("본인의 분석환경이 아닙니다", "This is not your workspace"),
        Text("분석환경에는 본인만 들어갈 수 있습니다.", "Only its owner can enter a workspace."),
    ),
    "session.elsewhere": Refusal(
        403,
        Text("다른 브라우저에서 쓰고 있습니다", "You are working in another browser"),
        Text(
            "이 과제에서는 한 번에 한 곳에서만 접속할 수 있습니다. 다른 브라우저의 분석환경 창을 닫으면 1분 안에 "
            "여기서 열립니다. 본인이 아니라면 바로 운영자에게 알려 주십시오.",
            "In this project only one connection of a person is open at a time. Close the workspace in the other "
            "browser, and within a minute it opens here. If that was not you, tell an operator at once.",
        ),
        retry_seconds=15,
    ),
    "session.other_address": Refusal(
        403,
        Text("다른 주소에서 접속해 있습니다", "You are connected from another address"),
        Text(
            "이 과제에서는 한 번에 한 주소에서만 접속할 수 있는데, 이 브라우저의 로그인이 다른 주소나 네트워크에서 "
            "쓰이고 있습니다. Wi-Fi나 VPN을 바꾸었다면 1분 안에 저절로 열립니다. 그대로이면 운영자에게 알려 주십시오.",
            "In this project you connect from one address at a time, and the sign-in of this browser is in use from "
            "another address or network. If you changed Wi-Fi or VPN, it opens by itself within a minute. If it stays "
            "like this, tell an operator.",
        ),
        retry_seconds=15,
    ),
    "messages.full": Refusal(
        503,
        Text("지금은 큰 출력을 받을 수 없습니다", "There is no room for large outputs now"),
        Text("잠시 뒤 새로 고치고, 작게 나누어 출력해 주십시오.", "Reload in a moment, and print smaller parts."),
        "reload",
    ),
    "sockets.many": Refusal(
        429,
        Text("열린 연결이 너무 많습니다", "Too many open connections"),
        Text(
            "이 분석환경의 노트북과 창이 너무 많이 열려 있습니다. 쓰지 않는 노트북이나 탭을 닫고 새로 고쳐 주십시오.",
            "Too many notebooks and tabs of this workspace are open. Close those you do not use, and reload.",
        ),
        "reload",
    ),
    "address.unlisted": Refusal(
        403,
        Text("허용되지 않은 접속 위치입니다", "This place is not allowed"),
        Text(
            "이 과제의 분석환경은 정해진 네트워크에서만 열립니다. 허용된 곳에서 접속하거나 운영자에게 문의해 주십시오.",
            "Workspaces of this project open from listed networks only. Come from one of them, or ask an operator.",
        ),
    ),
    "address.busy": Refusal(
        429,
        Text("한 주소에서 온 요청이 너무 많습니다", "Too many requests from one address"),
        Text(
            "접속하신 주소에서 한꺼번에 너무 많은 요청이 왔습니다. 잠시 뒤 다시 시도해 주십시오.",
            "Too many requests came from your address at once. Try again in a moment.",
        ),
        "none",
        audited=False,
        retry_seconds=5,
    ),
    "session.failed": Refusal(
        403,
        Text("로그인을 마치지 못했습니다", "Sign-in was not completed"),
        Text("포털에서 다시 시작해 주십시오.", "Please start again from the portal."),
        audited=False,
    ),
    "hub.away": Refusal(
        503,
        Text("잠시 확인할 수 없습니다", "Your session cannot be checked right now"),
        Text("잠시 뒤 저절로 다시 확인합니다.", "It is tried again in a moment."),
        "none",
        audited=False,
        retry_seconds=3,
    ),
    "gate.filling": Refusal(
        503,
        Text("안심구역이 다시 연결되는 중입니다", "The zone is coming back"),
        Text(
            "분석환경과 그 안에서 하던 일은 그대로 있습니다. 잠시 뒤 저절로 이어집니다.",
            "Your workspace and what runs in it are unharmed. It goes on by itself in a moment.",
        ),
        "none",
        audited=False,
        retry_seconds=2,
    ),
    "zone.away": Refusal(
        503,
        Text("포털이 잠시 응답하지 않습니다", "The zone does not answer right now"),
        Text(
            "다시 시작하는 중일 수 있습니다. 잠시 뒤 다시 시도해 주십시오.",
            "It may be restarting. Try again in a moment.",
        ),
        "none",
        audited=False,
        retry_seconds=3,
    ),
    "workspace.closed": Refusal(
        404,
        Text("분석환경이 열려 있지 않습니다", "The workspace is not open"),
        Text("포털에서 분석환경을 시작해 주십시오.", "Please start it from the portal."),
        audited=False,
    ),
    "project.frozen": Refusal(
        403,
        Text("과제가 동결되었습니다", "The project is frozen"),
        Text(
            "과제의 모든 연결을 끊고 분석환경을 멈췄습니다. 저장된 파일과 반출 신청은 그대로 있으며, 동결이 풀리면 "
            "이어서 할 수 있습니다. 까닭은 운영자에게 문의해 주십시오.",
            "Every connection of the project was cut and its workspaces were stopped. Saved files and egress requests "
            "are kept as they are, and work goes on from there once the freeze is lifted. Ask an operator why.",
        ),
        audited=False,
    ),
    "workspace.silent": Refusal(
        504,
        Text("분석환경이 응답하지 않습니다", "The workspace does not answer"),
        Text(
            "시작하는 중이거나 메모리가 부족할 수 있습니다. 잠시 뒤 새로 고치거나 포털에서 다시 시작해 주십시오.",
            "It may still be starting, or be out of memory. Reload in a moment, or restart it from the portal.",
        ),
        "reload",
        audited=False,
    ),
    "response.attachment": DOWNLOAD,
    "response.encoded": Refusal(
        502,
        Text("압축된 응답은 전달하지 않습니다", "Compressed answers are not passed on"),
        Text("전달되는 양을 셀 수 있어야 합니다.", "What passes must be countable."),
    ),
    "response.outside": Refusal(
        502,
        Text("분석환경 밖으로 이동할 수 없습니다", "The answer points outside the workspace"),
        Text("포털에서 다시 시작해 주십시오.", "Please start again from the portal."),
    ),
    "response.type": Refusal(
        502,
        Text("허용되지 않은 형식의 응답입니다", "This type of content is not shown"),
        Text(
            "브라우저에는 목록에 있는 형식만 전달합니다. 결과 파일이 필요하면 /outbox 폴더에 두고 포털에서 반출을 "
            "신청해 주십시오.",
            "Only listed types of content pass to a browser. If you need a result as a file, put it into /outbox and "
            "make an egress request in the portal.",
        ),
        "egress",
    ),
    "response.too_large": Refusal(
        403,
        Text("한 번에 보기에는 너무 큽니다", "Too large to show at once"),
        DOWNLOAD.body,
        "egress",
    ),
    "response.picture": Refusal(
        403,
        Text("그림이 들어 있어 열 수 없습니다", "Not opened: pictures are in it"),
        Text(
            "이 과제에서는 그림과 파일을 보이지 않습니다. 노트북이면 셀에서 ‘!jupyter nbconvert --clear-output "
            "--inplace 이름.ipynb’를 실행해 출력을 비운 뒤 여십시오. 결과는 /outbox에 저장해 포털에서 반출을 "
            "신청해 주십시오.",
            "Pictures and files are not shown in this project. If it is a notebook, empty its outputs with a cell "
            "(!jupyter nbconvert --clear-output --inplace name.ipynb) and open it then. For a result, save it to "
            "/outbox and request egress in the portal.",
        ),
        "egress",
    ),
    "response.icon": Refusal(
        403,
        Text("이 과제에서는 아이콘을 보이지 않습니다", "Icons are not shown in this project"),
        Text(
            "그림을 보이지 않는 과제입니다. 작업에는 영향이 없습니다.",
            "No pictures are shown in this project. Your work goes on without them.",
        ),
        "none",
        audited=False,  # Lab asks for the icons of its kernels each time it opens
    ),
    "budget.spent": Refusal(
        403,
        Text("이번 세션에서 볼 수 있는 양을 다 썼습니다", "This session's viewing budget is used up"),
        Text(
            "브라우저로 나가는 데이터의 양에는 한도가 있습니다. 결과는 /outbox에 저장해 포털에서 반출을 신청하십시오. "
            "계속 보려면 포털에서 분석환경을 다시 시작하십시오. 그때 새로 셉니다. 하루치는 따로 세며, 한도의 세 배가 "
            "되면 준법감시 담당자에게 알립니다. 이 일은 기록되었습니다.",
            "The amount of data shown in a browser is limited. Save results to /outbox and request egress in the "
            "portal. To go on looking, restart the workspace in the portal; it is then counted anew. A day is counted "
            "as well: three times the limit is told to the compliance officer. This has been recorded.",
        ),
        "egress",
    ),
    "upload.refused": Refusal(
        403,
        Text("브라우저로 파일을 올릴 수 없습니다", "Files are not uploaded through the browser"),
        Text(
            "반입은 심사를 거칩니다. 포털의 과제 화면에서 ‘파일 반입’을 신청하면, 승인된 파일이 /inbox에 나타납니다.",
            "What comes in is reviewed. Ask for it in the portal with ‘Bring files in’; what is approved appears in "
            "/inbox.",
        ),
    ),
    "upload.closed": Refusal(
        403,
        Text("브라우저로 파일을 올릴 수 없습니다", "Files are not uploaded through the browser"),
        Text(
            "이 과제에는 파일을 반입하지 않습니다. 분석에 꼭 필요하면 과제 책임자나 운영자에게 문의해 주십시오.",
            "Nothing is brought into this project. If your analysis needs it, ask the project lead or an operator.",
        ),
    ),
    "upload.long": Refusal(
        413,
        Text("저장하지 않았습니다: 글 파일이 너무 큽니다", "Not saved: the text file is too large"),
        Text(
            "브라우저에서는 글 파일을 한 번에 1 MB까지 저장합니다. 더 큰 파일은 셀에서 만드십시오. 밖에서 가져오는 "
            "파일이면 포털의 과제 화면에서 반입 방법을 확인하십시오.",
            "A browser saves text files of up to 1 MB. Make larger ones in a cell. How files come in from outside is "
            "on the project's page in the portal.",
        ),
    ),
    "calls.pace": Refusal(
        429,
        Text("요청이 너무 잦습니다", "Too many calls"),
        Text(
            "분석환경의 코드가 구역에 너무 자주 요청했습니다. 잠시 뒤에 다시 시도해 주십시오.",
            "Code in the workspace asked the zone too often. Try again in a moment.",
        ),
        "none",
        retry_seconds=1,
    ),
    "body.malformed": Refusal(
        400,
        Text("저장할 내용을 읽을 수 없습니다", "What is to be saved cannot be read"),
        Text("페이지를 새로 고친 뒤 다시 저장해 주십시오.", "Please reload the page and save again."),
        "reload",
    ),
    "body.too_large": Refusal(
        413,
        Text("보낸 내용이 너무 큽니다", "The request is too large"),
        Text("작게 나누어 보내 주십시오.", "Please send it in smaller parts."),
    ),
    "body.too_slow": Refusal(
        408,
        Text("보낸 내용이 제때 오지 않았습니다", "What was sent did not come in time"),
        Text("연결을 확인하고 다시 보내 주십시오.", "Please check your connection and send it again."),
        audited=False,
    ),
    "audit.unavailable": Refusal(
        503,
        Text("기록할 수 없어 멈췄습니다", "Paused: the record cannot be written"),
        Text(
            "기록이 되지 않으면 아무것도 전달하지 않습니다. 하던 일은 그대로 있으니 잠시 뒤 다시 하고, 계속되면 "
            "운영자에게 알려 주십시오.",
            "Nothing is passed on that cannot be recorded. Your work is unharmed: try again in a moment, and tell an "
            "operator if this goes on.",
        ),
        "reload",
        audited=False,
    ),
    "audit.full": Refusal(
        503,
        Text("디스크가 가득 차 기록할 수 없어 멈췄습니다", "Paused: the disk of the record is full"),
        Text(
            "기록이 되지 않으면 아무것도 전달하지 않습니다. 하던 일은 그대로 있습니다. 운영자에게 구역의 디스크를 비워 "
            "달라고 한 뒤 다시 하십시오.",
            "Nothing is passed on that cannot be recorded. Your work is unharmed: ask an operator to make room on the "
            "disk of the zone, then try again.",
        ),
        "reload",
        audited=False,
    ),
    "frame.malformed": Refusal(
        400,
        Text("읽을 수 없는 메시지입니다", "Unreadable message"),
        Text("페이지를 새로 고쳐 주십시오.", "Please reload the page."),
        "reload",
    ),
    "frame.unlisted": Refusal(
        403,
        Text("허용되지 않은 메시지입니다", "This kind of message is not open in the zone"),
        Text("노트북 셀만 코드를 실행할 수 있습니다.", "Only notebook cells run code."),
    ),
    "frame.too_large": Refusal(
        413,
        Text("셀이 너무 커서 실행하지 않았습니다", "Not run: the cell or message is too large"),
        Text(
            "작은 셀로 나누어 주십시오. 위젯이 보낸 것이면 더 작은 값을 보내 주십시오.",
            "Please split it into smaller cells. If a widget sent it, have it send less.",
        ),
    ),
}
