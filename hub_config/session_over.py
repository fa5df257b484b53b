"""The gate's word that a session at workspaces is over: whoever comes next has to sign in.

Without it the hub, which has no idle limit, would open the workspace again without asking anything. The word carries
the hub's own token of that session, which only the gate has ever held; no browser can reach this path.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.orm import new_token

from hub_config.sign_in_times import GATE
from registry.session_ends import LIMITS

PATH = "/session-over"
SESSION = re.compile(r"s_[a-z2-7]{16}")


class SessionOverHandler(BaseHandler):  # type: ignore[misc]  # the base class carries no types
    """Forgets in which browsers a person is signed in; other sessions that are open go on until they end."""

    def check_xsrf_cookie(self) -> None:
        """Ask for no token of a form: no browser sends this."""

    async def post(self) -> None:
        """Record the end and end the sign-in; 403 for a token that is none of the gate's, or no longer one.

        If it cannot be recorded nothing ends here: the gate opens nothing meanwhile, and says it again.
        """
        token = self.get_token()
        if token is None or token.client_id != GATE or token.user is None:
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        limit, session = self.get_body_argument("limit", ""), self.get_body_argument("session", "")
        if limit not in LIMITS or not SESSION.fullmatch(session):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        name = str(token.user.name)
        await asyncio.to_thread(self.authenticator.record_time_over, name, session, limit)
        token.user.cookie_id = new_token()
        token.expires_at = token.now()
        self.db.commit()
        self.set_status(HTTPStatus.NO_CONTENT)
