"""The cover of a release package: one PDF that a person reads, in Korean and then in English.

It says what release.json says, and nothing else; the record and its signature are the evidence. Drawn by reportlab
(docs/adr/0007); everything that comes from the record is escaped, nothing is fetched.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from audit.searching.pdf_copy import find_font, register
from audit.text import Language
from egress_review.rules import RULE
from egress_review.term_names import TERM_NAMES, value_of
from egress_review.terms import Policy
from registry.text import Text

COVER = "cover.pdf"
_MARGIN = 42  # points
MOST_FINDINGS = 60
"""Findings of a file that the cover lists; release.json has all of them."""

_ROLES = {"checker": Text("심사자", "checker"), "senior_checker": Text("선임 심사자", "senior checker")}
_CHOICES = {
    "approve": Text("승인", "approve"),
    "changes": Text("보완 요청", "changes"),
    "reject": Text("반려", "reject"),
}
_VERDICTS = {
    "passed": Text("통과", "passed"),
    "flagged": Text("예외로 승인", "approved as an exception"),
    "not_checked": Text("점검하지 못한 규칙을 예외로 승인", "approved though a rule could not be applied"),
}
_SEVERITIES = {
    "block": Text("반출 불가", "may not leave"),
    "fail": Text("고쳐야 함", "must be fixed"),
    "warn": Text("확인 필요", "look at this"),
    "note": Text("참고", "note"),
}
_SAID = {
    "title": Text("반출 기록", "Record of a release"),
    "request": Text("반출신청", "Egress request"),
    "project": Text("과제", "Project"),
    "round": Text("심사 차수", "Round of review"),
    "purpose": Text("목적", "Purpose"),
    "released": Text("반출한 때(UTC)", "Released (UTC)"),
    "data": Text("바탕이 된 데이터", "Data behind it"),
    "people": Text("{n}명", "{n} people"),
    "files": Text("나간 파일", "The files"),
    "name": Text("이름", "Name"),
    "size": Text("바이트", "Bytes"),
    "verdict": Text("점검 결과", "Check"),
    "criteria": Text("적용한 기준", "Criteria applied"),
    "policy": Text("정책 {name}, 해시 {digest}", "Policy {name}, digest {digest}"),
    "votes": Text("의결", "Votes"),
    "vote": Text("{role}: {choices} (기록 {index}번)", "{role}: {choices} (entry {index} of the log)"),
    "unseen": Text("보지 않은 쪽: {pages}", "without having been shown page {pages}"),
    "why": Text("규칙을 넘어선 까닭: {reason}", "Why a rule was overruled: {reason}"),
    "findings": Text("걸린 규칙과 점검하지 못한 규칙", "Findings, and rules that could not be applied"),
    "none": Text("없습니다. 모든 규칙을 통과했습니다.", "None. All rules passed."),
    "more": Text("그 밖에 {n}건은 release.json에 있습니다.", "{n} more are in release.json."),
    "unapplied": Text("점검하지 못함", "not applied"),
    "log": Text("감사 기록의 영수증", "Receipt of the audit log"),
    "receipt": Text(
        "감사 기록 {origin}의 {approved}번에 승인이, {index}번에 이 반출이 적혀 있고,"
        " receipt.tlog-proof가 그것을 증명합니다. release.json의 SHA-256: {sha256}",
        "The audit log {origin} holds the approval as entry {approved} and this release as entry {index};"
        " receipt.tlog-proof proves it. SHA-256 of release.json: {sha256}",
    ),
    "how": Text(
        "이 표지는 읽기 위한 것이고 증거는 release.json과 그 서명입니다. 묶음 전체를 서버 없이 확인할 수 있습니다:"
        " ansim egress verify-package 폴더 --key 구역에서_받은_log.vkey",
        "This cover is for reading; the evidence is release.json and its signature. The whole package is verified"
        " without a server: ansim egress verify-package DIRECTORY --key LOG_VKEY_FROM_THE_ZONE",
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the cover says beside the record itself."""

    released_at: str
    index: int
    """The entry of the release in the audit log."""
    sha256: str
    """Hash of release.json."""


