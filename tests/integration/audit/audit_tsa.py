"""A time-stamping authority on this machine: `openssl ts` behind HTTP."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CONFIGURATION = """
[tsa]
default_tsa = a
[a]
dir = .
serial = serial
signer_cert = tsa.crt
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[extensions]
extendedKeyUsage = critical,timeStamping
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
"""


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority and its certificate."""

    directory: Path

    @property
    def root(self) -> Path:
        return self.directory / "ca.crt"

    def answer(self, request: bytes) -> bytes:
        """Return the response to a DER request."""
        asked, said = self.directory / "asked.tsq", self.directory / "said.tsr"
        asked.write_bytes(request)
        # Not with -chain: some readers take the order of certificates in such a reply for an error.
        openssl(self.directory, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", str(asked), "-out", str(said))
        return said.read_bytes()


def an_authority(directory: Path) -> Authority:
    """Make the keys and certificates of an authority."""
    if shutil.which("openssl") is None:
        pytest.fail("openssl is missing: apt-get install -y --no-install-recommends openssl")
    directory.mkdir()
    (directory / "tsa.cnf").write_text(CONFIGURATION)
    (directory / "serial").write_text("01\n")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        directory, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "30",
        "-subj", "/CN=Test root", "-config", "tsa.cnf", "-extensions", "root",
    )  # fmt: skip
    openssl(
        directory,
        "req",
        *new_key,
        "-keyout",
        "tsa.key",
        "-out",
        "tsa.csr",
        "-subj",
        "/CN=Test TSA",
        "-config",
        "tsa.cnf",
    )
    openssl(
        directory, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", "tsa.crt", "-days", "30", "-extfile", "tsa.cnf", "-extensions", "extensions",
    )  # fmt: skip
    return Authority(directory)


def openssl(directory: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@contextmanager
def serving_tsa(authority: Authority) -> Iterator[str]:
    """Run an authority behind an address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsa"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
