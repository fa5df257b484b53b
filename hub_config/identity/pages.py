"""The way of a browser to the provider and back, and the provider's message that it signed somebody out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from jupyterhub.handlers.base import BaseHandler

from audit.event import Source
from audit.text import Text
from hub_config.authenticator import Refused, source_address
from hub_config.identity.desk import IdentityDesk
from hub_config.identity.errors import NotVouched
from hub_config.not_kept import NOT_KEPT, NotKept
from hub_config.sign_in_pages import COOKIE_PATH, VOUCHED_COOKIE, BilingualHandler
from registry.errors import SignInRefused
from registry.identities import UnknownIdentity, Vouched

BEGUN_COOKIE = "ansim-identity"
MINUTES = 10 * 60  # seconds, as long as a sign-in may be under way
LONGEST = {"state": 256, "code": 4096, "iss": 512, "error": 64}

TEXTS = {
    "identity_refused": Text(ko="기관 로그인을 할 수 없습니다", en="You could not be signed in"),
    "identity_again": Text(ko="다시 로그인", en="Sign in again"),
    "identity_contact": Text(ko="문의처", en="Whom to ask"),
    "identity_name": Text(ko="내 식별자", en="Your identifier"),
    "identity_authority": Text(ko="확인한 기관", en="Confirmed by"),
    "identity_operator": Text(ko="이 구역의 운영자", en="An operator of this zone"),
}
NOT_BEGUN_HERE = Text(
    ko="이 브라우저에서 시작한 로그인이 아니거나 너무 오래되었습니다. 처음부터 다시 로그인하십시오.",
    en="This sign-in was not begun in this browser, or too long ago. Please begin again.",
)

NOT_NOW = Text(
    ko="이 계정으로는 지금 로그인할 수 없습니다. 운영자에게 문의하십시오.",
    en="This account cannot sign in right now. Ask an operator.",
)


class IdentityPages(BilingualHandler, BaseHandler):  # type: ignore[misc]  # the base class carries no types
    """What the pages of the provider share."""

    @property
    def desk(self) -> IdentityDesk | None:
        """The desk of the zone, if it has a provider."""
        found: IdentityDesk | None = self.authenticator.identity
        return found

    def source(self) -> Source:
        """Return from where the browser comes."""
        return Source(ip=source_address(self.request))

    def given(self) -> dict[str, str]:
        """Return what the browser brought from the provider; what is too long is left out."""
        found = {name: self.get_query_argument(name, None) for name in LONGEST}
        return {name: value for name, value in found.items() if value is not None and len(value) <= LONGEST[name]}

    async def send_to_provider(self, desk: IdentityDesk, goal: str, *, anew: bool = False) -> None:
        """Remember the goal and go, `anew` if the provider is to ask the person whatever it knows of the browser."""
        cookie, begun = desk.under_way.begin(goal, anew=anew)
        try:
            address = await desk.ask(lambda: desk.provider.address_for(begun))
        except NotVouched as refused:
            await self.refuse(refused.reason)
            return
        self.set_cookie(BEGUN_COOKIE, cookie, **self.cookie_for(MINUTES))
        self.redirect(address)

    def cookie_for(self, seconds: int | None) -> dict[str, Any]:
        """Return the attributes of a cookie: for this browser, and sent when somebody comes back from elsewhere."""
        secure = self.authenticator.zone.settings.zone.scheme == "https"
        return {"path": COOKIE_PATH, "httponly": True, "samesite": "Lax", "secure": secure, "max_age": seconds}

    async def refuse(self, reason: Text, hint: Text | None = None, *, known: Vouched | None = None) -> None:
        """Show why nobody was signed in, and whom to ask."""
        self.set_status(403)
        language = self.language
        words = {name: text.text(language) for name, text in TEXTS.items()}
        values = self.page_values()
        values["t"] = {**values["t"], **words}
        page = await self.render_template(
            "identity_refused.html",
            **values,
            reason=reason.text(language),
            hint=hint.text(language) if hint else "",
            contact=self.authenticator.zone.settings.oidc.contact,
            known=known,
        )
        self.finish(page)

    async def refuse_known(self, refusal: SignInRefused, vouched: Vouched) -> None:
        """Show why somebody whom the provider vouched for was not signed in; they gave no password to check."""
        if isinstance(refusal, UnknownIdentity):
            await self.refuse(refusal.reason, refusal.hint, known=vouched)
        else:
            await self.refuse(NOT_NOW)


class BeginHandler(IdentityPages):
    """Sends a browser to the provider."""

    async def get(self) -> None:
        """Remember the goal and go."""
        desk = self.desk
        if desk is None:
            self.send_error(404)
            return
        await self.send_to_provider(desk, self._validate_next_url(self.get_argument("next", "")))


class CallbackHandler(IdentityPages):
    """Takes a browser that comes back."""

    async def get(self) -> None:
        """Sign in whom the provider vouches for, if the registry knows them."""
        desk, answer = self.desk, self.given()
        if desk is None:
            self.send_error(404)
            return
        begun = desk.under_way.finish(self.get_cookie(BEGUN_COOKIE, ""), answer.get("state", ""))
        self.clear_cookie(BEGUN_COOKIE, path=COOKIE_PATH)
        if begun is None:
            await self.refuse(NOT_BEGUN_HERE)  # not recorded: any page of the web can send a browser here
            return
        try:
            signed_in = await desk.finish(begun, answer)
        except NotVouched as refused:
            if refused.cause == "not_asked_again" and not begun.anew:  # it does not know `max_age`: once more, in words
                await self.send_to_provider(desk, self._validate_next_url(begun.goal), anew=True)
                return
            registry, authority = self.authenticator.zone.registry, desk.provider.settings.issuer
            await asyncio.to_thread(registry.refuse_vouched, refused.cause, authority, source=self.source())
            await self.refuse(refused.reason)
            return
        try:
            user = await self.login_user(signed_in.vouched)
        except Refused as refused:
            await self.refuse_known(refused.refusal, signed_in.vouched)
            return
        except NOT_KEPT as error:
            self.db.rollback()
            raise NotKept(error) from error
        self._jupyterhub_user = user
        self.set_hub_cookie(user)  # the hub keeps one of the same person, whose date is of an older sign-in
        desk.keep_token(self.get_session_cookie() or "", signed_in.id_token)
        self.set_cookie(VOUCHED_COOKIE, "1", **self.cookie_for(None))
        # The goal was checked when the sign-in began, and is checked again where it is used.
        self.redirect(self._validate_next_url(begun.goal) or "/")


class SignedOutHandler(IdentityPages):
    """Takes the provider's message that it signed somebody out (Back-Channel Logout 2.5)."""

    def check_xsrf_cookie(self) -> None:
        """Ask for no token of a form: a server sends this, and what it signed is what counts."""

    async def post(self) -> None:
        """End the sessions of the person; 400 for a message that does not count."""
        desk = self.desk
        self.set_header("Cache-Control", "no-store")
        if desk is None:
            self.send_error(404)
            return
        token = self.get_body_argument("logout_token", "")
        try:
            await desk.take_message(token, partial(self.authenticator.end_vouched, self))
        except NotVouched as refused:
            self.set_status(400)
            self.finish({"error": "invalid_request", "error_description": refused.cause})
            return
        self.finish("")
