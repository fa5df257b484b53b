"""Numbers of one person by what stands before them: an account that is compared, a trader's business number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from egress_review.rules import RULE
from registry.text import Text

FEWEST_DIGITS = 10
"""Digits of the shortest account; a day with its hyphens has fewer."""
BEFORE, AROUND = 40, 80
"""Characters before a business number that call it so, and around it that may say whose it is."""

_ACCOUNT = re.compile(
    r"(?:(?<![A-Za-z])(?:acct|acnt|account|acc)[_ .]?(?P<numbered>no|num|nr|number)|(?<![A-Za-z])(?:acct|acnt|account)"
    r"|(?P<korean>계좌|통장)(?:번호)?)['\"`\])]{0,4}\s{0,3}"
    r"(?:==|!=|<>|=|~=|:|\bnot in\b|\bin\b|%in%|\.isin|\.eq|\.ne|,)\s{0,3}(?:c|list|"
    r"set)?\s{0,2}[\[({]{0,2}\s{0,3}['\"]?"
    r"(?P<digits>\d{2,6}(?:-\d{2,7}){1,3}|\d{10,14})(?![\w.-])",
    re.IGNORECASE,
)
_BUSINESS = re.compile(r"(?<![\d-])\d{3}-?(?P<kind>\d\d)-?\d{5}(?![\d-])")
_CALLED = re.compile(
    r"사업자|business (?:registration|number|reg)|\bBRN\b|\btax(?:payer)? (?:id|number|no)\b", re.IGNORECASE
)
_SOLE = re.compile(
    r"개인 ?사업자|자영업자|1인 ?사업|\b(?:sole|self-employed|individual) (?:trader|proprietor|owner|business)\w*",
    re.IGNORECASE,
)
_OF_BODIES = range(80, 90)
"""The fourth and fifth digit of the business number of a company, an office or a body; all others are of a person."""


_AN_ACCOUNT = Text(
    ko="한 사람의 계좌번호로 보이는 값이 조건이나 목록에 적혀 있습니다.",
    en="What looks like the number of one bank account is written out in a condition or a list.",
)
_OF_TRADER = Text(
    ko="한 사람인 개인사업자의 사업자등록번호로 보입니다.",
    en="This looks like the business registration number of a sole trader, who is one person.",
)
_REMOVE = Text(
    ko="번호를 지우십시오. 프로그램에서는 안심구역 안의 파일에서 읽고, 글에서는 ‘한 업체를 제외함’처럼 적으십시오.",
    en="Remove the number: in a program read it from a file that stays in the zone, in a text say that one was left "
    "out.",
)


def check_spelled(subject: Subject, listing: Listing) -> None:
    """Flag accounts that are compared or listed, and business numbers of single people."""
    trader, account = "identifier.business_reg", "identifier.account"
    for line in sorted({subject.line_of(at) for at in accounts_compared(subject.text)}):
        listing.flag(account, _AN_ACCOUNT, _REMOVE, where=Where(row=line), number=1)
    for line in sorted({subject.line_of(at) for at in sole_traders(subject.text)}):
        listing.flag(trader, _OF_TRADER, _REMOVE, where=Where(row=line), number=1, severity=RULE[trader].heaviest)


def accounts_compared(text: str) -> Iterator[int]:
    """Where in a program or a text a field of accounts is compared with the number of one."""
    for match in _ACCOUNT.finditer(text):
        plain = "-" not in match["digits"]
        if sum(map(str.isdigit, match["digits"])) >= FEWEST_DIGITS and (
            match["numbered"] or match["korean"] or not plain
        ):
            yield match.start("digits")


def sole_traders(text: str) -> Iterator[int]:
    """Where in a text the business number of one person stands, by its kind or by what is said around it."""
    for match in _BUSINESS.finditer(text):
        around = text[max(0, match.start() - AROUND) : match.end() + AROUND]
        called = _CALLED.search(text, max(0, match.start() - BEFORE), match.start())
        if called and (int(match["kind"]) not in _OF_BODIES or _SOLE.search(around)):
            yield match.start()
