"""The errors a person at the command line meets: one sentence, one next step, one exit code."""

from __future__ import annotations

from pathlib import Path

from audit.text import Text


class ZoneError(Exception):
    """Base of everything the composition root raises; `hint` says what to do next."""

    hint: Text | str = Text(
        "`ansim doctor`를 실행하면 이 컴퓨터에 무엇이 없는지 알 수 있습니다.",
        "Run `ansim doctor` to see what this machine is missing.",
    )
    exit_code = 3

    def __init__(self, reason: Text | str, *, hint: Text | str | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        if hint is not None:
            self.hint = hint


class SettingsError(ZoneError):
    """The settings file says something that no table names."""

    hint = Text(
        "ansim.yaml의 그 줄을 고치십시오. 모든 항목은 docs/reference/settings.ko.md에 있습니다.",
        "Correct the line in ansim.yaml; docs/reference/settings.md lists every key.",
    )
    exit_code = 2


class EnvironmentMissing(ZoneError):
    """The machine lacks something that the zone needs."""


class LogRefused(ZoneError):
    """The audit log contradicts what it signed, so nothing may begin that it would have to record."""

    hint = Text(
        "디스크를 그대로 두십시오. `ansim audit break-glass --reason …`으로 기록을 쓰지 않고 읽을 수 있습니다."
        " 그다음 `ansim audit verify`를 실행하고 준법감시 담당자에게 알리십시오.",
        "Keep the disk as it is. `ansim audit break-glass --reason …` lets you read the log without writing to it;"
        " then run `ansim audit verify` and tell the compliance officer.",
    )
    exit_code = 10


class NotRunning(ZoneError):
    """A command needs the running zone and none answers."""

    hint = Text("`make up`으로 시작하십시오.", "Start it with `make up`.")


class NotWritten(EnvironmentMissing):
    """A file that a command was to write cannot be written where it was named."""

    hint = Text("--output으로 다른 파일을 적으십시오.", "Name another file with --output.")

    def __init__(self, path: Path, error: OSError) -> None:
        told = Text("쓸 수 없는 파일입니다: {path}, {why}.", "{path} cannot be written: {why}.")
        super().__init__(told.format(path=path, why=error.strerror))
