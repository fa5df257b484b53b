"""The hub's pages that a person sees, signing in and signing out, in Korean and English, without scripts."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from tornado.httputil import url_concat
from tornado.web import HTTPError

from hub_config.authenticator import FIELDS, Refused
from hub_config.not_kept import NOT_KEPT, NotKept
from hub_config.sign_in_times import has_to_sign_in
from portal.i18n import Language, as_language, preferred
from registry.text import Text

VOUCHED_COOKIE = "ansim-vouched"
"""Says that a browser's session came by the provider, so that signing out goes there too; it gives no right."""
COOKIE_PATH = "/hub/"
LANGUAGE_COOKIE = "ansim-language"  # the portal sets it; a person chooses once for both

TEXTS = {
    "sign_in": Text(ko="로그인", en="Sign in"),
    "lead": Text(
        ko="아이디와 비밀번호, 인증 앱의 6자리 번호를 입력하십시오.",
        en="Enter your user name, your password and the six digits of your authenticator app.",
    ),
    "username": Text(ko="아이디", en="User name"),
    "password": Text(ko="비밀번호", en="Password"),
    "code": Text(ko="인증번호 6자리", en="Six-digit code"),
    "code_hint": Text(
        ko="인증 앱에 지금 표시된 번호입니다. 번호마다 한 번만 쓸 수 있습니다.",
        en="The number your authenticator app shows now. Each number works once.",
    ),
    "recorded": Text(
        ko="이 구역에서 하는 일은 접속 일시와 접속지를 포함해 기록됩니다.",
        en="What you do in this zone is recorded, with the time and the address you connect from.",
    ),
    "demo": Text(
        ko="시범 구역입니다. 데이터는 모두 가상이며, 실제 데이터를 넣을 수 없습니다.",
        en="This is a demo zone. All data is invented, and no real data can be put in.",
    ),
    "help": Text(
        ko="로그인할 수 없으면 운영자에게 문의하십시오. 인증 앱을 잃어버렸다면 운영자가 재설정을 신청합니다.",
        en="If you cannot sign in, ask an operator of the zone, who can also reset a lost authenticator.",
    ),
    "expired": Text(
        ko="화면을 연 지 오래되어 다시 확인이 필요합니다. 한 번 더 입력하십시오.",
        en="This page was open for too long. Please enter everything once more.",
    ),
    "failed": Text(
        ko="지금은 로그인할 수 없습니다. 잠시 뒤 다시 시도하십시오.",
        en="Signing in is not possible right now. Try again in a moment.",
    ),
    "signed_out": Text(ko="로그아웃했습니다", en="You have signed out"),
    "signed_out_lead": Text(
        ko="분석환경에서 실행 중인 작업은 그대로 계속됩니다.",
        en="Whatever runs in your workspaces goes on.",
    ),
    "signed_out_there": Text(ko="기관에서도 로그아웃합니다", en="Sign out at your organisation too"),
    "or": Text(ko="또는", en="or"),
    "again": Text(ko="다시 로그인", en="Sign in again"),
    "other_language": Text(ko="English", en="한국어"),
}


BEGIN_PATH = "/hub/identity/begin"
BY_PROVIDER = Text(ko="{name}(으)로 로그인", en="Sign in with {name}")


class BilingualHandler:
    """Gives every template the language of the request: chosen here or in the portal, or the browser's."""

    request: Any

    @property
    def language(self) -> Language:
        """The language of the page."""
        asked = as_language(self.get_argument("lang", None)) or as_language(self.get_cookie(LANGUAGE_COOKIE))  # type: ignore[attr-defined]
        return asked or preferred(self.request.headers.get("Accept-Language", ""))

    def page_values(self) -> dict[str, Any]:
        """Return what the templates of `hub_config/templates` need."""
        language = self.language
        other = "en" if language == "ko" else "ko"
        arguments = {name: self.get_argument(name, "") for name in ("next",)}  # type: ignore[attr-defined]
        query = {name: value for name, value in arguments.items() if value}
        return {
            "lang": language,
            "other_lang": other,
            "other_lang_url": url_concat(self.request.path, {**query, "lang": other}),
            "t": {name: text.text(language) for name, text in TEXTS.items()},
        }


class FormExpired(HTTPError):
    """The form was not made for this browser, or too long ago; the hub shows `jupyterhub_message`."""

    def __init__(self, message: str) -> None:
        super().__init__(403, "form expired")
        self.jupyterhub_message = message


