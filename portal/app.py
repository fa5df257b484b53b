"""The portal's one table of routes, and the application that walks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, compile_path
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from portal import preview, signin
from portal.bodies import BodyLimit
from portal.hub import Hub
from portal.navigation import (
    ADEQUACY,
    AGREEING,
    ASKERS,
    CHECKERS,
    COMPLIANCE,
    EXTRACT_READERS,
    LOOKERS,
    MAKERS,
    OPERATORS,
    PROJECT_READERS,
    RESEARCHERS,
    STEWARDS,
)
from portal.pages import Page, framework_error, respond, too_large
from portal.render import environment
from portal.security import ResponseHeaders, page_headers, preview_headers
from portal.service_api import INGRESS, Metrics, service_routes
from portal.session_files import SessionFiles
from portal.sessions import Sessions, record_of
from portal.verifications import Verifications
from portal.views import (
    about,
    account,
    as_recorded,
    asking,
    audit_review,
    bringing,
    bundles,
    compliance,
    dashboard,
    extracts,
    home,
    interests,
    joining,
    key_ends,
    linkages,
    packages,
    people,
    policies,
    probe,
    processing,
    projects,
    rechecks,
    reidentification,
    requests,
    retention,
    review,
    review_figures,
    service_accounts,
    synthetic,
    workspace,
    zone,
)
from portal.visit import Portal
from portal.zone import ZoneLike

STATIC = Path(__file__).parent / "static"
STATIC_HEADERS = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
CONFIRMERS = OPERATORS | COMPLIANCE | STEWARDS
POST = ("POST",)

PAGES: tuple[Page, ...] = (
    Page(path="/", endpoint=home.home, needs="person"),
    Page(path="/welcome", endpoint=about.welcome, needs="nobody"),
    Page(path="/about", endpoint=about.about, needs="nobody"),
    Page(path="/help", endpoint=about.help_page, needs="nobody"),
    Page(path="/health", endpoint=about.health, needs="nobody"),
    Page(path="/language", endpoint=signin.choose_language, methods=POST, needs="nobody"),
    Page(path="/sign-in", endpoint=signin.sign_in, needs="nobody"),
    Page(path=signin.CALLBACK, endpoint=signin.callback, needs="nobody"),
    Page(path="/sign-out", endpoint=signin.sign_out, methods=POST, needs="person", before_notice=True),
    Page(path="/invitation/{token}", endpoint=joining.invitation, needs="nobody"),
    Page(path="/invitation/{token}", endpoint=joining.accept, methods=POST, needs="nobody"),
    Page(path="/invitation/{token}/qr.svg", endpoint=joining.invitation_qr, needs="nobody"),
    Page(path="/second-factor/{token}", endpoint=joining.second_factor, needs="nobody"),
    Page(path="/second-factor/{token}", endpoint=joining.enrol, methods=POST, needs="nobody"),
    Page(path="/second-factor/{token}/qr.svg", endpoint=joining.second_factor_qr, needs="nobody"),
    Page(path="/password/{token}", endpoint=joining.password, needs="nobody"),
    Page(path="/password/{token}", endpoint=joining.set_password, methods=POST, needs="nobody"),
    Page(path="/notice", endpoint=account.notice, needs="person", before_notice=True),
    Page(path="/notice", endpoint=account.accept_notice, methods=POST, needs="person", before_notice=True),
    Page(path="/account", endpoint=account.account, needs="person"),
    Page(path="/account/password", endpoint=account.change_password, methods=POST, needs="person"),
    Page(path="/account/mail", endpoint=account.choose_mail, methods=POST, needs="person"),
    Page(path="/account/messages", endpoint=account.read_messages, methods=POST, needs="person"),
    Page(path="/projects/{project}/workspace", endpoint=workspace.workspace, needs=RESEARCHERS),
    Page(path="/projects/{project}/egress", endpoint=workspace.egress, needs=RESEARCHERS),
    Page(path="/projects/{project}/bring-in", endpoint=bringing.form, needs=RESEARCHERS),
    Page(
        path="/projects/{project}/bring-in", endpoint=bringing.bring, methods=POST, needs=RESEARCHERS, takes_file=True
    ),
    Page(path="/projects/{project}/workspace/start", endpoint=workspace.start, methods=POST, needs=RESEARCHERS),
    Page(path="/projects/{project}/workspace/stop", endpoint=workspace.stop, methods=POST, needs=RESEARCHERS),
    Page(path="/requests", endpoint=requests.mine, needs=RESEARCHERS),
    Page(path="/requests/new", endpoint=requests.new, needs=RESEARCHERS),
    Page(path="/requests/new", endpoint=requests.create, methods=POST, needs=RESEARCHERS),
    Page(path="/requests/{ref}", endpoint=requests.show, needs="person"),
    Page(path="/requests/{ref}/edit", endpoint=requests.edit, needs=RESEARCHERS),
    Page(path="/requests/{ref}/edit", endpoint=requests.resubmit, methods=POST, needs=RESEARCHERS),
    Page(path="/requests/{ref}/withdraw", endpoint=requests.withdraw, methods=POST, needs=RESEARCHERS),
    Page(path="/requests/{ref}/copy", endpoint=requests.copy, methods=POST, needs=RESEARCHERS),
    Page(path="/requests/{ref}/comment", endpoint=requests.comment, methods=POST, needs=RESEARCHERS),
    Page(path="/requests/{ref}/collect", endpoint=requests.collect, methods=POST, needs="person"),
    Page(path="/review", endpoint=review.queue, needs=CHECKERS),
    Page(path="/review/{ref}", endpoint=review.show, needs=CHECKERS),
    Page(path="/review/{ref}/vote", endpoint=review.vote, methods=POST, needs=CHECKERS),
    Page(path="/review/{ref}/take", endpoint=review.take, methods=POST, needs=CHECKERS),
    Page(path="/review/{ref}/give-back", endpoint=review.give_back, methods=POST, needs=CHECKERS),
    Page(path="/review/{ref}/remark", endpoint=review.remark, methods=POST, needs=CHECKERS),
    Page(path="/review/{ref}/recuse", endpoint=review.recuse, methods=POST, needs=CHECKERS),
    Page(path="/review/{ref}/code", endpoint=review.code, methods=POST, needs=CHECKERS),
    Page(path="/review/{ref}/decide", endpoint=review.decide, methods=POST, needs=CHECKERS),
    Page(path="/interests", endpoint=interests.overview, needs=CHECKERS | OPERATORS | COMPLIANCE),
    Page(path="/interests", endpoint=interests.declare, methods=POST, needs=CHECKERS | OPERATORS),
    Page(path="/review-figures", endpoint=review_figures.figures, needs=CHECKERS | COMPLIANCE),
    Page(path="/rechecks", endpoint=rechecks.overview, needs=CHECKERS | COMPLIANCE),
    Page(path="/rechecks/{ref}", endpoint=rechecks.answer, methods=POST, needs=CHECKERS),
    Page(path="/as-recorded", endpoint=as_recorded.overview, needs=LOOKERS),
    Page(path="/as-recorded/{ref}", endpoint=as_recorded.look, methods=POST, needs=LOOKERS),
    Page(path="/compliance", endpoint=compliance.overview, needs=COMPLIANCE),
    Page(path="/compliance/search", endpoint=asking.find, needs=COMPLIANCE),
    Page(path="/compliance/timeline/{kind}/{ref}", endpoint=asking.follow, needs=COMPLIANCE),
    Page(path="/compliance/answers", endpoint=asking.lookup, needs=COMPLIANCE),
    Page(path="/compliance/answers/{ask}/{kind}/{ref}", endpoint=asking.ask, needs=COMPLIANCE),
    Page(
        path="/compliance/answers/{ask}/{kind}/{ref}/copy",
        endpoint=asking.download_answer,
        methods=POST,
        needs=COMPLIANCE,
    ),
    Page(path="/compliance/processing", endpoint=processing.overview, needs=COMPLIANCE),
    Page(path="/compliance/processing/copy", endpoint=processing.download, methods=POST, needs=COMPLIANCE),
    Page(path="/compliance/file", endpoint=asking.find_file, methods=POST, needs=COMPLIANCE, takes_file=True),
    Page(path="/compliance/download", endpoint=asking.download, methods=POST, needs=COMPLIANCE),
    Page(path="/compliance/queries", endpoint=asking.keep, methods=POST, needs=COMPLIANCE),
    Page(path="/compliance/queries/{id}", endpoint=asking.run, needs=COMPLIANCE),
    Page(path="/compliance/queries/{id}/delete", endpoint=asking.forget, methods=POST, needs=COMPLIANCE),
    Page(path="/compliance/entries/{index:int}", endpoint=compliance.show, needs=COMPLIANCE),
    Page(path="/compliance/entries/{index:int}/values", endpoint=compliance.unseal, methods=POST, needs=COMPLIANCE),
    Page(path="/compliance/entries/{index:int}/receipt", endpoint=compliance.receipt, needs=COMPLIANCE),
    Page(path="/compliance/verify", endpoint=compliance.verify_now, methods=POST, needs=COMPLIANCE),
    Page(path="/dashboard", endpoint=dashboard.dashboard, needs=COMPLIANCE | OPERATORS),
    Page(path="/monthly-reviews", endpoint=audit_review.overview, needs=COMPLIANCE),
    Page(path="/monthly-reviews", endpoint=audit_review.make, methods=POST, needs=COMPLIANCE),
    Page(path="/monthly-reviews/{month}", endpoint=audit_review.show, needs=COMPLIANCE),
    Page(path="/monthly-reviews/{month}/note", endpoint=audit_review.note, methods=POST, needs=COMPLIANCE),
    Page(path="/monthly-reviews/{month}/sign", endpoint=audit_review.sign, methods=POST, needs=COMPLIANCE),
    Page(path="/monthly-reviews/{month}/copy", endpoint=audit_review.copy, methods=POST, needs=COMPLIANCE),
    Page(path="/retention", endpoint=retention.overview, needs=COMPLIANCE),
    Page(path="/retention/erasures/{handle}", endpoint=retention.confirm, methods=POST, needs=COMPLIANCE),
    Page(path="/policies", endpoint=policies.policies, needs=STEWARDS),
    Page(path="/policies", endpoint=policies.assign, methods=POST, needs=STEWARDS),
    Page(path="/policies/trials", endpoint=policies.try_out, methods=POST, needs=STEWARDS),
    Page(path="/policies/trials/{ref}", endpoint=policies.trial, needs=STEWARDS),
    Page(path="/people", endpoint=people.people, needs=OPERATORS),
    Page(path="/people/{handle}/organisation", endpoint=people.affiliate, methods=POST, needs=OPERATORS),
    Page(path="/people/invite", endpoint=people.invite, methods=POST, needs=OPERATORS),
    Page(path="/people/{handle}", endpoint=people.person, needs=OPERATORS),
    Page(path="/people/{handle}/invite-again", endpoint=people.invite_again, methods=POST, needs=OPERATORS),
    Page(path="/people/{handle}/state", endpoint=people.change_state, methods=POST, needs=OPERATORS),
    Page(path="/people/{handle}/role", endpoint=people.change_role, methods=POST, needs=OPERATORS),
    Page(path="/people/{handle}/reset", endpoint=people.request_reset, methods=POST, needs=OPERATORS),
    Page(path="/people/{handle}/erasure", endpoint=retention.request, methods=POST, needs=OPERATORS),
    Page(path="/people/{handle}/password-reset", endpoint=people.request_password_reset, methods=POST, needs=OPERATORS),
    Page(path="/service-accounts", endpoint=service_accounts.overview, needs=CONFIRMERS),
    Page(path="/service-accounts", endpoint=service_accounts.ask, methods=POST, needs=OPERATORS),
    Page(path="/service-accounts/{name}/confirm", endpoint=service_accounts.confirm, methods=POST, needs=CONFIRMERS),
    Page(path="/service-accounts/{name}/token", endpoint=service_accounts.token, methods=POST, needs=OPERATORS),
    Page(path="/service-accounts/{name}/revoke", endpoint=service_accounts.revoke, methods=POST, needs=STEWARDS),
    Page(path="/resets", endpoint=people.resets, needs=CONFIRMERS),
    Page(path="/password-resets/{handle}", endpoint=people.confirm_password_reset, methods=POST, needs=CONFIRMERS),
    Page(path="/second-factor-resets/{handle}", endpoint=people.confirm_reset, methods=POST, needs=CONFIRMERS),
    Page(path="/projects", endpoint=projects.projects, needs=PROJECT_READERS),
    Page(path="/projects", endpoint=projects.add_project, methods=POST, needs=OPERATORS),
    Page(path="/projects/{project}", endpoint=projects.project, needs=PROJECT_READERS | RESEARCHERS),
    Page(path="/projects/{project}/bundle", endpoint=bundles.bundle, methods=POST, needs=COMPLIANCE),
    Page(path="/projects/{project}/close", endpoint=projects.close_project, methods=POST, needs=OPERATORS),
    Page(path="/projects/{project}/freeze", endpoint=projects.freeze_project, methods=POST, needs=STEWARDS),
    Page(path="/projects/{project}/unfreeze", endpoint=projects.unfreeze_project, methods=POST, needs=OPERATORS),
    Page(path="/projects/{project}/extend", endpoint=projects.extend_project, methods=POST, needs=OPERATORS),
    Page(path="/projects/{project}/members", endpoint=projects.add_member, methods=POST, needs=OPERATORS),
    Page(path="/projects/{project}/members/remove", endpoint=projects.remove_member, methods=POST, needs=OPERATORS),
    Page(path="/projects/{project}/grants", endpoint=projects.grant, methods=POST, needs=STEWARDS),
    Page(path="/grants/{grant}/revoke", endpoint=projects.revoke_grant, methods=POST, needs=STEWARDS),
    Page(path="/datasets", endpoint=projects.datasets, needs=STEWARDS),
    Page(path="/additional-information", endpoint=key_ends.overview, needs=ASKERS | AGREEING),
    Page(path="/additional-information", endpoint=key_ends.ask, methods=POST, needs=ASKERS),
    Page(path="/additional-information/{ref}", endpoint=key_ends.show, needs=ASKERS | AGREEING),
    Page(path="/additional-information/{ref}/approve", endpoint=key_ends.approve, methods=POST, needs=AGREEING),
    Page(
        path="/additional-information/{ref}/refuse",
        endpoint=key_ends.refuse,
        methods=POST,
        needs=ASKERS | AGREEING,
    ),
    Page(path="/linkages", endpoint=linkages.overview, needs=ASKERS | AGREEING),
    Page(path="/linkages", endpoint=linkages.ask, methods=POST, needs=ASKERS),
    Page(path="/linkages/{ref}", endpoint=linkages.show, needs=ASKERS | AGREEING),
    Page(path="/linkages/{ref}/approve", endpoint=linkages.approve, methods=POST, needs=AGREEING),
    Page(path="/linkages/{ref}/refuse", endpoint=linkages.refuse, methods=POST, needs=ASKERS | AGREEING),
    Page(path="/linkages/{ref}/end", endpoint=linkages.end, methods=POST, needs=ASKERS | AGREEING),
    Page(path="/reidentification", endpoint=reidentification.overview, needs=ASKERS | AGREEING),
    Page(path="/reidentification", endpoint=reidentification.ask, methods=POST, needs=ASKERS),
    Page(path="/reidentification/{ref}", endpoint=reidentification.show, needs=ASKERS | AGREEING),
    Page(path="/reidentification/{ref}/approve", endpoint=reidentification.approve, methods=POST, needs=AGREEING),
    Page(
        path="/reidentification/{ref}/refuse",
        endpoint=reidentification.refuse,
        methods=POST,
        needs=ASKERS | AGREEING,
    ),
    Page(path="/extracts", endpoint=extracts.overview, needs=EXTRACT_READERS),
    Page(path="/synthetic", endpoint=synthetic.overview, needs=MAKERS),
    Page(path="/synthetic/new", endpoint=synthetic.new, needs=MAKERS),
    Page(path="/synthetic/new", endpoint=synthetic.ask, methods=POST, needs=MAKERS),
    Page(path="/synthetic/{ref}", endpoint=synthetic.show, needs=MAKERS),
    Page(path="/synthetic/{ref}/again", endpoint=synthetic.change, needs=MAKERS),
    Page(path="/synthetic/{ref}/again", endpoint=synthetic.ask_again, methods=POST, needs=MAKERS),
    Page(path="/synthetic/{ref}/cancel", endpoint=synthetic.cancel, methods=POST, needs=MAKERS),
    Page(path="/extracts/{ref}", endpoint=extracts.show, needs=EXTRACT_READERS),
    Page(path="/extracts/{ref}/form/{kind}", endpoint=extracts.form, needs=EXTRACT_READERS),
    Page(path="/extracts/{ref}/submit", endpoint=extracts.submit, methods=POST, needs=MAKERS),
    Page(path="/extracts/{ref}/review", endpoint=extracts.review, methods=POST, needs=ADEQUACY),
    Page(path="/extracts/{ref}/register", endpoint=extracts.register, methods=POST, needs=STEWARDS),
    Page(path="/packages", endpoint=packages.overview, needs=RESEARCHERS | OPERATORS),
    Page(path="/packages", endpoint=packages.ask, methods=POST, needs=RESEARCHERS),
    Page(path="/packages/{ref}/decide", endpoint=packages.decide, methods=POST, needs=OPERATORS),
    Page(path="/walls", endpoint=probe.overview, needs=COMPLIANCE | OPERATORS),
    Page(path="/images", endpoint=zone.images, needs=OPERATORS),
    Page(path="/images/{name}", endpoint=zone.image, needs=OPERATORS),
    Page(path="/zone", endpoint=zone.zone, needs=OPERATORS),
)
"""Every page of the portal with what it needs; `tests/integration/portal` walks it."""


def build_portal(
    zone: ZoneLike, *, hub: Hub | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Portal:
    """Return what the handlers share; tests pass a hub of their own and a clock."""
    redirect_uri = zone.settings.origin("zone") + signin.CALLBACK
    return Portal(
        zone=zone,
        hub=hub or Hub(zone.settings.hub_url(), zone.keys.hub_token("portal"), redirect_uri),
        sessions=Sessions(clock, SessionFiles(zone.settings.home / "sessions"), record_of(zone.registry)),
        verifications=Verifications(clock),
        templates=environment(ZoneInfo(zone.settings.zone.time_zone)),
        clock=clock,
        preview_secret=zone.keys.preview_secret,
    )


def no_metrics() -> None:
    """Return nothing: a portal that nobody gave the metrics of its zone."""


def build(portal: Portal, metrics: Metrics = no_metrics) -> ASGIApp:
    """Return the application for browsers and programs: the zone's pages and calls on one host, previews on another."""
    settings = portal.zone.settings
    https = portal.https
    static = Mount("/static", ResponseHeaders(StaticFiles(directory=STATIC), STATIC_HEADERS))
    zone_app = Starlette(
        routes=[*routes(portal), *service_routes(portal.zone, metrics), static],
        exception_handlers={HTTPException: framework_error(portal)},
    )
    preview_app = Starlette(
        routes=[*preview.routes(portal), static],
        exception_handlers={HTTPException: preview.refuse},
    )
    hosts: Mapping[str, ASGIApp] = {
        settings.host("zone"): ResponseHeaders(
            BodyLimit(
                zone_app,
                files=[compile_path(path)[0] for path in (*(p.path for p in PAGES if p.takes_file), INGRESS)],
                file_bytes=portal.zone.desk.incoming_bytes,
                refuse=too_large(portal),
            ),
            page_headers(preview_origin=settings.origin("preview"), https=https),
        ),
        settings.host("preview"): ResponseHeaders(
            preview_app, preview_headers(zone_origin=settings.origin("zone"), https=https)
        ),
    }
    return ByHost(hosts)


def routes(portal: Portal) -> list[BaseRoute]:
    """Return one route for each path of the table, so that a method it does not name is answered with 405."""
    by_path: dict[str, dict[str, Page]] = {}
    for page in PAGES:
        by_path.setdefault(page.path, {}).update(dict.fromkeys(page.methods, page))
    return [_route(path, pages, portal) for path, pages in by_path.items()]


def _route(path: str, pages: Mapping[str, Page], portal: Portal) -> Route:
    async def endpoint(request: Request) -> Response:
        return await respond(pages["GET" if request.method == "HEAD" else request.method], portal, request)

    return Route(path, endpoint, methods=list(pages))


class ByHost:
    """Chooses the application by the host that the gate passed on; any other is misdirected (RFC 9110 §15.5.20)."""

    def __init__(self, hosts: Mapping[str, ASGIApp]) -> None:
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        host = headers.get(b"x-forwarded-host", headers.get(b"host", b"")).decode("latin-1").lower()
        app = self.hosts.get(host, PlainTextResponse("misdirected request\n", 421))
        await app(scope, receive, send)
