"""What `ansim doctor` says about signing in: whether the provider answers, and whether the envelope is closed."""

from __future__ import annotations

import stat

from audit.text import Text
from hub_config.glance import glance
from hub_config.identity.desk import IdentityDesk
from hub_config.identity.errors import NotVouched
from hub_config.settings import Settings
from registry.emergency import EmergencyAccount, emergency_account_in

HINTS = {
    "provider_unreachable": Text(
        "이 컴퓨터에서 oidc.issuer 뒤에 /.well-known/openid-configuration을 붙인 주소를 열어 보십시오. 제공자가 기관의"
        " 인증서를 쓰면 oidc.certificates를 적으십시오.",
        "Open oidc.issuer + /.well-known/openid-configuration from this machine; set oidc.certificates if the provider"
        " has a certificate of the house.",
    ),
    "provider_describes_another": Text(
        "oidc.issuer를 제공자가 적은 그대로, 끝의 빗금까지 같게 적으십시오.",
        "Write oidc.issuer exactly as the provider does, with or without a last slash.",
    ),
    "provider_not_safe": Text(
        "제공자의 주소는 모두 https여야 합니다.", "The provider must give https addresses for its endpoints."
    ),
    "provider_keys_unreadable": Text(
        "제공자의 jwks_uri에 RSA, EC 또는 Ed25519 키가 있어야 합니다.",
        "The provider's jwks_uri must hold RSA, EC or Ed25519 keys.",
    ),
}
_SECRET_HINT = Text(
    "클라이언트의 비밀값을 그 파일에 넣으십시오: install -m 600 /dev/stdin FILE",
    "Put the secret of the client there: install -m 600 /dev/stdin FILE",
)
_UNREADABLE = Text("읽을 수 없는 파일입니다: {file}", "{file} cannot be read")
_OPEN = Text("다른 사용자도 읽을 수 있는 파일입니다: {file}", "{file} is open to others")
_CLOSE = Text("권한을 줄이십시오: chmod 600 {file}", "Take the rights away: chmod 600 {file}")
_UNFIT = Text("제공자가 맞지 않습니다: {cause}", "the provider does not fit: {cause}")


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Return what is wrong and what to do next; None for a provider that fits, and for a zone without one."""
    desk = IdentityDesk.of(settings)
    if desk is None:
        return None
    secret = settings.home / settings.oidc.client_secret_file
    try:
        status = secret.stat()
    except OSError:
        return _UNREADABLE.format(file=settings.oidc.client_secret_file), _SECRET_HINT
    if stat.S_IMODE(status.st_mode) & 0o077:
        return _OPEN.format(file=settings.oidc.client_secret_file), _CLOSE.format(file=secret)
    try:
        desk.provider.described()
    except NotVouched as refused:
        return _UNFIT.format(cause=refused.cause), HINTS[refused.cause]
    return None


def emergency_account(settings: Settings) -> EmergencyAccount | None:
    """Return the emergency account; None if there is none, or no database that would know."""
    return glance(settings, emergency_account_in)
