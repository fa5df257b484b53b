"""Realistic Korean documents with known identifiers: letters, clinical notes, chats, complaints, table cells.

Everything is made up from lists in this file; nothing is taken from an evaluation set. A template names its
identifiers in braces; the text around them holds many words that look like names and numbers that look like others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from tests.unit.deid.deid_numbers import business, card, resident

SURNAMES = [
    "김",
    "이",
    "박",
    "최",
    "정",
    "강",
    "조",
    "윤",
    "장",
    "임",
    "한",
    "오",
    "서",
    "신",
    "권",
    "황",
    "안",
    "송",
    "류",
    "전",
    "홍",
    "고",
    "문",
    "양",
    "손",
    "배",
    "백",
    "허",
    "유",
    "남",
    "심",
    "노",
    "하",
    "곽",
    "성",
    "차",
    "주",
    "우",
    "구",
    "민",
]
RARE = [
    "남궁",
    "황보",
    "제갈",
    "선우",
    "탁",
    "국",
    "여",
    "진",
    "엄",
    "원",
    "천",
    "방",
    "공",
    "현",
    "함",
    "변",
    "염",
    "추",
    "도",
    "소",
    "석",
    "마",
    "길",
    "연",
    "위",
    "표",
    "명",
    "기",
    "반",
    "라",
    "왕",
    "금",
    "옥",
    "육",
    "인",
    "맹",
]
FIRST = list(
    "민서지현수영은예하도준주유재성정승태동경미혜소윤채시나다가건규기광병상선세순옥용우원인종진찬창철충한해형호홍화효희"
)
SECOND = list(
    "수희영민준현진우호아연은주경숙자순옥미정선환석훈철식태규혁린서윤원빈율인성형용기덕복분임란림화혜지나라람솔결찬"
)
TITLES = [
    "씨",
    "님",
    "과장",
    "부장",
    "팀장",
    "대리",
    "주무관",
    "교수",
    "교수님",
    "원장",
    "선생님",
    "간호사",
    "환자",
    "어르신",
    "변호사",
    "대표",
    "이사",
    "사장님",
    "위원",
    "기사님",
]
SIDO = [
    "서울특별시",
    "서울",
    "서울시",
    "부산광역시",
    "부산",
    "대구광역시",
    "인천",
    "인천광역시",
    "광주광역시",
    "대전",
    "울산광역시",
    "세종특별자치시",
    "경기도",
    "강원특별자치도",
    "충청북도",
    "충남",
    "전북특별자치도",
    "전라남도",
    "경북",
    "경상남도",
    "제주특별자치도",
]
SIGUNGU = [
    "강남구",
    "서초구",
    "종로구",
    "수원시",
    "성남시",
    "분당구",
    "해운대구",
    "수성구",
    "남동구",
    "유성구",
    "청주시",
    "전주시",
    "천안시",
    "순천시",
    "포항시",
    "창원시",
    "춘천시",
    "원주시",
    "양평군",
    "홍성군",
]
ROADS = [
    "테헤란로",
    "세종대로",
    "강남대로",
    "중앙로",
    "번영로",
    "평화로",
    "충무로",
    "해안로",
    "대학로",
    "효자로",
    "월드컵로",
    "신평로",
    "금오대로",
    "도산대로",
    "백제고분로",
]
DONGS = [
    "역삼동",
    "삼성동",
    "정자동",
    "우동",
    "범어동",
    "구월동",
    "봉명동",
    "복대동",
    "효자동",
    "불당동",
    "조례동",
    "양덕동",
    "상남동",
    "퇴계동",
    "단계동",
    "신림동",
    "논현동",
]
BUILDINGS = [
    "한빛아파트",
    "래미안아파트",
    "푸른마을",
    "현대빌라",
    "중앙오피스텔",
    "삼성타워",
    "대림빌딩",
    "행복주택",
    "새롬단지",
]

LETTERS = (
    "수신: {PERSON} 귀하\n제목: 진료비 환급 안내\n안녕하십니까. 귀하께서 신청하신 환급 건과 관련하여 아래와 같이 안내드립니다.\n"
    "주소: {ADDRESS}\n연락처: {PHONE}\n계좌: 국민은행 {ACCOUNT} (예금주 {PERSON})\n담당자 {PERSON} 주무관 ({PHONE})",
    "{PERSON} 님께,\n요청하신 증명서를 {ADDRESS} 로 발송하였습니다. 문의는 {EMAIL} 또는 {PHONE}으로 주시기 바랍니다.\n고객지원팀 {PERSON} 드림",
    "신청인 {PERSON}(주민등록번호 {RRN})은 정보공개를 청구합니다. 대리인은 {PERSON} 변호사입니다. 송달 장소는 {ADDRESS}입니다.",
    "계약자: {PERSON}\n사업자등록번호: {BUSINESS_REG}\n카드번호: {CARD}\n위 계약자는 이용약관에 동의하였으며, 서명일은 2024년 3월 2일입니다.",
    "민원 접수 번호 2024-00123. 민원인 {PERSON} 씨가 {ADDRESS} 앞 도로의 파손을 신고하였습니다. 조사 결과 정비가 필요한 것으로 확인되었습니다.",
)
NOTES = (
    "환자명: {PERSON} (남/45세) RRN {RRN}\nC.C) 두통, 어지럼증\n고혈압으로 약물 복용 중. 최근 정신과 진료를 받은 적 있음. 보호자 {PERSON} 연락처 {PHONE}.\n"
    "주치의 {PERSON} 교수, 간호사 {PERSON}",
    "{PERSON}({PHONE}) 환자 내원. 우측 상지 위약감 호소하여 신경과 협진 의뢰함. 가족력: 부친 고지혈증. 담당의 {PERSON}",
    "72세 여자 환자 {PERSON}은 당뇨로 외래 추적 중이다. {PERSON}의 딸 {PERSON} 씨가 동행하였다. 거주지는 {ADDRESS}.",
    "입원 경과: 특이 소견 없음. 주사제 투여 후 호전됨. 퇴원 시 안내문 제공. 진료의: {PERSON}",
)
CHATS = (
    "상담원: 안녕하세요, 성함이 어떻게 되세요?\n고객: {PERSON}이요.\n상담원: 네 {PERSON} 고객님, 휴대폰 번호 확인 부탁드립니다.\n고객: {PHONE}입니다.\n"
    "상담원: 주소는요?\n고객: {ADDRESS}요",
    "저 {PERSON}인데요, 주문한 상품이 아직 안 왔어요. 카드 {CARD}로 결제했고 배송지는 {ADDRESS}입니다. 이메일은 {EMAIL}이에요.",
    "안녕하세요 {PERSON}입니다. 어제 통화한 {PERSON} 대리님 계신가요? 제 번호는 {PHONE} 이고 주민번호는 {RRN} 입니다.",
    "오늘 오후에 {PERSON}, {PERSON}, {PERSON} 세 분이 방문하실 예정입니다. 차량은 {VEHICLE}입니다.",
)
NEGATIVES = (
    "이용자는 이용 요금을 정해진 날까지 납부하여야 하며, 지연될 경우 연체료가 부과될 수 있습니다. 자세한 사항은 고객지원센터로 문의하시기 바랍니다.",
    "전체 응답자 1,234명 중 56.7%가 만족한다고 답하였고, 서울 지역의 응답률이 가장 높았다. 조사 기간은 2023-05-01부터 2023-06-30까지이다.",
    "고혈압 환자의 평균 수축기 혈압은 142.5mmHg였으며 신장 기능은 정상이었다. 정상 범위는 문헌에 따라 차이가 있다.",
    "제품 코드 AB-1234-5678, 송장 번호 6012-3456-7890, 버전 10.2.3.4를 확인하십시오. 이메일 주소와 전화번호는 수집하지 않습니다.",
    "한국의 인구는 2020년 5,184만 명으로 최고에 이른 뒤 감소하고 있다. 강원도와 경상북도의 고령화율이 높다. 도로 길이는 112,977km이다.",
    "위원회는 심의를 거쳐 안건을 의결하였다. 정보 주체의 권리를 보호하기 위한 조치를 마련하고, 주민의 의견을 수렴하기로 하였다.",
    "구급차가 현장에 도착하여 환자를 이송하였다. 안전모를 착용하지 않아 손상이 컸다. 우회전 차량은 서행하여야 한다.",
)


@dataclass(frozen=True, slots=True)
class Gold:
    """One identifier that is there."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what is in it."""

    text: str
    gold: tuple[Gold, ...]


