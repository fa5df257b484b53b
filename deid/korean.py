"""Recognisers of Korean identifiers: numbers, phones, licences, plates, birth dates."""

from __future__ import annotations

import re
from collections.abc import Callable

from deid.korean_numbers import (
    DATE,
    RANDOM_SINCE,
    birth_date,
    business_check,
    corporate_check,
    foreigner_check,
    resident_check,
)
from deid.recogniser import AFTER, ANYTHING, BEFORE, GLUE, JOIN, MASKS, NEVER, Recogniser, digits_of, fixed


def _resident(match: re.Match[str]) -> float:
    return _registered(match, resident_check)


def _foreigner(match: re.Match[str]) -> float:
    return _registered(match, foreigner_check)


def _registered(match: re.Match[str], check: Callable[[str], bool]) -> float:
    written = match[0]
    digits = digits_of(match)
    born = birth_date(digits)
    if born is None:
        return NEVER
    dashed = "-" in written or "~" in written or "_" in written
    if len(written) == len(digits) and _in_a_word(match):
        return 0.4
    if check(digits):
        return 0.99 if dashed else 0.95
    if born >= RANDOM_SINCE:
        return 0.8 if dashed else 0.7
    if dashed:
        return 0.7
    return 0.5 if len(written) > 13 else 0.3


def _masked(match: re.Match[str]) -> float:
    """A masked number still says the date of birth, and the sex where the seventh digit is shown."""
    shown, written = digits_of(match), match[0]
    if written[2] in MASKS:
        return 0.6
    if written[-1] in "._" and "-" not in written:
        return NEVER
    if birth_date(f"{shown[:6]}{shown[6:7] or '1'}") is None:
        return NEVER
    if "-" in written:
        return 0.7
    return 0.6 if len(shown) > _HALF and len(written) > _REGISTERED - 1 else 0.3


def _card_masked(match: re.Match[str]) -> float:
    """A masked card number still says the bank, and by four digits more whose card it is."""
    written = match[0]
    shown = len(digits_of(match))
    if not 4 <= shown <= 12 or written[0] not in "34569":
        return NEVER
    return 0.7 if "-" in written or " " in written else 0.5


def _in_a_word(match: re.Match[str]) -> bool:
    """Whether letters touch the digits, as in a hash or a product code; Korean particles are no such letters."""
    around = match.string[max(0, match.start() - 1) : match.start()] + match.string[match.end() : match.end() + 1]
    return any(character.isascii() and character.isalpha() for character in around)


def _business(match: re.Match[str]) -> float:
    passed = business_check(digits_of(match))
    if "-" in match[0]:
        return 0.95 if passed else 0.5
    return 0.3 if passed else 0.1


def _corporate(match: re.Match[str]) -> float:
    if len(match[0]) == 13:
        return 0.2
    return 0.65 if corporate_check(digits_of(match)) else 0.3


def _spelt(grouped: float, bare: float) -> Callable[[re.Match[str]], float]:
    """A score for a number written in groups, another for one written as digits only."""
    return lambda match: grouped if len(match[0]) > len(digits_of(match)) else bare


def _account(match: re.Match[str]) -> float:
    return NEVER if DATE.match(match[0]) else 0.2


def _born(match: re.Match[str]) -> float:
    return 0.85 if _BORN_AFTER.match(match.string, match.end()) else 0.1


def _plate(match: re.Match[str]) -> float:
    return 0.4 if " " in match[0] else 0.75


