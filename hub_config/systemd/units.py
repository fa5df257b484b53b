"""The units of a zone as text: one for each row of the process table, one for the engine helper, one for them all."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.processes import REPOSITORY, SUPERVISED, Process, child_environment, process_table
from hub_config.settings import Settings
from hub_config.systemd.sandbox import SANDBOXES, SECRETS, settings_of

TARGET = "ansim.target"
CONFIGURATION = Path("/etc/ansim")
GATE_ENVIRONMENT = "gate.env"
HELPER_SETTINGS = "engine-helper.json"
HOMES_SETTINGS = "home-helper.json"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STOP_SECONDS = 20
FORBIDDEN = frozenset("\"'\\$")
_HEAD = "# Made by `ansim units --write` from the zone's own table of processes; what is changed here is lost.\n"


@dataclass(frozen=True, slots=True)
class Unit:
    """One file of systemd."""

    name: str
    text: str


def unit_name(process: str) -> str:
    """Return the name of a process's unit."""
    return f"ansim-{process}.service"


def all_units(settings: Settings) -> tuple[Unit, ...]:
    """Return every unit of a zone: the processes in the order of their table, the helper, the target."""
    processes = process_table(settings, gate_token="")
    return (
        *(process_unit(settings, process) for process in processes),
        helper_unit(settings),
        *([homes_unit(settings)] if keeps_homes(settings) else []),
        target_unit([*(["homes"] if keeps_homes(settings) else []), *(process.name for process in processes)]),
    )


def process_unit(settings: Settings, process: Process) -> Unit:
    """Return the unit of one process of the table; the audit writer starts first and is up when it answers.

    Nothing is required of it: what systemd calls off with a unit it never starts again by itself, and each process
    refuses its work while the log is away and goes on once it is back.
    """
    first = process.name == process_table(settings, gate_token="")[0].name
    wanted = ["network-online.target", unit_name("engine"), *([] if first else [unit_name("audit")])]
    after = [*wanted, "postgresql.service"]
    head = [
        ("Description", f"Ansim zone: {process.name}"),
        ("Documentation", f"file://{REPOSITORY}/docs/how-to/install-on-a-server.md"),
        ("PartOf", TARGET),
        ("Wants", " ".join(wanted)),
        ("After", " ".join(after)),
        ("StartLimitIntervalSec", "0"),  # like the supervisor, it never gives up
    ]
    sandbox = SANDBOXES[process.name]
    service = [
        ("Type", "exec"),
        ("ExecStart", " ".join(process.arguments)),
        *([("ExecStartPost", f"{sys.executable} -m hub_config.systemd.waiting {process.name}")] if first else []),
        ("WorkingDirectory", str(settings.home)),
        *(("Environment", f"{name}={value}") for name, value in environment(settings, process).items()),
        *([("EnvironmentFile", str(CONFIGURATION / GATE_ENVIRONMENT))] if process.name == "gate" else []),
        *restarting(),
    ]
    written = (*backup_places(settings), *outward_places(settings)) if process.name == "worker" else ()
    walls = settings_of(sandbox, home=str(settings.home), gate_user=settings.gate.user, written=written)
    return Unit(unit_name(process.name), _text(head, service, walls, sandbox.reason))


def backup_places(settings: Settings) -> tuple[str, ...]:
    """Return the directories of this machine outside the zone's home that backups and closed keys go to."""
    repository = settings.backup.repository
    named = ("" if ":" in repository else repository, settings.backup.keys_directory)
    return tuple(place for place in named if place.startswith("/"))


def outward_places(settings: Settings) -> tuple[str, ...]:
    """Return the directories of this machine outside the zone's home in which files for shippers are written.

    Raises: EnvironmentMissing — for one of which the worker sees nothing, because secrets of the machine lie there.
    """
    named = [settings.home / one.path for one in settings.outward.targets if one.transport == "file"]
    files = [Path(os.path.normpath(file)) for file in named]
    places = dict.fromkeys(str(file.parent) for file in files if not file.is_relative_to(settings.home))
    for place in places:
        if hidden := next((secret for secret in SECRETS if Path(place).is_relative_to(secret)), None):
            raise EnvironmentMissing(
                Text(
                    "외부 전송 파일을 {place}에 쓸 수 없습니다. 작업자에게는 {hidden} 아래가 보이지 않습니다.",
                    "No file for a shipper can be written in {place}: the worker sees nothing below {hidden}.",
                ).format(place=place, hidden=hidden),
                hint=Text(
                    "outward.targets의 path를 /srv/ansim-outward 같은 다른 폴더로 바꾸십시오.",
                    "Name another folder in outward.targets, such as /srv/ansim-outward.",
                ),
            )
    return tuple(places)


