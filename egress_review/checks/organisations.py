"""Who stands in the place of an author: nobody, an organisation that names no person, or somebody.

An organisation is told by its words alone: every one of them is known, and one says that it is an institution or a part
of one. Whatever holds another word may be a name, an account or anything else, and is somebody.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto
from itertools import pairwise

from deid.korean_name_words import COMMON_SURNAMES
from egress_review.checks.given_names import GIVEN
from egress_review.checks.nobody import NOBODY
from registry.text import Text

OFFICES = Text(
    ko="문서 속성에 기관이나 부서의 이름이 {number}곳 있습니다. 내보내도 되는 이름인지 보십시오.",
    en="The document's properties name an organisation or a part of one in {number} places; see whether it may leave.",
)
LONGEST, MOST_WORDS, MOST_UNKNOWN = 80, 10, 1
"""Characters and words of the name of an organisation, and words of the name of a house that are in no dictionary."""


class Named(Enum):
    """Whom a word in the place of an author names."""

    NOBODY = auto()
    ORGANISATION = auto()
    SOMEBODY = auto()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTS = _words("""
    unit units team teams department departments dept division section office offices centre center centers branch
    faculty school laboratory lab labs directorate service services secretariat board desk programme program consortium
    network registry observatory inspectorate group hospital foundation association society trust bank corporation
    company inc ltd llc gmbh plc corp
    abteilung referat amt zentrum dezernat fachbereich direction département service unité équipe centre departamento
    unidad equipo oficina centro ufficio reparto avdelning afdeling afdeeling
""")
_HOUSES = _words("""
    university universities institute institution institutes bureau agency ministry authority commission council
    committee academy college department directorate administration office
    institut universität hochschule ministerium bundesamt landesamt université ministère universidad instituto
    ministerio università istituto universiteit universitet
""")
"""What may have a name of its own before it or behind it: `Ministry of Kazoo`."""
_ABOUT = _words("""
    data analysis analyses analytics analytical research statistics statistical health public policy policies social
    economic economics national regional federal state local central general medical clinical population planning
    evaluation methods methodology science sciences information quality safety care healthcare education labour labor
    employment welfare housing transport environment environmental energy finance financial tax taxation revenue budget
    audit survey surveys census disease diseases control prevention epidemiology biostatistics demography demographic
    business enterprise trade industry insurance security pension pensions family child children youth ageing aging
    digital technology systems management operations support strategy strategic innovation development studies study
    assessment trials trial monitoring surveillance project human resources government city county district metropolitan
    international world global european big secure secured safe zone access open linkage intelligence insight insights
    modelling modeling forecasting machine learning biomedical cancer heart registry cohort nutrition mental community
    royal united main joint core daten statistik forschung gesundheit analyse données statistique statistiques recherche
    santé datos estadística investigación salud
    for of and the on in to at by de la le les du des der die das für und et y del e et da di och og van
    korea korean seoul busan daegu incheon gwangju daejeon ulsan sejong gyeonggi jeju england scotland wales ireland
    britain british australia japan germany france spain italy canada netherlands sweden norway denmark finland london
    paris berlin europe asia america american us usa uk eu un who oecd
""")
_WORD = re.compile(r"R&D\b|[^\W\d_]+|\d{1,2}(?!\w)")
_REST = re.compile(r"[\s,.&()/'’·-]*")
"""What may stand between the words; an address, an account or a path has other signs."""
_INITIALS = re.compile(r"[A-Z]{2,4}|R&D")
_FAMILY = re.compile(
    r"kim|lee|yi|rhee|park|pak|choi|choe|jung|jeong|chung|kang|cho|jo|yoon|yun|jang|chang|lim|im|han|seo|suh|shin|"
    r"kwon|"
    r"hwang|ahn|an|song|ryu|yoo|yu|jeon|hong|moon|yang|bae|baek|heo|hur|nam|noh|roh|kwak|oh|ko|koh|son|min|cha|"
    r"joo|ju|ha|"
    r"wu|li|wang|chen|liu|ito|sato|abe|khan|ali|das|roy|ray|shah|ng|tan|ong|lam|chan|diaz|ruiz|cruz|king|cox|fox|"
    r"gray|hill"
)
"""Families that four capitals may name as well."""

_KOREAN_PARTS = _words("""
    부 과 팀 실 국 처 청 단 반 센터 본부 부서 부문 연구원 연구소 연구실 연구단 공단 공사 대학교 대학원 대학 학과
    학부 병원 의료원 보건소 위원회 협회 학회 재단 은행 기관 사무국 사무처 사무소 개발원 진흥원 평가원 정보원
    분석원 과학원 안심구역 지원단 사업단 기획단 그룹
