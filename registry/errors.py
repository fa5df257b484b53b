"""What the registry raises: a reason a person can read, a code for the audit log, and a next step.

RegistryError
├── Denied            the rules say no
│   └── SignInRefused one text for every cause, so that nothing is learned from a refusal
├── NotFound          no such person, project, dataset, link
├── Conflict          true in another state, or done already
└── Invalid           the input is not what it must be
"""

from __future__ import annotations

from registry.text import Text


class RegistryError(Exception):
    """Base of everything the registry raises on purpose."""

    hint: Text = Text(
        ko="도움이 필요하면 운영자에게 문의하십시오.",
        en="Ask an operator of the zone if you need help.",
    )

    exit_code = 2
    """What the command line answers with: 2 for wrong input."""

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


class Denied(RegistryError):
    """The rules of the zone do not allow it."""

    hint = Text(
        ko="허용되어야 한다고 생각하면 과제 책임자나 운영자에게 문의하십시오.",
        en="If you think it should be allowed, ask the lead of the project or an operator.",
    )
    exit_code = 1


class SignInRefused(Denied):
    """Sign-in failed; the reason is the same for every cause and is kept in the audit log only."""

    hint = Text(
        ko="인증 앱의 시각이 맞는지 확인하고, 여러 번 실패했다면 15분 뒤에 다시 시도하십시오.",
        en="Check the clock of your authenticator app; after several failures wait 15 minutes.",
    )

    def __init__(self) -> None:
        super().__init__(
            "sign_in_refused",
            Text(
                ko="로그인할 수 없습니다. 아이디, 비밀번호, 인증번호를 확인하십시오.",
                en="Sign-in refused. Check your user name, password and code.",
            ),
        )


class NotFound(RegistryError):
    """Nothing in the registry has that name, reference or link."""

    hint = Text(
        ko="철자를 확인하십시오. `ansim registry` 명령의 목록에서 찾을 수 있습니다.",
        en="Check the spelling; the lists of `ansim registry` show what there is.",
    )


class Conflict(RegistryError):
    """The request does not fit the present state."""

    hint = Text(
        ko="현재 상태를 다시 확인한 뒤 시도하십시오.",
        en="Look at the present state and try again.",
    )


class Invalid(RegistryError):
    """The input is not what it must be."""

    hint = Text(
        ko="입력한 값을 고쳐서 다시 시도하십시오.",
        en="Correct the input and try again.",
    )
