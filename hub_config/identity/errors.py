"""Why a sign-in through a provider came to nothing: a cause for the record, and words for the person."""

from __future__ import annotations

from audit.text import Text


class NotVouched(Exception):
    """The provider vouched for nobody, or not in a way that counts; nothing of what it sent is in the message."""

    def __init__(self, cause: str, reason: Text | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        """Lower-case code for the audit log; never free text."""
        self.reason = reason or DID_NOT_WORK


DID_NOT_WORK = Text(
    ko="기관 로그인을 확인하지 못했습니다. 처음부터 다시 시도하십시오.",
    en="The sign-in of your organisation could not be confirmed. Please begin again.",
)
UNREACHABLE = Text(
    ko="지금은 기관 로그인을 쓸 수 없습니다. 잠시 뒤 다시 시도하십시오.",
    en="The sign-in of your organisation does not answer right now. Try again in a moment.",
)
NO_SECOND_FACTOR = Text(
    ko="기관 로그인에서 2차 인증을 확인하지 못했습니다. 기관 계정에 2차 인증을 등록한 뒤 다시 로그인하십시오.",
    en="Your organisation did not confirm a second factor. Set one up for your account there, then sign in again.",
)
NOT_ASKED = Text(
    ko="기관 로그인이 본인에게 다시 묻지 않았습니다. 기관에서 로그아웃한 뒤 다시 로그인하십시오.",
    en="Your organisation did not ask you again. Sign out there, then sign in again.",
)
NO_TIME = Text(
    ko="기관 로그인이 언제 본인에게 물었는지(auth_time) 알려 주지 않았습니다. "
    "브라우저를 모두 닫고 다시 로그인하십시오. 그래도 안 되면 아래로 문의하십시오.",
    en="Your organisation did not say when it asked you (auth_time). Close the browser, then sign in again; if that "
    "does not help, ask below.",
)
GIVEN_UP = Text(
    ko="기관 로그인을 마치지 않았습니다.",
    en="The sign-in at your organisation was not finished.",
)
