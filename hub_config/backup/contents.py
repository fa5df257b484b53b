"""What belongs to a backup: everything below ANSIM_HOME but the places listed here, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audit.text import Text
from hub_config.backup.errors import Unreadable
from hub_config.homes import is_shut
from hub_config.settings import Settings

STAGING = "backup"
"""Where the copies lie that a snapshot takes instead of what changes meanwhile."""


@dataclass(frozen=True, slots=True)
class Left:
    """A place below ANSIM_HOME that no snapshot takes."""

    path: str
    why: Text


LEFT_OUT = (
    Left(
        "keys",
        Text(
            "열쇠는 따로, 가장 최근 것만 보관합니다. 그래야 파기한 정보가 되살아나지 않습니다.",
            "The keys are kept apart, and only the newest, so that nothing that was destroyed comes back.",
        ),
    ),
    Left("additional", Text("열쇠와 함께 보관합니다.", "It goes with the keys.")),
    Left("log", Text("복사본을 담습니다.", "A copy of it is taken instead.")),
    Left("run", Text("실행 중에만 쓰는 소켓입니다.", "Sockets of a running zone.")),
    Left("logs", Text("프로세스의 진단 기록입니다.", "What processes said for diagnosis.")),
    Left("sessions", Text("로그인 상태는 되살리지 않습니다.", "Nobody stays signed in over a restore.")),
    Left("images", Text("다시 만들 수 있습니다.", "Images can be built again.")),
    Left(
        "workspaces",
        Text("분석환경은 백업하지 않습니다.", "Workspaces are not backed up."),
    ),
    Left("homes/keys", Text("열쇠와 함께 보관합니다.", "They go with the keys.")),
    Left("homes/mnt", Text("열린 홈이 연결되는 곳입니다.", "Where homes that are open are mounted.")),
)
DATASETS_LEFT = Text(
    "데이터는 제공기관에서 다시 받습니다. 백업하려면 backup.datasets를 켜십시오.",
    "Datasets come again from whoever provided them; switch backup.datasets on to back them up.",
)
DATABASE_ENDINGS = ("", "-wal", "-shm", "-journal")


def left_out(settings: Settings) -> list[Path]:
    """Return the places that a snapshot leaves out. Raises: Unreadable."""
    places = [settings.home / left.path for left in LEFT_OUT]
    if not settings.backup.datasets:
        places += settings.dataset_roots()
    places += _homes_left(settings)
    if (database := database_file(settings)) is not None:
        places += [database.with_name(database.name + ending) for ending in DATABASE_ENDINGS]
    staging = settings.home / STAGING
    return [*places, staging / "proof", staging / "cache", *_repository_places(settings)]


def _homes_left(settings: Settings) -> list[Path]:
    """An image is whole only while nobody writes into it; without its key, which is kept apart, it is worth nothing."""
    homes = settings.home / "homes"
    if not settings.backup.homes:
        return [homes]  # as a whole: it is its helper's, and not everybody who makes a backup may list it
    try:
        images = sorted((homes / "images").iterdir())
    except FileNotFoundError:
        return []
    except PermissionError as error:
        raise Unreadable(homes) from error
    return [image for image in images if image.suffix == ".img" and not is_shut(settings.home, image.stem)]


def database_file(settings: Settings) -> Path | None:
    """Return the file of an SQLite database, None where the record lives in PostgreSQL."""
    url = settings.database_url()
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def _repository_places(settings: Settings) -> list[Path]:
    """A repository or key directory below the home would otherwise take itself."""
    given = (settings.backup.repository, settings.backup.keys_directory)
    return [settings.home / place for place in given if place and ":" not in place]
