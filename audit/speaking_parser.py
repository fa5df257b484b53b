"""A command line whose own sentences, usage and errors, are in the language of the terminal.

`argparse` says them in English. Every subcommand inherits the class of the parser that it is added to, so the top one
decides for all.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from audit.cli_context import language_of
from audit.text import Text

_USAGE = Text("사용법: ", "usage: ")
_GROUPS = (Text("값", "positional arguments"), Text("옵션", "options"))
_HELP = Text("이 도움말을 보여 주고 끝냄", "show this help message and exit")
_ERROR = Text("오류", "error")
_MORE = Text("쓰는 법은 `{prog} --help`에 있습니다.", "See `{prog} --help`.")

# The sentences of argparse (Python 3.11 to 3.13), the long ones first, each with what stands in its places.
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), korean)
    for pattern, korean in (
        (r"the following arguments are required: (.+)", "꼭 필요한 값이 빠졌습니다: {0}"),
        (r"unrecognized arguments: (.+)", "알 수 없는 값입니다: {0}"),
        (r"one of the arguments (.+) is required", "다음 가운데 하나를 지정해야 합니다: {0}"),
        (r"ambiguous option: (.+) could match (.+)", "{0}: 무엇을 뜻하는지 정할 수 없습니다. 후보: {1}"),
        (r"argument (.+?): expected one argument", "{0}: 값이 하나 필요합니다"),
        (r"argument (.+?): expected at least one argument", "{0}: 값이 하나 이상 필요합니다"),
        (r"argument (.+?): expected at most one argument", "{0}: 값을 하나까지만 쓸 수 있습니다"),
        (r"argument (.+?): expected (\d+) arguments?", "{0}: 값이 {1}개 필요합니다"),
        (
            r"argument (.+?): invalid choice: (.+) \(choose from (.+)\)",
            "{0}: 고를 수 없는 값입니다: {1} (가능한 값: {2})",
        ),
        (r"argument (.+?): invalid positive int value: (.+)", "{0}: 1 이상의 정수가 아닙니다: {1}"),
        (r"argument (.+?): invalid (\w+) value: (.+)", "{0}: 값의 형식이 맞지 않습니다({1}): {2}"),
        (r"argument (.+?): not allowed with argument (.+)", "{0}: 함께 쓸 수 없는 옵션입니다: {1}"),
        (r"argument (.+?): ignored explicit argument (.+)", "{0}: 값을 받지 않는 옵션입니다: {1}"),
        (r"argument (.+?): (.+)", "{0}: {1}"),  # what a command itself says of a value is in the language already
    )
)


def in_korean(message: str) -> str:
    """Return a sentence of argparse in Korean; one that no table names stays as it is."""
    for pattern, korean in _SENTENCES:
        if (found := pattern.fullmatch(message)) is not None:
            return korean.format(*found.groups())
    return message


class _Formatter(argparse.HelpFormatter):
    """Writes the usage in the language of the terminal."""

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, _USAGE.say(language_of()) if prefix is None else prefix)


class SpeakingParser(argparse.ArgumentParser):
    """An argument parser that speaks Korean on a Korean terminal."""

    def __init__(self, **options: Any) -> None:
        language = language_of()
        super().__init__(**{"formatter_class": _Formatter, "add_help": False, **options})
        self._positionals.title, self._optionals.title = (title.say(language) for title in _GROUPS)
        self.add_argument("-h", "--help", action="help", help=_HELP.say(language))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words given and what to do next, and end with exit code 2."""
        language = language_of()
        said = in_korean(message) if language == "ko" else message
        more = _MORE.format(prog=self.prog).say(language)
        self.exit(2, f"{self.format_usage()}{self.prog}: {_ERROR.say(language)}: {said}\n{more}\n")
