"""The notice that each person accepts before first use: what is recorded, who may read it, for how long.

A change of any sentence is a new version: `tests/unit/registry` holds the digest of every version that
was ever shown, so an accepted version always names one exact text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from registry.text import Text


@dataclass(frozen=True, slots=True)
class Section:
    """One question that the notice answers, and its answers."""

    heading: Text
    points: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One version of the notice in both languages."""

    version: str
    title: Text
    opening: Text
    sections: tuple[Section, ...]
    acceptance: Text

    @property
    def digest(self) -> str:
        """SHA-256 of every sentence in both languages, as the acceptance event names it."""
        sentences = [self.title, self.opening]
        for section in self.sections:
            sentences += [section.heading, *section.points]
        sentences.append(self.acceptance)
        canonical = json.dumps(
            [self.version, [[sentence.ko, sentence.en] for sentence in sentences]],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


_RECORDED = Section(
    Text(ko="무엇을 기록합니까", en="What is recorded"),
    (
        Text(
            ko="로그인과 로그아웃, 거부된 로그인, 비밀번호와 인증 앱의 변경.",
            en="Every sign-in and sign-out, refused sign-ins, changes of password and authenticator.",
        ),
        Text(
            ko="분석환경의 시작과 종료, 그때 연결된 데이터셋과 그 버전.",
            en="Every start and stop of your workspace, and the datasets and versions it was given.",
        ),
        Text(
            ko="노트북에서 실행을 요청한 모든 코드 셀의 내용. 실행되기 "
            "전에 기록되며, 기록할 수 없으면 실행되지 않습니다.",
            en="The code of every notebook cell that you run. It is recorded before it runs; "
            "if it cannot be recorded, it does not run.",
        ),
        Text(
            ko="브라우저에서 저장한 파일의 이름, 브라우저로 나간 데이터의 양, 거부된 내려받기 시도.",
            en="Names of files saved from the browser, the amount of data sent to your browser, "
            "and downloads that were refused.",
        ),
        Text(
            ko="반출 신청, 제출한 파일과 그 해시값, 점검 결과, 심사 의견과 결정, 반출물 수령.",
            en="Egress requests, the files submitted with their "
            "hashes, findings, review opinions and decisions, "
            "and the collection of released results.",
        ),
        Text(
            ko="사용자, 과제, 데이터 접근권한의 부여·변경·말소, 그리고 접속기록의 열람.",
            en="Every grant, change and removal of access rights, and every reading of the records themselves.",
        ),
        Text(
            ko="각 기록의 항목: 식별자, 접속 일시, 접속지 정보(IP 주소), "
            "처리한 정보주체 정보(데이터셋과 그 범위), 수행업무.",
            en="Each record holds who, when, from where (IP address), "
            "whose data (dataset and scope) and what was done.",
        ),
    ),
)

_NOT_RECORDED = Section(
    Text(ko="무엇을 기록하지 않습니까", en="What is not recorded"),
    (
        Text(
            ko="화면, 카메라, 소리, 실행하지 않은 글쇠 입력, 비밀번호와 인증번호.",
            en="Your screen, camera, sound, key strokes that you do not run, passwords and codes.",
        ),
        Text(
            ko="셀의 실행 결과. 다만 반출을 신청한 파일은 심사를 위해 그대로 보관됩니다.",
            en="The output of cells. Files that you submit for egress, however, are kept as they are for review.",
        ),
    ),
)

_WHY = Section(
    Text(ko="왜 기록합니까", en="Why it is recorded"),
    (
        Text(
            ko="「개인정보 보호법」 제29조와 「개인정보의 안전성 확보조치 기준」 제8조에 따라 "
            "접속기록을 보관하고 매월 점검할 의무가 있습니다.",
            en="Article 29 of the Personal Information Protection "
            "Act (PIPA) and Article 8 of the Standards for "
            "Safety Measures require the zone to keep access records and to review them every month.",
        ),
        Text(
            ko="비공개 데이터가 두 사람의 승인 없이 나가지 않았음을 나중에 증명하기 위해서입니다. "
            "연구 성과의 평가나 근무 관리에는 쓰지 않습니다.",
            en="It proves later that no unopened data left without the approval of two people. "
            "It is not used to judge your research or your working hours.",
        ),
    ),
)

_READERS = Section(
    Text(ko="누가 볼 수 있습니까", en="Who may read it"),
    (
        Text(
            ko="준법감시 담당자: 모든 기록. 열람할 때마다 그 열람도 기록됩니다.",
            en="The compliance officer: every record. Each reading is recorded as well.",
        ),
        Text(
            ko="반출 심사자: 맡은 반출 신청의 파일과 설명, 점검 결과.",
            en="Checkers: files, descriptions and findings of the egress requests they review.",
        ),
        Text(
            ko="데이터 제공기관과 감독기관: 법령이나 계약으로 정한 범위.",
            en="Data providers and supervisory authorities: as far as law or contract provides.",
        ),
        Text(
            ko="운영자는 설비를 관리하며 코드와 반출 파일의 내용을 보지 않습니다. "
            "이름, 이메일, IP 주소, 코드는 암호화하여 기록과 따로 보관합니다.",
            en="Operators look after the machines and do not read code or egress files. Names, e-mail and IP "
            "addresses and code are encrypted and kept apart from the log.",
        ),
    ),
)

_RETENTION = Section(
    Text(ko="얼마나 보관합니까", en="For how long"),
    (
        Text(
            ko="접속기록과 코드 셀: 기본 2년. 법정 최소 기간은 1년이며, 5만 명 이상의 정보주체, "
            "고유식별정보 또는 민감정보를 처리하는 경우 2년입니다.",
            en="Access records and code cells: two years by default. "
            "The legal minimum is one year, and two years "
            "for systems with 50,000 or more people, unique identifiers or sensitive data.",
        ),
        Text(
            ko="접근권한의 부여·변경·말소 기록: 3년.",
            en="Records of access rights granted, changed or removed: three years.",
        ),
        Text(
            ko="기간이 지나면 이름, IP 주소, 코드의 원문을 지웁니다. 위변조를 확인하기 위한 해시값은 남습니다.",
            en="After that, names, addresses and code are erased. Hashes remain, so that tampering can still be found.",
        ),
    ),
)

_DUTIES = Section(
    Text(ko="지켜야 할 것", en="What you undertake"),
    (
        Text(
            ko="특정 개인을 알아보려는 시도를 하지 않습니다(「개인정보 보호법」 제28조의5). "
            "우연히 알아보게 되면 즉시 작업을 멈추고 알립니다.",
            en="You do not try to identify anybody (PIPA Article 28-5). "
            "If you recognise somebody by accident, you stop at once and report it.",
        ),
        Text(
            ko="화면을 촬영하거나 옮겨 적지 않으며, 결과는 반출 심사를 거쳐서만 가지고 나갑니다.",
            en="You do not photograph or copy down the screen; results leave through egress review only.",
        ),
        Text(
            ko="계정과 인증 앱을 다른 사람과 함께 쓰지 않습니다.",
            en="You do not share your account or your authenticator.",
        ),
    ),
)

_RIGHTS = Section(
    Text(ko="나의 권리", en="Your rights"),
    (
        Text(
            ko="본인에 관한 기록의 열람과 잘못된 정보의 정정을 "
            "운영자나 준법감시 담당자에게 요구할 수 있습니다. "
            "접속기록은 법정 보관 기간 안에는 지우거나 고칠 수 없습니다.",
            en="You may ask an operator or the compliance officer "
            "to see the records about you and to correct wrong "
            "personal details. Access records cannot be erased or changed within the legal period.",
        ),
        Text(
            ko="동의하지 않을 수 있습니다. 다만 기록은 법적 의무이므로, 동의하지 않으면 분석환경을 쓸 수 없습니다.",
            en="You may refuse. As recording is a legal duty, you cannot use a workspace without accepting.",
        ),
    ),
)

NOTICE_2026_1 = Notice(
    version="2026-1",
    title=Text(ko="기록에 관한 안내", en="Notice about what is recorded"),
    opening=Text(
        ko="이곳은 데이터안심구역입니다. 여기에서 하는 일은 기록됩니다. 처음 쓰기 전에 읽고 확인해 주십시오.",
        en="This is a data safe zone. What you do here is recorded. Please read and accept this before first use.",
    ),
    sections=(_RECORDED, _NOT_RECORDED, _WHY, _READERS, _RETENTION, _DUTIES, _RIGHTS),
    acceptance=Text(
        ko="위 내용을 읽고 이해하였으며, 기록된다는 것을 알고 이용하겠습니다.",
        en="I have read and understood this, and I use the zone knowing that it is recorded.",
    ),
)

NOTICES: Mapping[str, Notice] = MappingProxyType({notice.version: notice for notice in (NOTICE_2026_1,)})
"""Every version that was ever shown."""

NOTICE_VERSION = NOTICE_2026_1.version
"""The version that must have been accepted before work."""
