"""The parts of a support bundle. Each is made of what the zone's own tables name, never copied from what people wrote.

A log line may quote anything, so no line is in it: what is left of a log is how often which program said something at
which level, and where errors were raised. A setting is in it by value only where its type has no room for a name.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from importlib.metadata import distributions
from itertools import islice
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from sqlalchemy import Connection, func, select

from audit.catalogue import CATALOGUE
from audit.tables import audit_entry as entry
from hub_config.settings import SECTIONS, Settings
from hub_config.systemd.sandbox import SANDBOXES
from hub_config.systemd.units import unit_name

LOG_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b|^\[([DIWEC]) ")
LETTERS = {"D": "DEBUG", "I": "INFO", "W": "WARNING", "E": "ERROR", "C": "CRITICAL"}
PLACE = re.compile(
    r'^\s+File "(?:[^"]*/)?((?:audit|registry|deid|egress_review|portal|hub_config|images)/[\w/]+\.py)", line (\d+)'
)
OURS = re.compile(r"((?:audit|registry|deid|egress_review|portal|hub_config|images)/[\w/]{1,200}\.py:\d{1,6}) ")
RAISED = re.compile(
    r"^([A-Za-z_][\w.]{0,120}(?:Error|Exception|Refused|Missing|Denied|Conflict|Invalid|NotFound))(?::|$)"
)
MOST_LINES = 200_000
UNITS = frozenset(map(unit_name, (*SANDBOXES, "probe")))


def settings_without_words(settings: Settings) -> dict[str, dict[str, object]]:
    """Return every setting: numbers, switches and choices as they are, of words and lists only whether they are set."""
    return {name: _plain(kind, getattr(settings, name)) for name, kind in SECTIONS.items()}


def _plain(kind: type[Any], section: Any) -> dict[str, object]:
    hints = get_type_hints(kind)
    return {one.name: _without_words(hints[one.name], getattr(section, one.name)) for one in fields(section)}


def _without_words(kind: Any, value: Any) -> object:
    if isinstance(value, bool) or (isinstance(value, (int, float)) and kind in (int, float)):
        return value
    if get_args(kind) and get_origin(kind) is not tuple:  # one of a few words, which the code names
        return value
    if isinstance(value, tuple):
        return f"{len(value)} set"
    assert not is_dataclass(value), "a section in a section needs a row here"
    return "set" if value else "empty"


def versions() -> dict[str, object]:
    """Return what runs: the system, the interpreter, and every distribution of the environment."""
    found = {one.metadata["Name"]: one.version for one in distributions()}
    release = platform.freedesktop_os_release()
    system = {name: release.get(name, "") for name in ("ID", "VERSION_ID")}
    return {
        "system": {**system, "kernel": platform.release(), "machine": platform.machine()},
        "python": platform.python_version(),
        "distributions": dict(sorted(found.items())),
    }


def entries_by_action(tx: Connection) -> dict[str, int]:
    """Return how many entries the log has of each action that the catalogue names."""
    rows = tx.execute(select(entry.c.action, func.count()).group_by(entry.c.action)).all()
    counted: Mapping[str, int] = {str(action): int(number) for action, number in rows}
    return {action: counted[action] for action in sorted(CATALOGUE) if action in counted}


def logs_without_lines(directory: Path) -> dict[str, dict[str, object]]:
    """Return, for each log file of the zone, how often it said something at which level, and where errors came from."""
    names = sorted(one for one in directory.glob("*.log") if one.is_file() and not one.is_symlink())
    return {one.name: _counted(one) for one in names if re.fullmatch(r"[a-z-]{1,20}\.log", one.name)}


def journal_without_lines(journal: Iterable[str]) -> dict[str, dict[str, object]]:
    """Return the same for each unit of the zone, of the lines that `journalctl --output json` prints."""
    found: dict[str, _Said] = {}
    for line in islice(journal, MOST_LINES):
        try:
            entry = json.loads(line)
            unit, message = entry["_SYSTEMD_UNIT"], entry["MESSAGE"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # nobody's: systemd's own word on a unit has another sender
        if unit in UNITS and isinstance(message, str):  # what is no text comes as a list of bytes
            said = found.setdefault(unit, _Said())
            for one in message.splitlines():
                said.take(one)
    return {unit: said.document() for unit, said in sorted(found.items())}


def _counted(path: Path) -> dict[str, object]:
    said = _Said()
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in islice(lines, MOST_LINES):
            said.take(line)
    return {**said.document(), "bytes": path.stat().st_size}


@dataclass(slots=True)
class _Said:
    """What is left of the lines of one program."""

    size: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)

    def take(self, line: str) -> None:
        """Count a line, and forget it."""
        self.size += len(line.encode("utf-8", "replace"))
        if line.startswith("{"):
            _count_line(line, self.levels, self.places, self.raised)
            return
        if found := LOG_LEVEL.search(line[:200]):
            self.levels[found[1] or LETTERS[found[2]]] += 1
        if found := PLACE.match(line[:500]):
            self.places[f"{found[1]}:{found[2]}"] += 1
        if (found := RAISED.match(line[:200])) and _is_class(found[1]):
            self.raised[found[1]] += 1

    def document(self) -> dict[str, object]:
        """Return the counts as JSON values."""
        return {
            "bytes": self.size,
            "levels": dict(sorted(self.levels.items())),
            "places": dict(self.places.most_common(50)),
            "errors": dict(self.raised.most_common(50)),
        }


def _count_line(line: str, levels: Counter[str], places: Counter[str], raised: Counter[str]) -> None:
    """Count what `log_lines` wrote; a line that is not as it writes them is nobody's."""
    try:
        said = json.loads(line)
        errors = [(str(one["type"]), [str(place) for place in one["places"]]) for one in said.get("error", [])]
        level = str(said["level"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    if level in LETTERS.values():
        levels[level] += 1
    for kind, passed in errors:
        if _is_class(kind):
            raised[kind] += 1
        places.update(found[1] for place in passed if (found := OURS.match(place)))


def _is_class(name: str) -> bool:
    """Say whether a word is the name of an error that is loaded here: any other could be anybody's words."""
    import builtins
    import sys

    module, _, last = name.rpartition(".")
    found = getattr(sys.modules.get(module) if module else builtins, last, None)
    return isinstance(found, type) and issubclass(found, BaseException)
