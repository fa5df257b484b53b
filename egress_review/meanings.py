"""What each rule means to the person who meets it: why it is there, in a sentence or two, in Korean and English.

What to do about a finding is said by the finding itself, with the numbers of the case.
"""

from __future__ import annotations

from collections.abc import Mapping

from registry.text import Text

_UNIQUE = Text(
    "법이 따로 보호하는 고유식별정보입니다. 어떤 심사자도 통과시킬 수 없습니다.",
    "The law protects such numbers by name. No reviewer can wave one through.",
)
_PERSONAL = Text(
    "한 사람을 가리키는 정보입니다. 결과에는 집단만 있어야 합니다.",
    "It points to one person. A result speaks of groups only.",
)
_NAMES_FIRM = Text(
    "법인이나 사업자를 가리킵니다. 공개된 곳이 아니면 그 기관의 자료가 드러납니다.",
    "It names a company; unless that is public, the company's data are shown.",
)

MEANING: Mapping[str, Text] = {
    "file.name": Text(
        "파일 이름은 밖에서도 그대로 쓰입니다. 경로나 제어문자, 이중 확장자가 든 이름은 여는 사람을 속일 수 있습니다.",
        "The name is used outside as it is. Paths, control characters or two endings deceive whoever opens the file.",
    ),
    "file.type": Text(
        "형식은 이름이 아니라 내용으로 판정합니다. 끝까지 읽을 수 없는 형식은 무엇이 들었는지 아무도 말할 수 없습니다.",
        "The type is judged by content, not by name. Of a format that cannot be read to its end nobody can say what it "
        "holds.",
    ),
    "file.size": Text(
        "사람이 읽을 수 있는 크기여야 승인이라는 말이 성립합니다.",
        "What is approved must be of a size that a person can read.",
    ),
    "request.files": Text(
        "한 번에 읽을 수 있는 파일 수를 넘으면 심사가 느려지고 빠뜨리는 것이 생깁니다.",
        "More files than can be read in one sitting make a review slow and leave gaps.",
    ),
    "request.size": Text(
        "신청 전체의 크기도 사람이 읽을 수 있는 만큼이어야 합니다.",
        "The request as a whole must be readable too.",
    ),
    "request.context": Text(
        "무엇을 누구에게서 셌는지 모르면 표가 안전한지 판단할 수 없습니다. 반려의 약 4분의 1이 설명 부족입니다.",
        "Without knowing what was counted, and of whom, nobody can judge a table. About a quarter of refusals are for "
        "too little context.",
    ),
    "request.evidence": Text(
        "근거 자료는 반출되지 않으며 기계가 대조하지 않았음을 심사자에게 알립니다.",
        "Evidence does not leave; the note tells reviewers that no machine compared it.",
    ),
    "text.encoding": Text(
        "글자로 풀리지 않는 바이트는 읽히지 않은 채 나가게 됩니다.",
        "Bytes that do not decode to characters would leave unread.",
    ),
    "text.hidden": Text(
        "보이지 않거나 방향을 뒤집는 문자는 화면에 보이는 것과 다른 내용을 숨길 수 있습니다.",
        "Characters that are invisible or reverse the direction can hide something other than what the screen shows.",
    ),
    "text.encoded": Text(
        "Base64나 16진수 덩어리에는 자료를 통째로 넣을 수 있고 사람은 읽을 수 없습니다.",
        "A Base64 or hexadecimal blob can hold whole data sets, and no person can read it.",
    ),
    "table.shape": Text(
        "행마다 열 수가 다르면 기계와 사람이 서로 다른 표를 볼 수 있습니다.",
        "If rows differ in width, machine and person may see different tables.",
    ),
    "table.rows": Text(
        "긴 표는 대개 집계가 아니라 개인 단위 자료입니다.",
        "A long table is usually not an aggregate but records of people.",
    ),
    "table.records": Text(
        "한 행이 한 사람이면 결과가 아니라 원자료입니다.",
        "If a row is a person, the table is data and not a result.",
    ),
    "table.formula": Text(
        "=, +, -, @로 시작하는 셀은 표 계산 프로그램에서 명령으로 실행될 수 있습니다.",
        "A cell that begins with =, +, - or @ may be run as a command by a spreadsheet program.",
    ),
    "workbook.structure": Text(
        "통합 문서는 끝까지 풀어 읽을 수 있어야 합니다. 목록에 없는 바이트, 암호, 중복된 부분은 숨김 통로가 됩니다.",
        "A workbook must unpack completely. Bytes that no directory names, passwords and doubled parts hide content.",
    ),
    "workbook.parts": Text(
        "피벗 표, 메모, 연결, 차트, 매크로에는 화면에 보이지 않는 원자료가 남습니다.",
        "Pivot tables, comments, connections, charts and macros keep data that the screen does not show.",
    ),
    "workbook.hidden": Text(
        "숨긴 시트, 행, 열도 파일과 함께 나갑니다.",
        "Hidden sheets, rows and columns leave with the file.",
    ),
    "workbook.formula": Text(
        "수식은 화면의 값과 다른 것을 계산하거나 다른 셀의 값을 드러낼 수 있습니다.",
        "A formula may compute something other than the value shown, or reveal what other cells held.",
    ),
    "workbook.people": Text(
        "문서 속성에는 작성자와 마지막으로 고친 사람의 이름이 남습니다.",
        "The properties of a document keep the names of its author and of whoever changed it last.",
    ),
    "notebook.structure": Text(
        "노트북은 셀마다 나누어 읽습니다. 나눌 수 없는 노트북은 무엇이 들었는지 말할 수 없습니다.",
        "A notebook is read cell by cell. Of one that cannot be taken apart nobody can say what it holds.",
    ),
    "notebook.live": Text(
        "위젯과 대화형 그림은 화면에 보이는 것 뒤에 자료를 통째로 담습니다.",
        "Widgets and interactive plots hold whole data sets behind what the screen shows.",
    ),
    "notebook.error": Text(
        "오류 메시지는 그 순간 다루던 값을 인용합니다.",
        "A traceback quotes the values that were at hand when it happened.",
    ),
    "notebook.metadata": Text(
        "알려지지 않은 부가 정보에는 사람 이름이나 실행 기록이 남을 수 있습니다.",
        "Metadata that is not known may keep names or a history of what was run.",
    ),
    "cells.small": Text(
        "적은 수의 사람만 해당하는 셀은 누구인지 짐작하게 합니다.",
        "A cell with few people lets others guess who they are.",
    ),
    "cells.zero": Text(
        "0 또는 전체는 그 집단 모두에 관한 사실이 됩니다.",
        "A zero, or everybody, is a fact about every member of the group.",
    ),
    "cells.claim": Text(
        "반올림했다는 말과 표가 다르면 그 말에 기댄 판단이 모두 틀립니다.",
        "If the table is not rounded as claimed, every judgement that leans on the claim is wrong.",
    ),
    "cells.difference": Text(
        "따로 보면 안전한 두 표도 서로 빼면 작은 집단이 나옵니다. 이 프로젝트에서 이미 나간 모든 것과 대조합니다.",
        "Two tables that are safe alone show a small group when one is subtracted from the other. Everything that left "
        "the project before is compared.",
    ),
    "cells.suppressed": Text(
        "가린 셀도 합계, 비율, 이전 반출로 다시 계산되면 가린 것이 아닙니다. "
        "바깥 사람이 계산할 수 있는 범위를 구합니다.",
        "A suppressed cell that totals, percentages or earlier releases give away is not suppressed. The range that an "
        "outsider can compute is worked out.",
    ),
    "cells.percent": Text(
        "비율에 기준 수를 곱하면 가려지지 않은 작은 수가 나올 수 있습니다.",
        "A percentage times its base may give a small count that the table does not show.",
    ),
    "cells.unclear": Text(
        "사람 수인지 알 수 없는 정수는 기준을 적용할 수 없습니다.",
        "Whole numbers of unknown meaning cannot be held to a threshold.",
    ),
    "cells.extremes": Text(
        "최솟값과 최댓값은 대개 한 사람의 값입니다.",
        "A minimum or maximum is usually the value of one person.",
    ),
    **dict.fromkeys(("identifier.rrn", "identifier.frn", "identifier.passport", "identifier.driver_license"), _UNIQUE),
    **dict.fromkeys(
        (
            "identifier.health_insurance",
            "identifier.card",
            "identifier.account",
            "identifier.person",
            "identifier.phone",
            "identifier.email",
            "identifier.address",
            "identifier.vehicle",
            "identifier.birth_date",
            "identifier.other_id",
        ),
        _PERSONAL,
    ),
    **dict.fromkeys(("identifier.business_reg", "identifier.corporate_reg"), _NAMES_FIRM),
    "identifier.ip": Text(
        "IP 주소는 한 사람의 기기나 내부 시스템을 가리킬 수 있습니다.",
        "An IP address may point to one person's device, or to a system inside.",
    ),
    "identifier.url": Text(
        "웹 주소에는 식별자가 붙어 있을 수 있어 심사자에게 알립니다.",
        "A web address may carry identifiers; reviewers are told of it.",
    ),
    "image.integrity": Text(
        "그림의 구조가 깨졌거나 끝 뒤에 바이트가 더 있으면 다른 것이 숨어 있을 수 있습니다.",
        "A broken structure, or bytes after the end of a picture, may hide something else.",
    ),
    "image.metadata": Text(
        "사진의 숨은 정보에는 위치, 기기, 이름, 이전 그림이 남습니다.",
        "The metadata of a picture keep places, devices, names and earlier pictures.",
    ),
    "image.content": Text(
        "그림에 무엇이 그려졌는지는 사람이 봐야 합니다. 뒤에 있는 수를 함께 내면 판단이 쉬워집니다.",
        "What a picture shows takes a person to judge. The counts behind it, handed in beside it, make that easy.",
    ),
}