_HALF, _REGISTERED = 6, 13
_BORN_AFTER = re.compile(r"\.? ?(?:일)?생(?![가-힣])|\.? ?출생")
_START = r"(?<![0-9])(?<![0-9]\.)(?<![0-9]-)"
_COUNTRY = rf"{_START}(?:0|\((?=0[0-9]{{1,3}}\))0|\(?(?:\+ ?|00[127]?{JOIN})?\(?82\)?{JOIN}\(?0?\)?{JOIN}\(?)"
_GROUPS = rf"\)?{JOIN}[0-9]{{3,4}}{JOIN}[0-9]{{4}}(?!-[0-9]{{2,3}}(?![0-9]))"
_AREAS = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8]|80)"
_PLATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호"
_AFTER_PLATE = r"[^가-힣]|$|은|는|이|가|을|를|의|로|와|과|도|호|차|입|번|에|앞|으|임|라|인"
_PLATE_GAP = r"(?: ?[-.·_/,] ?| |)"
_PLATE_END = rf"{_PLATE_GAP}[{_PLATE}]{_PLATE_GAP}[0-9]{{4}}(?![0-9년명건원개회%번호])(?={_AFTER_PLATE})"
_VEHICLE_WORDS = ("차량", "차 번호", "차번호", "번호판", "자동차", "등록번호", "plate", "vehicle")
_MONTH, _MDAY = r"(?:0[1-9]|1[0-2])", r"(?:3[01]|[12][0-9]|0[1-9])"
_LOOSE_MONTH, _LOOSE_DAY = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12][0-9]|0?[1-9])"
REGIONS = (
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
    r"|충청북|충청남|전라북|전라남|경상북|경상남)(?:특별자치|특별|광역|자치)?(?:시|도)?"
)
_BANKS = (
    r"(?:국민|신한|우리|하나|농협|기업|산업|수협|새마을금고|새마을|우체국|카카오|토스|케이|씨티|제일|신협|축협"
    r"|부산|대구|경남|광주|전북|제주|IBK|KB|NH|SC|KEB)(?:은행|뱅크|중앙회)?"
)
_MARK = r"(?: {0,2}[-.~_/·] {0,2}|-\r?\n {0,2})"
_ACCOUNT = rf"(?<![0-9-])(?:[0-9](?:{_MARK}?[0-9]){{9,15}}|[0-9](?: ?[0-9]){{9,15}})(?!{_MARK}?[0-9])"

RESIDENT_WORDS = ("주민", "rrn", "resident reg", "resident_reg", "resident no", "ssn", "jumin")
FOREIGNER_WORDS = (*RESIDENT_WORDS, "외국인", "거소", "alien", "foreigner", "frn")
PHONE_WORDS = ("전화", "연락", "휴대", "핸드폰", "팩스", "phone", "mobile", "tel", "call", "fax", "contact", "h.p")
BIRTH_WORDS = (
    *("생년월일", "생년", "생일", "출생", "태어난", "dob", "d.o.b", "born"),
    *("birth_date", "birthdate", "birth date", "birthday", "date_of_birth", "date of birth"),
)
ACCOUNT_WORDS = ("계좌", "입금", "송금", "통장", "account", "은행", "뱅크", "bank", "예금", "이체")

BUSINESS_WORDS = ("사업자", "business reg", "business no", "brn")
CORPORATE_WORDS = ("법인등록", "법인번호", "법인 등록", "법인 번호", "corporate reg", "corporation no")
LICENCE_WORDS = ("운전면허", "면허", "driver", "licence", "license")
INSURANCE_WORDS = ("건강보험", "보험증", "건보", "증번호", "증 번호", "health insurance", "nhis")
_PASSPORT_WORDS = ("여권", "passport")

# What every passport number and customs code begins with; few Korean texts hold it.
_CODE = re.compile("[A-Z][A-Z]?[ -]?[0-9]{3}")

