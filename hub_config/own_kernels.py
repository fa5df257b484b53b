"""Whether the projects that want a kernel of their own get one, for `ansim doctor`: they start on no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from docker.errors import DockerException
from requests.exceptions import RequestException

from audit.text import Text
from hub_config import engine
from hub_config.errors import EnvironmentMissing
from hub_config.glance import glance
from hub_config.runtimes import GVISOR
from registry import queries

if TYPE_CHECKING:
    from hub_config.settings import Settings

#: What the engine was told; where the zone speaks to it through the helper, it cannot ask the engine itself.
ENGINE_SETTINGS = Path("/etc/docker/daemon.json")
SERVERS = Text("모든 과제가 서버의 커널을 씁니다.", "every project uses the server's")
OWN = Text("gVisor: {names}", "gVisor: {names}")
_MISSING = Text(
    "gVisor로 정한 과제 {names}: 엔진에 runsc가 없어 분석환경이 시작하지 않습니다.",
    "{names}: to run under gVisor, but the engine does not have it (runsc); no workspace of theirs starts",
)
_INSTALL = Text(
    "runsc를 설치하고 엔진에 등록하십시오. docs/how-to/run-the-probe.ko.md를 보십시오.",
    "Install runsc and register it with the engine; see docs/how-to/run-the-probe.md.",
)
_MISSPELT = Text(
    "gvisor_projects의 {names}: 그런 과제가 없습니다.", "gvisor_projects names {names}: there is no such project"
)
_SPELL = Text(
    "ansim.yaml을 고치십시오. 이름이 틀린 과제는 서버의 커널에서 시작합니다.",
    "Mend ansim.yaml: a project whose name is misspelt there starts on the server's kernel.",
)


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Return what keeps projects from the kernel that they are to have, and what to do; None where nothing does."""
    wanted = settings.workspace.gvisor_projects
    if not wanted:
        return None
    known = runtimes(settings)
    if known is not None and GVISOR not in known:
        return _MISSING.format(names=", ".join(wanted)), _INSTALL
    projects = _projects(settings)
    if projects is not None and (unknown := [name for name in wanted if name not in projects]):
        return _MISSPELT.format(names=", ".join(unknown)), _SPELL
    return None


def runtimes(settings: Settings) -> frozenset[str] | None:
    """Return the runtimes that the engine knows; None where nobody can be asked."""
    try:
        if settings.machine.engine_helper:
            return frozenset(json.loads(ENGINE_SETTINGS.read_text(encoding="utf-8")).get("runtimes", {}))
        client = engine.connect(timeout=5)
        try:
            return frozenset(client.info()["Runtimes"])
        finally:
            client.close()
    except (EnvironmentMissing, DockerException, RequestException, OSError, ValueError, KeyError):
        return None


def _projects(settings: Settings) -> frozenset[str] | None:
    return glance(settings, lambda tx: frozenset(one.id for one in queries.projects(tx)))
