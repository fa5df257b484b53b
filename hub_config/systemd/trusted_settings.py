"""The settings from which root acts: a file that root wrote, lying in a directory that another user may change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from audit.text import Text
from hub_config.errors import EnvironmentMissing, SettingsError
from hub_config.settings import FILE_NAME, GateSettings, Settings, parse_settings

OPENED = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def load_trusted_settings(home: Path, *, owner: int = 0) -> Settings:
    """Read the settings of a zone, if nobody but their owner could have written them.

    The zone's user owns the directory and can put another file there; it cannot make one that belongs to root. The hub
    and the worker can, once taken over: they may change owners (CAP_CHOWN). What that would buy is bounded by what
    settings may say at all; see the threat model.

    Raises: EnvironmentMissing — for a link, a file of somebody else or one that others may write. SettingsError — for
    settings that a unit cannot be made of.
    """
    path = home / FILE_NAME
    try:
        descriptor = os.open(path, OPENED)
    except OSError as error:
        reason = Text("읽을 수 없는 파일: {path} ({why}).", "{path} cannot be read: {why}.")
        raise EnvironmentMissing(reason.format(path=path, why=error.strerror), hint=_HINT) from error
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(file.fileno())
        plain = stat.S_ISREG(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not plain or found.st_uid != owner or found.st_nlink != 1:
            reason = Text("root가 아닌 사용자가 쓸 수 있는 파일: {path}.", "{path} can be written by others than root.")
            raise EnvironmentMissing(reason.format(path=path), hint=_HINT)
        settings = parse_settings(file.read(), home=home)
    refuse_other_gate_user(settings)
    return settings


def refuse_other_gate_user(settings: Settings) -> None:
    """Refuse a user of the gate other than the one that the playbook made: it becomes a unit's user and group.

    Raises: SettingsError — if there is another.
    """
    if settings.gate.user != GateSettings().user:
        reason = Text(
            "systemd로 돌리는 구역에서는 gate.user 값이 {wanted}이어야 합니다.", "Under systemd gate.user is {wanted}."
        )
        raise SettingsError(reason.format(wanted=GateSettings().user))


_HINT = Text(
    "플레이북을 다시 실행하십시오. 설정 파일은 root의 것이어야 합니다: chown root:ansim, chmod 640.",
    "Run the playbook again. The file of settings belongs to root: chown root:ansim, chmod 640.",
)
