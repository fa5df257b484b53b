"""What `ansim doctor` says about signing in: whether the provider answers, and whether the envelope is closed."""

from __future__ import annotations

import stat

from sqlalchemy.exc import DatabaseError

from audit.db import Database
from hub_config.identity.desk import IdentityDesk
from hub_config.identity.errors import NotVouched
from hub_config.settings import Settings
from registry.emergency import EmergencyAccount, emergency_account_in

HINTS = {
    "provider_unreachable": "Open oidc.issuer + /.well-known/openid-configuration from this machine; set"
    " oidc.certificates if the provider has a certificate of the house.",
    "provider_describes_another": "Write oidc.issuer exactly as the provider does, with or without a last slash.",
    "provider_not_safe": "The provider must give https addresses for its endpoints.",
    "provider_keys_unreadable": "The provider's jwks_uri must hold RSA, EC or Ed25519 keys.",
}
SECRET_HINT = "Put the secret of the client there: install -m 600 /dev/stdin FILE"  # noqa: S105 — a command, no secret


def fault_of(settings: Settings) -> tuple[str, str] | None:
    """Return what is wrong and what to do next; None for a provider that fits, and for a zone without one."""
    desk = IdentityDesk.of(settings)
    if desk is None:
        return None
    secret = settings.home / settings.oidc.client_secret_file
    try:
        status = secret.stat()
    except OSError:
        return f"{settings.oidc.client_secret_file} cannot be read", SECRET_HINT
    if stat.S_IMODE(status.st_mode) & 0o077:
        return f"{settings.oidc.client_secret_file} is open to others", f"chmod 600 {secret}"
    try:
        desk.provider.described()
    except NotVouched as refused:
        return f"the provider does not fit: {refused.cause}", HINTS[refused.cause]
    return None


def emergency_account(settings: Settings) -> EmergencyAccount | None:
    """Return the emergency account; None if there is none, or no database that would know."""
    if not settings.has_database():
        return None
    try:
        db = Database.open(settings.database_url())
    except (DatabaseError, OSError):
        return None
    try:
        with db.read() as tx:
            return emergency_account_in(tx)
    except DatabaseError:
        return None
    finally:
        db.close()