def cover(document: Mapping[str, Any], facts: Facts, *, fonts: Sequence[Path] = ()) -> bytes:
    """The cover as PDF, the same bytes for the same record; `fonts` are directories to look in first.

    Raises: FontMissing — if this machine has no font with Korean letters.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import PageBreak, SimpleDocTemplate

    register(find_font(fonts))
    data = io.BytesIO()
    ref = str(document["request"]["ref"])
    file = SimpleDocTemplate(
        data,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=ref,
        author="Ansim",
        lang="ko-KR",
        invariant=1,
    )

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont("AnsimKorean", 7)
        canvas.drawString(_MARGIN, 24, f"{document['log']['origin']} · {ref}")
        canvas.drawRightString(A4[0] - _MARGIN, 24, str(page.page))

    story = [*_part(document, facts, "ko", file.width), PageBreak(), *_part(document, facts, "en", file.width)]
    file.build(story, onFirstPage=foot, onLaterPages=foot)
    return data.getvalue()


def _part(document: Mapping[str, Any], facts: Facts, language: Language, width: float) -> Iterator[Any]:
    from reportlab.platypus import Paragraph, Spacer

    head, part, plain, bold, fixed = _styles()
    request, policy = document["request"], document["policy"]

    def say(said: str, /, **values: object) -> str:
        return escape(_SAID[said].say(language).format(**values))

    yield Paragraph(escape(f"{_SAID['title'].say(language)} · {request['title']}"), head)
    data = ", ".join(f"{u['id']} v{u['version']} ({say('people', n=u['people'])})" for u in document["datasets"])
    rows = [
        (say("request"), escape(request["ref"])),
        (say("project"), escape(request["project"])),
        (say("round"), str(request["round"])),
        (say("released"), escape(facts.released_at)),
        (say("purpose"), escape(request["purpose"])),
        (say("data"), escape(data) or "–"),
    ]
    yield _table([[Paragraph(a, bold), Paragraph(b, plain)] for a, b in rows], [100, width - 100])
    yield Paragraph(say("files"), part)
    files = [[Paragraph(say(name), bold) for name in ("name", "size", "verdict")]]
    for one in document["files"]:
        name = f"{escape(one['path'].rpartition('/')[2])}<br/><font size='6.5'>SHA-256 {one['sha256']}</font>"
        verdict = _VERDICTS[one["verdict"]].say(language)
        files.append([Paragraph(name, plain), Paragraph(f"{one['size']:,}", plain), Paragraph(escape(verdict), plain)])
    yield _table(files, [width - 170, 70, 100])
    yield Paragraph(say("votes"), part)
    for text in _votes(document, language):
        yield Paragraph(escape(text), plain)
    yield Paragraph(say("findings"), part)
    for text in _findings(document, language):
        yield Paragraph(escape(text), plain)
    yield Paragraph(say("criteria"), part)
    yield Paragraph(say("policy", name=policy["name"], digest=policy["digest"]), fixed)
    terms = Policy.from_json(policy["content"])
    criteria = [
        [Paragraph(escape(name.say(language)), plain), Paragraph(escape(value_of(terms, term).say(language)), plain)]
        for term, name in TERM_NAMES.items()
    ]
    yield _table(criteria, [230, width - 230])
    yield Paragraph(say("log"), part)
    log = document["log"]
    yield Paragraph(
        say("receipt", origin=log["origin"], approved=log["approved_index"], index=facts.index, sha256=facts.sha256),
        plain,
    )
    yield Spacer(1, 6)
    yield Paragraph(say("how"), plain)


def _votes(document: Mapping[str, Any], language: Language) -> Iterator[str]:
    names = {one["sha256"]: one["path"].rpartition("/")[2] for one in document["files"]}
    for vote in document["votes"]:
        choices = ", ".join(f"{names[sha]} {_CHOICES[choice].say(language)}" for sha, choice in vote["files"].items())
        role = _ROLES[vote["role"]].say(language)
        yield "• " + _SAID["vote"].say(language).format(role=role, choices=choices, index=vote["log_index"])
        for sha256, looked in vote.get("shown", {}).items():
            if looked["unseen"]:
                yield f"   {names[sha256]}: {_SAID['unseen'].say(language).format(pages=looked['unseen'])}"
        if vote.get("reason"):
            yield "   " + _SAID["why"].say(language).format(reason=vote["reason"])


def _findings(document: Mapping[str, Any], language: Language) -> Iterator[str]:
    told = 0
    for one in document["files"]:
        name = one["path"].rpartition("/")[2]
        found = [finding for finding in one["findings"] if finding["status"] != "passed"]
        for finding in found[:MOST_FINDINGS]:
            told += 1
            flagged = finding["status"] == "flagged"
            weight = _SEVERITIES[finding["severity"]] if flagged else _SAID["unapplied"]
            title = RULE[finding["rule"]].title.say(language) if finding["rule"] in RULE else finding["rule"]
            yield f"• {name} · {weight.say(language)} · {title}: {finding['message'][language]}"
        if len(found) > MOST_FINDINGS:
            yield _SAID["more"].say(language).format(n=len(found) - MOST_FINDINGS)
    if not told:
        yield _SAID["none"].say(language)


def _styles() -> tuple[Any, ...]:
    from reportlab.lib.styles import ParagraphStyle

    plain = ParagraphStyle("plain", fontName="AnsimKorean", fontSize=8.5, leading=12, wordWrap="CJK")
    bold = ParagraphStyle("bold", parent=plain, fontName="AnsimKoreanBold")
    head = ParagraphStyle("head", parent=bold, fontSize=15, leading=20, spaceAfter=6)
    part = ParagraphStyle("part", parent=bold, fontSize=10.5, leading=15, spaceBefore=9, spaceAfter=3)
    fixed = ParagraphStyle("fixed", parent=plain, fontSize=7.5, leading=10, spaceAfter=3)
    return head, part, plain, bold, fixed


def _table(rows: list[list[Any]], widths: list[float]) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import LongTable

    line = ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#b9c2c8"))
    tight = [("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]
    style = [line, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2), *tight]
    return LongTable(rows, colWidths=widths, style=style)
