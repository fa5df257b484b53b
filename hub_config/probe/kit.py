"""Packs the attacks that run inside as one text, for a Python that knows nothing of this zone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "hub_config.probe.inside"
INSIDE = Path(__file__).parent / "inside"
MARK = "ANSIM-PROBE-KIT"
_PACKAGES = ("hub_config", "hub_config.probe", PACKAGE)

_LOADER = """
import json, sys, types
for name in {packages!r}:
    sys.modules[name] = types.ModuleType(name); sys.modules[name].__path__ = []
for name, source in json.loads({sources!r}).items():
    module = types.ModuleType(name); sys.modules[name] = module
    exec(compile(source, name, "exec"), module.__dict__)
sys.modules["{package}.base"].main(json.loads({names!r}), json.loads({facts!r}))
"""


@cache
def _sources() -> str:
    """Return the sources of the attacks, `base` first, as JSON."""
    paths = sorted(INSIDE.glob("*.py"), key=lambda path: (path.stem != "base", path.stem))
    named = {f"{PACKAGE}.{p.stem}": p.read_text(encoding="utf-8") for p in paths if p.stem != "__init__"}
    return json.dumps(named)


def program(names: Iterable[str], facts: Mapping[str, Any]) -> str:
    """Return a program that runs attacks and prints one line of JSON: what each saw."""
    return f"# {MARK}\n" + _LOADER.format(
        packages=_PACKAGES,
        sources=_sources(),
        package=PACKAGE,
        names=json.dumps(list(names)),
        facts=json.dumps(dict(facts)),
    )


def cell(names: Iterable[str], facts: Mapping[str, Any]) -> str:
    """Return a cell that runs the program beside the kernel, which attacks on limits must not end."""
    return (
        "import subprocess, sys\n"
        f"done = subprocess.run([sys.executable, '-I', '-'], input={program(names, facts)!r}, text=True,"
        " capture_output=True)\n"
        "print(done.stdout or done.stderr[-2000:])\n"
    )


def read_answer(text: str) -> dict[str, dict[str, Any]]:
    """Return what the attacks saw.

    Raises: ValueError — if the program did not end as it should; the message ends with what it said.
    """
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            found: dict[str, dict[str, Any]] = json.loads(line)
            return found
    raise ValueError(f"the attacks gave no answer: {text[-500:]}")
