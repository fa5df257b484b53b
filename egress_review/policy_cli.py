"""`ansim egress policy …` and `ansim egress replay`: which policy holds where, and what another one would change.

Exit codes: 0 done, or the same · 1 a replay differs · 2 wrong usage or input · 3 a file or the scanner is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.cli_context import Context, language_of
from audit.event import Actor, Source
from egress_review.choosing import SCOPES, Assigned, Scope
from egress_review.errors import Invalid
from egress_review.findings import Verdict
from egress_review.policy import Policy
from egress_review.rules import RULE
from egress_review.simulation import FATES, Simulation
from egress_review.term_names import TERM_NAMES, value_of
from egress_review.terms import TERMS
from registry.text import Text

if TYPE_CHECKING:
    from egress_review.service import EgressDesk
    from egress_review.simulating import Progress

CLI, HERE = Actor.service("cli"), Source(None)

VERDICT_NAMES = {
    Verdict.PASSED.value: Text("통과", "passed"),
    Verdict.FLAGGED.value: Text("걸림", "flagged"),
    Verdict.NOT_CHECKED.value: Text("확인 안 됨", "not checked"),
}
_SCOPES = {"dataset": Text("데이터셋", "dataset"), "project": Text("과제", "project")}


def add_commands(commands: Any) -> None:
    """Add `policy` with its commands, and `replay`, below `egress`."""
    group = commands.add_parser("policy", help=_say("반출 정책", "which policy holds for which data and project"))
    verbs = group.add_subparsers(required=True, metavar="COMMAND")
    assigned = verbs.add_parser("assign", help=_say("데이터셋이나 과제에 정책을 정함", "set it for data or a project"))
    assigned.add_argument("policy", help=_say("정책 이름이나 .yaml 파일, 거두려면 none", "name, .yaml file, or none"))
    _target(assigned, required=True)
    assigned.set_defaults(func=assign)
    shown = verbs.add_parser("show", help=_say("정책과 적용되는 곳", "show a policy, or what holds where"))
    shown.add_argument("policy", nargs="?", help=_say("정책 이름이나 .yaml 파일", "name or .yaml file of a policy"))
    _target(shown, required=False)
    shown.set_defaults(func=show)
    tried = verbs.add_parser("simulate", help=_say("지난 반출신청에 정책을 시험", "try a policy on past requests"))
    tried.add_argument("policy", help=_say("정책 이름이나 .yaml 파일", "name or .yaml file of a policy"))
    tried.add_argument("--since", metavar="DATE", help=_say("이 날부터 낸 신청만", "only requests since that day"))
    tried.set_defaults(func=simulate)
    repeated = commands.add_parser("replay", help=_say("지난 점검을 다시 해서 비교", "repeat a past scan and compare"))
    repeated.add_argument("ref", metavar="REQUEST")
    repeated.set_defaults(func=replay)
    for parser in (assigned, shown, tried, repeated):
        parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def _target(parser: argparse.ArgumentParser, *, required: bool) -> None:
    where = parser.add_mutually_exclusive_group(required=required)
    where.add_argument("--dataset", help=_say("데이터셋 번호", "id of a dataset"))
    where.add_argument("--project", help=_say("과제 번호", "id of a project"))


def assign(arguments: argparse.Namespace, context: Context) -> int:
    """Set the policy of a dataset or project, or take it back."""
    desk: EgressDesk = context.zone().desk
    policy = None if arguments.policy == "none" else _policy(desk, arguments.policy)
    scope, target = _scope(arguments)
    desk.assign_policy(scope, target, policy, by=CLI, source=HERE)
    if context.json:
        context.print(_json({"scope": scope, "target": target, "policy": _short(policy) if policy else None}))
        return 0
    kind = _SCOPES[scope].say(language_of())
    if policy is None:
        context.print(_say(f"{kind} {target}: 따로 정한 정책 없음", f"{kind} {target}: no policy of its own"))
    else:
        context.print(f"{kind} {target}: {policy.name} {policy.digest[:12]}")
    return 0


def show(arguments: argparse.Namespace, context: Context) -> int:
    """Print a policy with its sources; without a name what is in force where."""
    desk: EgressDesk = context.zone().desk
    if arguments.policy:
        return _show_one(_policy(desk, arguments.policy), context)
    if arguments.project:
        context.zone().registry.project(arguments.project)
        return _show_one(desk.policy_for(arguments.project), context)
    found = desk.assigned_policies()
    if arguments.dataset:
        context.zone().registry.dataset(arguments.dataset)
        found = [one for one in found if (one.scope, one.target) == ("dataset", arguments.dataset)]
    if context.json:
        document = {
            "zone": _short(desk.policy),
            "assigned": [_row(one) for one in found],
            "known": list(desk.known_policies()),
        }
        context.print(_json(document))
        return 0
    context.print(_say("구역", "zone") + f"  {desk.policy.name} {desk.policy.digest[:12]}")
    for one in found:
        if one.policy is not None:
            kind = _SCOPES[one.scope].say(language_of())
            context.print(f"{kind} {one.target}  {one.policy.name} {one.policy.digest[:12]}  {one.at:%Y-%m-%d %H:%M}Z")
    context.print(_say("쓸 수 있는 정책: ", "policies that there are: ") + ", ".join(desk.known_policies()))
    return 0


def simulate(arguments: argparse.Namespace, context: Context) -> int:
    """Try a policy as that of the zone on past requests, and count what would change; nothing is changed."""
    desk: EgressDesk = context.zone().desk
    policy, since = _policy(desk, arguments.policy), _since(arguments.since)
    with _bar() as progress:
        found = desk.simulate(policy, since, by=CLI, source=HERE, progress=progress)
    if context.json:
        context.print(
            _json({"policy": _short(policy), "since": since.isoformat() if since else None, **found.as_json()})
        )
    else:
        for line in lines_of(found, language_of()):
            context.print(line)
    return 0


def replay(arguments: argparse.Namespace, context: Context) -> int:
    """Scan a request again under the policy of its report; 0 only if the findings are the same."""
    desk: EgressDesk = context.zone().desk
    found = desk.replay(arguments.ref, by=CLI, source=HERE)
    if context.json:
        rows = [{"path": path, "rule": rule} for path, rule in found.differences]
        document = {"ref": found.ref, "policy": found.policy_digest, "same": found.same, "differences": rows}
        context.print(_json(document))
    elif found.same:
        context.print(_say("같음", "the same") + f": {found.ref} · {found.policy_digest[:12]}")
    else:
        context.print(_say("다름", "different") + f": {found.ref} · {found.policy_digest[:12]}")
        for path, rule in found.differences:
            context.print(f"    {path}  {rule}")
    return 0 if found.same else 1


def lines_of(found: Simulation, language: str) -> Iterator[str]:
    """A simulation as a person reads it: totals, tables of steps, and a bar for each rule."""
    yield Text(
        f"신청 {found.requests}건, 파일 {found.files}개: 판정이 바뀌는 파일 {found.other_verdicts}개, "
        f"결과가 바뀌는 신청 {found.other_decisions}건",
        f"{found.requests} requests, {found.files} files: {found.other_verdicts} verdicts and "
        f"{found.other_decisions} decisions would change",
    ).say(language)
    for title, rows, names in (
        (Text("파일의 판정", "verdicts of files"), found.verdicts, VERDICT_NAMES),
        (Text("신청의 결과", "decisions on requests"), found.decisions, FATES),
    ):
        yield title.say(language)
        for before, after, number in rows:
            mark = "  " if before == after else "* "
            yield f"  {mark}{names[before].say(language)} → {names[after].say(language)}: {number}"
    if found.rules:
        yield Text("규칙별 (+ 새로 걸림, - 더는 안 걸림)", "by rule (+ newly speaks, - no longer)").say(language)
    widest = max((max(new, gone) for _, new, gone in found.rules), default=1)
    for rule, new, gone in found.rules:
        name = RULE[rule].title.text(language) if rule in RULE else rule
        yield f"    {rule:<24} +{new:<4} -{gone:<4} {_drawn(new, widest, '+')}{_drawn(gone, widest, '-')}  {name}"
    for one in found.changed:
        yield f"    {one.ref}  {FATES[one.before].say(language)} → {FATES[one.after].say(language)}"
    for ref in found.purged:
        yield "    " + Text(f"{ref}: 파일이 이미 파기되어 제외", f"{ref}: left out, its files are purged").say(language)
    for ref in found.failed:
        yield "    " + Text(f"{ref}: 점검하지 못함", f"{ref}: could not be scanned").say(language)


def _drawn(number: int, widest: int, letter: str) -> str:
    return letter * -(-20 * number // widest)


def _show_one(policy: Policy, context: Context) -> int:
    if context.json:
        context.print(_json({"digest": policy.digest, **policy.as_json()}))
        return 0
    language = language_of()
    context.print(f"{policy.name}  {policy.title.text(language)}  {policy.digest}")
    for term in TERMS:
        name, value = TERM_NAMES[term].say(language), value_of(policy, term).say(language)
        context.print(f"  {term:<20} {value}  ({name}; {policy.sources.get(term, '-')})")
    return 0


def _policy(desk: EgressDesk, given: str) -> Policy:
    return desk.known_policy(Path(given) if given.endswith((".yaml", ".yml")) else given)


def _scope(arguments: argparse.Namespace) -> tuple[Scope, str]:
    scope = next(scope for scope in SCOPES if getattr(arguments, scope))
    return scope, getattr(arguments, scope)


def _since(given: str | None) -> datetime | None:
    """The beginning of a day in UTC.

    Raises: Invalid
    """
    if given is None:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(given).date(), time(), UTC)
    except ValueError:
        reason = Text(ko=f"날짜가 아닙니다: {given}", en=f"not a day: {given}")
        raise Invalid("bad_day", reason, hint=Text(ko="2026-10-01처럼 적으십시오.", en="Write 2026-10-01.")) from None


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar for whoever watches; a program that reads the answer sees nothing of it."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(_say("점검", "scanning"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _short(policy: Policy) -> dict[str, str]:
    return {"name": policy.name, "digest": policy.digest}


def _row(one: Assigned) -> dict[str, Any]:
    policy = _short(one.policy) if one.policy else None
    return {"scope": one.scope, "target": one.target, "policy": policy, "at": one.at.isoformat(), "by": one.by_ref}


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
