"""What each rule means to the person who meets it: why it is there, in a sentence or two, in Korean and English.

What to do about a finding is said by the finding itself, with the numbers of the case.
"""

from __future__ import annotations

from collections.abc import Mapping

from egress_review.meanings_of_files import OF_FILES
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
    "text.secret": Text(
        "프로그램이나 글에 적힌 비밀번호와 키는 받는 사람에게 자료의 문을 열어 줍니다.",
        "A password or a key in a program or a text opens the door to the data for whoever receives it.",
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
        "한 행이 한 사람이면 결과가 아니라 원자료입니다. 표의 처음 몇 줄, 자료의 구조를 보이는 출력, "
        "사람마다의 예측값과 잔차, 사건(0, 1)이 붙은 시간도 그렇습니다.",
        "If a row is a person, the table is data and not a result. So are the first lines of a table, the structure of "
        "a frame with its values, predictions and residuals of each person, and times with an event of 0 or 1.",
    ),
    "table.unique": Text(
        "값이 거의 모두 다른 열은 집단이 아니라 하나하나를 가리키는 번호이기 쉽습니다.",
        "A column in which nearly every value differs tends to number single people or things, not groups.",
    ),
    "table.singular": Text(
        "나이, 성별, 지역 같은 값의 조합이 한 행뿐이면 그 행은 한 사람의 것입니다. 구분 값이 되풀이되고 나머지 값에 "
        "순서가 없는 표, 정확한 좌표나 시각, 업체 이름마다 적힌 값, 한 사람의 이야기도 같습니다. 프로그램 속에 적힌 "
        "값도 봅니다.",
        "If a combination of age, sex, place and the like stands in one row only, that row is about one person. So are "
        "rows whose labels repeat beside values in no order, exact places and times, values beside the names of firms, "
        "and the story of one person; values that are written into a program are looked at too.",
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
        "피벗 표, 메모, 연결, 차트, 매크로에는 화면에 보이지 않는 원자료가 남습니다. 매크로와 안에 든 파일은 "
        "차단됩니다.",
        "Pivot tables, comments, connections, charts and macros keep data that the screen does not show. Macros and "
        "embedded files block.",
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
        "문서 속성에는 작성자와 마지막으로 고친 사람의 이름이 남습니다. 기관이나 부서의 이름뿐이면 알리기만 합니다.",
        "The properties of a document keep the names of its author and of whoever changed it last. The name of an "
        "organisation or a part of one is only pointed out.",
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
        "오류 메시지는 그 순간 다루던 값을 인용합니다. 알려진 낱말로만 된 메시지는 걸리지 않습니다.",
        "A traceback quotes the values that were at hand when it happened. One whose message is of known words alone "
        "does not matter.",
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
        "0 또는 전체는 그 집단 모두에 관한 사실이 됩니다. 다른 집단은 나뉘는데 한 집단만 모두 같으면 실패입니다.",
        "A zero, or everybody, is a fact about every member of the group. It fails where other groups are divided.",
    ),
    "cells.claim": Text(
        "반올림했다는 말과 표가 다르면 그 말에 기댄 판단이 모두 틀립니다.",
        "If the table is not rounded as claimed, every judgement that leans on the claim is wrong.",
    ),
    "cells.difference": Text(
        "따로 보면 안전한 두 표도 서로 빼면 작은 집단이 나옵니다. 이 프로젝트에서 이미 나간 모든 것과 대조하고, "
        "가린 셀은 함께 나가는 표와 이미 나간 표를 모두 놓고(같은 집단을 말하는 표 20개까지) 계산합니다.",
        "Two tables that are safe alone show a small group when one is subtracted from the other. Everything that left "
        "the project before is compared, and suppressed cells are computed from all tables that leave together and all "
        "that left before (up to 20 that speak of the same groups).",
    ),
    "cells.linked": Text(
        "한 신청의 두 표가 같은 사람들을 다르게 나누면 서로 빼거나 더하여 작은 집단이나 가린 셀이 나올 수 있습니다.",
        "If two tables of a request cut the same people in different ways, one minus the other may show a small group "
        "or a suppressed cell.",
    ),
    "cells.unaligned": Text(
        "기계가 비교하지 못한 이전 반출이 있으면 그 사실과 까닭을 심사자에게 알립니다.",
        "Where an earlier release could not be compared by the machine, reviewers are told so, and why.",
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
    "cells.implied": Text(
        "누적 수의 차이, 합계와 평균의 비, 표준편차와 표준오차의 비는 사람 수가 됩니다. "
        "표에 없는 수도 계산되면 나온 것입니다. 한 행만 표준편차가 비어 있으면 그 평균은 한 사람의 값입니다.",
        "Two running totals, a sum beside its mean, a standard deviation beside its error: each gives a number of "
        "people that no cell shows. A mean whose standard deviation alone is missing is the value of one person.",
    ),
    "cells.margin": Text(
        "합계에서 나머지를 빼면 표에 없는 집단의 수가 나옵니다. 그 집단이 작으면 가린 것이 아닙니다.",
        "A total less its parts counts those whom the table leaves out. If they are few, they are not hidden.",
    ),
    "cells.rounding": Text(
        "반올림한 표에 반올림하지 않은 수가 하나라도 있으면 나머지 수의 범위가 좁혀집니다.",
        "One exact number in a rounded table narrows the range of all others.",
    ),
    "cells.equal": Text(
        "집단의 값이 모두 같으면 평균이 곧 한 사람 한 사람의 값입니다.",
        "If all values of a group are the same, its mean is the value of each member.",
    ),
    "cells.quantile": Text(
        "분위수 바깥에 몇 사람만 있으면 그 값은 그 사람들의 값과 다르지 않습니다.",
        "If only a few people lie beyond a quantile, its value is hardly other than theirs.",
    ),
    "cells.unclear": Text(
        "사람 수인지 알 수 없는 정수는 기준을 적용할 수 없습니다.",
        "Whole numbers of unknown meaning cannot be held to a threshold.",
    ),
    "cells.extremes": Text(
        "최솟값과 최댓값은 대개 한 사람이나 한 기업의 값이므로 이상값 목록과 함께 실패입니다. 0과 1, 척도의 끝, "
        "연도는 아니며, 반올림하거나 절사한 값과 비율의 끝은 심사자가 살핍니다.",
        "A minimum or maximum is usually the value of one person or firm and fails, as does a list of outliers. 0 and "
        "1, the ends of a score and years do not; rounded or trimmed ones and those of rates are for reviewers.",
    ),
    "evidence.format": Text(
        "근거 파일은 정해진 형식으로만 읽습니다. 손으로 고친 근거는 아무것도 증명하지 못합니다.",
        "Evidence is read in one format only. Evidence that was edited by hand proves nothing.",
    ),
    "evidence.missing": Text(
        "금액의 합계나 평균은 한두 사람이나 업체가 거의 전부일 수 있고, 그 사실은 결과만으로는 보이지 않습니다. "
        "기여자별 몫을 담은 근거 파일이 있어야 확인됩니다. 근거 파일은 반출되지 않습니다.",
        "A sum or mean of money may be almost wholly that of one or two people or firms, and the output does not show "
        "it. A file with the largest contributions does; it never leaves.",
    ),
    "evidence.counts": Text(
        "내보내는 수는 근거의 수와 같거나 그것을 반올림한 수여야 합니다.",
        "What is published must be the number of the evidence, or that number rounded.",
    ),
    "evidence.small": Text(
        "반올림하거나 평균을 낸 수 뒤에 적은 수의 사람만 있으면 누구인지 짐작할 수 있습니다.",
        "If few people stand behind a number that was rounded or averaged, others may guess who they are.",
    ),
    "evidence.dominance": Text(
        "가장 큰 몇 기여자가 합계의 대부분을 차지하면 합계가 곧 그들의 값입니다.",
        "If the largest contributors make up most of a total, the total is their value.",
    ),
    "evidence.p_percent": Text(
        "둘째로 큰 기여자는 합계에서 자기 값을 빼어 가장 큰 기여자의 값을 추정할 수 있습니다. "
        "그 오차가 기준보다 작으면 안 됩니다.",
        "The second largest contributor can subtract their own value from the total and so estimate the largest; the "
        "error of that estimate must not be too small.",
    ),
    "evidence.acro": Text(
        "ACRO는 자료를 보고 판정하지만 그 기록은 연구자의 손에 있습니다. 여기의 판정과 다르면 심사자가 까닭을 봅니다.",
        "ACRO judges with the data in view, and its record lies in the researcher's hands. Where it differs from the "
        "verdict here, a reviewer looks into the reason.",
    ),
    "model.freedom": Text(
        "대상자 수와 변수 수가 비슷한 모형은 원자료를 다른 모습으로 담은 것입니다.",
        "A model with nearly as many terms as people is the data in another form.",
    ),
    "model.saturated": Text(
        "포화 모형의 예측값은 각 사람이나 집단의 값과 같습니다.",
        "What a saturated model predicts are the values of the people or groups themselves.",
    ),
    "model.group": Text(
        "이항 변수 하나만 있는 회귀의 계수는 두 집단의 평균입니다. 표로 낼 때와 같은 기준이 필요합니다.",
        "The coefficients of a regression on one group variable are two group means, and are judged as such.",
    ),
    "model.classes": Text(
        "분류 보고서의 support, 혼동행렬의 셀, 의사결정나무의 마디에 적힌 수는 사람 수입니다.",
        "The support of a classification report, the cells of a confusion matrix and the nodes of a tree count people.",
    ),
    "model.metadata": Text(
        "SDV의 메타데이터에는 원자료의 최솟값·최댓값과 드문 범주가 들어 있어 그 자체로 사람을 드러낼 수 있습니다.",
        "Metadata of SDV holds minima, maxima and rare categories of the source, which by themselves can tell of a "
        "person.",
    ),
    "model.weights": Text(
        "가중치는 배운 자료를 기억할 수 있고 사람이 읽을 수 없습니다. 파일(safetensors, ONNX)에 가중치만 있고 "
        "공격 시험 보고서가 근거로 있으면 차단하지 않고, 선임 심사자가 사유를 적어야만 나갑니다. 보고서가 없으면 "
        "차단됩니다.",
        "Weights can keep what they learned, and nobody reads them. As safetensors or ONNX with nothing else in it, "
        "and with a report of attacks as evidence, they are not blocked, and leave only if a senior checker says why. "
        "Without the report they are blocked.",
    ),
    "model.survival": Text(
        "생존곡선의 계단 높이에 위험집단의 수를 곱하면 사건 수가 나옵니다. 끝부분은 몇 사람의 이야기입니다.",
        "The height of a step times the number at risk is a count of events, and the end of a curve speaks of few.",
    ),
    "figure.counts": Text(
        "그림만으로는 막대나 점이 몇 사람인지 알 수 없습니다. 뒤의 수를 근거로 내면 기계가 확인합니다.",
        "A picture does not say how many people a bar or point stands for; with the counts beside it a machine checks.",
    ),
    "request.claim": Text(
        "반올림하거나 작은 셀을 없앴다는 설명, 주석, README를 믿고 판단하므로, 표가 그 말과 같아야 합니다.",
        "Reviewers lean on what description, notes and README say of rounding and small cells: tables must agree.",
    ),
    "request.described": Text(
        "누구의 자료이고 이전 반출과 어떤 관계인지 알아야 차이에서 드러나는 집단을 판단할 수 있습니다.",
        "Whom a result is about, and how it relates to the last one, is what a difference is judged by.",
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
    "identifier.corporate_reg": _NAMES_FIRM,
    "identifier.business_reg": Text(
        "법인이나 사업자를 가리킵니다. 공개된 곳이 아니면 그 기관의 자료가 드러납니다. 개인사업자의 번호는 한 사람의 "
        "번호이므로 막힙니다.",
        "It names a company; unless that is public, the company's data are shown. The number of a sole trader is that "
        "of a person, and stops the file.",
    ),
    "identifier.ip": Text(
        "IP 주소는 한 사람의 기기나 내부 시스템을 가리킬 수 있습니다.",
        "An IP address may point to one person's device, or to a system inside.",
    ),
    "identifier.url": Text(
        "웹 주소에는 식별자가 붙어 있을 수 있어 심사자에게 알립니다.",
        "A web address may carry identifiers; reviewers are told of it.",
    ),
    "source.records": Text(
        "행의 값들이 원자료의 한 기록과 우연이라고 보기 어렵게 함께 나타납니다. 순서나 열 이름을 바꾸거나 인코딩해도 "
        "찾습니다. 구역만 가진 키로 만든 지문과 대조하며, 원자료 자체는 점검기에 들어가지 않습니다.",
        "Values of a row stand together in one record of the source, more than chance explains; reordering, renaming "
        "or encoding does not hide it. Keyed fingerprints are compared, by the zone alone; the source itself never "
        "enters the scanner.",
    ),
    "source.identifiers": Text(
        "원자료에서 사람이나 건을 하나씩 가리키는 열의 값이 파일에 있습니다.",
        "Values stand in the file that number single people or cases in the source.",
    ),
    "source.rows": Text(
        "결과의 행 수가 원자료와 같으면 한 행이 한 사람일 수 있습니다. 예측값 목록도 그렇습니다.",
        "A result with as many rows as the source may have a row per person, as a list of predictions has.",
    ),
    "source.coverage": Text(
        "표로 읽을 수 없는 원자료는 지문을 만들 수 없어 심사자가 그만큼 더 살핍니다.",
        "Source files that cannot be read as tables have no fingerprints; reviewers look the harder.",
    ),
    "behaviour.duplicate": Text(
        "막히거나 반려된 파일을 조금 고쳐 다시 낸 것일 수 있습니다. 무엇이 달라졌는지 봅니다.",
        "It may be a file that was stopped or refused, handed in again with small changes. Look at what changed.",
    ),
    "behaviour.volume": Text(
        "하나하나는 작아도 모으면 원자료에 가까워질 수 있습니다.",
        "Each is small, and together they may come near to the source.",
    ),
    "behaviour.first": Text(
        "처음 반출하는 사람의 결과는 선임 심사자가 함께 봅니다.",
        "What an author releases for the first time is seen by a senior checker too.",
    ),
    "behaviour.hours": Text(
        "밤이나 휴일의 신청이라는 사실만 알립니다. 그 자체로 문제는 아닙니다.",
        "The request came at night or on a holiday. That is said, and is no fault in itself.",
    ),
    "image.integrity": Text(
        "그림의 구조가 깨졌거나 끝 뒤에 바이트가 더 있으면 다른 것이 숨어 있을 수 있습니다.",
        "A broken structure, or bytes after the end of a picture, may hide something else.",
    ),
    "image.metadata": Text(
        "사진의 숨은 정보에는 위치, 기기, 이름, 이전 그림이 남습니다. 방향, 해상도, 프로그램 이름만 든 EXIF는 걸리지 "
        "않습니다.",
        "The metadata of a picture keep places, devices, names and earlier pictures. EXIF of nothing but orientation, "
        "resolution and program does not matter.",
    ),
    "image.content": Text(
        "그림에 무엇이 그려졌는지는 사람이 봐야 합니다. 뒤에 있는 수를 함께 내면 판단이 쉬워집니다.",
        "What a picture shows takes a person to judge. The counts behind it, handed in beside it, make that easy.",
    ),
    **OF_FILES,
}
