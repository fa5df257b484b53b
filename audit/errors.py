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
├── QuestionRefused       the record cannot be asked this, or not without a reason
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
    hint: ClassVar[str] = "See the reason; the log itself was not changed."

    def text(self, language: Language) -> str:
        """Return one sentence for a person, without internals."""
        return self.summary.say(language)


class EventRefused(AuditError):
    """The event may not be recorded as it stands."""

    summary = Text("이 사건은 이 형식으로 기록할 수 없습니다.", "This event cannot be recorded in this form.")
    hint = "Use an action of audit.catalogue, opaque references, and `sealed` for personal or free text."


class NotPermitted(EventRefused):
    """The component may not write this action."""

    summary = Text("이 구성 요소는 이 사건을 기록할 권한이 없습니다.", "This component may not record this event.")
    hint = "Add the action to audit.limits.COMPONENTS if the component really observes it."


class NotDurable(AuditError):
    """The event could not be made durable, so what it records must not happen."""

    summary = Text("감사 기록에 남길 수 없어 작업을 중단했습니다.", "It could not be recorded, so it was not done.")
    hint = "Check that the audit service runs and that the disk has room, then try again."


class TooManyEvents(NotDurable):
    """A component or an actor has used up its rate: the event is refused, and what it records must not happen."""

    summary = Text("짧은 시간에 너무 많은 요청을 보냈습니다.", "Too many requests within a short time.")
    hint = "Wait a little, then try again; audit.limits.COMPONENTS names the rates."


class ServiceBusy(NotDurable):
    """The audit service has more callers than it can serve."""

    summary = Text("감사 기록 서비스가 바쁩니다.", "The audit service is busy.")
    hint = "Try again in a moment."


class LogFull(NotDurable):
    """The disk is so full that only what ends something is still recorded."""

    summary = Text(
        "디스크 공간이 부족하여 새 작업을 시작할 수 없습니다.", "The disk is nearly full, so nothing new may begin."
    )
    hint = "Free space on the disk of the zone (`ansim status` shows how much is left), then try again."


class NotIntegrated(AuditError):
    """The event is durable and does not have its place in the tree yet: what it records may have happened."""

    summary = Text("기록은 저장되었으나 아직 번호를 받지 못했습니다.", "It is recorded but has no number yet.")
    hint = "Check that the audit service or the worker runs (`ansim status`), then ask again."


class NotWitnessed(NotIntegrated):
    """No checkpoint that covers the entry has the cosignatures that the policy asks for yet."""

    summary = Text("증인의 서명을 아직 받지 못했습니다.", "The witnesses have not signed it yet.")
    hint = "Check that the witnesses can be reached, then ask again."


class Malformed(AuditError):
    """Untrusted bytes are not what they claim to be."""

    summary = Text("형식이 올바르지 않습니다.", "It does not have the right form.")
    hint = "Obtain the file again from its source, unchanged."


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
    hint = "Correct the named line; docs/how-to/run-a-witness.md shows a complete file."


class MalformedToken(Malformed):
    """Bytes are not exactly one RFC 3161 time-stamp response."""


class MalformedRequest(Malformed):
    """A line is not a request or an answer of the append-only service."""


class MalformedExport(Malformed):
    """A file is not what its place in an export says."""


class NotTrusted(AuditError):
    """No trusted key signed it."""

    summary = Text("신뢰하는 키의 서명이 아닙니다.", "It is not signed by a trusted key.")
    hint = "Compare the verifier key with the one the zone published (keys/log.vkey)."


class SignatureInvalid(NotTrusted):
    """A signature that claims to be a trusted key's does not belong to the text."""

    summary = Text("서명이 내용과 맞지 않습니다.", "The signature does not belong to the text.")
    hint = "The text was changed after it was signed; obtain it again from its source."


class ProofInvalid(AuditError):
    """A well-formed proof does not prove what it should."""

    summary = Text("증명이 성립하지 않습니다.", "The proof does not hold.")
    hint = "The receipt and the entry do not belong together, or one of them was changed."


