"""Which messages carry code to a kernel: a table of message types; a type that it does not name is refused.

Not recorded, on purpose: `complete_request` and `inspect_request` (every keystroke, and kernels look names up
without running them), and `comm_*` (a slider sends hundreds a second; what a comm reaches was registered by a
recorded cell). Recorded although it may be a password: `input_reply`, because a debugger prompt takes code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub_config.gate.access import Access
from hub_config.gate.errors import Refused
from hub_config.gate.frames import Message, write_frame


@dataclass(frozen=True, slots=True)
class Code:
    """What is recorded of one message: the code as sent, and in which kind of message it came."""

    text: bytes
    kind: str
    fields: frozenset[str] = frozenset()
    """The fields of the content that the text holds; whatever else the message has is in no record."""


Extract = Callable[[Mapping[str, Any]], str | None]


def _nothing(_: Mapping[str, Any]) -> str | None:
    return None


def _cell(content: Mapping[str, Any]) -> str | None:
    code = content.get("code", "")
    expressions = content.get("user_expressions") or {}
    if isinstance(code, str) and not expressions:
        return code
    return _json({"code": code, "user_expressions": expressions})


def _reply(content: Mapping[str, Any]) -> str | None:
    value = content.get("value", "")
    return value if isinstance(value, str) else _json(value)


# Commands of the debug adapter protocol that only steer or look; every other one may carry an expression.
INERT_DEBUG = frozenset(
    {
        "initialize",
        "attach",
        "configurationDone",
        "continue",
        "next",
        "stepIn",
        "stepOut",
        "pause",
        "disconnect",
        "terminate",
        "threads",
        "stackTrace",
        "scopes",
        "variables",
        "source",
        "modules",
        "debugInfo",
        "inspectVariables",
    }
)


def _debug(content: Mapping[str, Any]) -> str | None:
    command = content.get("command")
    return None if isinstance(command, str) and command in INERT_DEBUG else _json(content)


MESSAGES: Mapping[str, Extract] = {
    "execute_request": _cell,
    "input_reply": _reply,
    "debug_request": _debug,
    "complete_request": _nothing,
    "inspect_request": _nothing,
    "is_complete_request": _nothing,
    "history_request": _nothing,
    "kernel_info_request": _nothing,
    "connect_request": _nothing,
    "comm_info_request": _nothing,
    "comm_open": _nothing,
    "comm_msg": _nothing,
    "comm_close": _nothing,
    "interrupt_request": _nothing,
    "shutdown_request": _nothing,
    "usage_request": _nothing,
    "create_subshell_request": _nothing,
    "delete_subshell_request": _nothing,
    "list_subshell_request": _nothing,
}

#: The fields that an extract holds where it does not hold all of them.
FIELDS: Mapping[str, frozenset[str]] = {
    "execute_request": frozenset({"code", "user_expressions"}),
    "input_reply": frozenset({"value"}),
}


def code_of(message: Message, *, limit: int) -> Code | None:
    """Return what must be recorded before a message is forwarded, or None.

    Raises: Refused — for a message type that the table does not name, or more code than `limit` bytes.
    """
    extract = MESSAGES.get(message.type)
    if extract is None:
        raise Refused("frame.unlisted")
    text = extract(message.content)
    if text is None:
        return None
    code = text.encode("utf-8", "surrogatepass")
    if len(code) > limit:
        raise Refused("frame.too_large")
    return Code(code, message.type, FIELDS.get(message.type, frozenset(message.content)))


def check_loose(message: Message, sent: bytes | str, code: Code | None, access: Access, *, limit: int) -> None:
    """Let what is in no record pass, as long as no file fits into it: of a recorded message all but what is recorded.

    Raises: Refused — for more bytes beside the JSON than `limit`, or more altogether.
    """
    if sum(map(len, message.buffers)) > limit:
        raise access.upload()
    if code is not None:
        rest = {name: value for name, value in message.content.items() if name not in code.fields}
        sent = write_frame(replace(message, content=rest), "v1")
    if len(sent.encode("utf-8", "surrogatepass") if isinstance(sent, str) else sent) > limit:
        raise Refused("frame.too_large")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
