"""The settings from which root acts: its own copy, and the zone's file only where that says the same."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from audit.text import Text
from hub_config.errors import EnvironmentMissing, SettingsError
from hub_config.settings import FILE_NAME, GateSettings, Settings, parse_settings

COPY = Path("/etc/ansim") / FILE_NAME
OPENED = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def load_trusted_settings(home: Path, *, owner: int = 0, copy: Path = COPY) -> Settings:
    """Read the settings of a zone from root's own copy, which lies where nobody else can write.

    The zone's user owns the directory of the zone's own file and can put another there; the hub and the worker, once
    taken over, one that looks like root's, for they may change owners (CAP_CHOWN). So that file is only held against
    the copy. A server without a copy was set up by an older playbook; the next play makes one.

    Raises: EnvironmentMissing — for a link, a file of somebody else or one that others may write, and for files that
    differ. SettingsError — for settings that a unit cannot be made of.
    """
    text = _read(home / FILE_NAME, owner)
    if os.path.lexists(copy) and _read(copy, owner) != text:
        reason = Text("root의 사본 {copy}와 다른 파일: {path}.", "{path} is not as root's copy, {copy}, has it.")
        raise EnvironmentMissing(reason.format(path=home / FILE_NAME, copy=copy), hint=_HINT_COPY)
    settings = parse_settings(text, home=home)
    refuse_other_gate_user(settings)
    return settings


def load_coming_settings(path: Path, home: Path, *, owner: int = 0) -> Settings:
    """Read the settings that a zone is about to get, from a file beside those that it has, which root alone can write.

    Raises: EnvironmentMissing — for a link, a file of somebody else or one that others may write. SettingsError — for
    settings that a unit cannot be made of.
    """
    settings = parse_settings(_read(path, owner), home=home)
    refuse_other_gate_user(settings)
    return settings


def _read(path: Path, owner: int) -> str:
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
        return file.read()


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
_HINT_COPY = Text(
    "누가 왜 바꾸었는지 확인하십시오. 설정은 인벤토리에서 바꾸고 플레이북을 다시 실행하면 두 파일이 같아집니다.",
    "Find out who changed it and why. Settings are changed in the inventory: the playbook writes both files.",
)
