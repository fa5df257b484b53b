"""Entries of the audit log as a person reads them: a sentence, an icon, who, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.catalogue import CATALOGUE
from audit.search import Entry
from registry.errors import NotFound
from registry.service import Registry
from registry.text import Text

ICONS: Mapping[str, str] = {
    "person": "user",
    "service": "server",
    "service.token_issued": "key",
    "service.refused": "alert",
    "project": "folder",
    "membership": "users",
    "dataset": "database",
    "grant": "database",
    "session": "key",
    "workspace": "notebook",
    "cell": "play",
    "contents": "file",
    "gate": "lock",
    "output": "eye",
    "deid": "database",
    "extract": "database",
    "extract.reviewed": "pen",
    "extract.admitted": "passed",
    "egress": "egress",
    "egress.prechecked": "policy",
    "egress.scanned": "policy",
    "egress.voted": "pen",
    "egress.approved": "passed",
    "egress.rejected": "cross",
    "egress.blocked": "cross",
    "egress.returned": "return",
    "egress.released": "seal",
    "egress.collected": "download",
    "ingress": "download",
    "egress.viewed": "eye",
    "egress.canary_hit": "alert",
    "egress.probing": "alert",
    "egress.not_as_recorded": "alert",
    "egress.looked_into": "eye",
    "egress.recheck_drawn": "eye",
    "egress.rechecked": "eye",
    "egress.code_read": "play",
    "egress.taken": "user",
    "egress.given_back": "user",
    "egress.policy_assigned": "policy",
    "egress.policy_simulated": "policy",
    "egress.overdue": "bell",
    "log.verified": "seal",
    "log.searched": "search",
    "workspace.stop": "stop",
    "workspace.cut": "stop",
    "workspace.home_made": "lock",
    "workspace.home_encrypted": "lock",
    "workspace.plain_home_destroyed": "cross",
    "workspace.home_destroyed": "cross",
    "workspace.shared_made": "lock",
    "workspace.shared_encrypted": "lock",
    "workspace.plain_shared_destroyed": "cross",
    "workspace.shared_destroyed": "cross",
    "workspace.warned": "bell",
    "mail": "bell",
    "log": "log",
    "review": "calendar",
    "privacy": "user",
    "hold": "lock",
    "zone": "server",
    "image": "box",
    "package": "box",
    "package.missed": "search",
    "settings": "policy",
    "policy": "policy",
}
"""The icon of an action or, failing that, of its first part; an action of a new family gets the icon of the log."""

FAMILIES: Mapping[str, Text] = {
    "person": Text("사용자", "People"),
    "service": Text("서비스 계정", "Accounts of programs"),
    "project": Text("과제", "Projects"),
    "membership": Text("과제 참여", "Memberships"),
    "dataset": Text("데이터셋", "Datasets"),
    "grant": Text("데이터 접근권한", "Grants"),
    "session": Text("로그인", "Sign-in"),
    "workspace": Text("분석환경", "Workspaces"),
    "cell": Text("셀 실행", "Cells"),
    "contents": Text("파일 저장", "Files"),
    "gate": Text("게이트", "Gate"),
    "output": Text("출력", "Output"),
    "mail": Text("이메일", "E-mail"),
    "egress": Text("반출", "Egress"),
    "ingress": Text("반입", "Ingress"),
    "deid": Text("비식별 처리", "De-identification"),
    "extract": Text("가명처리 추출본", "Extracts"),
    "log": Text("감사 기록", "Audit log"),
    "review": Text("월 점검", "Monthly review"),
    "privacy": Text("개인정보 파기", "Erasure"),
    "hold": Text("보존 조치", "Legal holds"),
    "zone": Text("안심구역", "Zone"),
    "image": Text("이미지", "Images"),
    "package": Text("패키지", "Packages"),
    "settings": Text("설정", "Settings"),
    "policy": Text("정책", "Policies"),
}
"""The name of each family of actions, as the search form groups them."""

TONES: Mapping[str, str] = {
    "egress.approved": "ok",
    "egress.released": "ok",
    "ingress.released": "ok",
    "egress.collected": "ok",
    "egress.rejected": "stop",
    "egress.blocked": "stop",
    "egress.returned": "warn",
    "workspace.cut": "warn",
    "gate.refused": "warn",
    "session.throttled": "stop",
    "session.emergency_used": "stop",
}

OUTCOMES: Mapping[str, Text] = {
    "intent": Text("시작 알림", "announced"),
    "ok": Text("완료", "done"),
    "denied": Text("거부됨", "denied"),
    "failed": Text("실패", "failed"),
}

SERVICES: Mapping[str, Text] = {
    "gate": Text("게이트", "gate"),
    "hub": Text("분석환경 관리(허브)", "hub"),
    "portal": Text("포털", "portal"),
    "worker": Text("자동 처리", "worker"),
    "cli": Text("명령줄", "command line"),
    "registry": Text("로그인 창구", "door"),
    "zone": Text("안심구역", "zone"),
}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody or something that acted; `handle` is shown to compliance officers only."""

    ref: str
    name: Text
    handle: str | None = None
    person: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One entry, ready to be shown."""

    index: int
    at: datetime
    action: str
    text: Text
    icon: str
    tone: str
    outcome: str
    who: Who
    on_behalf_of: Who | None
    object_kind: str
    object_ref: str
    project: str | None
    datasets: tuple[str, ...]
    people: tuple[Who, ...]
    reason: str | None
    sha256: str | None
    detail: tuple[tuple[str, str], ...]
    sealed_names: tuple[str, ...]

    @property
    def comes_in(self) -> bool:
        """Whether it is about a request that brings a file in."""
        return ("direction", "ingress") in self.detail

    @property
    def outcome_text(self) -> Text:
        """How it ended."""
        return OUTCOMES[self.outcome]


Naming = Callable[[str], str | None]
"""Finds the user name behind a reference, or nothing."""


def handles(registry: Registry) -> Naming:
    """Return how compliance officers see whom a reference stands for."""
    known: dict[str, str | None] = {}

    def handle(ref: str) -> str | None:
        if ref not in known:
            try:
                known[ref] = registry.person_by_ref(ref).handle
            except NotFound:
                known[ref] = None
        return known[ref]

    return handle


def nobody(ref: str) -> None:
    """Keep a reference opaque, for everyone who is not a compliance officer."""
    return


def told(entry: Entry, naming: Naming) -> Told:
    """Turn an entry into what is shown of it."""
    body = entry.body
    action, outcome = str(body["action"]), str(body["outcome"])
    spec = CATALOGUE.get(action)
    thing, subjects = body["object"], body["subjects"]
    refs = subjects.get("refs", ())
    return Told(
        index=entry.index,
        at=entry.ts,
        action=action,
        text=Text(spec.ko, spec.en) if spec else Text(action, action),
        icon=ICONS.get(action) or ICONS.get(action.partition(".")[0], "log"),
        tone="stop" if outcome in ("denied", "failed") else TONES.get(action, ""),
        outcome=outcome,
        who=_who(body["actor"]["kind"], body["actor"]["ref"], naming),
        on_behalf_of=_who("person", body["on_behalf_of"], naming) if "on_behalf_of" in body else None,
        object_kind=thing["kind"],
        object_ref=thing["ref"],
        project=thing.get("project"),
        datasets=tuple(f"{d['id']} v{d['version']}" for d in subjects.get("datasets", ())),
        people=tuple(_who("person", ref, naming) for ref in refs if ref != body["actor"]["ref"]),
        reason=body.get("reason"),
        sha256=thing.get("sha256"),
        detail=tuple((str(key), _short(value)) for key, value in sorted(body.get("detail", {}).items())),
        sealed_names=tuple(sorted(body.get("c", {}))),
    )


def _who(kind: str, ref: str, naming: Naming) -> Who:
    if kind == "person":
        return Who(ref, Text("사용자", "person"), naming(ref), person=True)
    return Who(ref, SERVICES.get(ref, Text(ref, ref)))


def _short(value: Any) -> str:
    """Write a value of `detail` on one line: a list by its elements, an object by its pairs."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_short(item)}" for key, item in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return ", ".join(_short(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