class SignInHandler(BilingualHandler, LoginHandler):  # type: ignore[misc]  # the base class carries no types
    """Shows the form and takes it."""

    async def get(self) -> None:
        """Show the form, also to a browser that is signed in, where its goal demands a sign-in of this moment."""
        if has_to_sign_in(self, self.get_argument("next", "")):
            self.finish(await self._render(username=""))
        else:
            await super().get()

    async def post(self) -> None:
        """Sign in, or show the form again with the one text that every refusal has."""
        data = {name: self.get_body_argument(name, "", strip=False) for name in FIELDS}
        try:
            user = await self.login_user(data)
        except Refused as refused:
            reason = f"{refused.refusal.text(self.language)} {refused.refusal.hint.text(self.language)}"
            await self._ask_again(refused, reason, data["username"])
            return
        except NOT_KEPT as error:
            self.db.rollback()
            unkept = NotKept(error)
            await self._ask_again(unkept, unkept.why.text(self.language), data["username"])
            return
        self._jupyterhub_user = user
        self.set_hub_cookie(user)  # the hub keeps one of the same person, whose date is of an older sign-in
        self.redirect(self.get_next_url(user))

    async def _ask_again(self, error: HTTPError, reason: str, username: str) -> None:
        self.set_status(error.status_code)
        self.finish(await self._render(login_error=reason, username=username.strip()[:64]))

    def append_query_parameters(self, url: str, exclude: list[str] | None = None) -> str:
        """Return the goal as it is: the parameters of this page mean nothing there."""
        return url

    def check_xsrf_cookie(self) -> None:
        """Refuse a form that this page did not make for this browser, in the person's language."""
        try:
            super().check_xsrf_cookie()
        except HTTPError as error:
            raise FormExpired(TEXTS["expired"].text(self.language)) from error

    def render_template(self, name: str, sync: bool = False, **values: Any) -> Any:
        """Render with the language; an error of the form is shown in the form."""
        if name == "login.html" and values.get("status_code", 0) >= 500:
            values["login_error"] = TEXTS["failed"].text(self.language)
        return super().render_template(name, sync=sync, **{**self.page_values(), **self._other_way(), **values})

    def _other_way(self) -> dict[str, str]:
        """Return the button of the provider that vouches for people, where the zone has one."""
        oidc = self.authenticator.zone.settings.oidc
        if not oidc.on:
            return {}
        goal = self.get_argument("next", "")
        address = url_concat(BEGIN_PATH, {"next": goal} if goal else {})
        words = BY_PROVIDER.fill(name=oidc.name.text(self.language)).text(self.language)
        return {"provider_address": address, "provider_button": words}


class SignOutHandler(BilingualHandler, LogoutHandler):  # type: ignore[misc]  # the base class carries no types
    """Ends the session of the hub and with it the tokens that the portal and the gate hold for it."""

    async def default_handle_logout(self) -> None:
        """Sign out, and record it if somebody was signed in."""
        user = self.current_user
        session = self.get_session_cookie() or ""  # gone after the next line
        await super().default_handle_logout()
        if user is not None:
            await asyncio.to_thread(self.authenticator.record_sign_out, str(user.name), self.request)
        self._provider_address = await self._at_the_provider(session) if self.get_cookie(VOUCHED_COOKIE) else None

    async def _at_the_provider(self, session: str) -> str | None:
        """Return where the browser also signs out, once: after that the cookie is gone."""
        self.clear_cookie(VOUCHED_COOKIE, path=COOKIE_PATH)
        desk = self.authenticator.identity
        if desk is None:
            return None
        back, token = self.authenticator.zone.settings.origin("zone") + self.request.path, desk.take_token(session)
        found: str | None = await desk.ask(lambda: desk.provider.sign_out_address(back, token))
        return found

    async def render_logout_page(self) -> None:
        """Say that it is done, and lead on to the provider, if the session came by it.

        A page leads on, not a redirect: the portal's form began this, and `form-action` would stop it at its own site.
        """
        address = self._provider_address
        self.finish(await self.render_template("logout.html", provider_address=address))

    def render_template(self, name: str, sync: bool = False, **values: Any) -> Any:
        """Render with the language."""
        return super().render_template(name, sync=sync, **{**self.page_values(), **values})
