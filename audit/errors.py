"""Everything that `audit` raises: one family; the message is the reason, the hint a next step.

AuditError
├── EventRefused          the event may not be recorded as it stands (its author's fault)
│   └── NotPermitted      the component may not write this action
├── NotDurable            the event could not be made durable: what it records must not happen
│   └── TooManyEvents · ServiceBusy · LogFull
├── NotIntegrated         the event is durable and does not have its place in the tree yet
│   └── NotWitnessed      no checkpoint that covers it has the signatures of the witnesses yet
├── Malformed             untrusted bytes are not what they claim to be
│   ├── MalformedBody · MalformedNote · MalformedCheckpoint · MalformedProof · MalformedRequest · MalformedExport
│   └── MalformedPolicy · MalformedToken
├── NotTrusted            a signature is missing or does not verify under a trusted key
├── ProofInvalid          a well-formed proof does not prove what it should
├── LogInconsistent       the log contradicts a checkpoint it has signed
├── ExportRefused         a copy of the log cannot be made there, or not now
├── NotInLog              no entry has this index
├── QuestionRefused       the record cannot be asked this, or (`audit.searching.asking`) not without a reason
├── FontMissing           this machine has no font with Korean letters for a PDF
├── SealedValueLost       a sealed value or cell is missing or damaged
├── RetentionRefused      the law, a hold or the four-eyes rule forbids an erasure, a pruning or a hold
├── RetentionPolicyInvalid   the retention policy has a mistake
├── KeyFileUnusable       a key file is damaged or readable by others
├── DeliveryFailed        an outside system did not take what it was sent
├── BundleRefused         the record of this project cannot be bundled, or there is no such project
├── WitnessUnusable · WitnessRefused · TimestampRefused
└── DatabaseUnusable      the database cannot keep what the log promises
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from audit.text import Language, Text


class AuditError(Exception):
    """Base of everything that `audit` raises."""

    summary: ClassVar[Text] = Text("감사 기록을 처리하지 못했습니다.", "The audit log could not do this.")
    hint: ClassVar[Text] = Text(
        "까닭을 보십시오. 감사 기록은 바뀌지 않았습니다.",
        "See the reason; the log itself was not changed.",
    )

    def text(self, language: Language) -> str:
        """Return one sentence for a person, without internals."""
        return self.summary.say(language)


class EventRefused(AuditError):
    """The event may not be recorded as it stands."""

    summary = Text("이 사건은 이 형식으로 기록할 수 없습니다.", "This event cannot be recorded in this form.")
    hint = Text(
        "audit.catalogue에 있는 작업과 식별자만 쓰고, 개인정보나 자유 서술은 `sealed`에 넣으십시오.",
        "Use an action of audit.catalogue, opaque references, and `sealed` for personal or free text.",
    )


class NotPermitted(EventRefused):
    """The component may not write this action."""

    summary = Text("이 구성 요소는 이 사건을 기록할 권한이 없습니다.", "This component may not record this event.")
    hint = Text(
        "그 구성 요소가 정말 보는 작업이면 audit.limits.COMPONENTS에 더하십시오.",
        "Add the action to audit.limits.COMPONENTS if the component really observes it.",
    )


class NotDurable(AuditError):
    """The event could not be made durable, so what it records must not happen."""

    summary = Text("감사 기록에 남길 수 없어 작업을 중단했습니다.", "It could not be recorded, so it was not done.")
    hint = Text(
        "감사 서비스가 실행 중이고 디스크에 자리가 있는지 확인한 뒤 다시 하십시오.",
        "Check that the audit service runs and that the disk has room, then try again.",
    )


class TooManyEvents(NotDurable):
    """A component or an actor has used up its rate: the event is refused, and what it records must not happen."""

    summary = Text("짧은 시간에 너무 많은 요청을 보냈습니다.", "Too many requests within a short time.")
    hint = Text(
        "잠시 뒤에 다시 하십시오. 한도는 audit.limits.COMPONENTS에 있습니다.",
        "Wait a little, then try again; audit.limits.COMPONENTS names the rates.",
    )


class ServiceBusy(NotDurable):
    """The audit service has more callers than it can serve."""

    summary = Text("감사 기록 서비스가 바쁩니다.", "The audit service is busy.")
    hint = Text(
        "잠시 뒤에 다시 하십시오.",
        "Try again in a moment.",
    )


class LogFull(NotDurable):
    """The disk is so full that only what ends something is still recorded."""

    summary = Text(
        "디스크 공간이 부족하여 새 작업을 시작할 수 없습니다.", "The disk is nearly full, so nothing new may begin."
    )
    hint = Text(
        "운영자에게 구역의 디스크를 비워 달라고 한 뒤(남은 양은 `ansim status`) 다시 하십시오.",
        "Have an operator free space on the disk of the zone (`ansim status` shows how much is left), then try again.",
    )


class NotIntegrated(AuditError):
    """The event is durable and does not have its place in the tree yet: what it records may have happened."""

    summary = Text("기록은 저장되었으나 아직 번호를 받지 못했습니다.", "It is recorded but has no number yet.")
    hint = Text(
        "감사 서비스나 자동 처리가 실행 중인지 `ansim status`로 확인한 뒤 다시 물으십시오.",
        "Check that the audit service or the worker runs (`ansim status`), then ask again.",
    )


class NotWitnessed(NotIntegrated):
    """No checkpoint that covers the entry has the cosignatures that the policy asks for yet."""

    summary = Text("증인의 서명을 아직 받지 못했습니다.", "The witnesses have not signed it yet.")
    hint = Text(
        "증인 서버에 연결되는지 확인한 뒤 다시 물으십시오.",
        "Check that the witnesses can be reached, then ask again.",
    )


class Malformed(AuditError):
    """Untrusted bytes are not what they claim to be."""

    summary = Text("형식이 올바르지 않습니다.", "It does not have the right form.")
    hint = Text(
        "바뀌지 않은 파일을 원래 있던 곳에서 다시 받으십시오.",
        "Obtain the file again from its source, unchanged.",
    )


class MalformedBody(Malformed):
    """Bytes are not the canonical body of one event."""


class MalformedNote(Malformed):
    """Text is not exactly one C2SP signed note, or not a verifier key."""


class MalformedCheckpoint(Malformed):
    """Text is not exactly one C2SP checkpoint."""


class MalformedProof(Malformed):
    """Text is not exactly one C2SP tlog-proof."""


class MalformedPolicy(Malformed):
    """Text is not exactly one C2SP trust policy (which witnesses a checkpoint needs)."""

    summary = Text("증인 정책 파일의 형식이 올바르지 않습니다.", "The policy file of the witnesses has a mistake.")
    hint = Text(
        "이름이 나온 줄을 고치십시오. 온전한 파일은 docs/how-to/run-a-witness.ko.md에 있습니다.",
        "Correct the named line; docs/how-to/run-a-witness.md shows a complete file.",
    )


class MalformedToken(Malformed):
    """Bytes are not exactly one RFC 3161 time-stamp response."""


class MalformedRequest(Malformed):
    """A line is not a request or an answer of the append-only service."""


class MalformedExport(Malformed):
    """A file is not what its place in an export says."""


class NotTrusted(AuditError):
    """No trusted key signed it."""

    summary = Text("신뢰하는 키의 서명이 아닙니다.", "It is not signed by a trusted key.")
    hint = Text(
        "검증 키를 구역이 공개한 키(keys/log.vkey)와 견주어 보십시오.",
        "Compare the verifier key with the one the zone published (keys/log.vkey).",
    )


class SignatureInvalid(NotTrusted):
    """A signature that claims to be a trusted key's does not belong to the text."""

    summary = Text("서명이 내용과 맞지 않습니다.", "The signature does not belong to the text.")
    hint = Text(
        "서명한 뒤에 글이 바뀌었습니다. 원래 있던 곳에서 다시 받으십시오.",
        "The text was changed after it was signed; obtain it again from its source.",
    )


