"""Telephones, addresses and e-mail of institutions, which identify nobody: a hotline, a seat, a help desk."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Sequence, Set

from deid.identifiers import Span

_BEFORE, _BEHIND = 60, 40
"""Characters before and behind a find, in its line, in which an institution may be named."""
_SERVICE = re.compile(r"(?:1[5-8]\d\d[-. ]?\d{4}|080[-. ]?\d{3,4}[-. ]?\d{4})")
"""Numbers that Korean networks give to services alone."""
_MOBILE = re.compile(r"(?:\+?82[-. ]?)?\(?0?1[016789]\)?[-. ]?\d")
_OFFICE = re.compile(
    r"(?:통계|자료|데이터|연구|지원|상담|콜|고객|관리|보건|검진|암|의료|정보|교육|복지|문화|행정|민원)\s?센터|[가-힣]{2,12}(?:청|원|처|공단|공사|재단"
    r"|협회|학회|위원회|대학교|대학|병원|의료원|보건소|연구소|연구원|사무국|사무소|본부|은행|기관|부서|팀)(?![가-힣])|대표\s?(?:전화|번호)|고객센터|상담실"
    r"|문의(?:처|\s?[:：])|분석\s?(?:장소|센터)|발행처|제공\s?기관|(?:교|사무|행정|운영|지원|편집|연구|기획|관리|심사|홍보|총무)실(?![가-힣])"
    r"|[가-힣]{2,12}학과(?![가-힣])|(?:기획|운영|지원|관리|심사|정보|통계|연구)[부과국단](?![가-힣])|\(대표\)|내선|"
    r"\b(?:Statistics|Ministry|Agency|Institute|University|Hospital|Center|Centre|Office|Bureau|Department|Authority|"
    r"Foundation|Commission|Association|College"
    r"|Laboratory|Switchboard|Helpdesk|Help ?desk|Hotline|Headquarters|Inc|Ltd)"
    r"\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"환자|대상자|참여자|응답자|수진자|피험자|보호자|자택|거주|본인|성명|이름|연락처\s?[:：]|휴대|핸드폰|수령|배송"
    r"|\b(?:patient|participant|respondent|subject|resident|lives|living|home|guardian|spouse|mobile|cell)\b",
    re.IGNORECASE,
)
_DWELLING = re.compile(
    r"\d\s?동\s?\d+\s?호|\d{3,4}\s?호(?![가-힣])|아파트|빌라|오피스텔|\b(?:apt|unit|flat)\b", re.IGNORECASE
)
MOST_ADDRESSES = 5
"""Addresses of e-mail in one text up to which they may be of offices and authors; more are a list of somebody's."""
_DESK = re.compile(
    r"(?:(?:help|service|support|front)-?desk|help|info(?:rmation)?|contact(?:us)?|support|desk|admin(?:istrator)?|"
    r"webmaster|postmaster|master|office|secretariat|secretary|enquir(?:y|ies)|inquir(?:y|ies)|no-?reply|"
    r"notifications?|"
    r"press|media|editors?|editorial|journal|library|data|stats?|statistics|survey|research|access|service|team|staff|"
    r"security|privacy|dpo|irb|ethics|legal|compliance|feedback|question|qna|q-and-a|faq|bugs?|devel|dev|users?|list|"
    r"announce|maintainers?|licen[sc]e|registry|portal|open|public|center|centre|lab|git|hello|mail|ask|zone|hub|"
    r"customer|care|call|gov|korea|kr)(?:[-._]?(?=[a-z])|$|(?=\d)\d{0,2}$)",
    re.IGNORECASE,
)
"""A word of which the names of mailboxes are made that an office reads."""
_POST = re.compile(
    r".*@(?:gmail|googlemail|naver|daum|hanmail|kakao|nate|hotmail|outlook|yahoo|icloud|me|qq|163|proton(?:mail)?)\.",
    re.IGNORECASE,
)
"""Where private people have their mailboxes."""
_WROTE = re.compile(
    r"\b(?:authors?|maintainers?|maintained|copyright|written|developed|developers?|"
    r"bug ?reports?|correspond(?:ing|ence))\b|\(c\)|©|@author|교신\s?저자|저자|개발자|개발\s?책임|프로그램\s?작성자|"
    r"유지\s?보수",
    re.IGNORECASE,
)


def without_offices(found: list[Span], text: str, labels: Container[str]) -> list[Span]:
    """Without what is of an institution among finds with these labels."""
    if not any(one.label in labels for one in found):
        return found
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1]
    lines = [bisect_right(starts, one.start) - 1 for one in found]
    told: dict[int, set[str]] = defaultdict(set)
    for one, line in zip(found, lines, strict=True):
        told[line].add(one.label)
    return [
        one
        for one, line in zip(found, lines, strict=True)
        if one.label not in labels or not _is_of_office(text, one, starts[line], starts[line + 1] - 1, told[line])
    ]


def _is_of_office(text: str, span: Span, start: int, end: int, told: Set[str]) -> bool:
    """Whether the line of a find names an institution and nobody: no person, no dwelling, no mobile telephone."""
    said = text[span.start : span.end]
    before, behind = text[max(start, span.start - _BEFORE) : span.start], text[span.end : min(end, span.end + _BEHIND)]
    if _PERSONAL.search(before) or _PERSONAL.search(behind) or _DWELLING.search(said + behind):
        return False
    others = told - {"PHONE", "ADDRESS", "URL", "EMAIL"}
    if span.label == "EMAIL":
        return (_is_of_desk(said) and not others) or _is_of_author(before, others)
    if others:
        return False
    if span.label == "PHONE" and _MOBILE.match(said.strip()):
        return False
    if span.label == "PHONE" and _SERVICE.fullmatch(said.strip()):
        return True
    return _OFFICE.search(before) is not None or _OFFICE.search(behind) is not None


def is_list_of_addresses(found: Sequence[Span], text: str) -> bool:
    """Whether so many addresses of e-mail stand in a text that they are of the people whom it is about."""
    return len({text[one.start : one.end].lower() for one in found if one.label == "EMAIL"}) > MOST_ADDRESSES


def _is_of_desk(address: str) -> bool:
    """Whether the name of a mailbox is made of nothing but words for an office, at no provider of private mail."""
    name = address.strip().partition("@")[0]
    at = 0
    while at < len(name) and (word := _DESK.match(name, at)) and word.end() > at:
        at = word.end()
    house = address.strip().partition("@")[2].partition(".")[0].lower()
    # The mailbox that is called like its house, or nearly so.
    named = len(house) >= SHORTEST_HOUSE and name.lower().startswith(house) and len(name) <= len(house) + 1
    return bool(name) and (at == len(name) or named) and _POST.match(address) is None


SHORTEST_HOUSE = 3


def _is_of_author(before: str, others: Set[str]) -> bool:
    """Whether the words before say that the address is of who wrote a program or a paper; they may name them."""
    return not others - {"PERSON"} and _WROTE.search(before) is not None
