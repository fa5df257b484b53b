"""Every action that may be recorded, with what it means to a reader and how long it must be kept.

An action that is not here is refused. The retention classes are those for which Korean law sets floors: records
of access (Safety Standards for personal data, art. 8: one or two years), the history of access rights (art. 5:
three years) and records of pseudonymisation (PIPA art. 28-4: three years); `audit.retention.policy` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.action_spec import ActionSpec, Retention
from audit.catalogue_data import DATA_ACTIONS

__all__ = ["CATALOGUE", "ActionSpec", "Retention"]

_ACTIONS = (
    ActionSpec("person.invited", "이용자를 초대함", "A person was invited", "rights"),
    ActionSpec("person.joined", "초대받은 이용자가 가입함", "An invited person joined", "rights"),
    ActionSpec("person.suspended", "이용자의 이용을 정지함", "A person was suspended", "rights"),
    ActionSpec("person.reinstated", "이용자의 이용을 재개함", "A person was reinstated", "rights"),
    ActionSpec("person.closed", "이용자 계정을 폐쇄함", "A person's account was closed", "rights"),
    ActionSpec("person.role_granted", "역할을 부여함", "A role was granted", "rights"),
    ActionSpec("person.affiliated", "이용자의 소속을 기록함", "The organisation of a person was entered", "rights"),
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
    ActionSpec(
        "person.emergency_sealed", "비상 계정을 봉인함", "The emergency account was sealed in an envelope", "rights"
    ),
    ActionSpec("person.identity_given", "기관 식별자를 연결함", "An identity at a provider was connected", "rights"),
    ActionSpec(
        "person.identity_requested",
        "기관 식별자 연결을 요청함",
        "The connection of an identity at a provider was requested",
        "rights",
    ),
    ActionSpec(
        "person.identity_confirmed",
        "기관 식별자 연결을 다른 사람이 확인함",
        "A second person confirmed the connection of an identity",
        "rights",
    ),
    ActionSpec(
        "person.identity_removed", "기관 식별자 연결을 해제함", "An identity at a provider was disconnected", "rights"
    ),
    ActionSpec("person.second_factor_set", "2차 인증을 등록함", "A second factor was set", "rights"),
    ActionSpec(
        "person.password_reset_requested", "비밀번호 재설정을 요청함", "A reset of a password was requested", "rights"
    ),
    ActionSpec(
        "person.password_reset_confirmed",
        "비밀번호 재설정을 다른 사람이 확인함",
        "A second person confirmed the reset of a password",
        "rights",
    ),
    ActionSpec("person.password_reset", "재설정 링크로 비밀번호를 바꿈", "A forgotten password was replaced", "rights"),
    ActionSpec("service.requested", "서비스 계정을 신청함", "An account of a program was requested", "rights"),
    ActionSpec(
        "service.confirmed",
        "서비스 계정을 다른 사람이 확인함",
        "A second person confirmed an account of a program",
        "rights",
    ),
    ActionSpec(
        "service.token_issued", "서비스 계정의 토큰을 만듦", "A token of a program's account was issued", "rights"
    ),
    ActionSpec("service.revoked", "서비스 계정을 회수함", "An account of a program was revoked", "rights"),
    ActionSpec("service.used", "서비스 계정으로 호출함", "A program used its account"),
    ActionSpec("service.refused", "서비스 계정의 토큰이 거부됨", "A program's token was refused"),
    ActionSpec("project.created", "과제를 등록함", "A project was created", "rights"),
    ActionSpec("project.changed", "과제 정보를 변경함", "A project was changed", "rights"),
    ActionSpec("project.closed", "과제를 종료함", "A project was closed", "rights"),
    ActionSpec("project.frozen", "과제를 동결함", "A project was frozen", "rights"),
    ActionSpec("project.unfrozen", "과제의 동결을 해제함", "The freeze of a project was lifted", "rights"),
    ActionSpec(
        "project.cut_off",
        "동결에 따라 연결을 끊고 분석환경을 멈춤",
        "A freeze was carried out: connections cut, workspaces ended",
    ),
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
    ActionSpec("session.emergency_used", "비상 계정으로 로그인함", "The emergency account signed in"),
    ActionSpec(
        "session.ended_by_provider", "기관이 로그아웃을 알려 세션을 끝냄", "Sessions ended: the provider signed out"
    ),
    ActionSpec(
        "session.ended_by_time",
        "시간 제한으로 세션이 끝남",
        "A session ended by a limit of time",
    ),
    ActionSpec("session.signed_out", "로그아웃함", "Signed out"),
    ActionSpec("workspace.start", "분석환경을 시작함", "A workspace was started"),
    ActionSpec("workspace.stop", "분석환경을 중지함", "A workspace was stopped"),
    ActionSpec("workspace.cut", "분석환경의 연결을 끊음", "The connections of a workspace were cut"),
    ActionSpec(
        "output.shown",
        "셀마다 화면에 보낸 출력의 양과 종류",
        "What cells sent to the browser: how much, of which types",
    ),
    ActionSpec("output.held", "출력을 브라우저에 보이지 않음", "An output was held back from the browser"),
    ActionSpec(
        "output.kept",
        "보이지 않은 출력을 반출할 수 있게 /outbox에 파일로 둠",
        "An output that was held back was put into /outbox for an egress request",
    ),
    ActionSpec(
        "output.encoded",
        "부호화된 것처럼 보이거나 하루치로 아주 많은 출력",
        "Much output that looks encoded, or very much of any kind within a day, went to a browser",
    ),
    ActionSpec(
        "workspace.home_made",
        "분석환경의 암호화된 홈을 만듦",
        "The encrypted home of a workspace was made",
    ),
    ActionSpec(
        "workspace.home_encrypted",
        "분석환경의 암호화되지 않은 홈을 암호화된 홈으로 옮김",
        "The plain home of a workspace was copied into an encrypted one, and compared with it",
    ),
    ActionSpec(
        "workspace.plain_home_destroyed",
        "암호화된 홈으로 옮긴 뒤 남은 암호화되지 않은 홈을 파기함",
        "The plain home of a workspace was destroyed after it was copied into an encrypted one",
    ),
    ActionSpec(
        "workspace.home_destroyed",
        "분석환경의 홈과 그 키를 파기함",
        "The home of a workspace was destroyed with its key",
    ),
    ActionSpec(
        "workspace.shared_made",
        "과제의 암호화된 공유 폴더를 만듦",
        "The encrypted shared space of a project was made",
    ),
    ActionSpec(
        "workspace.shared_encrypted",
        "과제의 암호화되지 않은 공유 폴더를 암호화된 것으로 옮김",
        "The plain shared space of a project was copied into an encrypted one",
    ),
    ActionSpec(
        "workspace.plain_shared_destroyed",
        "암호화된 것으로 옮긴 뒤 남은 암호화되지 않은 공유 폴더를 파기함",
        "The plain shared space of a project was destroyed after it was copied into an encrypted one",
    ),
    ActionSpec(
        "workspace.shared_destroyed",
        "과제의 공유 폴더와 그 키를 파기함",
        "The shared space of a project was destroyed with its key",
    ),
    ActionSpec("workspace.warned", "이용 종료가 가까움을 알림", "A person was warned of the end of access"),
    ActionSpec("workspace.opened", "분석환경 화면을 엶", "A workspace was opened in a browser"),
    ActionSpec("cell.sent", "셀 코드를 실행하도록 보냄", "A cell was sent for execution"),
    ActionSpec("contents.written", "분석환경의 파일이나 설정을 바꿈", "A file or setting of a workspace was changed"),
    ActionSpec("gate.refused", "게이트가 요청을 거부함", "The gate refused a request"),
    ActionSpec("egress.drafted", "반출신청을 작성함", "An egress request was drafted"),
    ActionSpec("egress.prechecked", "반출 사전 점검을 함", "Files were checked before an egress request"),
    ActionSpec("egress.draft_saved", "반출신청 초안을 고침", "A draft of an egress request was changed"),
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
    ActionSpec(
        "ingress.released", "반입 파일을 분석환경에 넣음", "The file of an ingress request was let into a workspace"
    ),
    ActionSpec("egress.unwitnessed", "반출이 증인의 서명을 기다림", "A release waits for the signatures of witnesses"),
    ActionSpec("egress.release_failed", "반출 파일의 내보내기에 실패함", "The release of an egress request failed"),
    ActionSpec("egress.release_key_replaced", "반출 서명 키를 교체함", "The key that signs releases was replaced"),
    ActionSpec("egress.revoked", "반출을 취소함", "A release was revoked"),
    ActionSpec("egress.expired", "반출 파일의 수령 기간이 끝남", "The time to collect released files ended"),
    ActionSpec("egress.collected", "반출된 파일을 받아 감", "Released files were collected"),
    ActionSpec(
        "egress.collections_allowed",
        "반출물을 더 받을 수 있게 함",
        "A release may be collected more often",
    ),
    ActionSpec("egress.taken", "반출심사를 맡음", "A checker took an egress request to review"),
    ActionSpec("egress.given_back", "맡은 반출심사를 내놓음", "A checker gave an egress request back"),
    ActionSpec("egress.code_read", "반출심사에서 실행한 코드를 열람함", "The code behind an egress request was read"),
    ActionSpec("egress.commented", "반출신청에 의견을 남김", "A remark on an egress request was made"),
    ActionSpec("egress.recused", "반출심사를 회피함", "A checker stepped back from a review"),
    ActionSpec("egress.interest_declared", "이해관계를 등록함", "An interest in a project was declared", "rights"),
    ActionSpec("egress.idle_warned", "방치된 신청의 종료를 예고함", "The author of an idle request was warned"),
    ActionSpec("egress.abandoned", "방치된 반출신청을 종료함", "An idle egress request was given up"),
    ActionSpec("egress.purged", "끝난 신청의 파일을 지움", "Files of an ended egress request were removed"),
    ActionSpec("egress.viewed", "반출 심사 파일을 열람함", "A file of an egress request was viewed"),
    ActionSpec(
        "egress.policy_assigned",
        "데이터셋이나 과제의 반출 정책을 정함",
        "The egress policy of a dataset or project was set",
    ),
    ActionSpec(
        "egress.policy_simulated",
        "지난 반출신청에 다른 정책을 시험함",
        "Past egress requests were tried under another policy",
    ),
    ActionSpec("egress.replayed", "지난 반출 점검을 다시 해 봄", "A past scan of an egress request was repeated"),
    ActionSpec(
        "egress.not_as_recorded",
        "신청이 감사 기록과 다름이 발견됨",
        "A request was found not to be as the log has it",
    ),
    ActionSpec(
        "egress.looked_into",
        "감사 기록과 다른 신청을 살펴봄",
        "Somebody looked into a request that is not as recorded",
    ),
    ActionSpec("egress.overdue", "반출심사 기한이 지남", "The review of an egress request is overdue"),
    ActionSpec("mail.undelivered", "이메일을 보내지 못함", "An e-mail could not be sent"),
    ActionSpec("egress.fingerprinted", "원자료의 지문을 만듦", "Fingerprints of a dataset version were made"),
    ActionSpec("egress.canaries_declared", "가짜 기록(카나리아)을 등록함", "Canary records were declared"),
    ActionSpec("egress.canary_hit", "가짜 기록(카나리아)이 결과에서 발견됨", "A canary record was found in an output"),
    ActionSpec(
        "egress.probing", "사전 점검이 거듭 원자료에 걸림", "Pre-checks met records of the source again and again"
    ),
    ActionSpec("egress.recheck_drawn", "반출물을 재확인 대상으로 뽑음", "A release was drawn to be checked again"),
    ActionSpec("egress.rechecked", "반출물을 다시 확인함", "A release was checked again"),
    ActionSpec("log.created", "감사 기록을 시작함", "The audit log was begun"),
    ActionSpec("log.searched", "감사 기록을 조회함", "The audit log was searched"),
    ActionSpec("log.viewed", "감사 기록을 열람함", "Entries of the audit log were read"),
    ActionSpec("log.unsealed", "감사 기록의 봉인된 값을 열람함", "Sealed values of an entry were read"),
    ActionSpec("log.downloaded", "감사 기록을 파일로 내려받음", "Entries of the audit log were downloaded"),
    ActionSpec("log.query_saved", "감사 기록의 조회 조건을 저장함", "A search of the audit log was saved"),
    ActionSpec("log.query_deleted", "저장된 조회 조건을 삭제함", "A saved search of the audit log was deleted"),
    ActionSpec("log.verified", "감사 기록을 검증함", "The audit log was verified"),
    ActionSpec("log.exported", "감사 기록의 사본을 만듦", "A copy of the audit log was made"),
    ActionSpec("log.bundled", "과제 종료 기록 묶음을 만듦", "The records of a closed project were bundled"),
    ActionSpec(
        "log.delivery_failed",
        "감사 기록을 외부 시스템으로 보내지 못함",
        "The audit log could not be sent to another system",
    ),
    ActionSpec(
        "log.delivery_resumed",
        "감사 기록을 외부 시스템으로 다시 보냄",
        "The audit log is sent to another system again",
    ),
    ActionSpec("review.made", "월 점검 보고서를 만듦", "The report of a monthly review was made"),
    ActionSpec("review.noted", "월 점검 항목에 의견을 기록함", "A finding was recorded in a monthly review"),
    ActionSpec("review.signed", "월 점검을 확인하고 서명함", "A monthly review was signed"),
    ActionSpec("review.overdue", "월 점검 기한이 지남", "A monthly review is overdue"),
    ActionSpec("log.pruned", "보유기간이 지난 감사 기록을 파기함", "Entries past their retention period were removed"),
    ActionSpec("privacy.erasure_requested", "개인정보 파기를 요청함", "An erasure was requested", "rights"),
    ActionSpec("privacy.erased", "개인정보를 파기함", "The data of a person was erased", "rights"),
    ActionSpec("hold.set", "보존 조치를 함", "A legal hold was set", "rights"),
    ActionSpec("hold.lifted", "보존 조치를 해제함", "A legal hold was lifted", "rights"),
    ActionSpec("log.key_rotated", "감사 기록의 서명 키를 교체함", "The signing keys of the audit log were replaced"),
    ActionSpec(
        "log.continued",
        "이전 감사 기록에 이어 새 기록을 시작함",
        "A new audit log was begun in continuation of an earlier one",
    ),
    ActionSpec("log.master_key_replaced", "사람별 키를 감싸는 마스터 키를 교체함", "The master key was replaced"),
    ActionSpec("log.cells_key_replaced", "셀 저장소의 공용 키를 교체함", "The common key of cells was replaced"),
    ActionSpec("log.key_drilled", "서명 키 유출 대응을 훈련함", "The loss of a signing key was rehearsed"),
    ActionSpec(
        "log.witness_failed",
        "증인이 감사 기록의 체크포인트에 서명하지 않음",
        "A witness did not sign the checkpoints of the audit log",
    ),
    ActionSpec(
        "log.witness_resumed",
        "증인이 다시 체크포인트에 서명함",
        "A witness signs the checkpoints of the audit log again",
    ),
    ActionSpec("log.timestamp_failed", "시점 확인 토큰을 받지 못함", "No time stamp was obtained for a checkpoint"),
    ActionSpec("log.timestamp_resumed", "시점 확인 토큰을 다시 받음", "Time stamps are obtained again"),
    ActionSpec("package.asked", "패키지를 신청함", "A package was asked for", "rights"),
    ActionSpec("package.approved", "과제에 패키지를 허용함", "A package was allowed to a project", "rights"),
    ActionSpec("package.refused", "패키지를 허용하지 않음", "A package was refused to a project", "rights"),
    ActionSpec("package.revoked", "패키지 허용을 거둠", "A package is no longer allowed to a project", "rights"),
    ActionSpec("package.shelved", "패키지 파일을 보관함에 넣음", "Packages were put on the shelf"),
    ActionSpec("package.unshelved", "패키지 파일을 보관함에서 뺌", "A package was taken off the shelf"),
    ActionSpec("package.taken", "분석환경이 패키지 파일을 받아 감", "A workspace took a package"),
    ActionSpec(
        "package.missed",
        "분석환경이 허용되지 않은 패키지를 찾음",
        "A workspace looked for a package that its project may not use",
    ),
    *DATA_ACTIONS,
    ActionSpec(
        "log.throttled", "감사 기록 서비스가 과다한 요청을 거부함", "The audit service refused too many events at once"
    ),
    ActionSpec("log.space_low", "디스크 여유 공간이 부족해짐", "The space on the disk ran low"),
    ActionSpec(
        "log.space_exhausted",
        "디스크 여유 공간이 없어 새 작업을 거부하기 시작함",
        "The disk is nearly full: new actions are refused",
    ),
    ActionSpec("log.space_recovered", "디스크 여유 공간이 회복됨", "There is enough space on the disk again"),
    ActionSpec("log.clock_off", "시각 동기화가 끊기거나 어긋남", "The clock is not synchronised, or is too far off"),
    ActionSpec("log.clock_right", "시각 동기화를 확인함", "The clock is synchronised"),
    ActionSpec("log.break_glass", "비상 접근을 시작함", "Emergency access was opened"),
    ActionSpec("log.break_glass_ended", "비상 접근이 끝남", "Emergency access ended"),
    ActionSpec(
        "log.head_accepted",
        "잃어버린 체크포인트 파일 대신 데이터베이스의 것을 받아들임",
        "The database's last checkpoint was accepted in place of lost files",
    ),
    ActionSpec("zone.started", "안심구역을 시작함", "The zone was started"),
    ActionSpec("zone.stopped", "안심구역을 중지함", "The zone was stopped"),
    ActionSpec("zone.mended", "진단 명령이 고침", "The doctor mended something on the machine"),
    ActionSpec("zone.maintenance_begun", "안심구역 점검을 시작함", "Maintenance of the zone was announced"),
    ActionSpec("zone.maintenance_ended", "안심구역 점검을 끝냄", "Maintenance of the zone was ended"),
    ActionSpec("zone.reconciled", "중단된 작업을 정리함", "Interrupted work was reconciled"),
    ActionSpec("zone.backup_begun", "백업을 시작함", "A backup was begun"),
    ActionSpec(
        "zone.backed_up", "백업하고 시험 복원으로 확인함", "The zone was backed up, and the backup restored on trial"
    ),
    ActionSpec(
        "zone.backup_checked", "백업 저장소 전체를 다시 읽어 확인함", "Every byte of the backups was read again"
    ),
    ActionSpec("zone.restored", "백업에서 안심구역을 복원함", "The zone was restored from a backup"),
    ActionSpec("zone.probed", "분석환경의 벽을 공격하여 점검함", "The walls of workspaces were attacked and judged"),
    ActionSpec("zone.setup", "안심구역을 처음 구성함", "The zone was set up"),
    ActionSpec("image.built", "컨테이너 이미지를 만듦", "A container image was built"),
    ActionSpec("settings.loaded", "설정을 불러옴", "Settings were loaded"),
    ActionSpec("policy.loaded", "정책을 불러옴", "A policy was loaded"),
)

CATALOGUE: Mapping[str, ActionSpec] = MappingProxyType({spec.action: spec for spec in _ACTIONS})
