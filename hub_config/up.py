"""`ansim up` and `ansim down`: from a fresh machine to a running zone, one visible step after the other."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from audit.cli_context import language_of
from audit.text import Text
from hub_config import engine, images
from hub_config.attesting import continue_log
from hub_config.errors import EnvironmentMissing, NotRunning, ZoneError
from hub_config.fonts import ensure_font
from hub_config.full_disk import DiskFull, is_full
from hub_config.gate_control import GateControl
from hub_config.home import make_home
from hub_config.homes import shut_all
from hub_config.log_check import check_log
from hub_config.migrate import migrate
from hub_config.preflight import Plan, check_machine, ensure_gate_user
from hub_config.processes import REPOSITORY, answers, process_table
from hub_config.settings import FILE_NAME, HubSettings, Settings, ZoneSettings, load_settings
from hub_config.supervisor import end_leftovers, running_pid
from hub_config.systemd.running import unit_states
from hub_config.welcome import first_operator_link, load_demo, print_demo, print_empty
from hub_config.zone import Zone, open_zone
from hub_config.zone_events import record_start, record_stop

START_SECONDS = 90
STOP_SECONDS = 120
ENGINE_STATE = "run/engine.pid"
NOT_RUNNING = Text("구역이 실행 중이 아닙니다.", "The zone is not running.")


@dataclass(frozen=True, slots=True)
class Start:
    """What the person asked for."""

    home: Path
    demo: bool
    port: int
    story: bool


class StaysDemo(ZoneError):
    """An empty zone was asked for where a demo zone lies."""

    exit_code = 2
    hint = Text(
        "빈 구역은 다른 디렉터리에 만드십시오: `make down` 다음 `ANSIM_HOME=/srv/ansim make up DEMO=no`.",
        "Give the empty zone a directory of its own: `make down`, then `ANSIM_HOME=/srv/ansim make up DEMO=no`.",
    )

    def __init__(self, home: Path) -> None:
        super().__init__(
            Text(
                "{home}: 시범 구역이 있는 곳이며, 시범 구역에는 실제 데이터를 넣지 않습니다.",
                "In {home} lies a demo zone, and it stays one: it takes no real data.",
            ).format(home=home)
        )


def up(start: Start, console: Console) -> None:
    """Bring the zone up; a zone that runs already is only shown.

    Raises: ZoneError — with one sentence and the next step.
    """
    began = time.monotonic()
    first = not (start.home / FILE_NAME).exists()
    if not first:
        refuse_units(load_settings(start.home), "start")
    zone_settings = planned(start) if first else load_settings(start.home).zone
    if zone_settings.demo and not start.demo:
        raise StaysDemo(start.home)
    starting = first or running_pid(start.home) is None
    if starting:
        end_leftovers(start.home)
        hub_port = start.port + 1 if first else load_settings(start.home).hub.port
        check_machine(Plan(home=start.home, zone=zone_settings, hub_port=hub_port, first=first))
        prepare(start, zone_settings, console)
        with step(console, Text("구역 시작", "Starting the zone")):
            spawn_supervisor(load_settings(start.home))
    settings = load_settings(start.home)
    try:
        wait_until_up(settings)
    except ZoneError:
        if starting:
            stop_supervisor(start.home)  # half a zone helps nobody
        if is_full(start.home):
            raise DiskFull(start.home) from None
        raise
    zone = open_zone(start.home, "cli")
    if starting:
        record_start(zone)
    greet(zone, start, console)
    console.print(f"[dim]{time.monotonic() - began:.1f} s[/]")


def planned(start: Start) -> ZoneSettings:
    """Return the settings of a zone that is about to be made."""
    name = "Ansim demo zone" if start.demo else "Ansim data safe zone"
    return ZoneSettings(name=name, demo=start.demo, port=start.port)


def prepare(start: Start, zone_settings: ZoneSettings, console: Console) -> None:
    """Make everything that a start needs and that does not stand yet."""
    ensure_engine(start.home, console)
    ensure_font(start.home, console.print)
    ensure_gate_user("ansim-gate")
    make_home(start.home, zone_settings, "ansim-gate", hub=HubSettings(port=zone_settings.port + 1))
    images.build_all(start.home, say=console.print, step=partial(step, console))
    os.umask(0o077)  # the gate may pass through the home, but opens nothing in it
    with step(console, Text("데이터베이스를 최신으로", "Bringing the database up to date")):
        migrate(load_settings(start.home).database_url())
        continue_log(load_settings(start.home))
    with step(
        console, Text("감사 기록을 마지막 체크포인트와 대조", "Holding the audit log against its last checkpoint")
    ):
        check_log(load_settings(start.home))


def ensure_engine(home: Path, console: Console) -> None:
    """Find a Docker engine, or install the distribution's and start it."""
    if engine.engine_answers():
        return
    state = home / ENGINE_STATE
    state.parent.mkdir(parents=True, exist_ok=True)
    engine.install_engine(console.print, state_file=state)
    if not engine.engine_answers():
        raise EnvironmentMissing(
            Text(
                "컨테이너 엔진을 설치했지만 응답하지 않습니다.",
                "The container engine was installed but does not answer.",
            ),
            hint=Text(
                "/var/log/dockerd.log 또는 `journalctl -u docker`를 본 뒤 `make up`을 다시 실행하십시오.",
                "See /var/log/dockerd.log or `journalctl -u docker`, then run `make up` again.",
            ),
        )