NUMBERS: tuple[Recogniser, ...] = (
    Recogniser(
        "rrn", "RRN", re.compile(f"{BEFORE}[0-9]{{6}}{JOIN}[1-490][0-9]{{6}}{AFTER}"), _resident, RESIDENT_WORDS, 0.95
    ),
    Recogniser(
        "rrn-parted",
        "RRN",
        re.compile(rf"{BEFORE}[0-9]{{2}}([-. ]){_MONTH}\1{_MDAY} ?- ?[1-490][0-9]{{6}}{AFTER}"),
        _resident,
        RESIDENT_WORDS,
        0.95,
    ),
    Recogniser(
        "frn", "FRN", re.compile(f"{BEFORE}[0-9]{{6}}{JOIN}[5-8][0-9]{{6}}{AFTER}"), _foreigner, FOREIGNER_WORDS, 0.95
    ),
    Recogniser(
        "rrn-masked",
        "RRN",
        re.compile(
            rf"{BEFORE}(?:[0-9]{{6}}{JOIN}(?:(?:[1-8][0-9]{{0,5}} ?)?[{MASKS}]{{1,7}}(?:[0-9](?<!x.)){{0,3}}"
            rf"|[1-8][0-9]{{0,2}}(?:\.{{4,7}}|_{{4,7}}))"
            rf"|[0-9]{{2}}[{MASKS}]{{4}}{JOIN}[1-8][0-9]{{6}})(?![0-9A-Za-z*]|-[0-9])"
        ),
        _masked,
        RESIDENT_WORDS,
        0.9,
    ),
    Recogniser(
        "card-masked",
        "CARD",
        re.compile(
            rf"(?<![0-9-])[0-9]{{4}}{JOIN}[0-9{MASKS}]{{4}}{JOIN}[{MASKS}]{{4}}{JOIN}(?:[0-9]{{4}}|[{MASKS}]{{3,4}}[0-9]?)"
            r"(?![0-9A-Za-z])"
        ),
        _card_masked,
        ("카드", "card", "visa", "master", "amex"),
        0.9,
    ),
    Recogniser(
        "corporate-registration",
        "CORPORATE_REG",
        re.compile(f"{BEFORE}[0-9]{{6}}{JOIN}[0-9]{{7}}{AFTER}"),
        _corporate,
        CORPORATE_WORDS,
        0.97,
    ),
    Recogniser(
        "business-registration",
        "BUSINESS_REG",
        re.compile(rf"(?<![0-9-])(?<![0-9]\.)[0-9]{{3}}{JOIN}[0-9]{{2}}{JOIN}[0-9]{{5}}(?![0-9-]){AFTER}"),
        _business,
        BUSINESS_WORDS,
        0.97,
    ),
    Recogniser(
        "mobile-kr",
        "PHONE",
        re.compile(f"{_COUNTRY}1[016789]{_GROUPS}{AFTER}"),
        _spelt(0.9, 0.7),
        PHONE_WORDS,
        0.95,
    ),
    Recogniser(
        "mobile-kr-no-zero",
        "PHONE",
        re.compile(f"{BEFORE}1[016789][0-9]{{8}}{AFTER}"),
        fixed(0.2),
        PHONE_WORDS,
        0.85,
        alone=0.2,
    ),
    Recogniser(
        "landline-kr", "PHONE", re.compile(f"{_COUNTRY}{_AREAS}{_GROUPS}{AFTER}"), _spelt(0.85, 0.3), PHONE_WORDS, 0.9
    ),
    Recogniser(
        "driver-licence",
        "DRIVER_LICENSE",
        re.compile(
            rf"(?<![0-9-])(?:1[1-9]|2[0-6]|28){JOIN}[0-9]{{2}}{JOIN}[0-9]{{6}}{JOIN}[0-9]{{2}}(?![0-9-]){AFTER}"
        ),
        lambda match: 0.85 if "-" in match[0] else 0.2,
        LICENCE_WORDS,
        0.95,
    ),
    Recogniser(
        "health-insurance",
        "HEALTH_INSURANCE",
        re.compile(rf"(?<![0-9-])[1-9][0-9]?{JOIN}[0-9]{{9,10}}(?![0-9-]){AFTER}"),
        fixed(0.1),
        INSURANCE_WORDS,
        0.85,
        alone=0.1,
    ),
    Recogniser("account", "ACCOUNT", re.compile(_ACCOUNT), _account, ACCOUNT_WORDS, 0.8, alone=0.2),
    Recogniser(
        "birth-date",
        "BIRTH_DATE",
        re.compile(
            rf"(?<![0-9.])(?:(?:19|20)[0-9]{{2}}(?:{_MONTH}{_MDAY}|{JOIN}{_LOOSE_MONTH}{JOIN}{_LOOSE_DAY})"
            rf"|[0-9]{{2}}(?:{_MONTH}{_MDAY}|[-./]{_MONTH}[-./]{_MDAY}))(?![0-9])"
        ),
        _born,
        BIRTH_WORDS,
        0.9,
        reach=18,
        alone=0.1,
        unless="생",
    ),
)
"""What begins with digits; read in stretches of digits only."""

