"""What a person is told when a backup or a restore cannot go on."""

from __future__ import annotations

from pathlib import Path

from audit.text import Text
from hub_config.errors import ZoneError


class BackupError(ZoneError):
    """Base of what goes wrong around backups."""

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


class Unusable(BackupError):
    """What was backed up does not come back as it was."""

    hint = Text(
        "이 백업을 믿지 마십시오. 저장소의 디스크를 살피고, 저장소를 다른 이름으로 옮긴 다음 `ansim backup init`과"
        " `ansim backup now`를 실행하십시오. 손상된 저장소에 다시 백업하면 손상된 부분을 그대로 씁니다.",
        "Do not rely on this backup. Look at the disk of the repository, move the repository aside, then run"
        " `ansim backup init` and `ansim backup now`: another backup into a damaged one uses what is damaged again.",
    )
    exit_code = 10


class Refused(BackupError):
    """A restore would lose what is newer, or overwrite what is there."""

    exit_code = 2
