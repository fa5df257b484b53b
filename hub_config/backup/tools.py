"""The two kept programs behind backups: restic keeps them, age closes the keys for people who are elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.text import Text
from hub_config.backup.errors import NoRoom, ToolFailed, ToolMissing

Progress = Callable[[float], None]
"""Is told how much is done, from 0.0 to 1.0."""

_SAID_CHARACTERS = 400
_FULL = ("no space left on device", "disk quota exceeded")
"""How restic, age and PostgreSQL's programs pass on ENOSPC and EDQUOT."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One backup in a repository."""

    id: str
    time: datetime
    home: Path
    """Where the zone lay when it was taken."""


@dataclass(frozen=True, slots=True)
class Restic:
    """A restic repository, opened with the password in a file; all that is written to it is encrypted by restic."""

    repository: str
    password_file: Path
    cache: Path

    def initialise(self) -> None:
        """Make the repository. Raises: ToolFailed — if there is one already, or it cannot be made."""
        self._run("init")

    def exists(self) -> bool:
        """Say whether the repository opens with this password."""
        return self._process("cat", "config").returncode == 0

    def back_up(self, home: Path, excluded: Sequence[Path], progress: Progress) -> str:
        """Take a snapshot of a directory without some places below it; return its id.

        Raises: ToolFailed — if one file of it could not be read, too: half a backup is none.
        """
        without = [f"--exclude={_pattern(path)}" for path in excluded]
        found = ""
        for line in self._lines("backup", str(home), "--tag", "ansim", "--host", "ansim", "--json", *without):
            match line.get("message_type"):
                case "status":
                    progress(float(line.get("percent_done", 0.0)))
                case "summary":
                    found = str(line["snapshot_id"])
        if not found:
            raise ToolFailed(Text("restic이 스냅숏 이름을 알려 주지 않았습니다.", "restic named no snapshot."))
        return self.snapshot(found).id

    def snapshots(self) -> list[Snapshot]:
        """Return the backups, oldest first."""
        listed = json.loads(self._read("snapshots", "--tag", "ansim", "--json")) or []
        found = [
            Snapshot(one["id"], datetime.fromisoformat(_micro(one["time"])), Path(one["paths"][0])) for one in listed
        ]
        return sorted(found, key=lambda snapshot: snapshot.time)

    def snapshot(self, name: str) -> Snapshot:
        """Return the one backup whose id begins so, or the newest for "latest". Raises: ToolFailed."""
        every = self.snapshots()
        fitting = every[-1:] if name == "latest" else [s for s in every if name and s.id.startswith(name)]
        if len(fitting) != 1:
            called = Text("{name}(으)로 시작하는 백업이 {n}개입니다.", "{n} backups are called {name}.")
            hint = Text("`ansim backup list`로 백업을 볼 수 있습니다.", "`ansim backup list` shows them.")
            raise ToolFailed(called.format(n=len(fitting), name=repr(name)), hint=hint)
        return fitting[0]

    def restore(self, snapshot: Snapshot, target: Path, *, without: Sequence[Path] = ()) -> Path:
        """Write a snapshot below a directory, each file read again and compared; return the home within."""
        excluded = [f"--exclude={_pattern(path)}" for path in without]
        self._read("restore", snapshot.id, "--target", str(target), "--verify", *excluded)
        return target / snapshot.home.relative_to("/")

    def drop_dead_locks(self) -> None:
        """Remove what a killed restic left: without that nothing old could be forgotten. Raises: ToolFailed."""
        self._run("unlock")

    def check(self) -> None:
        """Read every byte of the repository and hold it against its hashes. Raises: ToolFailed."""
        self._run("check", "--read-data")

    def forget(self, keep_days: int) -> None:
        """Remove what is older than some days and make room; the newest backup stays whatever its age."""
        kept = ("--keep-within", f"{keep_days}d", "--keep-last", "1")
        self._run("forget", "--tag", "ansim", "--host", "ansim", *kept, "--prune")

    def drop(self, snapshot: str) -> None:
        """Remove one snapshot; its bytes go with the next `forget`. Raises: ToolFailed."""
        self._run("forget", snapshot)

    def _read(self, *arguments: str) -> str:
        """Run what only reads the repository; where its disk has no room for restic's lock, without one."""
        try:
            return self._run(*arguments)
        except NoRoom as error:
            if "/locks/" not in str(error):
                raise
        return self._run(*arguments, "--no-lock")

    def _run(self, *arguments: str) -> str:
        ended = self._process(*arguments)
        if ended.returncode:
            raise failure(f"restic {arguments[0]}", ended.stderr or ended.stdout)
        return ended.stdout

    def _process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [find("restic", "restic"), *arguments]
        return subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)

    def _lines(self, *arguments: str) -> Iterator[dict[str, Any]]:
        command = [find("restic", "restic"), *arguments]
        # What it says of files goes to a file of its own: a pipe nobody reads would stop it.
        self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        errors = self.cache / "errors"
        with (
            errors.open("w+", encoding="utf-8") as complaints,
            subprocess.Popen(
                command, env=self._environment(), stdout=subprocess.PIPE, stderr=complaints, text=True
            ) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        if process.returncode:
            raise failure(f"restic {arguments[0]}", errors.read_text(encoding="utf-8"))

    def _environment(self) -> dict[str, str]:
        mine = {
            "RESTIC_REPOSITORY": self.repository,
            "RESTIC_PASSWORD_FILE": str(self.password_file),
            "RESTIC_CACHE_DIR": str(self.cache),
            "RESTIC_PROGRESS_FPS": "2",
        }
        return {**os.environ, **mine}


def close_for(recipients: Sequence[str], plain: bytes, target: Path) -> None:
    """Encrypt bytes so that only the holders of the recipients' keys can read them (age, X25519).

    Raises: ToolFailed — if a recipient is no public key of age, or there is no room; what was there stays.
    """
    named = [argument for recipient in recipients for argument in ("--recipient", recipient)]
    fresh = target.with_name(target.name + ".new")
    try:
        _age(["--output", str(fresh), *named], plain)
        fresh.chmod(0o600)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def open_with(identity: Path, closed: Path) -> bytes:
    """Decrypt a file with the identity of a recipient. Raises: ToolFailed — if it was closed for others."""
    return _age(["--decrypt", "--identity", str(identity), str(closed)], b"")


def find(program: str, package: str) -> str:
    """Return where a program lies. Raises: ToolMissing."""
    found = shutil.which(program)
    if found is None:
        raise ToolMissing(program, package)
    return found


def failure(program: str, output: str) -> ToolFailed:
    """Return the error of a program that ended so, in its own words: they name the place and the reason."""
    full = next((line for line in output.splitlines() if any(words in line.lower() for words in _FULL)), None)
    told = f"{program}: {said(full or output)}"
    if full is None:
        return ToolFailed(told)
    return NoRoom(Text("디스크가 가득 찼습니다. {told}", "A disk is full. {told}").format(told=told))


def said(output: str) -> str:
    """Return the end of what a program said, in one line."""
    return " ".join(output.split())[-_SAID_CHARACTERS:] or "it gave no reason."


def _age(arguments: Sequence[str], given: bytes) -> bytes:
    ended = subprocess.run([find("age", "age"), *arguments], input=given, capture_output=True, check=False)
    if ended.returncode:
        raise failure("age", ended.stderr.decode("utf-8", "replace"))
    return ended.stdout


def _pattern(path: Path) -> str:
    """Return a path as a pattern of restic that means nothing but this path."""
    return "".join("\\" + c if c in "*?[]\\$" else c for c in str(path))


def _micro(text: str) -> str:
    """Return a moment with at most six digits of a second: restic writes nine."""
    whole, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{whole}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}".replace("Z", "+00:00")