TEXTS: tuple[Recogniser, ...] = (
    Recogniser(
        "passport-kr",
        "PASSPORT",
        re.compile(r"[MSRODG](?<![A-Za-z0-9].)[ -]?[0-9]{3}[A-Z][0-9]{4}(?![A-Za-z0-9])"),
        fixed(0.8),
        _PASSPORT_WORDS,
        0.97,
        gate=_CODE,
    ),
    Recogniser(
        "passport-kr-old",
        "PASSPORT",
        re.compile(r"[A-Z](?<![A-Za-z0-9].)(?:(?<=[MSRODG])[ -]?[0-9]{8}|[A-Z][ -]?[0-9]{7})(?![A-Za-z0-9])"),
        fixed(0.4),
        _PASSPORT_WORDS,
        0.9,
        gate=_CODE,
        alone=0.4,
    ),
    Recogniser(
        "customs-code",
        "OTHER_ID",
        re.compile(r"P(?<![A-Za-z0-9].)[0-9]{12}(?![A-Za-z0-9])"),
        fixed(0.6),
        ("통관", "customs", "pccc"),
        0.95,
        gate=_CODE,
    ),
    Recogniser(
        "passport-apart",
        "PASSPORT",
        re.compile(
            rf"[MSRODGmsrodg](?<![A-Za-z0-9].){GLUE}[0-9](?:{GLUE}[0-9]){{2}}{GLUE}"
            rf"(?:[A-Za-z](?:{GLUE}[0-9]){{4}}|[0-9](?:{GLUE}[0-9]){{4}})(?![A-Za-z0-9])"
        ),
        fixed(0.3),
        _PASSPORT_WORDS,
        0.85,
        reach=24,
        gate=re.compile(rf"[MSRODGmsrodg](?<![A-Za-z0-9].){ANYTHING}[0-9]"),
        alone=0.3,
    ),
    Recogniser(
        "rrn-worded",
        "RRN",
        re.compile(
            rf"[0-9](?<![0-9].)[0-9](?:[0-9]{{2}})?(?:년 ?{_LOOSE_MONTH}월 ?{_LOOSE_DAY}일"
            rf"|(?P<mark>[-./] ?){_LOOSE_MONTH}(?P=mark){_LOOSE_DAY}\.?)(?:생|[ ,/]){{0,3}}(?:이고|이며|에|,)? ?"
            r"(?:주민(?:등록)?(?:번호)? ?)?뒷 ?(?P<named>자리|번호)?(?: ?숫자)?(?:는|은|이|가)?"
            rf" ?:? ?[1-8](?:[0-9]{{6}}|[0-9]{{0,2}}[{MASKS}]{{3,6}})(?![0-9]|[명원개건회])"
        ),
        lambda match: 0.85 if match["named"] else 0.3,
        RESIDENT_WORDS,
        0.95,
        hint="뒷",
    ),
    Recogniser(
        "account-bank",
        "ACCOUNT",
        re.compile(rf"{_BANKS} ?(?:계좌 ?(?:번호)? ?:? ?)?(?P<value>{_ACCOUNT})"),
        fixed(0.75),
        ("계좌", "입금", "송금"),
        0.92,
    ),
    Recogniser(
        "vehicle",
        "VEHICLE",
        re.compile(rf"[0-9](?<![0-9.].)[0-9]{{1,2}}(?![0-9]){_PLATE_END}"),
        _plate,
        _VEHICLE_WORDS,
        0.92,
    ),
    Recogniser(
        "vehicle-apart",
        "VEHICLE",
        re.compile(
            rf"[0-9](?<![0-9.].){GLUE}[0-9](?:{GLUE}[0-9])?{GLUE}[{_PLATE}](?:{GLUE}[0-9]){{4}}(?![0-9년명건원개회%])"
        ),
        fixed(0.3),
        _VEHICLE_WORDS,
        0.8,
        "차",
        reach=16,
        alone=0.3,
    ),
    Recogniser(
        "birth-date-korean",
        "BIRTH_DATE",
        re.compile(
            rf"[0-9](?<![0-9].)(?:(?:(?<=1)9|(?<=2)0)[0-9]{{2}}년 ?{_LOOSE_MONTH}월 ?{_LOOSE_DAY}일"
            rf"|[0-9]년 ?{_LOOSE_MONTH}월 ?{_LOOSE_DAY}일(?=생| ?출생))"
        ),
        _born,
        BIRTH_WORDS,
        0.9,
        "월",
        18,
        alone=0.1,
        unless="생",
    ),
)
"""What begins with a letter or a word; each is searched for in the whole text."""

REGIONAL: tuple[Recogniser, ...] = (
    Recogniser(
        "driver-licence-region",
        "DRIVER_LICENSE",
        re.compile(rf"{REGIONS} ?[0-9]{{2}}{JOIN}[0-9]{{6}}{JOIN}[0-9]{{2}}(?![0-9-])"),
        fixed(0.9),
        ("운전면허", "면허"),
        0.97,
    ),
    Recogniser(
        "vehicle-region",
        "VEHICLE",
        re.compile(rf"{REGIONS} ?[0-9]{{1,3}}{_PLATE_END}"),
        fixed(0.8),
        _VEHICLE_WORDS,
        0.93,
    ),
)
"""What begins with the name of a province; read where one stands."""