class LogInconsistent(AuditError):
    """The log contradicts a checkpoint it has signed."""

    summary = Text(
        "감사 기록이 이미 서명한 체크포인트와 어긋납니다.", "The log contradicts a checkpoint it has signed."
    )
    hint = "Stop writing, keep the disk as it is, and run `ansim audit verify`."


class ExportRefused(AuditError):
    """A copy of the log cannot be made there, or not now."""

    summary = Text("이 위치에 감사 기록의 사본을 만들 수 없습니다.", "A copy of the log cannot be made there.")
    hint = "Sign a checkpoint first (`ansim audit checkpoint`), and export into a new directory or one of this log."


class QuestionRefused(AuditError):
    """The record cannot be asked this, or not without a reason."""

    summary = Text("이 조건으로는 조회할 수 없습니다.", "The audit log cannot be asked this.")
    hint = "Correct the condition that the reason names."

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
    hint = "Install one (apt-get install fonts-nanum), or take the CSV file."


class NotInLog(AuditError):
    """No entry has this index."""

    summary = Text("해당 번호의 기록이 없습니다.", "No entry has this number.")
    hint = "Use `ansim audit search` to find the entry."


class SealedValueLost(AuditError):
    """A sealed value or a cell is missing or damaged."""

    summary = Text("봉인된 값이 없거나 손상되었습니다.", "A sealed value is missing or damaged.")
    hint = "Restore the database and the cell store from the same backup."


class RetentionRefused(AuditError):
    """The law, a hold or the rule of two people forbids it; `code` is what the log says, `reason` what a person reads.

    `possible_from` is the moment from which it may be asked again, where that is known.
    """

    summary = Text("지금은 할 수 없습니다.", "This cannot be done now.")
    hint = "See `ansim audit retention show` for periods, holds and dates."

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
    hint = "Correct the named line; docs/reference/retention.md lists the keys and the floors."

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.detail = reason

    def text(self, language: Language) -> str:
        """Return what is wrong, with its line."""
        return self.detail.say(language)


class KeyFileUnusable(AuditError):
    """A key file is damaged or readable by others."""

    summary = Text("키 파일을 사용할 수 없습니다.", "A key file cannot be used.")
    hint = "Restore the key file from its backup and make it readable by its owner only (chmod 600)."


class DatabaseUnusable(AuditError):
    """The database cannot keep what the log promises."""

    summary = Text("이 데이터베이스는 사용할 수 없습니다.", "This database cannot be used.")
    hint = "Use sqlite:///PATH (a file) or postgresql+psycopg://… as the database URL."


class DeliveryFailed(AuditError):
    """An outside system did not take what it was sent; `code` says why in one word."""

    summary = Text("감사 기록을 외부 시스템으로 보내지 못했습니다.", "The record could not be sent to another system.")
    hint = "See `ansim audit outward status`; it is tried again by itself, and nothing is skipped."

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class BundleRefused(AuditError):
    """The record of this project cannot be bundled as asked."""

    summary = Text("이 과제의 기록 묶음을 만들 수 없습니다.", "The records of this project cannot be bundled.")
    hint = "Name a project of this zone and an empty directory."


class WitnessUnusable(AuditError):
    """A witness cannot keep or find what it has to remember."""

    summary = Text("증인의 상태 디렉터리를 사용할 수 없습니다.", "The state directory of the witness cannot be used.")
    hint = "Check the directory given with --state; `ansim audit witness init` makes a new one."


class WitnessRefused(AuditError):
    """A witness did not cosign a checkpoint."""

    summary = Text("증인이 체크포인트에 서명하지 않았습니다.", "The witness did not sign the checkpoint.")
    hint = "Read the reason; `ansim audit witness status` shows where the witness stands."


class TimestampRefused(AuditError):
    """A time-stamping authority gave no time stamp that holds."""

    summary = Text("시점 확인 토큰을 받지 못했습니다.", "No time stamp that holds was obtained.")
    hint = "Check timestamp.url and timestamp.certificates in ansim.yaml; it is tried again."