class ProofInvalid(AuditError):
    """A well-formed proof does not prove what it should."""

    summary = Text("증명이 성립하지 않습니다.", "The proof does not hold.")
    hint = Text(
        "영수증과 기록이 서로 맞지 않거나 둘 가운데 하나가 바뀌었습니다.",
        "The receipt and the entry do not belong together, or one of them was changed.",
    )


class LogInconsistent(AuditError):
    """The log contradicts a checkpoint it has signed."""

    summary = Text(
        "감사 기록이 이미 서명한 체크포인트와 어긋납니다.", "The log contradicts a checkpoint it has signed."
    )
    hint = Text(
        "쓰기를 멈추고 디스크를 그대로 둔 채 `ansim audit verify`를 실행하십시오.",
        "Stop writing, keep the disk as it is, and run `ansim audit verify`.",
    )


class ExportRefused(AuditError):
    """A copy of the log cannot be made there, or not now."""

    summary = Text("이 위치에 감사 기록의 사본을 만들 수 없습니다.", "A copy of the log cannot be made there.")
    hint = Text(
        "먼저 체크포인트에 서명하고(`ansim audit checkpoint`), 새 폴더나 이 기록을 내보냈던 폴더에 내보내십시오.",
        "Sign a checkpoint first (`ansim audit checkpoint`), and export into a new directory or one of this log.",
    )


class QuestionRefused(AuditError):
    """The record cannot be asked this."""

    summary = Text("이 조건으로는 조회할 수 없습니다.", "The audit log cannot be asked this.")
    hint = Text("고쳐서 다시 시도하십시오.", "Correct it and try again.")

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why

    def text(self, language: Language) -> str:
        """Return what is wrong with the question."""
        return self.why.say(language)


class FontMissing(AuditError):
    """This machine has no font with Korean letters for a PDF."""

    summary = Text(
        "PDF에 넣을 한글 글꼴이 이 서버에 없습니다.", "This machine has no font with Korean letters for a PDF."
    )
    hint = Text(
        "글꼴을 설치하거나(apt-get install fonts-nanum) CSV 파일을 받으십시오.",
        "Install one (apt-get install fonts-nanum), or take the CSV file.",
    )


