"""What somebody types to prove to be there: password and one-time code, asked for at the terminal."""

from __future__ import annotations

from collections.abc import Callable

from audit.cli_context import language_of
from audit.text import Text
from deid.errors import UsageError

_PASSWORD = Text("{handle}의 비밀번호: ", "Password of {handle}: ")
_CODE = Text("{handle}의 인증번호: ", "Code of {handle}: ")
_NOBODY = Text(
    "비밀번호와 인증번호를 입력할 사람이 없습니다. 터미널에서 실행하십시오.",
    "nobody is there to type the password and the code; run this at a terminal.",
)


def typed(handle: str, ask: Callable[[str], str]) -> tuple[str, str]:
    """Return password and code as typed.

    Raises: UsageError — if the input ends before: a script cannot stand for a person.
    """
    language = language_of()
    try:
        return ask(_PASSWORD.format(handle=handle).say(language)), ask(_CODE.format(handle=handle).say(language))
    except EOFError as error:
        raise UsageError(_NOBODY) from error