def environment(settings: Settings, process: Process) -> dict[str, str]:
    """Return the environment of a unit: that of a child of the supervisor, without secrets and the caller's own."""
    given = child_environment(settings, process)
    kept = {name: value for name, value in given.items() if name.startswith(("ANSIM_", "PYTHON")) or name == "HOME"}
    for name in list(kept):
        if name in process.environment or name == SUPERVISED:
            del kept[name]  # the gate's token and settings come from a file that root alone reads
    helper = {"DOCKER_HOST": f"unix://{settings.machine.engine_helper}"} if settings.machine.engine_helper else {}
    return {"PATH": PATH, "LANG": "C.UTF-8", **kept, **helper}


def helper_unit(settings: Settings) -> Unit:
    """Return the unit of the engine helper."""
    sandbox = SANDBOXES["engine"]
    head = [
        ("Description", "Ansim zone: the narrow door to the container engine"),
        ("PartOf", TARGET),
        ("After", "docker.service"),
        ("Wants", "docker.service"),
        ("StartLimitIntervalSec", "0"),
    ]
    service = _helper_service("hub_config.engine_helper", HELPER_SETTINGS, "ansim-engine")
    walls = settings_of(sandbox, home=str(settings.home), gate_user=settings.gate.user)
    return Unit(unit_name("engine"), _text(head, service, walls, sandbox.reason))


def homes_unit(settings: Settings) -> Unit:
    """Return the unit of the helper that mounts encrypted homes."""
    sandbox = SANDBOXES["homes"]
    head = [
        ("Description", "Ansim zone: the keeper of encrypted homes"),
        ("PartOf", TARGET),
        ("StartLimitIntervalSec", "0"),
    ]
    service = _helper_service("hub_config.home_helper", HOMES_SETTINGS, "ansim-homes")
    walls = settings_of(sandbox, home=str(settings.home), gate_user=settings.gate.user)
    return Unit(unit_name("homes"), _text(head, service, walls, sandbox.reason))


def keeps_homes(settings: Settings) -> bool:
    """Say whether the zone has the helper for homes; one that ever had it keeps it, for the homes that are left."""
    wanted = settings.workspace.homes == "encrypted" or bool(settings.machine.home_helper)
    return wanted or (settings.home / "homes").is_dir()


def _helper_service(module: str, told: str, runtime: str) -> list[tuple[str, str]]:
    """Return how a helper is started, with settings that root alone writes and a directory for its socket."""
    return [
        ("Type", "notify"),
        ("ExecStart", f"{sys.executable} -m {module} {CONFIGURATION / told}"),
        ("WorkingDirectory", "/"),
        ("RuntimeDirectory", runtime),
        ("RuntimeDirectoryMode", "0755"),  # who may ask is decided for each connection, by its user
        *(("Environment", f"{name}={value}") for name, value in {
            "PATH": PATH, "LANG": "C.UTF-8", "PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1",
            "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1",
        }.items()),
        *restarting(),
    ]  # fmt: skip


def target_unit(processes: list[str]) -> Unit:
    """Return the unit that starts and stops the whole zone."""
    wanted = map(unit_name, processes)
    lines = [
        "[Unit]",
        "Description=Ansim data safe zone",
        f"Wants={' '.join([unit_name('engine'), *wanted])}",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return Unit(TARGET, _HEAD + "\n".join(lines) + "\n")


def restarting() -> list[tuple[str, str]]:
    """Return how a unit is started again and stopped: as the supervisor does it."""
    return [
        ("Restart", "always"),
        ("RestartSec", "1"),
        ("TimeoutStopSec", str(STOP_SECONDS)),
        ("TimeoutStartSec", "120"),
        ("KillMode", "mixed"),
    ]


def _text(
    head: list[tuple[str, str]], service: list[tuple[str, str]], walls: list[tuple[str, str]], reason: str
) -> str:
    lines = ["[Unit]", *(f"{name}={_quoted(name, value)}" for name, value in head), ""]
    lines += ["[Service]", *(f"{name}={_quoted(name, value)}" for name, value in service), ""]
    walled = (f"{name}={_quoted(name, value)}" for name, value in walls)
    lines += [f"# Rights beyond the common walls: {reason}.", *walled, ""]
    return _HEAD + "\n".join(lines)


def _quoted(name: str, value: str) -> str:
    """Return a value as systemd reads it back: a percent sign is doubled, a variable with spaces is quoted.

    Raises: EnvironmentMissing — for a value that would end its line, its quotes or its word, and say more than it may.
    """
    if not value.isprintable() or not FORBIDDEN.isdisjoint(value):
        raise EnvironmentMissing(
            Text("유닛에 적을 수 없는 값입니다: {name}={value}", "A unit cannot say {name}={value}.").format(
                name=name, value=ascii(value)
            ),
            hint=Text(
                "따옴표, 역빗금, 제어 문자가 없는 경로와 이름을 쓰십시오.",
                "Use paths and names without quotes, backslashes and controls.",
            ),
        )
    value = value.replace("%", "%%")
    return f'"{value}"' if name == "Environment" and " " in value else value
