"""Records cells through the audit service as the gate does, at a steady rate, as the gate's user.

    python -m tests.benchmarks.load_events USER SOCKET PER_SECOND SECONDS < pairs.json

It is started by root and becomes that user, as the gate does. Standard input is a list of pairs: the reference of a
person and that of a workspace. It prints a line of JSON: how many
were sent, how many of them acknowledged as durable, what went wrong, and the seconds of each.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from audit.canonical import JSON
from audit.client import AsyncAuditClient
from audit.errors import AuditError
from audit.event import Actor, Event, Object, Source, Subjects
from tests.benchmarks.bench_zone import DATASET

CODE = "# cell {number}\n" + "frame.groupby('age').n.sum().plot()\n" * 5
SUBJECTS = Subjects.datasets([(DATASET, 1, 1000)])

Pairs = Sequence[tuple[str, str]]


async def record(client: AsyncAuditClient, pairs: Pairs, number: int, seconds: list[float], errors: list[str]) -> None:
    """Record one cell and wait until it is durable."""
    person, workspace = pairs[number % len(pairs)]
    code = CODE.format(number=number).encode()
    detail: dict[str, JSON] = {"kind": "cell", "kernel": "load", "bytes": len(code)}
    actor, place = Actor.person(person, ("researcher",)), Object("workspace", workspace)
    event = Event("cell.sent", actor, place, SUBJECTS, Source("127.0.0.1"), detail=detail)
    began = time.perf_counter()
    try:
        await client.cell(event, code)
    except AuditError as error:
        errors.append(f"{type(error).__name__}: {error}")
    else:
        seconds.append(time.perf_counter() - began)


async def steady(socket: Path, pairs: Pairs, per_second: float, lasting: float) -> dict[str, object]:
    """Send at the rate asked for, whatever is still under way: a slow log does not slow those who send."""
    client, seconds, errors = AsyncAuditClient(socket), list[float](), list[str]()
    began, number = time.monotonic(), 0
    async with asyncio.TaskGroup() as group:
        while (passed := time.monotonic() - began) < lasting:
            while number < passed * per_second:
                group.create_task(record(client, pairs, number, seconds, errors))
                number += 1
            await asyncio.sleep(0.01)
    await client.close()
    return {"sent": number, "acknowledged": len(seconds), "errors": sorted(set(errors)), "seconds": seconds}


def main() -> None:
    """Record, and say what came of it."""
    user, socket, per_second, lasting = sys.argv[1:]
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    pairs = [(str(person), str(workspace)) for person, workspace in json.load(sys.stdin)]
    found = asyncio.run(steady(Path(socket), pairs, float(per_second), float(lasting)))
    print(json.dumps(found))  # noqa: T201 — this is the answer to whoever started it


if __name__ == "__main__":
    main()
