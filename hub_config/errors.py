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


class NotRunning(ZoneError):
    """A command needs the running zone and none answers."""

    hint = "Start it with `make up`."
