"""The errors a person at the command line meets: one sentence, one next step, one exit code."""

from __future__ import annotations


class ZoneError(Exception):
    """Base of everything the composition root raises; `hint` says what to do next."""

    hint = "Run `ansim doctor` to see what this machine is missing."
    exit_code = 3

    def __init__(self, reason: str, *, hint: str | None = None) -> None:
        super().__init__(reason)
        if hint is not None:
            self.hint = hint


class SettingsError(ZoneError):
    """The settings file says something that no table names."""

    hint = "Correct the line in ansim.yaml; docs/reference/settings.md lists every key."
    exit_code = 2


class EnvironmentMissing(ZoneError):
    """The machine lacks something that the zone needs."""


class LogRefused(ZoneError):
    """The audit log contradicts what it signed, so nothing may begin that it would have to record."""

    hint = (
        "Keep the disk as it is. `ansim audit break-glass --reason …` lets you read the log without writing to it;"
        " then run `ansim audit verify` and tell the compliance officer."
    )
    exit_code = 10


class NotRunning(ZoneError):
    """A command needs the running zone and none answers."""

    hint = "Start it with `make up`."
