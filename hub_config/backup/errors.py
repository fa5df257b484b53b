"""What a person is told when a backup or a restore cannot go on."""

from __future__ import annotations

from hub_config.errors import ZoneError


class BackupError(ZoneError):
    """Base of what goes wrong around backups."""

    hint = "docs/how-to/back-up-and-restore.md goes through it step by step."


class NotSetUp(BackupError):
    """The settings name no place for backups, or no one who may open the keys."""

    hint = "Fill the section backup in ansim.yaml; docs/how-to/back-up-and-restore.md says how."
    exit_code = 2


class ToolMissing(BackupError):
    """A program that backups need is not installed."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed.", hint=f"Install it: apt-get install {package}")


class ToolFailed(BackupError):
    """A program that backups need ended with an error; its own words are the reason."""

    hint = "Nothing was changed in the zone. Mend what it says, then run the command again."


class Unusable(BackupError):
    """What was backed up does not come back as it was."""

    hint = "Do not rely on this backup. Look at the disk of the repository, then run `ansim backup now` again."
    exit_code = 10


class Refused(BackupError):
    """A restore would lose what is newer, or overwrite what is there."""

    exit_code = 2
