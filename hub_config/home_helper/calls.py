"""The calls that the helper takes, as one table: what no row names is refused.

A call is one line of JSON on a connection of its own, and so is the answer. It names a workspace, or the shared space
of a project, by its reference; paths, keys and options of mounts are never given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

from hub_config.home_helper.errors import Refused
from hub_config.home_helper.kinds import REF

Verb = Literal["make", "open", "close", "destroy", "grow", "status", "list", "able"]
_REF = re.compile(REF)
MOST_LINE = 512
MOST_GIB = 1 << 20
MOST_IDLE = 86_400

#: What each call carries beside its verb: all of it, and nothing else.
CALLS: Mapping[Verb, tuple[str, ...]] = MappingProxyType(
    {
        "make": ("workspace", "gib"),
        "open": ("workspace",),
        "close": ("workspace", "idle"),
        "destroy": ("workspace",),
        "grow": ("workspace", "gib"),
        "status": ("workspace",),
        "list": (),
        "able": (),
    }
)
_MOST = MappingProxyType({"gib": (1, MOST_GIB), "idle": (0, MOST_IDLE)})


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the table admits.

    `gib` is a size in GiB; `idle` how many seconds ago a home must have been asked for at least, to be closed.
    """

    verb: Verb
    workspace: str = ""
    gib: int = 0
    idle: int = 0


def parse_call(line: bytes) -> Call:
    """Return the call that a line makes.

    Raises: Refused — for whatever no row of the table names, to the letter.
    """
    if len(line) > MOST_LINE or not line.endswith(b"\n"):
        raise Refused("call", "length")
    try:
        given = json.loads(line.decode("ascii"), object_pairs_hook=_once)
    except ValueError as error:
        raise Refused("call", "no JSON") from error
    if not isinstance(given, dict) or not isinstance(given.get("verb"), str) or given["verb"] not in CALLS:
        raise Refused("call", "verb")
    verb = cast("Verb", given.pop("verb"))
    if set(given) != set(CALLS[verb]):
        raise Refused("call", "fields")
    checked: dict[str, Any] = {name: _checked(name, value) for name, value in given.items()}
    return Call(verb, **checked)


def line_of(call: Call) -> bytes:
    """Return the line that makes a call."""
    fields = {name: getattr(call, name) for name in CALLS[call.verb]}
    return json.dumps({"verb": call.verb, **fields}).encode("ascii") + b"\n"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _checked(name: str, value: object) -> str | int:
    if name == "workspace":
        if isinstance(value, str) and _REF.fullmatch(value):
            return value
    elif type(value) is int:
        lowest, highest = _MOST[name]
        if lowest <= value <= highest:
            return value
    raise Refused("call", name)
