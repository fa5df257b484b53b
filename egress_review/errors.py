"""What egress review raises: a reason a person can read, a code for the audit log, and a next step.

EgressError
├── Denied        the rules do not allow it
│   └── NotAsRecorded  the database says otherwise than the log
├── NotFound      no such request, file, outbox entry
├── Conflict      true in another state, or done already
├── Invalid       the input is not what it must be
│   └── PolicyError   a policy file that cannot be used, with its line
├── OutboxRefused a file in the outbox that must not be taken
├── NoRoom        the zone has no room for the files; nothing was kept
├── ScanFailed    the scanner gave no result; never a pass
└── ReleaseFailed the package could not be written or is not what was voted on
"""

from __future__ import annotations

from typing import Any

from registry.text import Text


class EgressError(Exception):
    """Base of everything egress review raises on purpose."""

    hint: Text = Text(
        ko="도움이 필요하면 운영자에게 문의하십시오.",
        en="Ask an operator of the zone if you need help.",
    )

    def __init__(self, code: str, reason: Text, *, hint: Text | None = None) -> None:
        super().__init__(reason.en)
        self.code = code
        """Lower-case code for the audit log; never free text."""
        self.reason = reason
        if hint is not None:
            self.hint = hint

    def text(self, language: str) -> str:
        """The reason in `language`."""
        return self.reason.text(language)


class Denied(EgressError):
    """The rules of egress review do not allow it."""

    hint = Text(
        ko="이 신청을 검토할 수 있는 다른 심사자에게 맡기십시오.",
        en="Leave it to somebody whom the rules allow.",
    )


class NotAsRecorded(Denied):
    """The request is not, in the database, what the audit log tells of it, so nothing is decided on it."""

    hint = Text(
        ko="준법감시 담당자에게 알리십시오. 두 사람이 살펴보기 전에는 아무것도 결정되지 않습니다.",
        en="Tell a compliance officer. Nothing is decided on it before two people have looked into it.",
    )


class NotFound(EgressError):
    """There is nothing of that name or reference."""

    hint = Text(ko="목록에서 다시 고르십시오.", en="Choose again from the list.")


class Conflict(EgressError):
    """The request is in another state by now, or somebody else was faster."""

    hint = Text(
        ko="화면을 새로 고쳐 현재 상태를 확인하십시오.",
        en="Reload the page and look at the present state.",
    )


class Invalid(EgressError):
    """The input is not what it must be."""

    hint = Text(ko="입력한 값을 고쳐서 다시 시도하십시오.", en="Correct the input and try again.")


class PolicyError(Invalid):
    """A policy that cannot be used; the reason names the file and the line."""

    hint = Text(
        ko="정책 파일에서 알려진 항목만 쓰고 각 숫자의 출처를 적으십시오.",
        en="Use known keys only and give each number its source; start from a shipped policy.",
    )


class OutboxRefused(EgressError):
    """An entry of the outbox that is not an ordinary file of acceptable name and size."""

    hint = Text(
        ko="일반 파일을 /outbox 바로 아래에 새 이름으로 저장한 뒤 다시 시도하십시오.",
        en="Save an ordinary file directly in /outbox under a plain name and try again.",
    )


class NoRoom(EgressError):
    """The disk of the vault or of the releases is full."""

    hint = Text(
        ko="운영자에게 디스크의 공간을 비워 달라고 한 뒤 다시 시도하십시오. 파일은 그대로 있습니다.",
        en="Ask an operator to make room on the disk, then try again. Your files are where they were.",
    )


class ScanFailed(EgressError):
    """The scanner gave no complete result; the files count as not checked."""

    done: tuple[Any, ...] = ()
    """Reports on the files that were finished before; good for people, never for a decision."""

    hint = Text(
        ko="잠시 뒤 자동으로 다시 검사합니다. 계속되면 운영자에게 알리십시오.",
        en="The scan is repeated automatically; tell an operator if it keeps failing.",
    )


class ReleaseFailed(EgressError):
    """The package could not be written, or the bytes are not those that were voted on."""

    hint = Text(
        ko="운영자가 저장소를 점검해야 합니다. 파일은 반출되지 않았습니다.",
        en="An operator must look at the storage. Nothing has left the zone.",
    )
