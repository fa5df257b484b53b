"""The record of a closed project as a download, for compliance officers."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from audit.outward.bundle import write_bundle, write_zip
from audit.outward.ordering import order_for, trusted_keys
from portal.visit import Visit
from registry.errors import Conflict
from registry.model import ProjectStatus
from registry.text import Text


def bundle(visit: Visit) -> Response:
    """Hand over the record of a closed project; that it was, and why, is recorded before.

    Raises: WrongInput — without a reason. NotFound, Conflict.
    """
    zone, project_id, reason = visit.zone, visit.path("project"), visit.field("reason")
    if zone.registry.project(project_id).status is not ProjectStatus.CLOSED:
        raise Conflict(
            "project_open",
            Text("종료된 과제의 기록만 묶을 수 있습니다.", "Only the record of a closed project is bundled."),
        )
    names = visit.form.get("names") == "yes"
    order = order_for(zone, project_id, reason=reason, names=names, by=visit.actor, source=visit.source)
    scratch = Path(tempfile.mkdtemp(prefix="ansim-bundle-"))
    try:
        name = f"ansim-project-{project_id}"
        write_bundle(zone.log, trusted_keys(zone.settings.home), order, scratch / name)
        write_zip(scratch / name, scratch / f"{name}.zip")
    except BaseException:
        shutil.rmtree(scratch)
        raise
    sent = BackgroundTask(shutil.rmtree, scratch)
    return FileResponse(scratch / f"{name}.zip", media_type="application/zip", filename=f"{name}.zip", background=sent)
