"""Clusters to try: workers that are processes of their own, and the certificates with which all prove who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deid.scale.cluster import Certificates

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority of its own, as a zone makes one for its cluster and for nothing else."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    directory: Path

    @classmethod
    def made(cls, directory: Path) -> Authority:
        """Make an authority whose files are in a directory."""
        directory.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate("cluster authority", key, _name("cluster authority"), key, authority=True)
        _write(directory / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))
        return cls(key, certificate, directory)

    def issue(self, name: str) -> Certificates:
        """Return the files of a member of the cluster."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, self.certificate.subject, self.key, authority=False)
        files = Certificates(
            self.directory / "ca.pem", self.directory / f"{name}.pem", self.directory / f"{name}-key.pem"
        )
        _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        _write(files.key, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        return files


def local_cluster(authority: Authority, workers: int = 3) -> Any:
    """Return a scheduler with workers that speak TLS only, with time to start beside other tests."""
    import dask
    from distributed import LocalCluster, Security

    dask.config.set({f"distributed.comm.timeouts.{name}": "180s" for name in ("connect", "tcp")})
    files = {"scheduler": authority.issue("scheduler"), "worker": authority.issue("worker")}
    files["client"] = authority.issue("client")
    given = {f"tls_{who}_{what}": str(getattr(one, of)) for who, one in files.items() for what, of in _PARTS}
    security = Security(require_encryption=True, tls_ca_file=str(files["client"].authority), **given)  # type: ignore[no-untyped-call]
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
        protocol="tls://",
        security=security,
    )


_PARTS = (("cert", "certificate"), ("key", "key"))


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, by: ec.EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(by, hashes.SHA256())
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write(path: Path, data: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(data)