def documents(count: int, seed: int = 1) -> list[Document]:
    """Return documents of every kind, in turn."""
    random = Random(seed)
    made = []
    for number in range(count):
        kind = (LETTERS, NOTES, CHATS)[number % 3]
        parts = [random.choice(kind)]
        if number % 2:
            parts.insert(random.randrange(2), random.choice(NEGATIVES))
        made.append(_fill("\n".join(parts), random))
    return [*made, *(Document(text, ()) for text in NEGATIVES)]


def _fill(template: str, random: Random) -> Document:
    text, gold, position = "", [], 0
    for match in re.finditer(r"\{([A-Z_]+)\}", template):
        text += template[position : match.start()]
        value = MAKERS[match[1]](random)
        gold.append(Gold(len(text), len(text) + len(value), match[1]))
        text, position = text + value, match.end()
    return Document(text + template[position:], tuple(gold))


def person(random: Random) -> str:
    """Return a name of three syllables, now and then of two or four."""
    surname = random.choice(SURNAMES if random.random() < 0.93 else RARE)
    given = random.choice(FIRST) + (random.choice(SECOND) if random.random() < 0.96 else "")
    return surname + given


def address(random: Random) -> str:
    """Return an address by road or by lot."""
    place = f"{random.choice(SIDO)} {random.choice(SIGUNGU)}"
    if random.random() < 0.6:
        base = f"{place} {random.choice(ROADS)} {random.randint(1, 400)}"
        base += random.choice(["", f"-{random.randint(1, 50)}"])
        base += random.choice(
            ["", f", {random.randint(101, 130)}동 {random.randint(101, 2005)}호", f", {random.randint(2, 20)}층"]
        )
        return base + random.choice(
            ["", f" ({random.choice(DONGS)}, {random.choice(BUILDINGS)})", f" ({random.choice(DONGS)})"]
        )
    base = f"{place} {random.choice(DONGS)} {random.randint(1, 900)}-{random.randint(1, 60)}"
    return base + random.choice(
        ["", "번지", f" {random.choice(BUILDINGS)} {random.randint(101, 120)}동 {random.randint(101, 1505)}호"]
    )


