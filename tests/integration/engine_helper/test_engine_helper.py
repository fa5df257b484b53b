"""The engine helper in front of a real engine: what the zone does works through it, and nothing else does."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError, NotFound

from hub_config.engine_helper.engine import Engine
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.server import Server
from hub_config.freezing import kill_containers
from hub_config.workspace_container import (
    Bind,
    WorkspaceContainer,
    covered_paths,
    create_arguments,
    host_arguments,
    layered,
)
from registry.model import Limits

pytestmark = pytest.mark.engine

Door = Callable[..., docker.DockerClient]


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture(scope="module")
def settings(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelperSettings]:
    """A helper's settings, with the scanner's image in place of the notebook's: it is the smaller one."""
    home = tmp_path_factory.mktemp("helped")
    image = str(engine.images.get("ansim/scanner:latest").id)
    zone = secrets.token_hex(6)
    yield HelperSettings(
        zone=zone,
        home=str(home),
        notebook=image,
        scanner=image,
        callers=(os.getuid(),),
        dataset_roots=(str(home / "datasets"),),
        socket=str(home / "engine.sock"),
        engine=engine_socket(),
    )
    for left in engine.containers.list(all=True, filters={"label": f"ansim.zone={zone}"}):
        left.remove(force=True, v=True)


def engine_socket() -> str:
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@pytest.fixture(scope="module")
def helped(settings: HelperSettings) -> Iterator[docker.DockerClient]:
    """A client that speaks to the helper, as every process of the zone does through DOCKER_HOST."""
    with serving(settings) as client:
        yield client


@contextlib.contextmanager
def serving(settings: HelperSettings) -> Iterator[docker.DockerClient]:
    server = Server(settings)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        with contextlib.closing(docker.DockerClient(f"unix://{settings.socket}", version="1.41")) as client:
            yield client
    finally:
        server.shutdown()
        server.server_close()


def workspace(settings: HelperSettings) -> WorkspaceContainer:
    ref = "ws_" + "".join(secrets.choice("abcdefgh") for _ in range(16))
    own = Path(settings.home, "workspaces", ref)
    kinds = (
        ("home", "/home/researcher", False),
        ("outbox", "/outbox", False),
        ("inbox", "/inbox", True),
        ("run", "/zone", True),
    )
    for folder in (*(folder for folder, _, _ in kinds), "empty"):
        (own / folder).mkdir(parents=True)
    data = Path(settings.home, "datasets", "lab, 검사:1")
    data.mkdir(parents=True, exist_ok=True)
    seen = Bind(data, "/data/lab", read_only=True, layer=own / "empty")
    return WorkspaceContainer(
        workspace=ref,
        project="kidney",
        uid=200_001,
        image=settings.notebook,
        prefix="/user/hana/kidney/",
        language="ko",
        zone=settings.zone,
        intent="0199",
        limits=Limits(),
        binds=(*(Bind(own / folder, target, read_only) for folder, target, read_only in kinds), seen),
    )


def create(client: docker.DockerClient, container: WorkspaceContainer) -> str:
    """Ask for a workspace as the spawner asks."""
    host = {**client.api.create_host_config(**host_arguments(container)), **covered_paths()}
    made = client.api.create_container(host_config=host, **create_arguments(container))
    return str(made["Id"])


def test_a_workspace_is_made_started_seen_stopped_and_removed(
    helped: docker.DockerClient, engine: docker.DockerClient, settings: HelperSettings
) -> None:
    container = workspace(settings)
    create(helped, container)
    helped.api.start(container.name)
    assert helped.api.inspect_container(container.name)["State"]["Status"] in ("running", "exited")
    labels = [f"ansim.workspace={container.workspace}"]
    assert [c["Labels"]["ansim.project"] for c in helped.api.containers(all=True, filters={"label": labels})] == [
        "kidney"
    ]
    made = engine.api.inspect_container(container.name)
    assert made["HostConfig"]["NetworkMode"] == "none"
    assert made["HostConfig"]["CapDrop"] == ["ALL"]
    (volume,) = [m["Name"] for m in made["Mounts"] if m["Type"] == "volume"]
    assert engine.volumes.get(volume).attrs["Options"]["type"] == "overlay"
    helped.api.stop(container.name, timeout=0)
    helped.api.remove_container(container.name, v=True, force=True)
    with pytest.raises(NotFound):
        engine.api.inspect_container(container.name)
    with pytest.raises(NotFound):
        engine.volumes.get(volume)


