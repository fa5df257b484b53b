"""Everything that `audit` raises: one family; the message is the reason, the hint a next step.

AuditError
├── EventRefused          the event may not be recorded as it stands (its author's fault)
│   └── NotPermitted      the component may not write this action
├── NotDurable            the event could not be made durable: what it records must not happen
├── Malformed             untrusted bytes are not what they claim to be
│   ├── MalformedBody · MalformedNote · MalformedCheckpoint · MalformedProof · MalformedRequest
├── NotTrusted            a signature is missing or does not verify under a trusted key
├── ProofInvalid          a well-formed proof does not prove what it should
├── LogInconsistent       the log contradicts a checkpoint it has signed
├── NotInLog              no entry has this index
├── SealedValueLost       a sealed value or cell is missing or damaged
├── KeyFileUnusable       a key file is damaged or readable by others
└── DatabaseUnusable      the database cannot keep what the log promises
"""

from __future__ import annotations

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
    hint = "Add the action to audit.writer.COMPONENT_ACTIONS if the component really observes it."


class NotDurable(AuditError):
    """The event could not be made durable, so what it records must not happen."""

    summary = Text("감사 기록에 남길 수 없어 작업을 중단했습니다.", "It could not be recorded, so it was not done.")
    hint = "Check that the audit service runs and that the disk has room, then try again."


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


class MalformedRequest(Malformed):
    """A line is not a request or an answer of the append-only service."""


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

    summary = Text("감사 기록이 이미 서명한 검증점과 어긋납니다.", "The log contradicts a checkpoint it has signed.")
    hint = "Stop writing, keep the disk as it is, and run `ansim audit verify`."


class NotInLog(AuditError):
    """No entry has this index."""

    summary = Text("해당 번호의 기록이 없습니다.", "No entry has this number.")
    hint = "Use `ansim audit search` to find the entry."


class SealedValueLost(AuditError):
    """A sealed value or a cell is missing or damaged."""

    summary = Text("봉인된 값이 없거나 손상되었습니다.", "A sealed value is missing or damaged.")
    hint = "Restore the database and the cell store from the same backup."


class KeyFileUnusable(AuditError):
    """A key file is damaged or readable by others."""

    summary = Text("키 파일을 사용할 수 없습니다.", "A key file cannot be used.")
    hint = "Restore the key file from its backup and make it readable by its owner only (chmod 600)."


class DatabaseUnusable(AuditError):
    """The database cannot keep what the log promises."""

    summary = Text("이 데이터베이스는 사용할 수 없습니다.", "This database cannot be used.")
    hint = "Use sqlite:///PATH (a file) or postgresql+psycopg://… as the database URL."
