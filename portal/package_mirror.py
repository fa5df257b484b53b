"""The mirror of packages that workspaces see: an index and its files, for reading alone.

Nothing is fetched from anywhere while a workspace waits: what an answer says depends on shelf, policy and decisions,
and on nothing that any workspace sent before. So a request cannot carry anything out, nor to a neighbour. What a
workspace looks for in vain is text that somebody chose, and goes into the log a limited number of times.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from audit.event import Source
from portal import package_index
from portal.errors import ANSWERS, Missing, answer_for
from portal.fields import check_address
from portal.package_desk import packages_of
from portal.requests import open_workspace
from portal.zone import ZoneLike
from registry.model import Person, Workspace
from registry.packages.model import STATES
from registry.packages.names import is_name
from registry.packages.shelf import METADATA
from registry.text import Text

ROOT = "/workspace/packages"
WHEEL_TYPE = "application/octet-stream"
MISSES = 30  # packages that a workspace may look for in vain …
MISSES_SECONDS = 3600.0  # … within this time, and a file that is taken again within it is one event
_NOTHING = Text("이런 파일이 없습니다.", "There is no such file.")


class TooManyMisses(Exception):
    """A workspace looked for more packages in vain than its share; `seconds` until it may go on."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


@dataclass(slots=True)
class Misses:
    """What each workspace looked for in vain, or took, of late; one name counts once."""

    clock: Callable[[], float] = time.monotonic
    most: float = MISSES
    _seen: dict[str, OrderedDict[str, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def fresh(self, workspace: str, package: str) -> bool:
        """Say whether this must be recorded: False for a name that was of late.

        Raises: TooManyMisses.
        """
        with self._lock:
            seen = self._of(workspace)
            if package in seen:
                return False
            if len(seen) >= self.most:
                raise TooManyMisses(next(iter(seen.values())) + MISSES_SECONDS - self.clock())
            return True

    def recorded(self, workspace: str, package: str) -> None:
        """Note that it is on record; before that, it would be as if it had been."""
        with self._lock:
            self._of(workspace)[package] = self.clock()

    def _of(self, workspace: str) -> OrderedDict[str, float]:
        seen = self._seen.setdefault(workspace, OrderedDict())
        while seen and next(iter(seen.values())) <= self.clock() - MISSES_SECONDS:
            seen.popitem(last=False)
        return seen


@dataclass(frozen=True, slots=True)
class Mirror:
    """The pages and files, for whichever workspace asks."""

    zone: ZoneLike
    misses: Misses = field(default_factory=Misses)
    taken: Misses = field(default_factory=lambda: Misses(most=math.inf))
    """By the hash of a file; whoever asks for it again and again fills no log."""

    def routes(self) -> list[Route]:
        """Return the routes below the root."""
        return [
            Route(f"{ROOT}/simple/", partial(self._answer, self.names)),
            Route(f"{ROOT}/simple/{{package}}/", partial(self._answer, self.index)),
            Route(f"{ROOT}/files/{{sha256}}/{{file}}", partial(self._answer, self.file)),
        ]

    def names(self, request: Request, person: Person, workspace: Workspace) -> Response:
        """List the packages that lie on the shelf and may be used."""
        desk = packages_of(self.zone)
        allowed = desk.allowance(workspace.project).packages
        names = sorted({wheel.package for wheel in desk.shelf.wheels()} & allowed)
        if package_index.wants_json(request.headers.get("accept", "")):
            return JSONResponse(package_index.names_document(names), media_type=package_index.JSON_TYPE)
        return Response(package_index.names_page(names), media_type=package_index.HTML_TYPE)

    def index(self, request: Request, person: Person, workspace: Workspace) -> Response:
        """List the files of one package.

        Raises: Missing — for what is no name. TooManyMisses.
        """
        package = str(request.path_params["package"])
        if not is_name(package):
            raise Missing(_NOTHING)
        desk = packages_of(self.zone)
        allowed = package in desk.allowance(workspace.project).packages
        wheels = desk.shelf.of(package) if allowed else ()
        if not allowed and self.misses.fresh(workspace.ref, package):
            desk.record_missed(person, workspace, package, source=_source(workspace))
            self.misses.recorded(workspace.ref, package)
        if package_index.wants_json(request.headers.get("accept", "")):
            return JSONResponse(
                package_index.document(package, wheels, allowed=allowed), media_type=package_index.JSON_TYPE
            )
        return Response(package_index.page(package, wheels, allowed=allowed), media_type=package_index.HTML_TYPE)

    def file(self, request: Request, person: Person, workspace: Workspace) -> Response:
        """Send a wheel, once that is on record, or its metadata.

        Raises: Missing — for a file that is not on the shelf, or not for this project: the same answer.
        """
        sha256, asked = str(request.path_params["sha256"]), str(request.path_params["file"])
        desk = packages_of(self.zone)
        wheel = desk.shelf.find(sha256, asked.removesuffix(METADATA))
        allowance = desk.allowance(workspace.project)
        if wheel is None or wheel.package not in allowance.packages:
            raise Missing(_NOTHING)
        if asked.endswith(METADATA):
            return FileResponse(desk.shelf.metadata_path(wheel), media_type=WHEEL_TYPE)
        if request.method == "GET" and self.taken.fresh(workspace.ref, sha256):
            desk.record_taken(person, workspace, wheel, allowance.policy, source=_source(workspace))
            self.taken.recorded(workspace.ref, sha256)
        return FileResponse(desk.shelf.path(wheel), media_type=WHEEL_TYPE)

    async def _answer(self, handler: Callable[[Request, Person, Workspace], Response], request: Request) -> Response:
        try:
            check_address(request)
            return await run_in_threadpool(self._found, handler, request)
        except TooManyMisses as error:
            return Response(status_code=429, headers={"Retry-After": str(int(error.seconds) + 1)})
        except tuple(kind for kind, _ in ANSWERS) as error:
            return Response(status_code=answer_for(error).status)

    def _found(self, handler: Callable[[Request, Person, Workspace], Response], request: Request) -> Response:
        workspace, person = open_workspace(self.zone, request.headers.get("ansim-workspace", ""))
        return handler(request, person, workspace)


def told(zone: ZoneLike, workspace: Workspace) -> dict[str, Any]:
    """Say what a project may install and how its requests stand, for a call of a workspace."""
    desk = packages_of(zone)
    allowance, wheels = desk.allowance(workspace.project), desk.shelf.wheels()
    return {
        "tier": allowance.tier.name,
        "packages": [
            {"package": one.package, "version": one.version} for one in wheels if one.package in allowance.packages
        ],
        "not_here_yet": sorted(allowance.named - {one.package for one in wheels}),
        "requests": [
            {
                "ref": one.ref,
                "package": one.package,
                "state": one.state.value,
                "state_text": {"ko": STATES[one.state].ko, "en": STATES[one.state].en},
                "note": one.note,
            }
            for one in desk.requests(workspace.project)
        ],
    }


def _source(workspace: Workspace) -> Source:
    return Source(ip=None, container=workspace.ref)
