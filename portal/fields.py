"""The names of form fields as people read them, and the longest text that each may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from portal.errors import Missing, WrongInput
from registry.text import Text


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a form; `longest` counts characters."""

    label: Text
    longest: int = 200


FIELDS: Mapping[str, Field] = {
    "title": Field(Text("제목", "Title")),
    "purpose": Field(Text("목적", "Purpose"), 2_000),
    "context": Field(Text("분석 내용 설명", "Context"), 20_000),
    "controls": Field(Text("적용한 통계적 보호조치", "Statistical controls"), 20_000),
    "group": Field(Text("묶음", "Group"), 64),
    "file": Field(Text("파일", "File"), 255),
    "text": Field(Text("글", "Text"), 10_000),
    "comment": Field(Text("의견", "Comment"), 10_000),
    "remark": Field(Text("발언", "Remark"), 10_000),
    "confirm": Field(Text("확인 문구", "Typed confirmation")),
    "target": Field(Text("데이터셋이나 과제", "Dataset or project"), 60),
    "policy": Field(Text("정책", "Policy"), 200),
    "terms": Field(Text("정책의 내용", "Text of the policy"), 60_000),
    "since": Field(Text("시작일", "First day"), 10),
    "mail": Field(Text("이메일", "E-mail"), 3),
    "owner": Field(Text("책임자", "Who answers for it"), 30),
    "addresses": Field(Text("접속 주소", "From where"), 1_000),
    "organisation": Field(Text("소속", "Organisation")),
    "handle": Field(Text("아이디", "User name"), 30),
    "name": Field(Text("이름", "Name")),
    "email": Field(Text("이메일", "E-mail")),
    "password": Field(Text("비밀번호", "Password"), 1_000),
    "again": Field(Text("비밀번호 확인", "Password again"), 1_000),
    "old": Field(Text("지금 비밀번호", "Present password"), 1_000),
    "code": Field(Text("인증번호", "Code"), 12),
    "id": Field(Text("식별자", "Id"), 30),
    "title_ko": Field(Text("한국어 제목", "Korean title")),
    "title_en": Field(Text("영어 제목", "English title")),
    "starts": Field(Text("시작일", "First day"), 10),
    "ends": Field(Text("종료일", "Last day"), 10),
    "project": Field(Text("과제", "Project"), 30),
    "dataset": Field(Text("데이터셋", "Dataset"), 80),
    "role": Field(Text("역할", "Role"), 40),
    "language": Field(Text("언어", "Language"), 2),
    "reason": Field(Text("이유", "Reason"), 2_000),
    "why": Field(Text("까닭", "Reason"), 2_000),
    "decision": Field(Text("결정", "Decision"), 16),
    "answer": Field(Text("신청자에게 전하는 말", "Answer to who asked"), 2_000),
    "package": Field(Text("패키지", "Package"), 64),
    "files": Field(Text("파일", "Files"), 255),
    "month": Field(Text("달", "Month"), 7),
    "item": Field(Text("점검 항목", "Item of the review"), 64),
    "binding": Field(Text("검토 대상의 해시", "What was reviewed"), 64),
    "verdict": Field(Text("판정", "Verdict"), 16),
    "conditions": Field(Text("조건", "Conditions"), 4_000),
    "finding": Field(Text("판단", "Finding"), 16),
    "extract": Field(Text("추출본", "Extract"), 64),
    "domain": Field(Text("연계 영역", "Linkage domain"), 60),
    "key": Field(Text("키", "Key"), 80),
    "tokens": Field(Text("가명", "Tokens"), 20_000),
    "limit": Field(Text("한도", "Limit"), 4),
    "days": Field(Text("기간", "Days"), 4),
    "basis": Field(Text("법적 근거", "Legal basis"), 2_000),
    "scope": Field(Text("대상 범위", "Scope"), 2_000),
    "need": Field(Text("최소한인 까닭", "Why these items"), 2_000),
    "protection": Field(Text("이용 환경의 보호조치", "Protection of the place of use"), 2_000),
    "kind": Field(Text("목적의 구분", "Kind of purpose"), 32),
    "engine": Field(Text("엔진", "Engine"), 32),
    "epsilon": Field(Text("엡실론", "Epsilon"), 12),
    "delta": Field(Text("델타", "Delta"), 12),
    "rows": Field(Text("행 수", "Rows"), 12),
    "source": Field(Text("원자료", "Source"), 80),
    "ground": Field(Text("법적 근거", "Legal ground"), 32),
}


def checked(name: str, value: object, *, required: bool = True) -> str:
    """Return the text of a field without surrounding space; a name that the table lacks is a defect.

    Raises: WrongInput — if it is missing, empty though required, longer than the table allows, or holds what no
    keyboard writes and no database keeps.
    """
    field = FIELDS[name]
    text = value.strip() if isinstance(value, str) else ""
    if required and not text:
        raise WrongInput(Text(f"비어 있는 항목: {field.label.ko}", f"This entry is empty: {field.label.en}"))
    if len(text) > field.longest:
        raise WrongInput(
            Text(
                f"너무 긴 항목: {field.label.ko} (최대 {field.longest}자)",
                f"This entry is too long: {field.label.en} (at most {field.longest} characters)",
            )
        )
    if _UNWRITTEN.search(text):
        raise WrongInput(
            Text(
                f"쓸 수 없는 문자가 있는 항목: {field.label.ko}. 다시 입력하십시오.",
                f"This entry holds characters that cannot be kept: {field.label.en}. Type it again.",
            )
        )
    return text


def check_address(request: Request) -> None:
    """Accept an address whose parts can be names of something.

    Raises: Missing — if a part of its path holds what no database keeps, so that nothing is called so.
    """
    for part in request.path_params.values():
        addressed(str(part))


def addressed(text: str) -> str:
    """Return a part of an address.

    Raises: Missing — if it holds what no database keeps.
    """
    if _UNWRITTEN.search(text):
        raise Missing(Text("이 주소에는 아무것도 없습니다.", "There is nothing at this address."))
    return text


_UNWRITTEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of a character that only a program sends."""
