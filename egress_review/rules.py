"""The table of rules: what each checks, how much it weighs, and who says so.

`source` may name a value of the policy in braces; it is replaced by that value's own source.
"""

from __future__ import annotations

from dataclasses import dataclass

from egress_review.findings import Severity
from registry.text import Text


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is checked in a file."""

    id: str
    severity: Severity
    title: Text
    source: str


_B, _F, _W, _N = Severity.BLOCK, Severity.FAIL, Severity.WARN, Severity.NOTE
_PIPA = "개인정보 보호법 (PIPA) Art. 2, 3"
_PIPA_UNIQUE = "개인정보 보호법 (PIPA) Art. 24"
_PIPA_RRN = "개인정보 보호법 (PIPA) Art. 24-2"
_HOUSE = "Ansim: what two people cannot read, they cannot approve"
_SDC = "OpenSAFELY output checking: counts behind every statistic, claims that match"
_INTERVALS = "Hundepool et al., Statistical Disclosure Control (2012), 4.4: feasibility intervals"
_OOXML = "ECMA-376 part 1: parts of a workbook; " + _HOUSE
_NBFORMAT = "Jupyter nbformat 4; " + _HOUSE

RULES: tuple[Rule, ...] = (
    Rule("file.name", _B, Text("파일 이름", "File name"), _HOUSE),
    Rule("file.type", _B, Text("내용으로 판정한 파일 형식", "File type by content"), "{types}"),
    Rule("file.size", _F, Text("파일 크기", "File size"), "{max_file_bytes}"),
    Rule("request.files", _F, Text("신청당 파일 수", "Files in one request"), "{max_files}"),
    Rule("request.size", _F, Text("신청당 전체 크기", "Size of one request"), "{max_total_bytes}"),
    Rule("request.context", _F, Text("신청 설명", "Context of the request"), "{min_context}"),
    Rule("request.evidence", _N, Text("근거 자료", "Evidence"), _HOUSE),
    Rule("text.encoding", _F, Text("문자 인코딩", "Text encoding"), _HOUSE),
    Rule("text.hidden", _F, Text("보이지 않는 문자", "Characters that hide text"), "Unicode TR 36; " + _HOUSE),
    Rule("text.encoded", _F, Text("인코딩된 덩어리", "Encoded blobs in text"), _HOUSE),
    Rule("table.shape", _W, Text("표의 모양", "Shape of the table"), _HOUSE),
    Rule("table.rows", _F, Text("표의 행 수", "Rows of the table"), "{max_rows}"),
    Rule("table.records", _F, Text("개인 단위 자료", "Row-level records"), "{row_level_rows}"),
    Rule("table.formula", _F, Text("수식으로 읽히는 셀", "Cells read as formulas"), "OWASP: CSV injection"),
    Rule("workbook.structure", _B, Text("통합 문서의 구조", "Structure of the workbook"), _OOXML),
    Rule("workbook.parts", _F, Text("셀이 아닌 내용", "What is not a cell"), _OOXML),
    Rule("workbook.hidden", _F, Text("숨긴 시트, 행, 열", "Hidden sheets, rows and columns"), _HOUSE),
    Rule("workbook.formula", _F, Text("수식", "Formulas"), _HOUSE),
    Rule("workbook.people", _F, Text("문서 속성의 이름", "Names in the document's properties"), _PIPA),
    Rule("notebook.structure", _B, Text("노트북의 구조", "Structure of the notebook"), _NBFORMAT),
    Rule("notebook.live", _F, Text("실행되는 출력", "Outputs that run"), _NBFORMAT),
    Rule("notebook.error", _F, Text("오류 메시지", "Tracebacks"), _HOUSE),
    Rule("notebook.metadata", _W, Text("노트북의 부가 정보", "Metadata of the notebook"), _NBFORMAT),
    Rule("cells.small", _F, Text("작은 셀", "Small cells"), "{min_cell}"),
    Rule("cells.zero", _F, Text("0인 셀", "Zero cells"), "{zeros}"),
    Rule("cells.claim", _F, Text("반올림 주장과의 일치", "Claimed rounding"), _SDC),
    Rule("cells.difference", _F, Text("이전 반출과의 차이", "Difference from earlier releases"), "{min_cell}"),
    Rule("cells.suppressed", _F, Text("가린 셀의 재계산", "Suppressed cells that can be computed"), _INTERVALS),
    Rule("cells.percent", _N, Text("비율이 뜻하는 작은 수", "Small counts behind percentages"), _SDC),
    Rule("cells.unclear", _W, Text("뜻이 분명하지 않은 정수", "Whole numbers of unclear meaning"), _SDC),
    Rule("cells.extremes", _W, Text("최솟값과 최댓값", "Minima and maxima"), _SDC),
    Rule("identifier.rrn", _B, Text("주민등록번호", "Resident registration number"), _PIPA_RRN),
    Rule("identifier.frn", _B, Text("외국인등록번호", "Foreigner registration number"), _PIPA_UNIQUE),
    Rule("identifier.passport", _B, Text("여권번호", "Passport number"), _PIPA_UNIQUE),
    Rule("identifier.driver_license", _B, Text("운전면허번호", "Driver licence number"), _PIPA_UNIQUE),
    Rule("identifier.health_insurance", _B, Text("건강보험증 번호", "Health insurance number"), _PIPA),
    Rule("identifier.card", _B, Text("카드번호", "Payment card number"), _PIPA),
    Rule("identifier.account", _B, Text("계좌번호", "Bank account number"), _PIPA),
    Rule("identifier.person", _F, Text("사람 이름", "Personal name"), _PIPA),
    Rule("identifier.phone", _F, Text("전화번호", "Phone number"), _PIPA),
    Rule("identifier.email", _F, Text("전자우편 주소", "E-mail address"), _PIPA),
    Rule("identifier.address", _F, Text("주소", "Address"), _PIPA),
    Rule("identifier.vehicle", _F, Text("차량번호", "Vehicle plate"), _PIPA),
    Rule("identifier.birth_date", _F, Text("생년월일", "Date of birth"), _PIPA),
    Rule("identifier.other_id", _F, Text("그 밖의 식별번호", "Other identifying number"), _PIPA),
    Rule("identifier.business_reg", _W, Text("사업자등록번호", "Business registration number"), _PIPA),
    Rule("identifier.corporate_reg", _W, Text("법인등록번호", "Corporate registration number"), _PIPA),
    Rule("identifier.ip", _W, Text("IP 주소", "IP address"), _PIPA),
    Rule("identifier.url", _N, Text("웹 주소", "Web address"), _PIPA),
    Rule("image.integrity", _B, Text("이미지 구조", "Structure of the image"), _HOUSE),
    Rule("image.metadata", _F, Text("이미지의 숨은 정보", "Metadata of the image"), _HOUSE),
    Rule("image.content", _W, Text("그림 속 내용", "What the picture shows"), _HOUSE),
)

RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}
