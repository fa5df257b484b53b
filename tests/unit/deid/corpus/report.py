"""Writes the page that says how well identifiers are found in the held-out half of the made-up documents.

python -m tests.unit.deid.corpus.report
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from audit.text import Language, Text
from deid.identifiers import detect
from tests.unit.deid.corpus.documents import administrative, longer, spelt
from tests.unit.deid.corpus.scoring import Scores, score
from tests.unit.deid.corpus.vocabulary import HELD_OUT

EXPLANATION = Path(__file__).resolve().parents[4] / "docs" / "explanation"
PAGES: dict[Language, str] = {"en": "text-detection.md", "ko": "text-detection.ko.md"}
DOCUMENTS = 300
EVERY_SPELLING = 4


# ruff: noqa: E501 - a paragraph of the page is one line
_LEAD = Text(
    "<!-- `python -m tests.unit.deid.corpus.report`로 만든 문서입니다. -->\n\n# 글 속의 식별정보는 얼마나 찾는가\n\n"
    "[English](text-detection.md)\n\n"
    "규칙은 지어낸 문서의 절반을 보면서 만들었고, 아래 수치는 나머지 절반에서 잰 것입니다. 두 절반은 문서의 틀도, 이름·주소·은행 같은"
    " 낱말도 겹치지 않습니다(흔한 성만 같습니다). 그래도 두 절반을 같은 사람들이 썼고, 지어낸 글은 실제 글보다 쉽습니다. 그러니 이 수치는 상한에 가깝고, 중요한 자료는"
    " 사람이 더 보아야 합니다.\n",
    "<!-- Made by `python -m tests.unit.deid.corpus.report`. -->\n\n# How much of what identifies is found in text\n\n"
    "[한국어](text-detection.ko.md)\n\n"
    "The rules were developed on one half of made-up documents; these figures are of the other. The halves share no"
    " template and no name, place or bank, only the common surnames; but the same people wrote both. Made-up text is easier than real text: read the"
    " figures as close to an upper bound, and let a person look where it matters.\n",
)
_KINDS = (
    Text("행정 문서", "administrative documents"),
    Text(
        "긴 문서(진료 기록, 상담, 회의록, 조서, 계약)",
        "longer documents (notes, chats, minutes, statements, contracts)",
    ),
)
_OVERALL = Text(
    "\n## 글자 단위\n\n| 문서 | n | 정밀도 | 재현율 | F2 |\n|---|---|---|---|---|",
    "\n## By character\n\n| documents | n | precision | recall | F2 |\n|---|---|---|---|---|",
)
_LABELS = Text(
    "\n## 종류별\n\n*가림*은 한 글자도 남기지 않고 찾은 비율, *이름*은 종류까지 맞힌 비율, *정밀도*는 그 종류라고 한 것 가운데"
    " 실제 식별정보였던 비율입니다.\n\n| 종류 | n | 가림 | 이름 | 정밀도 | F2 |\n|---|---|---|---|---|---|",
    "\n## By label\n\n*Covered* is the share found to the last character, *named* the share found under the right label,"
    " *precision* the share of finds under that label that were identifiers.\n\n"
    "| label | n | covered | named | precision | F2 |\n|---|---|---|---|---|---|",
)
_SPELT = Text(
    '\n## 적는 방법별\n\n번호로 된 식별정보 11종과 전자우편 주소를, 그 종류를 밝히는 말 뒤에 아래 방법으로 적었을 때 모두 가린 비율입니다. 한 종류에만 있는 방법(가려진 카드 번호, 국가 번호, "골뱅이" 등)도 들어 있습니다.\n\n| 방법 | n | 가림 |\n|---|---|---|',
    "\n## By spelling\n\nThe share covered of eleven kinds of numbers and of e-mail addresses, behind a word that says what they are, each written in these ways. Ways of one kind only (hidden cards, codes of the country, words for the @) are among them.\n\n| spelling | n | covered |\n|---|---|---|",
)

_NOT_FOUND = Text(
    """
## 찾지 못하는 것

아래는 안전하게 찾을 수 없어 그대로 남습니다. 중요한 자료는 사람이 확인하십시오.