def phone(random: Random) -> str:
    """Return a telephone number in one of its spellings."""
    a, b, c = "010", f"{random.randint(2000, 9999)}", f"{random.randint(0, 9999):04d}"
    mark = random.choice(["-", "-", "-", ".", " ", ""])
    if random.random() < 0.2:
        a, b = random.choice(["02", "031", "051", "062"]), f"{random.randint(200, 9999)}"
        mark = "-"
    return mark.join((a, b, c))


def _account(random: Random) -> str:
    return f"{random.randint(100, 999)}-{random.randint(10, 99)}-{random.randint(100000, 999999)}"


def _email(random: Random) -> str:
    name = "".join(random.choice("abcdefghijklmnop") for _ in range(7))
    return f"{name}{random.randint(1, 99)}@{random.choice(['example.com', 'hospital.or.kr', 'mail.kr'])}"


def _vehicle(random: Random) -> str:
    return f"{random.randint(10, 399)}{random.choice('가나다라마거너더러하허호')}{random.randint(1000, 9999)}"


def _resident(random: Random) -> str:
    return resident(random).replace("-", random.choice(["-", " - ", "-", "–"]))


MAKERS = {
    "PERSON": person,
    "ADDRESS": address,
    "PHONE": phone,
    "ACCOUNT": _account,
    "EMAIL": _email,
    "VEHICLE": _vehicle,
    "RRN": _resident,
    "BUSINESS_REG": business,
    "CARD": card,
}
