"""`ansim project freeze|unfreeze|frozen`: let a project stand still at once, from the zone's own machine.

Exit codes: 0 done · 1 the freeze is decided, but something of the project still runs · 2 wrong usage or input.
The command carries the freeze out itself, so it does not wait for the worker, and works while that is down.
"""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

from audit.body import timestamp
from audit.cli_context import language_of
from audit.event import Source
from audit.text import Text
from registry.desk import CLI

if TYPE_CHECKING:
    from hub_config.cli import Context
    from hub_config.freezing import CutOff
    from hub_config.zone import Zone

HERE = Source(None)
FROZEN = Text(
    "과제 {project}을(를) 동결했습니다. 분석환경 {n}개, 연결 {connections} ms, 컨테이너 {containers} ms.",
    "Project {project} is frozen. {n} workspaces; connections cut after {connections} ms, containers gone after "
    "{containers} ms.",
)
INCOMPLETE = Text(
    "응답하지 않은 것: {failed}. 자동 처리가 될 때까지 다시 시도합니다. `ansim status`로 확인하십시오.",
    "No answer from: {failed}. The worker tries again until it is done; look at `ansim status`.",
)
NAMES = {
    "gate": Text("관문", "the gate"),
    "engine": Text("컨테이너 엔진", "the container engine"),
    "log": Text("감사 기록", "the audit log"),
}
LIFTED = Text(
    "과제 {project}의 동결을 해제했습니다. 이용자는 포털에서 분석환경을 다시 시작합니다.",
    "The freeze of {project} is lifted. People start their workspaces again in the portal.",
)
NONE = Text("동결된 과제가 없습니다.", "No project is frozen.")
SINCE = Text("{project}: {at}부터 동결. {why}", "{project}: frozen since {at}. {why}")


def add_parser(commands: Any) -> None:
    """Add the commands about a project that runs; those about its registration are `ansim registry project`."""
    verbs = commands.add_parser("project", help="freeze a project and lift the freeze").add_subparsers(
        required=True, metavar="VERB"
    )
    freeze = verbs.add_parser("freeze", help="cut and hold everything of a project at once; nothing is deleted")
    unfreeze = verbs.add_parser("unfreeze", help="let a frozen project go on")
    for verb, act in ((freeze, run_freeze), (unfreeze, run_unfreeze)):
        verb.add_argument("project", help="project id")
        verb.add_argument("--why", required=True, help="the reason, for people; it is sealed in the log")
        verb.add_argument("--json", action="store_true")
        verb.set_defaults(func=act)
    frozen = verbs.add_parser("frozen", help="show the frozen projects")
    frozen.add_argument("--json", action="store_true")
    frozen.set_defaults(func=run_frozen)


def run_freeze(arguments: argparse.Namespace, context: Context) -> int:
    """Freeze a project and carry it out; 1 if a neighbour did not answer."""
    zone = context.zone()
    zone.registry.freeze_project(arguments.project, arguments.why, by=CLI, source=HERE)
    outcome = carried_out(zone, arguments.project)
    if context.json:
        document = {
            "project": outcome.project,
            "frozen": True,
            "workspaces": list(outcome.workspaces),
            "connections_ms": outcome.connections_ms,
            "containers_ms": outcome.containers_ms,
            "no_answer": list(outcome.failed),
        }
        context.emit(document)
        return 0 if outcome.complete else 1
    language = language_of()
    said = FROZEN.say(language).format(
        project=outcome.project,
        n=len(outcome.workspaces),
        connections=outcome.connections_ms,
        containers=outcome.containers_ms,
    )
    context.print(said)
    if not outcome.complete:
        failed = ", ".join(NAMES[name].say(language) for name in outcome.failed)
        context.print(INCOMPLETE.say(language).format(failed=failed))
    return 0 if outcome.complete else 1


def carried_out(zone: Zone, project: str) -> CutOff:
    """Carry the freeze of a project out now; what the worker did meanwhile is no less done."""
    from hub_config.freezing import GATE_SECONDS, Freezer
    from hub_config.gate_control import GateControl
    from hub_config.hub_api import HubApi

    with (
        contextlib.closing(GateControl(zone.home, timeout=GATE_SECONDS)) as gate,
        HubApi(zone.settings.hub_url(), zone.keys.hub_token("worker")) as hub,
    ):
        freezer = Freezer(zone, gate, hub, CLI)
        mine = [one for one in zone.registry.freezes() if one.project == project]
        [outcome] = freezer.carry_out(mine)
        freezer.tidy()
    return outcome


def run_unfreeze(arguments: argparse.Namespace, context: Context) -> int:
    """Lift a freeze; the worker tells the gate within a second."""
    context.zone().registry.unfreeze_project(arguments.project, arguments.why, by=CLI, source=HERE)
    if context.json:
        context.emit({"project": arguments.project, "frozen": False})
    else:
        context.print(LIFTED.say(language_of()).format(project=arguments.project))
    return 0


def run_frozen(arguments: argparse.Namespace, context: Context) -> int:
    """Show the frozen projects."""
    freezes = context.zone().registry.freezes()
    if context.json:
        context.emit([{"project": one.project, "at": timestamp(one.at), "why": one.why} for one in freezes])
        return 0
    language = language_of()
    for one in freezes:
        at = one.at.astimezone().strftime("%Y-%m-%d %H:%M")
        context.print(SINCE.say(language).format(project=one.project, at=at, why=one.why))
    if not freezes:
        context.print(NONE.say(language))
    return 0
