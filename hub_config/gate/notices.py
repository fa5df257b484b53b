"""What a client is told in place of a message: of an output that is held back, and of a cell that does not run.

It keeps what a client finds the cell by, so it appears where the output would; nothing else of the message is in it.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from audit.text import Language, Text
from hub_config.gate.frames import Json, Message, Protocol, v1_frame
from hub_config.gate.outputs import DISPLAYS, FIELDS, REPLIES, Output, short_fields

MOST_CELLS = 1_000_000_000

HELD = Text(
    "[안심구역] 이 출력({size})은 브라우저에 보이지 않습니다: {reason}. 지워지지는 않았습니다. 결과로 가져가려면 "
    "파일로 /outbox에 저장하고(예: fig.savefig('/outbox/figure.png'), df.to_csv('/outbox/table.csv')), 위쪽의 "
    "‘점검·반출’에서 반출을 신청하십시오. 보기만 하려면 작게 나누거나 요약해 출력하십시오.",
    "[data safe zone] This output ({size}) is not shown in the browser: {reason}. Nothing is lost. To take it out, "
    "save it as a file to /outbox (such as fig.savefig('/outbox/figure.png') or df.to_csv('/outbox/table.csv')) and "
    "request egress with ‘Check and submit’ above. Only to look at it, print a smaller part or a summary.",
)
KEPT = Text(
    "[안심구역] 이 출력({size})은 브라우저에 보이지 않습니다: {reason}. 대신 /outbox/{name} 파일로 두었습니다. "
    "가져가려면 위쪽의 ‘점검·반출’에서 그 파일로 반출을 신청하십시오. 필요 없으면 지워도 됩니다.",
    "[data safe zone] This output ({size}) is not shown in the browser: {reason}. It was saved as /outbox/{name} "
    "instead. To take it out, request egress of that file with ‘Check and submit’ above. If you do not need it, you "
    "may delete it.",
)
REASONS: Mapping[str, Text] = {
    "output.too_large": Text("한 번에 보일 수 있는 크기를 넘습니다", "it is larger than what is shown at once"),
    "output.picture": Text(
        "이 과제에서는 그림과 파일을 보이지 않습니다", "pictures and files are not shown in this project"
    ),
    "output.file": Text("그림이 아닌 파일이 들어 있습니다", "there is a file in it that is no picture"),
}


def notice_of(output: Output, reason: str, language: Language, *, kept: str | None = None) -> str:
    """Return what the person reads in place of the output; `kept` is the name of the file that it became."""
    said = (HELD if kept is None else KEPT).say(language)
    return said.format(size=readable(output.size), reason=REASONS[reason].say(language), name=kept)


def notice_frame(output: Output, text: str, protocol: Protocol) -> bytes | str:
    """Return the message that is sent in place of one that is held back."""
    channel, header, content = _in_place(output, text)
    return _frame(channel, (header, output.parent, {}, content), protocol)


def _frame(channel: str, parts: tuple[Json, Json, Json, Json], protocol: Protocol) -> bytes | str:
    if protocol == "v1":
        return v1_frame(channel, parts)
    names = ("header", "parent_header", "metadata", "content")
    legacy = {**dict(zip(names, parts, strict=True)), "channel": channel, "buffers": []}
    return json.dumps({**legacy, "msg_id": parts[0].get("msg_id", ""), "msg_type": parts[0]["msg_type"]})


def refusal_frames(message: Message, text: str, protocol: Protocol) -> list[bytes | str]:
    """Return what a client is told of a cell that does not run; nothing for a message that is no cell."""
    if message.type != "execute_request":
        return []
    asked = short_fields(message.header, FIELDS)
    failure = {"ename": "Refused", "evalue": text, "traceback": [text]}
    answers: tuple[tuple[str, str, Json], ...] = (
        ("iopub", "error", failure),
        ("shell", "execute_reply", {"status": "error", "execution_count": None, **failure}),
        ("iopub", "status", {"execution_state": "idle"}),
    )
    return [
        _frame(channel, ({**asked, "msg_id": uuid4().hex, "msg_type": kind}, asked, {}, content), protocol)
        for channel, kind, content in answers
    ]


def _in_place(output: Output, text: str) -> tuple[str, Json, Json]:
    failure = {"ename": "HeldBack", "evalue": text, "traceback": [text]}
    kind = output.type
    if kind in DISPLAYS:
        data = {"text/plain": text, "text/html": f'<p role="note">{html.escape(text)}</p>'}
        content: dict[str, Any] = {"data": data, "metadata": {}}
        content["transient"] = short_fields(output.content.get("transient"), ("display_id",))
        if kind == "execute_result":
            count = output.content.get("execution_count")
            content["execution_count"] = count if isinstance(count, int) and 0 <= count < MOST_CELLS else None
        return output.channel, output.header, content
    if kind == "error":
        return output.channel, output.header, failure
    if kind in REPLIES:  # a client that waits for it goes on
        return output.channel, output.header, {"status": "error", **failure}
    header = {**output.header, "msg_type": "stream"}
    return "iopub", header, {"name": "stderr", "text": text + "\n"}


def readable(size: int) -> str:
    """Return a size as a person reads it."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.0f} kB"
