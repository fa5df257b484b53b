"""The certificate of the front, where the zone is its own authority: made anew before it ends.

It has the names and purposes of the one before. A certificate that somebody else gave is theirs to renew: it is
recognised by its authority's key, which then does not lie here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.mending.mend import Mend
from hub_config.settings import Settings

PLACE = Path("/etc/ansim/tls")
SOON = timedelta(days=30)
"""When the playbook renews it too."""
LASTS = timedelta(days=397)
"""The longest that browsers take."""
KEPT = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)


def ending_certificate(settings: Settings, place: Path = PLACE) -> Iterator[Mend]:
    """Find the certificate of an authority of this machine that ends within a month."""
    files = [place / name for name in ("zone.pem", "zone.key", "authority.pem", "authority.key")]
    try:
        if any(path.is_symlink() or not path.is_file() for path in files) or not _is_ours(place):
            return
        ends = _read(place / "zone.pem").not_valid_after_utc
    except (OSError, ValueError):
        return  # only root may look there
    if ends - datetime.now(UTC) < SOON:
        what = Text(
            "곧 끝나는 인증서({day}까지)를 자체 인증기관으로 다시 만들고 nginx에 알립니다: {path}",
            "Make the certificate that ends on {day} anew with the zone's own authority, and tell nginx: {path}",
        )
        said = what.format(day=f"{ends:%Y-%m-%d}", path=place / "zone.pem")
        yield Mend("certificate_renewed", said, partial(renew, place))


def renew(place: Path, *, reload: bool = True) -> None:
    """Make key and certificate anew, with the names of those before, and have the front read them.

    Raises: EnvironmentMissing — the authority itself is over, or nginx does not take the files.
    """
    old, authority = _read(place / "zone.pem"), _read(place / "authority.pem")
    now = datetime.now(UTC)
    if authority.not_valid_after_utc - now < SOON:
        raise EnvironmentMissing(_AUTHORITY_OVER, hint=_NEW_AUTHORITY)
    signing = serialization.load_pem_private_key((place / "authority.key").read_bytes(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        issuer_name=authority.subject,
        subject_name=old.subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(hours=1),
        not_valid_after=min(now + LASTS, authority.not_valid_after_utc),
    )
    for kind in KEPT:
        extension = old.extensions.get_extension_for_class(kind)
        builder = builder.add_extension(extension.value, extension.critical)
    made = builder.sign(signing, hashes.SHA256())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    before = {name: (place / name).read_bytes() for name in ("zone.key", "zone.pem")}
    _put(place / "zone.key", key.private_bytes(encoding, form, serialization.NoEncryption()))
    _put(place / "zone.pem", made.public_bytes(encoding))
    try:
        if reload:
            _tell_nginx()
    except BaseException:
        for name, content in before.items():  # a pair that the front does not take would stop its next start
            _put(place / name, content)
        raise


def _tell_nginx() -> None:
    for command in (["nginx", "-t", "-q"], ["systemctl", "reload", "nginx"]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            refused = Text("nginx가 받아들이지 않습니다: {said}", "nginx does not take it: {said}")
            raise EnvironmentMissing(refused.format(said=done.stderr.strip()[:200]))


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _is_ours(place: Path) -> bool:
    """Tell whether the authority here is the one that made the certificate."""
    try:
        _read(place / "zone.pem").verify_directly_issued_by(_read(place / "authority.pem"))
    except Exception:  # the library names several kinds for "no": a wrong name, a wrong key, a wrong signature
        return False
    return True


def _put(path: Path, data: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


_AUTHORITY_OVER = Text("자체 인증기관의 인증서도 곧 끝납니다.", "The zone's own authority ends soon too.")
_NEW_AUTHORITY = Text(
    "/etc/ansim/tls/authority.*를 옮겨 두고 플레이북을 다시 실행한 뒤, 새 인증기관을 브라우저에 배포하십시오.",
    "Put /etc/ansim/tls/authority.* aside, play the playbook again, and give the new authority to the browsers.",
)
