"""Whether workspaces can be reached under hosts of their own: name server and certificate know `*.<domain>`.

Asked with a name that no workspace has, over the network, as a browser does: only a wildcard answers for it.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import ssl
from collections.abc import Callable

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from audit.text import Text
from hub_config.certificates import HTTPS, SECONDS
from hub_config.settings import Settings

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
LABEL_LETTERS = 26  # as long as those of workspaces
LOOPBACK = "localhost"  # browsers lead every name below it to their own machine (RFC 6761 section 6.3)

Resolve = Callable[[str], frozenset[str]]
Certified = Callable[[str], frozenset[str] | None]
"""The names that a certificate is for which is shown to whoever asks for a host; None where nobody answers."""

_UNKNOWN = Text(
    "분석환경의 이름(*.{domain})을 이 서버의 이름 서버가 모릅니다.",
    "The name server of this machine does not know the names of workspaces (*.{domain}).",
)
_ELSEWHERE = Text(
    "분석환경의 이름(*.{domain})이 구역({zone})과 다른 주소를 가리킵니다.",
    "The names of workspaces (*.{domain}) lead to another address than the zone ({zone}).",
)
_UNCOVERED = Text(
    "인증서가 분석환경의 이름(*.{domain})을 포함하지 않습니다.",
    "The certificate does not cover the names of workspaces (*.{domain}).",
)
_NAME_HINT = Text(
    "이름 서버에 `*.{domain}`을 {zone}과 같은 주소로 등록하십시오. 그럴 수 없으면 ansim.yaml에 `gate: "
    "{{workspace_origins: one}}`을 두고 다시 시작하십시오. 그러면 분석환경이 한 출처를 함께 씁니다(위협 모형 R12).",
    "Enter `*.{domain}` at the name server, with the address of {zone}. Where that cannot be had, set `gate: "
    "{{workspace_origins: one}}` in ansim.yaml and start again: workspaces then share one origin (threat model, R12).",
)
_CERTIFICATE_HINT = Text(
    "`*.{domain}`이 들어 있는 인증서로 바꾸십시오. 플레이북의 내부 인증서에는 들어 있고, Let's Encrypt는 DNS 인증으로만"
    " 발급합니다. 그럴 수 없으면 ansim.yaml에 `gate: {{workspace_origins: one}}`을 두십시오.",
    "Use a certificate that names `*.{domain}`: the playbook's own authority issues one, Let's Encrypt by DNS only. "
    "Where that cannot be had, set `gate: {{workspace_origins: one}}` in ansim.yaml.",
)
_SHARED = Text("분석환경이 한 출처를 함께 씁니다.", "workspaces share one origin")


def resolve(name: str) -> frozenset[str]:
    """Return the addresses of a name; none for one that is not known."""
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except OSError:
        return frozenset()


def certified(name: str, addresses: tuple[tuple[str, int], ...] = ()) -> frozenset[str] | None:
    """Return the names of the certificate that is shown to whoever asks for a host; None where nobody answers.

    The machine of the zone may not know its outside name; the front is then the one on this machine.
    """
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE  # only names are read; whether it holds is looked at elsewhere
    for address in addresses or ((name, HTTPS), ("127.0.0.1", HTTPS)):
        try:
            with (
                socket.create_connection(address, SECONDS) as plain,
                looking.wrap_socket(plain, server_hostname=name) as secured,
            ):
                shown = secured.getpeercert(binary_form=True)
        except (OSError, ValueError):
            continue
        if shown is not None:
            return names_of(x509.load_der_x509_certificate(shown))
    return None


def names_of(certificate: x509.Certificate) -> frozenset[str]:
    """Return the host names that a certificate is for."""
    try:
        value = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return frozenset()
    if not isinstance(value, x509.SubjectAlternativeName):
        return frozenset()
    return frozenset(name.lower() for name in value.get_values_for_type(x509.DNSName))


def fault_of(
    settings: Settings, *, resolve: Resolve = resolve, certified: Certified = certified
) -> tuple[Text, Text] | None:
    """Say what keeps browsers from reaching workspaces under hosts of their own, and what to do; None where nothing."""
    domain, zone = settings.zone.domain.lower(), settings.host("zone").partition(":")[0]
    if settings.gate.workspace_origins != "own" or domain == LOOPBACK or domain.endswith(f".{LOOPBACK}"):
        return None
    name = "w-" + "".join(secrets.choice(LETTERS) for _ in range(LABEL_LETTERS)) + f".{domain}"
    found, of_zone = resolve(name), resolve(zone)
    if not found:
        return _UNKNOWN.format(domain=domain), _NAME_HINT.format(domain=domain, zone=zone)
    # A server often knows its own name by a loopback address, which says nothing of where others are led.
    if not any(map(_is_loopback, of_zone)) and of_zone and not found & of_zone:
        return _ELSEWHERE.format(domain=domain, zone=zone), _NAME_HINT.format(domain=domain, zone=zone)
    covered = certified(name) if settings.zone.scheme == "https" else None
    if covered is not None and f"*.{domain}" not in covered:
        return _UNCOVERED.format(domain=domain), _CERTIFICATE_HINT.format(domain=domain)
    return None


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def shared(settings: Settings) -> Text | None:
    """Return the words for a zone whose workspaces share one origin."""
    return None if settings.gate.workspace_origins == "own" else _SHARED
