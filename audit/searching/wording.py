"""Entries as sentences: who did what, in Korean and English, from the catalogue and the names of the zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from audit.catalogue import CATALOGUE
from audit.searching.naming import Names
from audit.searching.query import Entry
from audit.text import Text

ROLES: Mapping[str, Text] = MappingProxyType(
    {
        "researcher": Text("연구자", "researcher"),
        "project_lead": Text("과제 책임자", "project lead"),
        "checker": Text("반출 심사자", "checker"),
        "senior_checker": Text("선임 반출 심사자", "senior checker"),
        "data_controller": Text("데이터 제공 책임자", "data controller"),
        "deid_operator": Text("가명처리 담당자", "de-identification operator"),
        "adequacy_reviewer": Text("적정성 검토자", "adequacy reviewer"),
        "compliance_officer": Text("준법감시 담당자", "compliance officer"),
        "operator": Text("운영자", "operator"),
    }
)
"""The roles that an entry names, by their codes."""

# Somebody with several roles acted in the one that the action is about.
_ACTED_AS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "egress.voted": ("senior_checker", "checker"),
        "egress.approved": ("senior_checker", "checker"),
        "egress.rejected": ("senior_checker", "checker"),
        "egress.returned": ("senior_checker", "checker"),
        "egress.viewed": ("senior_checker", "checker", "compliance_officer"),
        "egress.code_read": ("senior_checker", "checker"),
        "egress.taken": ("senior_checker", "checker"),
        "egress.given_back": ("senior_checker", "checker"),
        "grant": ("data_controller", "operator"),
        "log": ("compliance_officer",),
        "review": ("compliance_officer",),
        "person": ("operator",),
        "project": ("operator",),
    }
)

SEALED: Mapping[str, Text] = MappingProxyType(
    {
        "source.ip": Text("접속지 주소", "network address"),
        "question": Text("조회한 내용", "what was asked"),
        "reason": Text("사유", "reason"),
        "comment": Text("의견", "comment"),
        "name": Text("이름", "name"),
        "email": Text("이메일", "e-mail"),
        "handle": Text("아이디", "user name"),
        "path": Text("파일 경로", "path"),
        "title": Text("제목", "title"),
        "cast": Text("의견의 검증값", "proof of the vote"),
    }
)
"""Sealed fields by their names; a field that is not here is shown by its own name."""

_SUBJECT = re.compile("[가-힣][이가] ")

SERVICES: Mapping[str, Text] = MappingProxyType(
    {
        "gate": Text("게이트", "The gate"),
        "hub": Text("분석환경 관리(허브)", "The hub"),
        "portal": Text("포털", "The portal"),
        "worker": Text("자동 처리", "The worker"),
        "cli": Text("명령줄", "The command line"),
        "registry": Text("로그인 창구", "The door"),
        "zone": Text("안심구역", "The zone"),
    }
)

OUTCOMES: Mapping[str, Text] = MappingProxyType(
    {
        "intent": Text("시작 알림", "announced"),
        "ok": Text("완료", "done"),
        "denied": Text("거부됨", "denied"),
        "failed": Text("실패", "failed"),
    }
)

KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "person": Text("사용자", "person"),
        "project": Text("과제", "project"),
        "dataset": Text("데이터셋", "dataset"),
        "request": Text("반출신청", "egress request"),
        "file": Text("반출 파일", "file"),
        "workspace": Text("분석환경", "workspace"),
        "session": Text("접속", "session"),
        "grant": Text("접근권한", "grant"),
        "membership": Text("과제 참여", "membership"),
        "invitation": Text("초대", "invitation"),
        "image": Text("이미지", "image"),
        "log": Text("감사 기록", "audit log"),
        "zone": Text("안심구역", "zone"),
        "policy": Text("정책", "policy"),
        "route": Text("경로", "route"),
    }
)
"""What an entry may be about."""


def sentence(entry: Entry, names: Names) -> Text:
    """Return an entry as one sentence; a catalogue sentence without an actor in it is put behind the actor's name."""
    body = entry.body
    action = str(body["action"])
    spec = CATALOGUE.get(action)
    said = Text(spec.ko, spec.en) if spec else Text(action, action)
    who = actor(body, names)
    # "로그인이 거부됨" has a subject of its own; every other sentence of the catalogue says what somebody did.
    whole = spec is None or _SUBJECT.search(said.ko) is not None
    ko = f"{who.ko}: {said.ko}" if whole else f"{with_subject_particle(who.ko)} {said.ko}"
    outcome = str(body["outcome"])
    if outcome == "ok":
        return Text(ko, f"{who.en}: {said.en}")
    ended = OUTCOMES.get(outcome, Text(outcome, outcome))
    return Text(f"{ko} ({ended.ko})", f"{who.en}: {said.en} ({ended.en})")


