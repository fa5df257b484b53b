"""What the image adds to Jupyter Server so that a page opens and a cell answers sooner. Nothing here protects the zone.

The files of JupyterLab are kept packed, so nothing is compressed at run time. One kernel is kept loaded, so that the
next notebook need not wait for its imports. What a page asks for first is asked for once before it opens.
"""

from __future__ import annotations

import contextlib
import json
import mimetypes
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped,import-not-found,unused-ignore]
from jupyter_client.provisioning import (  # type: ignore[import-not-found,unused-ignore]  # in the image only
    KernelProvisionerFactory,
    LocalProvisioner,
)
from jupyter_server.base.handlers import FileFindHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterlab_server import settings_utils  # type: ignore[import-not-found,unused-ignore]
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

PACKED = ".gz"
SPARE_AFTER_SECONDS = 2.0  # a start, and the page that opens after it, go first
WARM_AFTER_SECONDS = 0.5
LOCALE = "ko_KR" if os.environ.get("ANSIM_LANGUAGE") == "ko" else "en"
FIRST_ASKED = (
    *("lab", "api/kernelspecs", "lab/api/settings", f"lab/api/translations/{LOCALE}", "lab/api/translations"),
    *("api/contents?content=1", "api/sessions", "lab/api/workspaces"),
)
IPYTHON = ["-m", "ipykernel_launcher"]


class PackedFiles(FileFindHandler):  # type: ignore[misc]  # the base class carries no types
    """Answers with the packed form of a file where there is one and the browser takes it."""

    _packed = False

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the file to send; tornado has checked by then that it lies where it may."""
        found: str | None = super().validate_absolute_path(root, absolute_path)
        offered = self.request.headers.get("Accept-Encoding", "").split(",")
        takes = "gzip" in {part.partition(";")[0].strip() for part in offered}
        self._packed = found is not None and takes and Path(found + PACKED).is_file()
        return found + PACKED if found is not None and self._packed else found

    def set_headers(self) -> None:
        """Say that the file is packed."""
        super().set_headers()
        self.set_header("Vary", "Accept-Encoding")
        if self._packed:
            self.set_header("Content-Encoding", "gzip")

    def get_content_size(self) -> int:
        """Return the size of what is sent; tornado remembers that of the file it was asked for."""
        return Path(str(self.absolute_path)).stat().st_size

    def get_content_type(self) -> str:
        """Return the type of what is packed."""
        if not self._packed:
            return str(super().get_content_type())
        kind, _ = mimetypes.guess_type(str(self.absolute_path).removesuffix(PACKED))
        return kind or "application/octet-stream"


class KnownSchemas:
    """Checks each schema of Lab's settings once: they came with the image, and all are asked for with every page.

    Stands where the settings of JupyterLab use the validator, and is one in everything else.
    """

    def __init__(self) -> None:
        self._good: set[str] = set()

    def __call__(self, schema: Any) -> Any:
        """Return the validator for values under a schema."""
        return Draft7Validator(schema)

    def check_schema(self, schema: Any) -> None:
        """Refuse what is no schema, as the validator itself does."""
        written = json.dumps(schema)
        if written not in self._good:
            Draft7Validator.check_schema(schema)
            self._good.add(written)


class SpareKernels(LocalProvisioner):  # type: ignore[misc]  # the base class carries no types
    """Starts kernels as Jupyter does, the next Python kernel from the process that waits for it."""

    _spare: subprocess.Popen[bytes] | None = None
    _loop: Any = None

    @classmethod
    def keep_one(cls) -> None:
        """Start a process that waits to become a kernel, unless one waits already."""
        if cls._spare is None or cls._spare.poll() is not None:
            command = [sys.executable, "-m", "ansim_spare"]
            cls._spare = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel and return how to reach it."""
        if cmd[1:3] != IPYTHON or not self._become(cmd[3:], kwargs):
            return await super().launch_kernel(cmd, **kwargs)
        return self.connection_info

    def _become(self, argv: list[str], kwargs: dict[str, Any]) -> bool:
        """Tell the waiting process which kernel it is; False if there is none."""
        spare, SpareKernels._spare = SpareKernels._spare, None
        if self._loop is not None:
            self._loop.call_later(SPARE_AFTER_SECONDS, self.keep_one)
        if spare is None or spare.stdin is None or spare.poll() is not None:
            return False
        self.cwd = kwargs.get("cwd") or Path.cwd()
        env = {**kwargs.get("env", os.environ), "JPY_PARENT_PID": str(os.getpid())}
        told = json.dumps({"argv": argv, "env": env, "cwd": str(self.cwd)})
        try:
            spare.stdin.write(told.encode() + b"\n")
            spare.stdin.close()
        except OSError:
            with contextlib.suppress(OSError):
                spare.kill()
            return False
        self.process, self.pid, self.pgid = spare, spare.pid, spare.pid
        return True


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "ansim_lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Let kernels be started by our provisioner, and keep one loaded from soon on."""
    factory = KernelProvisionerFactory.instance(parent=app)
    group = KernelProvisionerFactory.GROUP_NAME
    factory.provisioners["ansim"] = EntryPoint("ansim", "ansim_lab:SpareKernels", group)
    factory.default_provisioner_name = "ansim"
    SpareKernels._loop = app.io_loop
    settings_utils.Validator = KnownSchemas()
    app.io_loop.call_later(SPARE_AFTER_SECONDS, SpareKernels.keep_one)
    app.io_loop.call_later(WARM_AFTER_SECONDS, warm, f"http://127.0.0.1:{app.port}{app.base_url}")


async def warm(address: str) -> None:
    """Ask for what every page asks for first; each of these is slow the first time only."""
    client = AsyncHTTPClient()
    for path in FIRST_ASKED:
        # Whatever fails here fails again for the page, where it is seen.
        with contextlib.suppress(HTTPClientError, OSError):
            await client.fetch(address + path, request_timeout=30)
