"""Pages that need nobody: what this zone is, help, and whether the portal lives."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response

from portal.i18n import N_
from portal.navigation import Crumb
from portal.visit import Visit


def welcome(visit: Visit) -> Response:
    """Greet somebody who has not signed in."""
    return visit.page("welcome.html")


def about(visit: Visit) -> Response:
    """Say what a data safe zone is and how a result travels."""
    return visit.page("about.html", {"policy": visit.zone.desk.policy}, crumbs=(Crumb(N_("About this zone")),))


def help_page(visit: Visit) -> Response:
    """Answer the questions that people ask first."""
    return visit.page("help.html", {"policy": visit.zone.desk.policy}, crumbs=(Crumb(N_("Help")),))


def health(visit: Visit) -> Response:
    """Answer that the portal and its database live."""
    with visit.zone.db.read() as tx:
        tx.exec_driver_sql("SELECT 1")
    # Alive either way: a load balancer sends people here, who read why nothing new begins.
    return PlainTextResponse("ok\n" if visit.zone.registry.maintenance() is None else "ok\nmaintenance\n")
