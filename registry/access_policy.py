"""How people reach their workspaces: what a browser may receive, from where, for how long. Values only.

Three profiles say how much is known of the browser in front of the zone; the limits beside them are the zone's own.
No profile keeps somebody from remembering or photographing what they see, and each says so.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from registry.text import Text

Profile = Literal["direct", "hardened", "streamed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """How the people of some projects reach their workspaces; without `projects` it is everybody else's.

    `profile` says which browser is in front: anybody's (direct), one that the institution manages (hardened), or one
    that only shows the picture of a desktop (streamed). `shown_bytes` is the largest output that is shown and the
    largest notebook that is opened, and `session_bytes` what may be shown until a workspace is started again; what is
    larger leaves by an egress request. With `pictures: hold` no picture is shown either; other files in an output never
    are. `dense_bytes` of text that looks encoded, within an hour, alert an officer. `addresses` are networks such as
    10.1.0.0/16; none means all. With `one_connection` a person works in one browser at one address at a time.
    `idle_minutes` is how long nobody does anything (what Lab saves by itself is nothing), `longest_hours` how long a
    sign-in to workspaces lasts. A file that is dropped into the browser is never taken directly: with `uploads: review`
    the person is sent to the page for bringing files in, with `refuse` that page takes none either.
    """

    name: str = "default"
    projects: tuple[str, ...] = ()
    profile: Profile = "direct"
    shown_bytes: int = 20_000_000
    session_bytes: int = 2_000_000_000
    pictures: Literal["show", "hold"] = "show"
    dense_bytes: int = 100_000
    one_connection: bool = False
    addresses: tuple[str, ...] = ()
    idle_minutes: int = 720
    longest_hours: int = 12
    uploads: Literal["review", "refuse"] = "review"
    watermark: bool = True

    def payload(self) -> dict[str, Any]:
        """The policy as the gate is told it with a workspace."""
        return {
            "shown_bytes": self.shown_bytes,
            "session_bytes": self.session_bytes,
            "pictures": self.pictures == "show",
            "dense_bytes": self.dense_bytes,
            "one_connection": self.one_connection,
            "addresses": list(self.addresses),
            "idle_seconds": self.idle_minutes * 60,
            "longest_seconds": self.longest_hours * 3600,
            "uploads": self.uploads == "review",
            "watermark": self.watermark,
        }

    def problem(self) -> Text | None:
        """What is wrong with the values, or None."""
        for address in self.addresses:
            try:
                ipaddress.ip_network(address)
            except ValueError:
                return Text(
                    f"{address!r}은(는) 10.1.0.0/16과 같은 네트워크가 아닙니다",
                    f"{address!r} is not a network such as 10.1.0.0/16",
                )
        if self.longest_hours > LONGEST_HOURS:
            return Text(f"longest_hours는 {LONGEST_HOURS} 이하입니다", f"longest_hours is {LONGEST_HOURS} at most")
        return None


LONGEST_HOURS = 12
"""The gate keeps no session longer, whatever a policy says."""


def chosen(policies: Iterable[AccessPolicy], project: str) -> AccessPolicy:
    """The policy of a project: the one that names it, else the one that names none, else the defaults."""
    known = list(policies)
    named = (one for one in known if project in one.projects)
    rest = (one for one in known if not one.projects)
    return next(named, next(rest, AccessPolicy()))


def problem_of(policies: Iterable[AccessPolicy]) -> Text | None:
    """What is wrong with a list of policies: each by itself, and a project or a name that stands twice."""
    known = list(policies)
    for one in known:
        if (found := one.problem()) is not None:
            return Text(f"access.policies, {one.name}: {found.ko}", f"access.policies, {one.name}: {found.en}")
    names = [one.name for one in known]
    projects = [project for one in known for project in one.projects]
    rest = [one.name for one in known if not one.projects]
    for twice in (names, projects, ["projects"] * len(rest)):
        for value in twice:
            if twice.count(value) > 1:
                return Text(f"access.policies: {value} 두 번 나옵니다", f"access.policies: {value} stands twice")
    return None


@dataclass(frozen=True, slots=True)
class ProfileText:
    """One profile in plain words."""

    name: Text
    what: Text
    residual: tuple[Text, ...]
    """What somebody determined can still carry away."""


_EYES = Text(
    "화면에 보이는 것은 외우거나 촬영할 수 있습니다. 워터마크는 누가 언제 보았는지 남길 뿐 막지는 못합니다.",
    "What is on the screen can be remembered or photographed. The watermark tells who saw it and when; it stops "
    "nobody.",
)
_COPY = Text(
    "화면의 글자를 복사해 다른 프로그램에 붙여 넣을 수 있고, 누르는 순간에는 페이지도 복사할 수 있습니다. 보내는 양은 "
    "세고, 부호화된 것처럼 보이는 글자는 알립니다.",
    "Text on the screen can be copied into another program, at a click by a page too. The amount is counted, and text "
    "that looks encoded alerts.",
)
_PRINTING = Text(
    "분석환경의 페이지는 스스로 인쇄될 수 있고, 그렇게 인쇄하거나 PDF로 저장한 것에는 워터마크가 없습니다.",
    "The page of a workspace can have itself printed; what is printed so, or saved as PDF, bears no watermark.",
)
_CONNECTING = Text(
    "Firefox나 Safari처럼 152 이후의 Chrome이나 Edge가 아닌 브라우저에서는 출력 속의 스크립트가 WebRTC와 미리 "
    "연결하기(preconnect, dns-prefetch)로 밖에 데이터를 보낼 수 있습니다. 페이지 정책으로는 막지 못합니다.",
    "In a browser other than Chrome or Edge from version 152 on, such as Firefox and Safari, a script in an output can "
    "send data out by WebRTC and by hints to connect early (preconnect, dns-prefetch); no page policy stops that.",
)
_EXTENSIONS = Text(
    "브라우저 확장 프로그램과 그 컴퓨터의 다른 프로그램이 화면을 읽을 수 있습니다.",
    "Extensions of the browser, and other programs on that computer, can read the screen.",
)

PROFILES: Mapping[Profile, ProfileText] = MappingProxyType(
    {
        "direct": ProfileText(
            Text("직접 접속", "Direct"),
            Text("누구의 브라우저에서나 들어옵니다.", "People come with any browser of their own."),
            (_EYES, _COPY, _PRINTING, _CONNECTING, _EXTENSIONS),
        ),
        "hardened": ProfileText(
            Text("관리되는 브라우저", "Managed browser"),
            Text(
                "기관이 관리하는 컴퓨터의 브라우저(152 이후의 Chrome이나 Edge)에서만 들어옵니다. 미리 연결하기, 확장 "
                "프로그램, 복사, 인쇄, 화면 갈무리는 그 기관의 브라우저 정책으로 끕니다. 안심구역은 접속 주소만 확인할 "
                "수 있습니다.",
                "People come from computers whose browser, Chrome or Edge 152 or later, an institution manages: its "
                "policy turns off connecting early, extensions, copying, printing and screen capture. All that the "
                "zone itself can check of it is the address.",
            ),
            (
                _EYES,
                Text(
                    "관리 정책이 실제로 적용되는지는 기관이 보증합니다. 안심구역은 확인할 수 없습니다.",
                    "That the policy is in force is the institution's word; the zone cannot see it.",
                ),
                Text(
                    "안심구역은 어느 방식에서도 복사를 막지 못하며, 브라우저 정책이 막아야 합니다.",
                    "The zone stops copying in no profile; that is for the browser's policy.",
                ),
            ),
        ),
        "streamed": ProfileText(
            Text("화면 전송 데스크톱", "Streamed desktop"),
            Text(
                "브라우저는 안심구역 곁의 데스크톱 서버에서 돌고, 이용자에게는 화면만 전송됩니다. 데스크톱 서버는 "
                "안심구역에 들어 있지 않으며, 그 서버의 주소만 접속을 허용합니다.",
                "The browser runs on a desktop server beside the zone, and people get its picture only. That server is "
                "not part of Ansim; the policy lets in its addresses and no others.",
            ),
            (
                _EYES,
                Text(
                    "데스크톱 서버의 클립보드, 파일 전송, 인쇄는 그 서버에서 꺼야 합니다.",
                    "Clipboard, file transfer and printing of the desktop server are for that server to turn off.",
                ),
            ),
        ),
    }
)
