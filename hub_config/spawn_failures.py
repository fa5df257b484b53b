"""How a start can fail: the code that the audit log keeps and the sentences that a person reads."""

from __future__ import annotations

import asyncio

import httpx2 as httpx
from docker.errors import DockerException
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError, LogFull
from hub_config.errors import ZoneError
from hub_config.home_helper.errors import HomeError
from registry.text import Text

NOT_STARTED = Text(
    ko="분석환경을 시작하지 못했습니다. 잠시 뒤 다시 시도하고, 계속되면 운영자에게 알려 주십시오.",
    en="The workspace did not start. Try again in a moment; if it happens again, tell an operator.",
)
HOME_SHUT = Text(
    ko="분석환경의 암호화된 홈을 열지 못해 시작하지 않았습니다. 운영자에게 알려 주십시오.",
    en="The workspace did not start, because its encrypted home did not open. Tell an operator.",
)
NO_RUNTIME = Text(
    ko="이 과제의 분석환경은 gVisor에서만 시작하는데, 컨테이너 엔진에 gVisor(runsc)가 없습니다."
    " 운영자에게 알려 주십시오.",
    en="Workspaces of this project run under gVisor only, and the container engine does not have it (runsc)."
    " Tell an operator.",
)
NO_PROJECT = Text(
    ko="분석환경은 과제마다 하나씩 있습니다. 포털에서 과제를 골라 시작하십시오.",
    en="A workspace belongs to a project. Choose the project in the portal and start it there.",
)


class NotReady(ZoneError):
    """The container runs but Jupyter in it does not answer, or the container ended by itself."""

    hint = Text(
        "컨테이너의 `docker logs`나 과제의 한도를 보면 까닭을 알 수 있습니다.",
        "`docker logs` of the container, or the project's limits, may say why.",
    )


class RuntimeMissing(ZoneError):
    """The engine does not have the runtime that the project asks for; it is never replaced by another."""

    hint = Text(
        "runsc를 설치하고 엔진에 등록하십시오. docs/how-to/run-the-probe.ko.md를 보십시오.",
        "Install runsc and register it with the engine; see docs/how-to/run-the-probe.md.",
    )


#: The first class that fits names the code.
FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (asyncio.CancelledError, "timeout"),
    (NotReady, "not_ready"),
    (RuntimeMissing, "runtime_missing"),
    (AuditError, "log_unavailable"),
    (SQLAlchemyError, "log_unavailable"),
    (httpx.HTTPError, "gate_unavailable"),
    (TimeoutError, "gate_unavailable"),
    (DockerException, "engine_failed"),
    (RequestException, "engine_failed"),
    (HomeError, "home"),
    (OSError, "files"),
    (ZoneError, "files"),
    (BaseException, "internal"),
)


def failure_code(error: BaseException) -> str:
    """Return the code under which the audit log keeps a failure."""
    return next(code for kind, code in FAILURES if isinstance(error, kind))


def sentence_of(error: BaseException) -> Text:
    """Return what the person reads whose workspace did not start; a full disk and a shut home are told."""
    if isinstance(error, RuntimeMissing):
        return NO_RUNTIME
    if isinstance(error, LogFull):
        return Text(ko=f"{error.summary.ko} {error.hint.ko}", en=f"{error.summary.en} {error.hint.en}")
    if not isinstance(error, HomeError):
        return NOT_STARTED
    why = error.reason
    ko, en = (why, why) if isinstance(why, str) else (why.ko, why.en)
    return Text(ko=f"{HOME_SHUT.ko} {ko}", en=f"{HOME_SHUT.en} {en}")


def both(text: Text) -> str:
    """Return a sentence as the hub's API carries it: Korean on the first line, English on the second."""
    return f"{text.ko}\n{text.en}"
