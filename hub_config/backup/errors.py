"""What a person is told when a backup or a restore cannot go on."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from audit.text import Text
from hub_config.errors import ZoneError


class BackupError(ZoneError):
    """Base of what goes wrong around backups."""

    code: ClassVar[str] = "tool_failed"
    """What the audit log says of a backup that ended so."""
    hint = Text(
        "docs/how-to/back-up-and-restore.ko.md에 순서대로 적혀 있습니다.",
        "docs/how-to/back-up-and-restore.md goes through it step by step.",
    )


class NotSetUp(BackupError):
    """The settings name no place for backups, or no one who may open the keys."""

    hint = Text(
        "ansim.yaml의 backup 부분을 채우십시오. 방법은 docs/how-to/back-up-and-restore.ko.md에 있습니다.",
        "Fill the section backup in ansim.yaml; docs/how-to/back-up-and-restore.md says how.",
    )
    exit_code = 2


class ToolMissing(BackupError):
    """A program that backups need is not installed."""

    def __init__(self, program: str, package: str) -> None:
        reason = Text("설치되지 않은 프로그램입니다: {program}", "{program} is not installed.").format(program=program)
        hint = Text("설치하십시오: apt-get install {package}", "Install it: apt-get install {package}")
        super().__init__(reason, hint=hint.format(package=package))


class Unreadable(BackupError):
    """Something that belongs to a backup is closed to whoever makes it; without it the backup would look whole."""

    hint = Text(
        "구역의 작업자는 읽을 수 있습니다. backup.every_hours에 맞추어 백업하고 그 결과를 기록합니다.",
        "The worker of the zone can read it: it backs up every backup.every_hours, and records how that ended.",
    )

    def __init__(self, place: Path) -> None:
        super().__init__(
            Text(
                "백업할 곳을 읽을 권한이 없습니다: {place}", "No right to read what is to be backed up: {place}"
            ).format(place=place)
        )


class ToolFailed(BackupError):
    """A program that backups need ended with an error; its own words are the reason."""

    hint = Text(
        "구역에서 바뀐 것은 없습니다. 알려 준 문제를 고친 뒤 명령을 다시 실행하십시오.",
        "Nothing was changed in the zone. Mend what it says, then run the command again.",
    )


class NoRoom(ToolFailed):
    """A disk that a backup or a restore writes to is full."""

    code = "no_room"
    hint = Text(
        "구역에서 바뀐 것은 없고 전에 만든 백업도 그대로입니다. 그 디스크의 공간을 비운 뒤 명령을 다시 실행하십시오."
        " 백업은 저장소 말고 구역의 디스크에도 데이터베이스 사본과 시험 복원을 둘 공간이 있어야 합니다.",
        "Nothing was changed in the zone, and the backups made before are as they were. Make room on that disk, then"
        " run the command again. Beside the repository a backup needs room on the disk of the zone too, for a copy of"
        " the database and for the restore on trial.",
    )

    @classmethod
    def at(cls, place: Path) -> NoRoom:
        """Return it for the disk that holds a directory."""
        return cls(Text("{place}의 디스크가 가득 찼습니다.", "The disk at {place} is full.").format(place=place))


class BrokeOff(ToolFailed):
    """A backup ended with an error that nobody foresaw."""

    code = "broke_off"


class UnderWay(BackupError):
    """Another backup, or a check of the repository, works in the same places."""

    hint = Text(
        "끝난 뒤에 다시 실행하십시오. 방금 만든 백업은 `ansim backup list`에 보입니다.",
        "Run this again once it has ended; `ansim backup list` then shows what it made.",
    )
    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            Text(
                "이 구역의 다른 백업이나 저장소 확인이 진행 중입니다.",
                "Another backup of this zone, or a check of its repository, is under way.",
            )
        )


class Unusable(BackupError):
    """What was backed up does not come back as it was."""

    code = "not_restorable"
    hint = Text(
        "이 백업을 믿지 마십시오. 저장소의 디스크를 살피고, 저장소를 다른 이름으로 옮긴 다음 `ansim backup init`과"
        " `ansim backup now`를 실행하십시오. 손상된 저장소에 다시 백업하면 손상된 부분을 그대로 씁니다.",
        "Do not rely on this backup. Look at the disk of the repository, move the repository aside, then run"
        " `ansim backup init` and `ansim backup now`: another backup into a damaged one uses what is damaged again.",
    )
    exit_code = 10


class KeysLost(BackupError):
    """The zone itself lacks a key that its log tells of; the last set of keys that was kept may be the only one."""

    code = "keys_lost"
    hint = Text(
        "폴더가 사라졌거나 디스크가 연결되지 않았을 수 있습니다. 되돌려 놓을 때까지 새 백업은 만들지 않고, 전에 보관한"
        " ansim-keys.age에는 그 키가 있습니다. docs/how-to/back-up-and-restore.ko.md를 보십시오.",
        "A directory may be gone, or a disk not mounted. No new backup is made until it is back; ansim-keys.age as it"
        " was kept before holds the key. See docs/how-to/back-up-and-restore.md.",
    )
    exit_code = 10


class Refused(BackupError):
    """A restore would lose what is newer, or overwrite what is there."""

    exit_code = 2


class StillFilled(BackupError):
    """A restore failed, and what it had written into the database could not be taken out again."""

    hint = Text(
        "다시 복원하기 전에 그 데이터베이스를 지우고 빈 데이터베이스를 만드십시오(DROP DATABASE, CREATE DATABASE).",
        "Before another restore drop that database and make an empty one (DROP DATABASE, CREATE DATABASE).",
    )