* 직함·호칭·이름표가 없는 로마자 이름(예: 문장 속의 Kim Minsu)과, 성이나 호칭 없이 이름만 쓴 것.
* 앞뒤에 이유가 없는 한글 이름. 흔한 이름이 아니면 낱말과 구별되지 않습니다.
* 설명하는 말 없이 쉼표, 줄바꿈, 표의 칸으로 나뉜 번호. 휴대전화 번호만 예외입니다. 값의 목록과 구별할 수 없기 때문입니다.
* 검증 숫자가 없는 번호(2020년 10월 이후의 주민등록번호, 계좌, 면허)를 설명하는 말 없이 보통과 다르게 적은 것.
* 두 자리·세 자리 수로 읽은 번호(십이, 삼백사십오), 쉼표를 찍거나 줄을 바꾸며 한 자리씩 한글로 읽은 번호.
* 빈 줄이나 "에서" 같은 낱말로 나뉜 번호, 천 단위로 쉼표를 찍거나 지수로 적은 번호.
* 가운데가 가려진 전화번호와 계좌번호, 뒤 네 자리만 남은 카드 번호.
* 한자 두 글자나 네 글자 이름, 성으로 잘 쓰이지 않는 글자로 시작하는 한자 이름이 호칭 없이 홀로 있는 것.
* 도로명이나 지번 없이 건물 이름만 적은 주소.
* 그림 속의 글자.
""",
    """
## What is not found

This cannot be found safely and is left standing; let a person look where it matters.

* Names in Latin letters without a title, a form of address or a label (Kim Minsu in a sentence), and given names alone.
* Names in Hangul with no reason beside them: unless the name is a common one, it cannot be told from a word.
* Numbers parted by commas, line breaks or cells of a table, without a word that says what they are; only mobile telephone numbers are found. They cannot be told from lists of values.
* Numbers without a check digit (resident numbers since October 2020, accounts, licences) in unusual spellings without such a word.
* Numbers read as tens and hundreds (십이, 삼백사십오), or digit by digit in Hangul with commas or line breaks between.
* Numbers parted by an empty line or by words such as 에서, with commas at the thousands or with an exponent.
* Telephone and account numbers with their middle hidden, and cards of which only the last four digits are left.
* Names of two or four Hanja, or that begin with a character rarely used as a surname, standing alone without a form of address.
* Addresses that are only the name of a building, without a road or a lot.
* Letters in pictures.
""",
)


def page(language: Language) -> str:
    """Return the page."""
    scores = _measured()
    lines = [_LEAD.say(language) + _OVERALL.say(language)]
    lines += [
        f"| {kind.say(language)} | {DOCUMENTS} | {one.precision:.3f} | {one.recall:.3f} | {one.f2:.3f} |"
        for kind, one in zip(_KINDS, scores, strict=True)
    ]
    lines += [
        _LABELS.say(language),
        *_by_label(*scores),
        _SPELT.say(language),
        *_by_spelling(),
        _NOT_FOUND.say(language).rstrip(),
    ]
    return "\n".join(lines) + "\n"


@cache
def _measured() -> tuple[Scores, Scores]:
    """Return the scores of both kinds of documents; the pages of both languages show the same."""
    return score(administrative(HELD_OUT, DOCUMENTS, 5), detect), score(longer(HELD_OUT, DOCUMENTS, 6), detect)


def _by_label(one: Scores, other: Scores) -> list[str]:
    total, covered, named = one.total + other.total, one.covered + other.covered, one.named + other.named
    false = one.false + other.false
    rows = []
    for label in sorted(total):
        recall, right = covered[label] / total[label], named[label]
        precision = right / (right + false[label]) if right else 0.0
        f2 = 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0
        rows.append(
            f"| {label} | {total[label]} | {recall:.3f} | {right / total[label]:.3f} | {precision:.3f} | {f2:.3f} |"
        )
    return rows


@cache
def _by_spelling() -> list[str]:
    total, covered = Counter[str](), Counter[str]()
    for _, spelling, document in spelt(HELD_OUT, EVERY_SPELLING, seed=7):
        found = score([document], detect)
        total[spelling] += 1
        covered[spelling] += found.covered.total()
    return [f"| {name} | {number} | {covered[name] / number:.3f} |" for name, number in total.items()]


def main() -> None:
    """Write both pages."""
    for language, name in PAGES.items():
        (EXPLANATION / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