def test_what_a_freeze_does_to_a_container_is_done(
    helped: docker.DockerClient,
    engine: docker.DockerClient,
    settings: HelperSettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "ansim.engine_helper")
    container = workspace(settings)
    number = create(helped, container)
    helped.api.start(container.name)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{settings.socket}")
    assert kill_containers(settings.zone, ["kidney"]) == {"kidney": [container.workspace]}
    with pytest.raises(NotFound):
        engine.api.inspect_container(container.name)
    noted = [record.getMessage() for record in caplog.records]
    for verb in ("create", "start", "remove"):
        assert any(line.startswith(f"{verb} {number} uid={os.getuid()} pid={os.getpid()}") for line in noted), verb
    assert any(str(container.binds[0].source) in line for line in noted if line.startswith("create "))


def test_the_engine_itself_answers_a_kill_of_our_own(helped: docker.DockerClient, settings: HelperSettings) -> None:
    container = workspace(settings)
    create(helped, container)
    with pytest.raises(APIError) as answered:
        helped.api.kill(container.name)
    assert answered.value.status_code == 409  # it does not run; a refusal of the helper is 403
    with pytest.raises(APIError, match=r"call\.parameter"):
        helped.api.kill(container.name, signal="STOP")
    helped.api.remove_container(container.name, v=True, force=True)


