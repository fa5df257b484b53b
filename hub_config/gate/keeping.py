"""Puts what was held back into the outbox of its own workspace, so that a person can ask for its egress at once.

The workspace writes the file itself: the gate sends what the workspace sent back to the server in it, under a name of
the gate's own. The zone opens nothing that the workspace's code could have swapped, no byte takes a way that it could
not take anyway, and of the answer the gate reads one number.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import quote

from aiohttp import ClientError, ClientTimeout
from yarl import URL

from hub_config.gate.errors import AuditUnavailable, WorkspaceSilent
from hub_config.gate.headers import WORKSPACE_HOST
from hub_config.gate.held_files import HeldFile
from hub_config.gate.record import Asker, Record
from hub_config.gate.targets import PATH_SAFE
from hub_config.gate.workspace import OpenWorkspace

FOLDER = "outbox"
"""Where the image shows /outbox in the home; without it nothing is kept, and the notice says how to save."""
ANSWER_SECONDS = 10.0
# Jupyter asks every writer that its cookie and its header say the same (double submit); it is no secret.
XSRF = "gate"


async def keep(workspace: OpenWorkspace, asker: Asker, file: HeldFile, record: Record) -> str | None:
    """Have the workspace write a file into its outbox; return its name, or None where it was not written.

    It is announced in the log before it is written, and not written if it cannot be; what became of it follows.
    """
    if not workspace.kept.take_room(file.size, time.monotonic()):
        return None
    try:
        announced = await record.keeping(workspace.tenancy, asker, file)
    except AuditUnavailable:
        return None
    failed = await _failure(workspace, file)
    await record.kept(announced, failed=failed)
    if failed is not None:
        return None
    workspace.kept.note(file.name)
    return file.name


async def _failure(workspace: OpenWorkspace, file: HeldFile) -> str | None:
    """Write the file; return why it was not written, or None."""
    prefix = quote(workspace.tenancy.prefix, safe=PATH_SAFE)
    url = URL(f"http://workspace{prefix}api/contents/{FOLDER}/{file.name}", encoded=True)
    headers = {"Host": WORKSPACE_HOST, "Content-Type": "application/json", "X-XSRFToken": XSRF}
    headers["Cookie"] = f"_xsrf={XSRF}"
    body = await asyncio.to_thread(file.model)
    timeout = ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with workspace.dial_in.session.put(
            url, data=body, headers=headers, allow_redirects=False, timeout=timeout
        ) as answer:
            return None if answer.status in (200, 201) else "not_written"
    except (ClientError, TimeoutError, WorkspaceSilent):
        return "no_answer"
