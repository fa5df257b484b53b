"""Every action that may be recorded, with what it means to a reader and how long it must be kept.

An action that is not here is refused. Two retention classes exist because Korean law sets two floors: records
of access (Safety Standards for personal data, art. 8: one or two years) and the history of access rights
(three years).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from audit.text import Language

Retention = Literal["access", "rights"]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action: its name, what it says in Korean and in English, and its retention class."""

    action: str
    ko: str
    en: str
    retention: Retention = "access"

    def say(self, language: Language) -> str:
        """Return the description in one language."""
        return self.ko if language == "ko" else self.en


_ACTIONS = (
    ActionSpec("person.invited", "이용자를 초대함", "A person was invited", "rights"),
    ActionSpec("person.joined", "초대받은 이용자가 가입함", "An invited person joined", "rights"),
    ActionSpec("person.suspended", "이용자의 이용을 정지함", "A person was suspended", "rights"),
    ActionSpec("person.reinstated", "이용자의 이용을 재개함", "A person was reinstated", "rights"),
    ActionSpec("person.closed", "이용자 계정을 폐쇄함", "A person's account was closed", "rights"),
    ActionSpec("person.role_granted", "역할을 부여함", "A role was granted", "rights"),
    ActionSpec("person.role_revoked", "역할을 회수함", "A role was revoked", "rights"),
    ActionSpec("person.notice_accepted", "기록 안내에 동의함", "The notice on recording was accepted", "rights"),
    ActionSpec("person.password_changed", "비밀번호를 변경함", "A password was changed", "rights"),
    ActionSpec(
        "person.second_factor_reset_requested",
        "2차 인증 재설정을 요청함",
        "A reset of the second factor was requested",
        "rights",
    ),
    ActionSpec(
        "person.second_factor_reset_confirmed",
        "2차 인증 재설정을 다른 사람이 확인함",
        "A second person confirmed the reset of the second factor",
        "rights",
    ),
    ActionSpec("person.second_factor_set", "2차 인증을 등록함", "A second factor was set", "rights"),
    ActionSpec("project.created", "과제를 등록함", "A project was created", "rights"),
    ActionSpec("project.changed", "과제 정보를 변경함", "A project was changed", "rights"),
    ActionSpec("project.closed", "과제를 종료함", "A project was closed", "rights"),
    ActionSpec("membership.granted", "과제 참여 권한을 부여함", "Membership of a project was granted", "rights"),
    ActionSpec("membership.revoked", "과제 참여 권한을 회수함", "Membership of a project was revoked", "rights"),
    ActionSpec("dataset.registered", "데이터셋을 등록함", "A dataset was registered", "rights"),
    ActionSpec("dataset.version_added", "데이터셋의 새 버전을 추가함", "A version of a dataset was added", "rights"),
    ActionSpec(
        "dataset.checked",
        "데이터셋 파일을 해시와 대조함",
        "The files of a dataset were compared with its hashes",
    ),
    ActionSpec("grant.approved", "데이터 접근권한을 승인함", "Access to a dataset was approved", "rights"),
    ActionSpec("grant.revoked", "데이터 접근권한을 회수함", "Access to a dataset was revoked", "rights"),
    ActionSpec("session.signed_in", "로그인함", "Signed in"),
    ActionSpec("session.refused", "로그인이 거부됨", "Sign-in was refused"),
    ActionSpec("session.throttled", "로그인 시도가 일시 제한됨", "Sign-in was throttled"),
    ActionSpec("session.signed_out", "로그아웃함", "Signed out"),
    ActionSpec("workspace.start", "분석환경을 시작함", "A workspace was started"),
    ActionSpec("workspace.stop", "분석환경을 중지함", "A workspace was stopped"),
    ActionSpec("workspace.cut", "분석환경의 연결을 끊음", "The connections of a workspace were cut"),
    ActionSpec("workspace.warned", "이용 종료가 가까움을 알림", "A person was warned of the end of access"),
    ActionSpec("workspace.opened", "분석환경 화면을 엶", "A workspace was opened in a browser"),
    ActionSpec("cell.sent", "셀 코드를 실행하도록 보냄", "A cell was sent for execution"),
    ActionSpec("contents.written", "분석환경에 파일을 저장함", "A file was written to a workspace"),
    ActionSpec("gate.refused", "게이트가 요청을 거부함", "The gate refused a request"),
    ActionSpec("egress.drafted", "반출신청을 작성함", "An egress request was drafted"),
    ActionSpec("egress.prechecked", "반출 사전 점검을 함", "Files were checked before an egress request"),
    ActionSpec("egress.submitted", "반출신청을 제출함", "An egress request was submitted"),
    ActionSpec("egress.scanned", "반출 파일을 자동 점검함", "The files of an egress request were scanned"),
    ActionSpec("egress.scan_failed", "반출 파일의 자동 점검에 실패함", "The scan of an egress request failed"),
    ActionSpec("egress.blocked", "자동 점검에서 반출이 차단됨", "An egress request was blocked by the scan"),
    ActionSpec("egress.voted", "반출심사 의견을 냄", "A vote on an egress request was cast"),
    ActionSpec("egress.returned", "반출신청을 보완하도록 돌려보냄", "An egress request was returned for changes"),
    ActionSpec("egress.resubmitted", "반출신청을 보완하여 다시 제출함", "An egress request was submitted again"),
    ActionSpec("egress.approved", "반출을 승인함", "An egress request was approved"),
    ActionSpec("egress.rejected", "반출을 반려함", "An egress request was rejected"),
    ActionSpec("egress.withdrawn", "반출신청을 철회함", "An egress request was withdrawn"),
    ActionSpec("egress.releasing", "반출 파일의 내보내기를 시작함", "The release of an egress request began"),
    ActionSpec("egress.released", "반출 파일을 내보냄", "The files of an egress request were released"),
    ActionSpec("egress.release_failed", "반출 파일의 내보내기에 실패함", "The release of an egress request failed"),
    ActionSpec("egress.revoked", "반출을 취소함", "A release was revoked"),
    ActionSpec("egress.expired", "반출 파일의 수령 기간이 끝남", "The time to collect released files ended"),
    ActionSpec("egress.collected", "반출된 파일을 받아 감", "Released files were collected"),
    ActionSpec("egress.viewed", "반출 심사 파일을 열람함", "A file of an egress request was viewed"),
    ActionSpec("log.created", "감사 기록을 시작함", "The audit log was begun"),
    ActionSpec("log.searched", "감사 기록을 조회함", "The audit log was searched"),
    ActionSpec("log.verified", "감사 기록을 검증함", "The audit log was verified"),
    ActionSpec("log.exported", "감사 기록의 사본을 만듦", "A copy of the audit log was made"),
    ActionSpec("zone.started", "안심구역을 시작함", "The zone was started"),
    ActionSpec("zone.stopped", "안심구역을 중지함", "The zone was stopped"),
    ActionSpec("zone.reconciled", "중단된 작업을 정리함", "Interrupted work was reconciled"),
    ActionSpec("zone.setup", "안심구역을 처음 구성함", "The zone was set up"),
    ActionSpec("image.built", "컨테이너 이미지를 만듦", "A container image was built"),
    ActionSpec("settings.loaded", "설정을 불러옴", "Settings were loaded"),
    ActionSpec("policy.loaded", "정책을 불러옴", "A policy was loaded"),
)

CATALOGUE: Mapping[str, ActionSpec] = MappingProxyType({spec.action: spec for spec in _ACTIONS})
