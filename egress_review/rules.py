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
    heaviest: Severity | None = None
    """What the worst of its findings weigh, where that is more than `severity`; `MEANING` says which those are."""


_B, _F, _W, _N = Severity.BLOCK, Severity.FAIL, Severity.WARN, Severity.NOTE
_PIPA = "개인정보 보호법 (PIPA) Art. 2, 3"
_PIPA_UNIQUE = "개인정보 보호법 (PIPA) Art. 24"
_PIPA_RRN = "개인정보 보호법 (PIPA) Art. 24-2"
_HOUSE = "Ansim: what two people cannot read, they cannot approve"
_SDC = "OpenSAFELY output checking: counts behind every statistic, claims that match"
_SDV = "SDV 2.0: metadata JSON holds range_min, range_max and category values"
_MODELS = "ACRO 1.0: residual degrees of freedom; SDAP handbook: modelled statistics"
_ACRO_EQUAL = "ACRO 1.0: all values are the same; Hundepool et al. (2012): group disclosure"
_ACRO = "ACRO 1.0 (AI-SDC): results.json as evidence, never as proof"
_DOMINANCE = "Hundepool et al., Statistical Disclosure Control (2012), 4.2: dominance; ACRO; sdcLog"
_K_ANONYMITY = "Sweeney, k-anonymity (2002): k = 1; 가명정보 처리 가이드라인 (PIPC): 특이정보"
_XM = "Unique ratio of 0.95 over 20 values or more, as in other output checkers"
_SOURCE = (
    "Ansim: rows that chance does not explain (docs/explanation/fingerprints.md); UK Biobank: summary results only"
)
_PEERS = "Ansim: what adds up over requests, which no single file shows"
_INTERVALS = "Hundepool et al., Statistical Disclosure Control (2012), 4.4: feasibility intervals"
_OOXML = "ECMA-376 part 1: parts of a workbook; " + _HOUSE
_NBFORMAT = "Jupyter nbformat 4; " + _HOUSE
_WORD = "ECMA-376 part 1: parts of a document or deck; KS X 6101 (OWPML): Hangul documents; " + _HOUSE
_PDF = "ISO 32000-1; " + _HOUSE
_MARKUP = "HTML Living Standard; SVG 2; " + _HOUSE
_POINTS = "ACRO: .svg is blocked because data points are embedded; OpenSAFELY: counts behind every figure"