def actor(body: Mapping[str, Any], names: Names) -> Text:
    """Return who acted: name and role for a person, the component otherwise."""
    ref, kind = str(body["actor"]["ref"]), body["actor"]["kind"]
    if kind != "person":
        return SERVICES.get(ref, Text(ref, ref))
    name = person(ref, names)
    role = _role(str(body["action"]), body["actor"].get("roles", ()))
    return Text(name, name) if role is None else Text(f"{name} {role.ko}", f"{name} ({role.en})")


def person(ref: str, names: Names) -> str:
    """Return the name behind a reference, or the reference."""
    known = names.people.get(ref)
    return ref if known is None else known.name


def about(body: Mapping[str, Any], names: Names) -> Text:
    """Return what an entry is about: its object, and the project it belongs to."""
    thing = body["object"]
    kind, ref, project = thing["kind"], str(thing["ref"]), thing.get("project")
    named = Text(ref, ref)
    if kind == "person":
        named = Text(person(ref, names), person(ref, names))
    elif kind in ("project", "dataset"):
        titles = names.projects if kind == "project" else names.datasets
        named = titles.get(ref, named)
    known = KINDS.get(kind, Text(kind, kind))
    found = Text(f"{known.ko} {named.ko}", f"{known.en} {named.en}")
    if project is None or kind == "project":
        return found
    title = names.projects.get(project, Text(project, project))
    return Text(f"{found.ko} · 과제 {title.ko}", f"{found.en} · project {title.en}")


def whose(body: Mapping[str, Any], names: Names) -> Text:
    """Return whose data was handled: the data subjects that the safety standards ask for (art. 8)."""
    subjects = body["subjects"]
    if subjects["kind"] == "dataset":
        rows = subjects["datasets"]
        ko = ", ".join(f"{_title(names, d).ko} v{d['version']} ({d['people']:,}명)" for d in rows)
        en = ", ".join(f"{_title(names, d).en} v{d['version']} ({d['people']:,} people)" for d in rows)
        return Text(ko, en)
    if subjects["kind"] == "person":
        said = ", ".join(person(ref, names) for ref in subjects["refs"])
        return Text(said, said)
    return Text("없음", "nobody's")


def with_subject_particle(word: str) -> str:
    """Return a word with 이 or 가, by its last sound; a word that does not end in Hangul gets both."""
    last = word.rstrip(")")[-1:]
    if not "가" <= last <= "힣":
        return f"{word}이(가)"
    return word + ("이" if (ord(last) - ord("가")) % 28 else "가")


def _title(names: Names, dataset: Mapping[str, Any]) -> Text:
    ref = str(dataset["id"])
    return names.datasets.get(ref, Text(ref, ref))


def _role(action: str, roles: Any) -> Text | None:
    wanted = _ACTED_AS.get(action) or _ACTED_AS.get(action.partition(".")[0], ())
    held = [role for role in (*wanted, *ROLES) if role in roles]
    return ROLES[held[0]] if held else None
