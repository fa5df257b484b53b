"""Asks an LDAP directory or this machine's PAM whether a password is right; nothing else is read from them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import ldap3
import pamela
from ldap3.core.exceptions import LDAPException, LDAPSASLPrepError
from ldap3.protocol.sasl.sasl import validate_simple_password
from ldap3.utils.dn import escape_rdn

from hub_config.identity.directory_settings import DirectorySettings
from registry.directory import Directory, DirectoryUnreachable

SECONDS = 5  # for the connection and for the answer
RIGHT, WRONG = 0, frozenset({32, 34, 48, 49, 50, 53})  # RFC 4511 4.1.9: no such entry, refused, wrong credentials

UNSAID = frozenset({3, 4, 9})  # of Linux-PAM: SERVICE_ERR, SYSTEM_ERR, AUTHINFO_UNAVAIL


@dataclass(frozen=True, slots=True)
class LdapDirectory:
    """A simple bind (RFC 4513 5.1.3) as the person, over TLS; the connection ends with the answer."""

    settings: DirectorySettings
    home: Path

    def is_right(self, handle: str, password: str) -> bool:
        """Whether this is the person's password. Raises: DirectoryUnreachable."""
        # RFC 4513 5.1.2: a bind with an empty password succeeds for everybody, because it proves nothing.
        if not password or "\x00" in password:
            return False
        try:
            validate_simple_password(password)
        except LDAPSASLPrepError:
            return False  # RFC 4013: characters that no password has; ldap3 would refuse them when connected
        try:
            connection = ldap3.Connection(
                self._server(),
                user=self.settings.user_dn.replace("{handle}", escape_rdn(handle)),
                password=password,
                receive_timeout=SECONDS,
                read_only=True,
                auto_referrals=False,  # a password goes to the server that was named and to no other
            )
            connection.open()
            if self.settings.security == "starttls" and not connection.start_tls():
                raise DirectoryUnreachable
            connection.bind()
            code = int(connection.result["result"])
            connection.unbind()
        except (LDAPException, OSError) as error:
            raise DirectoryUnreachable from error
        if code != RIGHT and code not in WRONG:
            raise DirectoryUnreachable
        return code == RIGHT

    def _server(self) -> ldap3.Server:
        file = str(self.home / self.settings.certificates) if self.settings.certificates else None
        trust = ssl.create_default_context(cafile=file)
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED,
            version=ssl.PROTOCOL_TLS_CLIENT,
            ca_certs_file=file,
            ca_certs_data=None
            if file
            else "".join(map(ssl.DER_cert_to_PEM_cert, trust.get_ca_certs(binary_form=True))),
        )
        given = self.settings
        return ldap3.Server(
            given.host,
            port=given.port,
            use_ssl=given.security == "tls",
            tls=tls,
            connect_timeout=SECONDS,
            get_info=None,
        )


@dataclass(frozen=True, slots=True)
class PamDirectory:
    """The accounts of this machine, or what its PAM service asks (SSSD, a smart card, …)."""

    settings: DirectorySettings

    def is_right(self, handle: str, password: str) -> bool:
        """Whether this is the person's password, and the account is not over. Raises: DirectoryUnreachable."""
        if not password or "\x00" in password:
            return False
        if not (Path("/etc/pam.d") / self.settings.service).is_file():
            raise DirectoryUnreachable  # PAM would fall back to the service `other`
        try:
            pamela.authenticate(handle, password, service=self.settings.service, resetcred=0)
        except pamela.PAMError as error:
            if error.errno in UNSAID:
                raise DirectoryUnreachable from error
            return False
        return True


def directory_of(settings: DirectorySettings, home: Path) -> Directory | None:
    """Return who checks passwords; None for the zone itself."""
    match settings.kind:
        case "ldap":
            return LdapDirectory(settings, home)
        case "pam":
            return PamDirectory(settings)
        case "none":
            return None