@pytest.mark.parametrize("path", ["/v1.41/containers/x/exec", "/v1.41/images/create"])
def test_a_body_that_was_not_read_is_no_second_request(
    helped: docker.DockerClient, settings: HelperSettings, path: str
) -> None:
    hidden = "GET /v1.41/version HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(20)
        raw.connect(settings.socket)
        raw.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(hidden)}\r\n\r\n{hidden}".encode())
        said = b""
        with contextlib.suppress(ConnectionResetError):
            while more := raw.recv(65536):
                said += more
    assert said.startswith(b"HTTP/1.1 403 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"MinAPIVersion" not in said


def test_a_foreign_container_is_as_if_it_were_not(
    helped: docker.DockerClient, engine: docker.DockerClient, settings: HelperSettings
) -> None:
    labels = {"ansim.zone": settings.zone}  # even with our label: the helper did not make it
    foreign = engine.containers.create(settings.scanner, network_mode="none", labels=labels)
    try:
        seen = helped.api.containers(all=True)
        for call in ("inspect_container", "start", "stop", "kill", "remove_container", "wait"):
            with pytest.raises(NotFound):
                getattr(helped.api, call)(foreign.id)
        with pytest.raises(APIError):
            helped.api.attach_socket(str(foreign.id), params={"stdin": 1, "stream": 1})
        assert engine.containers.get(str(foreign.id)).status == "created"
        assert foreign.id not in [c["Id"] for c in seen]
    finally:
        foreign.remove(force=True)


@pytest.mark.parametrize(
    "attack",
    [
        lambda c, n: c.exec_create(n, ["id"]),
        lambda c, n: c.put_archive(n, "/", b""),
        lambda c, n: c.get_archive(n, "/etc"),
        lambda c, n: c.commit(n, "mine"),
        lambda c, n: c.update_container(n, mem_limit=0),
        lambda c, n: c.rename(n, "other"),
        lambda c, n: c.logs(n),
        lambda c, n: c.top(n),
        lambda c, n: c.pause(n),
        lambda c, n: c.images(),
        lambda c, n: c.pull("debian", tag="12"),
        lambda c, n: c.import_image_from_data(b"x", repository="mine"),
        lambda c, n: c.create_network("mine"),
        lambda c, n: c.connect_container_to_network(n, "bridge"),
        lambda c, n: c.create_volume("mine"),
        lambda c, n: c.info(),
        lambda c, n: c.attach_socket(n, params={"stdin": 1, "stream": 1}),
    ],
)
def test_nothing_else_can_be_done_to_a_workspace(
    helped: docker.DockerClient, settings: HelperSettings, attack: Callable[..., Any]
) -> None:
    container = workspace(settings)
    create(helped, container)
    try:
        with pytest.raises(APIError):
            attack(helped.api, container.name)
    finally:
        helped.api.remove_container(container.name, v=True, force=True)


def test_a_directory_that_became_a_link_is_not_mounted(helped: docker.DockerClient, settings: HelperSettings) -> None:
    container = workspace(settings)
    home = container.binds[0].source
    create(helped, container)
    home.rename(home.with_name("aside"))
    home.symlink_to("/etc")
    with pytest.raises(APIError, match=r"mount\.no_directory"):
        helped.api.start(container.name)
    home.unlink()
    home.mkdir()
    with pytest.raises(APIError, match=r"mount\.changed"):
        helped.api.start(container.name)


def test_a_link_that_is_there_from_the_start_is_not_mounted(
    helped: docker.DockerClient, settings: HelperSettings
) -> None:
    container = workspace(settings)
    container.binds[0].source.rmdir()
    container.binds[0].source.symlink_to("/")
    with pytest.raises(APIError, match=r"mount\.no_directory"):
        create(helped, container)


def test_whoever_is_not_named_is_cut_off(settings: HelperSettings, tmp_path: Path) -> None:
    closed = replace(settings, callers=(os.getuid() + 1,), socket=str(tmp_path / "closed.sock"))
    with serving(closed) as client, pytest.raises(APIError, match="403"):
        client.api.containers()


@pytest.mark.parametrize(
    "head",
    [
        "POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n",
        "POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        "POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nnot",
        "POST /v1.41/containers/x/exec HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "BREW /v1.41/containers/json HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_request_of_another_form_is_refused(helped: docker.DockerClient, settings: HelperSettings, head: str) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(20)
        raw.connect(settings.socket)
        raw.sendall(head.encode())
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        assert answer.status in (400, 403, 411, 413, 501)


def test_a_scan_speaks_through_the_helper(helped: docker.DockerClient, settings: HelperSettings) -> None:
    # The program refuses a job it cannot read, and says so with its exit code: both ways were handed through.
    from egress_review.container import ContainerScanner
    from egress_review.errors import ScanFailed

    directory = Path(settings.home, "vault", "incoming", f"scan-{secrets.token_hex(4)}")
    directory.mkdir(parents=True)
    scanner = ContainerScanner(settings.scanner, engine=helped, labels={"ansim.zone": settings.zone})
    with pytest.raises(ScanFailed) as refused:
        scanner._run(directory, json.dumps({"no": "job"}).encode() + b"\n", _nowhere())
    assert refused.value.code in ("scan_crashed", "scan_other_version")
    assert helped.api.containers(all=True, filters={"label": "ansim.scan"}) == []


def _nowhere() -> Any:
    import io

    return io.BytesIO()


def test_data_that_an_engine_kept_of_an_ended_workspace_is_removed_and_of_another_zone_stays(
    settings: HelperSettings, engine: docker.DockerClient
) -> None:
    made = []
    for home in (settings.home, f"{settings.home}-other"):
        options = layered(Path("/data/lab"), Path(home, "workspaces", "ws_a", "empty"))
        told = {"type": "overlay", "device": "overlay", "o": options}
        made.append(engine.volumes.create(driver_opts=told))
    try:
        Engine(settings).remove_left_volumes()
        with pytest.raises(NotFound):
            engine.volumes.get(made[0].name)
        assert engine.volumes.get(made[1].name)
    finally:
        for one in made:
            with contextlib.suppress(NotFound):
                one.remove()
