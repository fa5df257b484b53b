"""Why a home could not be made, opened, closed or destroyed: one family, each refusal a code and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.text import Text
from hub_config.errors import ZoneError


class Refused(Exception):
    """A call that the helper does not carry out; `code` is a key of `REASONS`."""

    def __init__(self, code: str, note: str = "") -> None:
        super().__init__(f"{code}: {note}" if note else code)
        self.code = code
        self.note = note


class HomeError(ZoneError):
    """Base of what a process of the zone meets when it asks for a home."""

    hint = Text(
        "`ansim doctor`가 분석환경의 파일 시스템을 살펴봅니다. docs/how-to/encrypt-homes.ko.md를 보십시오.",
        "`ansim doctor` looks at the file systems of workspaces; see docs/how-to/encrypt-homes.md.",
    )


class HelperAway(HomeError):
    """The helper does not answer."""


class HomeRefused(HomeError):
    """The helper refused, with one of `REASONS`."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS.get(code, UNKNOWN))
        self.code = code


UNKNOWN = Text("홈을 다룰 수 없습니다.", "The home cannot be handled.")

REASONS: Mapping[str, Text] = MappingProxyType(
    {
        "call": Text("알 수 없는 요청입니다.", "The call is none of the helper's."),
        "no_home": Text("이 분석환경에는 암호화된 홈이 없습니다.", "The workspace has no encrypted home."),
        "no_key": Text(
            "이 홈의 키가 없습니다. 파기한 홈은 다시 열리지 않습니다.",
            "The key of this home is gone: what was destroyed does not open again.",
        ),
        "key_unfit": Text("이 홈의 키가 아닙니다.", "The key does not belong to this home."),
        "not_encrypted": Text("암호화되지 않은 파일 시스템입니다.", "The file system is not encrypted."),
        "busy": Text("누군가 이 홈의 파일을 쓰고 있습니다.", "Somebody uses files of this home."),
        "in_use": Text("조금 전에 연 홈이라 닫지 않습니다.", "The home was opened a moment ago and stays open."),
        "smaller": Text("홈은 줄일 수 없습니다.", "A home is never made smaller."),
        "open": Text("열려 있는 홈은 늘릴 수 없습니다.", "A home is grown while it is closed."),
        "size": Text("허용하는 크기를 넘습니다.", "The size is over what the helper may make."),
        "disk_full": Text(
            "구역의 디스크에 남은 공간이 적어 홈을 열지 않습니다.",
            "Too little is free on the disk of the zone to open a home.",
        ),
        "damaged": Text(
            "홈의 파일 시스템이 손상되어 열 수 없습니다. 운영자가 e2fsck로 검사해야 합니다.",
            "The file system of the home is damaged and does not mount; an operator has to check it with e2fsck.",
        ),
        "no_place": Text("분석환경의 폴더가 없습니다.", "The workspace has no directory to mount the home in."),
        "foreign": Text("홈을 두는 폴더가 도우미의 것이 아닙니다.", "The directory of homes is not the helper's own."),
        "unable": Text(
            "이 컴퓨터에서는 루프 장치나 ext4 암호화를 쓸 수 없습니다.",
            "This machine has no loop devices, no ext4 encryption, or no right to use them.",
        ),
        "moving": Text(
            "운영자가 이 홈을 암호화된 홈으로 옮기고 있습니다. 옮기다 멈췄으면 `ansim homes encrypt`를 다시 실행하면"
            " 이어서 합니다.",
            "An operator is moving this home into an encrypted one. If that broke off, `ansim homes encrypt` goes on.",
        ),
        "running": Text(
            "분석환경이 실행 중이라 홈을 옮기지 않았습니다. 먼저 중지하십시오.",
            "The workspace runs, so its home was not moved. Stop it first.",
        ),
        "too_large": Text(
            "홈의 파일이 암호화된 홈의 크기에 들어가지 않습니다. workspace.home_gib를 늘리십시오.",
            "The files of the home do not fit into an encrypted one. Raise workspace.home_gib.",
        ),
        "differs": Text(
            "복사한 홈이 원래 홈과 달라 옮기지 않았습니다.", "The copy differs from the home, which was not moved."
        ),
        "copy": Text("홈의 파일을 읽거나 쓰지 못했습니다.", "Files of the home could not be read, or not be written."),
        "tool": Text("e2fsprogs의 프로그램이 실패했습니다.", "A program of e2fsprogs failed."),
    }
)
