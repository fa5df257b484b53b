"""Makes the locked environment `.venv`; runs on a bare machine, so it uses the standard library only.

`run` installs what the zone needs, `development` adds what tests need (with the browser), `lock` resolves both
lock files anew. Every package is pinned with hashes; an environment whose lock file changed is made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENT = REPOSITORY / ".venv"
LOCKS = {
    "run": REPOSITORY / "requirements.lock",
    "development": REPOSITORY / "requirements-dev.lock",
    "english": REPOSITORY / "requirements-english.lock",  # the zone with the recognisers for English
}
MARK = ENVIRONMENT / "ansim-lock.sha256"
COMMAND = """#!{python}
import sys

from hub_config.cli import main

sys.exit(main())
"""
SYSTEMS = "Use Debian 12 or later, or Ubuntu 24.04 or later."
FIRST_BYTES = 7 * 10**9  # the environment takes 1 GB, images with their build layers and data the rest
#: What tests use beyond the environment: a browser, fonts for its pictures, a database server, a syslog receiver,
#: what keeps backups, and what judges the units of a server (an image of a container has no systemd).
TEST_PACKAGES = (
    "age",
    "chromium",
    "clamav",
    "fonts-nanum",
    "postgresql",
    "restic",
    "faketime",
    "rsyslog-gnutls",
    "slapd",
    "openssl",
    "softhsm2",
    "systemd",
)
#: What long tests use beyond that: a machine with a kernel of its own, and what plays the playbook into it.
LONG_PACKAGES = ("ansible-core", "e2fsprogs", "mmdebstrap", "nftables", "openssh-client", "qemu-system-x86")
#: Ubuntu's package is a pointer to a snap, which sees neither the tests' directories nor their certificates.
NO_CHROMIUM = (
    "Tests need Chromium, which Ubuntu has as a snap only, and that cannot be driven from here.",
    "Run `.venv/bin/playwright install --with-deps chromium` and link the program that it names to"
    " /usr/local/bin/chromium. `make up` needs no browser.",
)


def main(arguments: list[str]) -> int:
    """Make the environment that the first argument names; 3 when the machine lacks something."""
    kind = arguments[0] if arguments else "run"
    try:
        if kind == "lock":
            lock()
        elif kind == "up":
            check_machine()
            make("run")
        else:
            make(kind)
    except Missing as error:
        print(f"ansim: {error.args[0]}\n       {error.args[1]}", file=sys.stderr)
        return 3
    return 0


class Missing(Exception):
    """The machine lacks something: what, and how to get it."""


def check_machine() -> None:
    """Look whether a zone can be started at all, before anything is made.

    Raises: Missing
    """
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        raise Missing("This machine is neither Debian nor Ubuntu.", SYSTEMS)
    if os.geteuid() != 0:
        raise Missing("The zone must be started by root: it drives the container engine.", "Run `sudo make up`.")
    if not ENVIRONMENT.exists() and shutil.disk_usage(REPOSITORY).free < FIRST_BYTES:
        raise Missing(f"Less than {FIRST_BYTES // 10**9} GB are free at {REPOSITORY}.", "Free some space.")


def make(kind: str) -> None:
    """Make or complete the environment; nothing is done when it already stands.

    Raises: Missing
    """
    if sys.version_info < (3, 11):
        raise Missing("Python 3.11 or later is needed.", SYSTEMS)
    make_environment("run" if kind == "run" else "development")
    if kind != "run":
        install_system((*TEST_PACKAGES, *(LONG_PACKAGES if kind == "long" else ())))


def make_environment(kind: str) -> None:
    """Make or complete the Python environment.

    Raises: Missing
    """
    wanted = [digest(LOCKS["run"]), *([digest(LOCKS["development"])] if kind == "development" else [])]
    standing = MARK.read_text().split() if MARK.exists() else []
    if standing[: len(wanted)] == wanted:
        return
    if standing[:1] != wanted[:1]:
        create()
    print("Installing the locked Python packages (the first time takes about a minute) …", flush=True)
    pip("install", "--require-hashes", "--no-deps", "-r", str(LOCKS[kind]))
    link()
    MARK.write_text("\n".join(wanted) + "\n")


def create() -> None:
    """Make an empty environment in place of whatever stood there."""
    if ENVIRONMENT.exists():
        shutil.rmtree(ENVIRONMENT)
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode != 0:
        install_system(("python3-venv",))
    result = subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], capture_output=True, text=True)
    if result.returncode != 0:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        raise Missing(f"The environment cannot be made: {last(result)}", f"Free some space at {REPOSITORY}.")


def pip(*arguments: str) -> None:
    """Run pip in the environment; a failure leaves no half-made environment behind."""
    python = str(ENVIRONMENT / "bin" / "python")
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        raise Missing(
            f"The locked Python packages cannot be installed: {last(result)}",
            "Check the network and the free space, then try again.",
        )


def link() -> None:
    """Put the repository on the environment's path and write the `ansim` command."""
    python = ENVIRONMENT / "bin" / "python"
    paths = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(paths, capture_output=True, text=True, check=True).stdout.strip()
    (Path(site) / "ansim.pth").write_text(f"{REPOSITORY}\n")
    command = ENVIRONMENT / "bin" / "ansim"
    command.write_text(COMMAND.format(python=python))
    command.chmod(0o755)


def install_system(packages: tuple[str, ...]) -> None:
    """Install distribution packages that are missing, saying so first."""
    missing = [p for p in packages if not installed(p)]
    if "chromium" in missing and "ID=ubuntu\n" in Path("/etc/os-release").read_text():
        raise Missing(*NO_CHROMIUM)
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise Missing(f"These packages are missing, and so is apt-get: {names}.", SYSTEMS)
    if os.geteuid() != 0:
        raise Missing(f"These packages are missing: {names}.", f"Run `sudo apt-get install {names}`.")
    print(f"Installing {names} from the distribution …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands: tuple[list[str], ...] = (
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", *missing],
    )
    for command in commands:
        result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise Missing(f"{names} cannot be installed: {last(result)}", "Check the network and the free space.")


def installed(package: str) -> bool:
    """Say whether a distribution package is installed, or a browser of another source; a snap is none."""
    program = shutil.which(package) if package == "chromium" else None
    if program is not None and "snap" not in Path(program).resolve().parts:
        return True
    query = ["dpkg-query", "-W", "-f=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout == "installed"


def last(result: subprocess.CompletedProcess[str]) -> str:
    """Return the last line a program wrote: the one that says why it stopped."""
    lines = [line for line in ((result.stdout or "") + (result.stderr or "")).splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def lock() -> None:
    """Resolve the lock files anew for every Python that is supported."""
    uv: list[str] = [
        str(ENVIRONMENT / "bin" / "uv"),
        "pip",
        "compile",
        "--universal",
        "--python-version",
        "3.11",
    ]
    uv += ["--generate-hashes", "--no-annotate", "--upgrade", "--quiet"]
    uv += ["--custom-compile-command", "make lock", "pyproject.toml"]
    subprocess.run([*uv, "-o", LOCKS["run"].name], cwd=REPOSITORY, check=True)
    constraint = ["--constraint", LOCKS["run"].name]
    subprocess.run([*uv, *constraint, "--extra", "dev", "-o", LOCKS["development"].name], cwd=REPOSITORY, check=True)
    # Not held to the versions above: Presidio wants an older numpy.
    subprocess.run([*uv, "--extra", "deid-english", "-o", LOCKS["english"].name], cwd=REPOSITORY, check=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