""")
_KOREAN_ABOUT = _words("""
    한국 국립 국민 국가 중앙 지방 대한민국 시립 도립 공공 통계 분석 데이터 빅데이터 자료 정보 정보화 연구 정책
    기획 운영 관리 지원 심사 보건 의료 복지 교육 행정 총무 전산 조사 평가 사업 홍보 재정 경제 사회 인구 고용
    노동 산업 환경 국토 교통 안전 품질 생산 개발 전략 질병 질병관리 예방 건강 건강보험 보험 연금 국민연금 조세
    세제 금융 예산 감사 역학 임상 의학 의생명 약학 간호 원무 보건의료 사회보장 가족 여성 청소년 아동 노인 장애인
    주거 주택 도시 농촌 농업 해양 수산 에너지 과학 기술 디지털 시스템 인공지능 혁신 미래 국제 협력 대외 대학
    학술 학생 방법론 표본 품질관리 결합 가명 가명정보 활용 개방 제공 심의 안심 구역 안심구역 데이터안심구역 담당
    제 및 의 서울 부산 대구 인천 광주 대전 울산 세종 경기 강원 충북 충남 전북 전남 경북 경남 제주 충청 전라 경상
    수도권 특별시 광역시 시 도 환경부 고용노동부 보건복지부 기획재정부 통계청 질병관리청 국세청 근로복지
    심사평가 발전 진흥
""")
_KOREAN = _KOREAN_ABOUT.union(_KOREAN_PARTS)
_LONGEST_WORD = max(map(len, _KOREAN))
_SOMEBODY = f"[{''.join(sorted(COMMON_SURNAMES))}][가-힣]{{2}}"
"""A family name and two syllables, as persons are called, before what anybody may write behind a name."""
_OF_OWN_NAME = re.compile(
    rf"(?!{_SOMEBODY}(?:위원회|은행|공사))[가-힣]{{2,8}}(?:대학교|대학원|공단|공사|위원회|협회|학회|은행)"
)
"""What has a name of its own before it that is nobody's: `고려대학교`."""
_IDEOGRAMS = re.compile(
    r"[\u3040-\u30ff\u4e00-\u9fff]{1,14}(?:研究所|研究室|研究院|大学|大學|センター|中心|委员会|委員会|局|省|庁|厅|"
    r"部門|部门|事務局|課|室)"
)


def who(name: str | None) -> Named:
    """Whom a word in the place of an author names."""
    plain = " ".join(unicodedata.normalize("NFKC", name or "").split())
    if plain.lower() in NOBODY:
        return Named.NOBODY
    is_office = len(plain) <= LONGEST and _REST.fullmatch(_WORD.sub(" ", plain)) and _is_organisation(plain)
    return Named.ORGANISATION if is_office else Named.SOMEBODY


def is_somebody(name: str | None) -> bool:
    """Whether a word in the place of an author is, or may be, that of a person."""
    return who(name) is Named.SOMEBODY


def is_organisation(name: str | None) -> bool:
    """Whether a word in the place of an author is that of an organisation, or of a part of one."""
    return who(name) is Named.ORGANISATION


def _is_organisation(name: str) -> bool:
    words = _WORD.findall(name)
    if not words or len(words) > MOST_WORDS:
        return False
    korean = [word for word in words if "가" <= word[0] <= "힣"]
    other = [word for word in words if word not in korean]
    if not all(_is_korean(word) for word in korean):
        return False
    head = any(map(_is_korean_part, korean)) or any(map(_IDEOGRAMS.fullmatch, other))
    latin = [word for word in other if not _IDEOGRAMS.fullmatch(word)]
    lowered = [word.lower() for word in latin]
    house = not _HOUSES.isdisjoint(lowered)
    if not head and not house and _PARTS.isdisjoint(lowered):
        return False
    known = [_is_known(word, low) for word, low in zip(latin, lowered, strict=True)]
    if all(known):
        return True
    # A house may have a name of its own; two such words side by side are as a person's are.
    apart = all(a or b for a, b in pairwise(known))
    capital = all(k or word[0].isupper() for k, word in zip(known, latin, strict=True))
    return house and apart and capital and known.count(False) <= MOST_UNKNOWN and GIVEN.isdisjoint(lowered)


def _is_known(word: str, lowered: str) -> bool:
    if word.isdecimal() or (_INITIALS.fullmatch(word) and lowered not in GIVEN and not _FAMILY.fullmatch(lowered)):
        return True
    return lowered in _PARTS or lowered in _HOUSES or lowered in _ABOUT


def _is_korean(word: str) -> bool:
    return _OF_OWN_NAME.fullmatch(word) is not None or _is_composed(word)


def _is_korean_part(word: str) -> bool:
    """Whether a word of Korean says that it is an institution: known words before one for a part of a house."""
    if _OF_OWN_NAME.fullmatch(word):
        return True
    return any(word.endswith(part) and _is_composed(word.removesuffix(part)) for part in _KOREAN_PARTS)


def _is_composed(word: str) -> bool:
    """Whether a word of Korean is one or more known words written together."""
    reached = {0}
    for end in range(1, len(word) + 1):
        starts = range(max(0, end - _LONGEST_WORD), end)
        if any(at in reached and word[at:end] in _KOREAN for at in starts):
            reached.add(end)
    return len(word) > 0 and len(word) in reached