@contextmanager
def step(console: Console, title: Text) -> Iterator[None]:
    """Show a step with a spinner while it runs and with its time when it is done."""
    began, words = time.monotonic(), title.say(language_of())
    with console.status(f"{words} …"):
        yield
    console.print(f"[green]✓[/] {words} [dim]{time.monotonic() - began:.1f} s[/]")


def spawn_supervisor(settings: Settings) -> None:
    """Start the supervisor on its own, so that it outlives this command."""
    with (settings.home / "logs" / "supervisor.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "hub_config.supervise", str(settings.home)],
            cwd=settings.home,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_until_up(settings: Settings) -> None:
    """Wait until every process answers and the gate knows from the hub what runs.

    Raises: ZoneError — naming the process that does not, with its log.
    """
    deadline = time.monotonic() + START_SECONDS
    waiting = [p for p in process_table(settings, gate_token="") if not answers(settings, p)]
    while waiting and time.monotonic() < deadline:
        time.sleep(0.1)
        waiting = [p for p in waiting if not answers(settings, p)]
    if waiting:
        raise not_up(settings, waiting[0].name)
    with contextlib.closing(GateControl(settings.home)) as gate:
        while not gate.healthy():
            if time.monotonic() > deadline:
                raise not_up(settings, "hub")  # it is the hub that tells the gate
            time.sleep(0.1)


def not_up(settings: Settings, process: str) -> ZoneError:
    """Return the error of a start for which one process is to blame, with its log."""
    return ZoneError(
        Text(
            "{process} 프로세스가 {seconds}초 안에 뜨지 않았습니다.",
            "The {process} process did not come up within {seconds} s.",
        ).format(process=process, seconds=START_SECONDS),
        hint=Text("까닭은 {log} 끝에 있습니다.", "Its reason stands at the end of {log}.").format(
            log=settings.home / "logs" / f"{process}.log"
        ),
    )


def greet(zone: Zone, start: Start, console: Console) -> None:
    """Show what to open; on the first start of a demo zone also load its world and play its story."""
    if not zone.settings.zone.demo:
        print_empty(zone, first_operator_link(zone), console)
        return
    with step(console, Text("시범 자료 넣기", "Loading the demo world")):
        accounts, fresh = load_demo(zone)
        if fresh:
            from hub_config.demo.packages import bring_packages

            bring_packages(zone, lambda said: console.print(said.say(language_of())))
    print_demo(zone, accounts, console, fresh=fresh)
    if fresh and start.story:
        from hub_config.story import play

        play(zone, accounts, console)


def down(home: Path, console: Console, *, say: Callable[[str], None]) -> None:
    """Stop everything that `up` started, and nothing else."""
    if (home / FILE_NAME).exists():
        refuse_units(load_settings(home), "stop")
    pid = running_pid(home)
    if pid is not None:
        with step(console, Text("구역 중지", "Stopping the zone")):
            stop_supervisor(home)
    left = end_leftovers(home)
    if (home / FILE_NAME).exists() and load_settings(home).has_database():
        zone = open_zone(home, "cli")
        left += engine.remove_zone_containers(zone.zone_id)
        if pid is not None or left:
            record_stop(zone)
    shut_all(home.resolve())  # after the containers, before the engine: nobody is left in them
    engine.stop_engine(home / ENGINE_STATE)
    stopped = Text("구역을 중지했습니다.", "The zone is stopped.")
    idle = Text("구역이 실행 중이 아니었습니다.", "The zone was not running.")
    say((stopped if pid is not None or left else idle).say(language_of()))


def stop_supervisor(home: Path) -> None:
    """Stop the supervisor of a zone, which stops its processes, and wait until it has."""
    pid = running_pid(home)
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running_pid(home) is not None and time.monotonic() < deadline:
        time.sleep(0.1)


def require_running(home: Path) -> None:
    """Refuse a command that needs the running zone.

    Raises: NotRunning
    """
    settings = load_settings(home) if (home / FILE_NAME).exists() else None
    if settings is not None and settings.machine.run_by == "systemd":
        if not all(state.active for state in unit_states(settings).values()):
            hint = Text(
                "`systemctl start ansim.target`으로 시작하십시오.", "Start it with `systemctl start ansim.target`."
            )
            raise NotRunning(NOT_RUNNING, hint=hint)
        return
    if running_pid(home) is None:
        raise NotRunning(NOT_RUNNING)


def refuse_units(settings: Settings, verb: str) -> None:
    """Leave a zone to systemd that systemd runs.

    Raises: ZoneError
    """
    if settings.machine.run_by == "systemd":
        raise ZoneError(
            Text(
                "이 구역은 systemd가 실행합니다(ansim.yaml의 machine.run_by).",
                "systemd runs this zone (machine.run_by in ansim.yaml).",
            ),
            hint=Text(
                "`systemctl {verb} ansim.target`을 실행하십시오. `ansim status`가 실행 중인 것을 보여 줍니다.",
                "Run `systemctl {verb} ansim.target`; `ansim status` shows what runs.",
            ).format(verb=verb),
        )