RULES: tuple[Rule, ...] = (
    Rule("file.name", _B, Text("파일 이름", "File name"), _HOUSE),
    Rule("file.type", _B, Text("내용으로 판정한 파일 형식", "File type by content"), "{types}"),
    Rule("file.polyglot", _B, Text("두 가지 형식인 파일", "Two files in one"), _HOUSE),
    Rule("file.malware", _B, Text("악성코드", "Malicious software"), "ClamAV, where it is installed"),
    Rule("archive.structure", _B, Text("압축 파일의 구조", "Structure of the archive"), _HOUSE),
    Rule("file.size", _F, Text("파일 크기", "File size"), "{max_file_bytes}"),
    Rule("request.files", _F, Text("신청당 파일 수", "Files in one request"), "{max_files}"),
    Rule("request.size", _F, Text("신청당 전체 크기", "Size of one request"), "{max_total_bytes}"),
    Rule("request.context", _F, Text("신청 설명", "Context of the request"), "{min_context}"),
    Rule("request.claim", _F, Text("설명과 표의 일치", "Description and tables"), _SDC),
    Rule("request.described", _W, Text("설명에 빠진 것", "What the description leaves out"), _SDC),
    Rule("request.evidence", _N, Text("근거 자료", "Evidence"), _HOUSE),
    Rule("text.encoding", _F, Text("문자 인코딩", "Text encoding"), _HOUSE),
    Rule("text.hidden", _F, Text("보이지 않는 문자", "Characters that hide text"), "Unicode TR 36; " + _HOUSE),
    Rule("text.encoded", _F, Text("인코딩된 덩어리", "Encoded blobs in text"), _HOUSE),
    Rule("text.secret", _F, Text("비밀번호와 접속 키", "Passwords and keys"), "CWE-798: hard-coded credentials"),
    Rule("table.shape", _W, Text("표의 모양", "Shape of the table"), _HOUSE),
    Rule("table.rows", _F, Text("표의 행 수", "Rows of the table"), "{max_rows}"),
    Rule("table.records", _F, Text("개인 단위 자료", "Row-level records"), "{row_level_rows}"),
    Rule("table.unique", _W, Text("값이 모두 다른 열", "Columns of distinct values"), _XM),
    Rule("table.singular", _F, Text("한 사람뿐인 조합", "Combinations that single people out"), _K_ANONYMITY),
    Rule("table.formula", _F, Text("수식으로 읽히는 셀", "Cells read as formulas"), "OWASP: CSV injection"),
    Rule("workbook.structure", _B, Text("통합 문서의 구조", "Structure of the workbook"), _OOXML),
    Rule("workbook.parts", _F, Text("셀이 아닌 내용", "What is not a cell"), _OOXML, _B),
    Rule("workbook.hidden", _F, Text("숨긴 시트, 행, 열", "Hidden sheets, rows and columns"), _HOUSE),
    Rule("workbook.formula", _F, Text("수식", "Formulas"), _HOUSE),
    Rule("workbook.people", _F, Text("문서 속성의 이름", "Names in the document's properties"), _PIPA),
    Rule("document.structure", _B, Text("문서의 구조", "Structure of the document"), _WORD),
    Rule("document.parts", _F, Text("글이 아닌 내용", "What is neither text nor table"), _WORD, _B),
    Rule(
        "document.hidden",
        _F,
        Text("변경 이력, 메모, 숨긴 글과 슬라이드", "Tracked changes, comments, hidden text and slides"),
        _HOUSE,
    ),
    Rule("document.people", _F, Text("문서 속성의 이름", "Names in the document's properties"), _PIPA),
    Rule("pdf.structure", _B, Text("PDF의 구조", "Structure of the PDF"), _PDF),
    Rule("pdf.active", _B, Text("PDF의 실행되는 내용", "What runs in the PDF"), _PDF),
    Rule("pdf.attached", _B, Text("PDF에 붙은 파일", "Files attached to the PDF"), _PDF),
    Rule("pdf.hidden", _F, Text("쪽에 보이지 않는 내용", "What the pages do not show"), _PDF),
    Rule("pdf.metadata", _F, Text("PDF의 문서 정보", "Metadata of the PDF"), _PDF),
    Rule("markup.structure", _B, Text("SVG의 구조", "Structure of the SVG"), _MARKUP),
    Rule("markup.active", _F, Text("실행되는 내용", "What a browser runs"), _MARKUP),
    Rule("markup.outside", _F, Text("밖에서 불러오는 것", "What is loaded from outside"), _MARKUP),
    Rule("markup.hidden", _F, Text("보이지 않는 내용", "What the page does not show"), _MARKUP),
    Rule("figure.counts", _F, Text("그림 뒤의 수", "Counts behind the plot"), _SDC),
    Rule("figure.points", _F, Text("그림에 든 자료의 점", "Points of data in a figure"), _POINTS),
    Rule("notebook.structure", _B, Text("노트북의 구조", "Structure of the notebook"), _NBFORMAT),
    Rule("notebook.live", _F, Text("실행되는 출력", "Outputs that run"), _NBFORMAT),
    Rule("notebook.error", _F, Text("오류 메시지", "Tracebacks"), _HOUSE),
    Rule("notebook.metadata", _W, Text("노트북의 부가 정보", "Metadata of the notebook"), _NBFORMAT),
    Rule("cells.small", _F, Text("작은 셀", "Small cells"), "{min_cell}"),
    Rule("cells.zero", _F, Text("0인 셀", "Zero cells"), "{zeros}"),
    Rule("cells.claim", _F, Text("반올림 주장과의 일치", "Claimed rounding"), _SDC),
    Rule("cells.difference", _F, Text("이전 반출과의 차이", "Difference from earlier releases"), "{min_cell}"),
    Rule("cells.linked", _F, Text("함께 나가는 표의 차이", "Tables that leave together"), "{min_cell}"),
    Rule("cells.unaligned", _N, Text("비교하지 못한 이전 반출", "Earlier releases that were not compared"), _HOUSE),
    Rule("cells.suppressed", _F, Text("가린 셀의 재계산", "Suppressed cells that can be computed"), _INTERVALS),
    Rule("cells.percent", _F, Text("비율이 뜻하는 작은 수", "Small counts behind percentages"), _SDC),
    Rule("cells.implied", _F, Text("나누거나 빼면 나오는 작은 수", "Small counts that others give"), "{min_cell}"),
    Rule("cells.margin", _F, Text("합계와 맞지 않는 셀", "Cells that leave something of their total"), "{min_cell}"),
    Rule("cells.rounding", _F, Text("빠뜨린 반올림", "Counts that were forgotten in rounding"), "{round_base}"),
    Rule("cells.equal", _F, Text("값이 모두 같은 집단", "Groups of equal values"), _ACRO_EQUAL),
    Rule("cells.quantile", _F, Text("바깥쪽 분위수", "Far quantiles"), _SDC),
    Rule("cells.unclear", _W, Text("뜻이 분명하지 않은 정수", "Whole numbers of unclear meaning"), _SDC),
    Rule("cells.extremes", _W, Text("최솟값과 최댓값", "Minima and maxima"), _SDC, _F),
    Rule("evidence.format", _F, Text("근거 파일의 형식", "Format of the evidence"), _HOUSE),
    Rule("evidence.missing", _F, Text("근거가 필요한 금액", "Money without evidence"), _DOMINANCE),
    Rule("evidence.counts", _F, Text("근거와 다른 수", "Numbers that differ from the evidence"), _SDC),
    Rule("evidence.small", _F, Text("근거에 따른 작은 집단", "Few contributors by the evidence"), "{min_cell}"),
    Rule("evidence.dominance", _F, Text("소수의 지배 (n,k)", "Dominance (n,k)"), "{dominance_k}"),
    Rule("evidence.p_percent", _F, Text("경쟁자의 추정 (p%)", "Estimation by a rival (p%)"), "{p_percent}"),
    Rule("evidence.acro", _F, Text("ACRO와 다른 판정", "Another verdict than ACRO"), _ACRO),
    Rule("source.records", _B, Text("원자료의 기록", "Records of the source"), _SOURCE),
    Rule("source.identifiers", _F, Text("원자료의 식별 값", "Identifying values of the source"), _PIPA),
    Rule("source.rows", _F, Text("원자료와 같은 행 수", "As many rows as the source"), _SOURCE),
    Rule("source.coverage", _W, Text("대조하지 못한 원자료", "Source files that were not compared"), _HOUSE),
    Rule("behaviour.duplicate", _W, Text("막혔던 파일과 비슷함", "Like a file that was stopped"), _PEERS),
    Rule("behaviour.volume", _W, Text("쌓이는 작은 신청", "Small requests that add up"), _PEERS),
    Rule("behaviour.first", _F, Text("첫 반출", "First release of an author"), _PEERS),
    Rule("behaviour.hours", _N, Text("업무시간 밖의 신청", "Request outside working hours"), "ISMS-P 2.9.5"),
    Rule("model.freedom", _F, Text("잔차 자유도", "Residual degrees of freedom"), "{min_dof}"),
    Rule("model.saturated", _F, Text("포화 모형", "Saturated models"), _MODELS),
    Rule("model.group", _W, Text("두 집단의 평균인 회귀", "Regression on one group"), _MODELS),
    Rule("model.classes", _F, Text("작은 분류", "Small classes of a classifier"), "{min_cell}"),
    Rule("model.metadata", _B, Text("합성 도구의 메타데이터", "Metadata of a synthesiser"), _SDV),
    Rule("model.weights", _F, Text("모델의 가중치", "Weights of a model"), "SATRE v2 3.3.07; " + _HOUSE),
    Rule("model.survival", _F, Text("생존곡선의 계단", "Steps of a survival curve"), "{survival_threshold}"),
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
    Rule("identifier.business_reg", _W, Text("사업자등록번호", "Business registration number"), _PIPA, _F),
    Rule("identifier.corporate_reg", _W, Text("법인등록번호", "Corporate registration number"), _PIPA),
    Rule("identifier.ip", _W, Text("IP 주소", "IP address"), _PIPA),
    Rule("identifier.url", _N, Text("웹 주소", "Web address"), _PIPA),
    Rule("image.integrity", _B, Text("이미지 구조", "Structure of the image"), _HOUSE),
    Rule("image.metadata", _F, Text("이미지의 숨은 정보", "Metadata of the image"), _HOUSE),
    Rule("image.text", _F, Text("그림 속의 글자", "Words in the picture"), "tesseract, Korean and English; " + _PIPA),
    Rule("image.noise", _W, Text("그림의 낮은 비트", "Lowest bits of the picture"), "Dumitrescu et al. (2003)"),
    Rule("image.content", _W, Text("그림 속 내용", "What the picture shows"), _HOUSE),
)

RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}