class NotInLog(AuditError):
    """No entry has this index."""

    summary = Text("해당 번호의 기록이 없습니다.", "No entry has this number.")
    hint = Text(
        "`ansim audit search`로 기록을 찾으십시오.",
        "Use `ansim audit search` to find the entry.",
    )


class SealedValueLost(AuditError):
    """A sealed value or a cell is missing or damaged."""

    summary = Text("봉인된 값이 없거나 손상되었습니다.", "A sealed value is missing or damaged.")
    hint = Text(
        "데이터베이스와 셀 저장소를 같은 백업에서 복원하십시오.",
        "Restore the database and the cell store from the same backup.",
    )


class RetentionRefused(AuditError):
    """The law, a hold or the rule of two people forbids it; `code` is what the log says, `reason` what a person reads.

    `possible_from` is the moment from which it may be asked again, where that is known.
    """

    summary = Text("지금은 할 수 없습니다.", "This cannot be done now.")
    hint = Text(
        "보존 기간, 보존 명령, 날짜는 `ansim audit retention show`로 볼 수 있습니다.",
        "See `ansim audit retention show` for periods, holds and dates.",
    )

    def __init__(self, code: str, reason: Text, possible_from: datetime | None = None) -> None:
        super().__init__(reason.en)
        self.code = code
        self.reason = reason
        self.possible_from = possible_from

    def text(self, language: Language) -> str:
        """Return the reason."""
        return self.reason.say(language)


class RetentionPolicyInvalid(AuditError):
    """The retention policy has a mistake, or is below what the law demands."""

    summary = Text("보유기간 정책을 사용할 수 없습니다.", "The retention policy cannot be used.")
    hint = Text(
        "이름이 나온 줄을 고치십시오. 항목과 하한은 docs/reference/retention.ko.md에 있습니다.",
        "Correct the named line; docs/reference/retention.md lists the keys and the floors.",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.detail = reason

    def text(self, language: Language) -> str:
        """Return what is wrong, with its line."""
        return self.detail.say(language)


class KeyFileUnusable(AuditError):
    """A key file is damaged or readable by others."""

    summary = Text("키 파일을 사용할 수 없습니다.", "A key file cannot be used.")
    hint = Text(
        "키 파일을 백업에서 복원하고 소유자만 읽게 하십시오(chmod 600).",
        "Restore the key file from its backup and make it readable by its owner only (chmod 600).",
    )


class DatabaseUnusable(AuditError):
    """The database cannot keep what the log promises."""

    summary = Text("이 데이터베이스는 사용할 수 없습니다.", "This database cannot be used.")
    hint = Text(
        "데이터베이스 URL은 sqlite:///경로(파일)나 postgresql+psycopg://… 꼴로 적으십시오.",
        "Use sqlite:///PATH (a file) or postgresql+psycopg://… as the database URL.",
    )


class DeliveryFailed(AuditError):
    """An outside system did not take what it was sent; `code` says why in one word."""

    summary = Text("감사 기록을 외부 시스템으로 보내지 못했습니다.", "The record could not be sent to another system.")
    hint = Text(
        "`ansim audit outward status`를 보십시오. 저절로 다시 시도하며 빠뜨리지 않습니다.",
        "See `ansim audit outward status`; it is tried again by itself, and nothing is skipped.",
    )

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class BundleRefused(AuditError):
    """The record of this project cannot be bundled as asked."""

    summary = Text("이 과제의 기록 묶음을 만들 수 없습니다.", "The records of this project cannot be bundled.")
    hint = Text(
        "이 구역의 과제와 빈 폴더를 적으십시오.",
        "Name a project of this zone and an empty directory.",
    )


class WitnessUnusable(AuditError):
    """A witness cannot keep or find what it has to remember."""

    summary = Text("증인의 상태 디렉터리를 사용할 수 없습니다.", "The state directory of the witness cannot be used.")
    hint = Text(
        "--state로 준 폴더를 확인하십시오. 새 폴더는 `ansim audit witness init`이 만듭니다.",
        "Check the directory given with --state; `ansim audit witness init` makes a new one.",
    )


class WitnessRefused(AuditError):
    """A witness did not cosign a checkpoint."""

    summary = Text("증인이 체크포인트에 서명하지 않았습니다.", "The witness did not sign the checkpoint.")
    hint = Text(
        "까닭을 읽으십시오. 증인의 상태는 `ansim audit witness status`로 볼 수 있습니다.",
        "Read the reason; `ansim audit witness status` shows where the witness stands.",
    )


class TimestampRefused(AuditError):
    """A time-stamping authority gave no time stamp that holds."""

    summary = Text("시점 확인 토큰을 받지 못했습니다.", "No time stamp that holds was obtained.")
    hint = Text(
        "ansim.yaml의 timestamp.url과 timestamp.certificates를 확인하십시오. 다시 시도합니다.",
        "Check timestamp.url and timestamp.certificates in ansim.yaml; it is tried again.",
    )
