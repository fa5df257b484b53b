"""A witness on a machine without a zone: `python -m audit.witness init|trust|serve|sign|status`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.errors import AuditError
from audit.witness.cli import Handler, add_parsers, add_status, show_state

EXIT_ENVIRONMENT = 3


@dataclass(frozen=True, slots=True)
class _Terminal:
    """The surroundings of a command without a zone."""

    json: bool
    home: Path = Path()

    def zone(self) -> Any:
        raise RuntimeError("a witness has no zone")

    def print(self, *objects: object) -> None:
        sys.stdout.write(" ".join(map(str, objects)) + "\n")
        sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    top = argparse.ArgumentParser(prog="python -m audit.witness")
    add_parsers(
        _Only(top), _guarded, zone=lambda group, guard: add_status(group, guard, show_state, state_required=True)
    )
    given = top.parse_args(arguments)
    handler: Handler = given.func
    return handler(given, _Terminal(json=bool(getattr(given, "json", False))))


class _Only:
    """Takes the place of the commands above `witness`: there are none."""

    def __init__(self, top: argparse.ArgumentParser) -> None:
        self._top = top

    def add_parser(self, _name: str, **_rest: Any) -> argparse.ArgumentParser:
        return self._top


def _guarded(handler: Handler) -> Handler:
    def run(arguments: argparse.Namespace, context: Context) -> int:
        try:
            return handler(arguments, context)
        except AuditError as error:
            if context.json:
                context.print(json.dumps({"error": type(error).__name__, "reason": str(error), "hint": error.hint.en}))
            else:
                context.print(f"{error.text(language_of())} ({error})\n{error.hint.say(language_of())}")
            return EXIT_ENVIRONMENT

    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
