"""Advisories for Python packages as `pip-audit` has them from the package index, where that command is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from hub_config.advisories.model import AdvisoriesUnknown, Installed, Known, Looked, latest

SECONDS = 300
DONE = frozenset({0, 1})  # 1: something was found


@dataclass(frozen=True, slots=True)
class PipAudit:
    """The command; it asks the index for exactly the versions that are named and installs nothing."""

    command: str = "pip-audit"

    @property
    def origin(self) -> str:
        """Where the data come from."""
        return "pip-audit, from the package index, now"

    def order(self, version: str) -> Version:
        """Return a version as pip compares it."""
        return Version(version)

    def look(self, packages: Sequence[Installed]) -> Looked:
        """Return all that it finds against these packages. Raises: AdvisoriesUnknown.

        It passes over what the index does not answer for, and ends as if nothing were known against it; a mirror
        without the index's JSON answers for nothing at all.
        """
        program = shutil.which(self.command)
        if program is None:
            raise AdvisoriesUnknown("pip-audit is not installed")
        found: list[Known] = []
        passed_over: list[Installed] = []
        for image in sorted({package.image for package in packages}):
            looked = self._of_image(program, [package for package in packages if package.image == image])
            found += looked.found
            passed_over += looked.passed_over
        if len(passed_over) == len(packages):
            raise AdvisoriesUnknown(f"pip-audit passed over all {len(packages)} packages: the index does not answer")
        return Looked(sorted(found), sorted(passed_over))

    def _of_image(self, program: str, packages: Sequence[Installed]) -> Looked:
        by_name = {canonicalize_name(package.name): package for package in packages}
        with tempfile.TemporaryDirectory(prefix="ansim-audit-") as directory:
            listed = Path(directory) / "requirements.txt"
            listed.write_text("".join(f"{p.name}=={p.version}\n" for p in packages), encoding="utf-8")
            words = (program, "--requirement", str(listed), "--no-deps", "--disable-pip")
            shown = ("--format", "json", "--progress-spinner", "off")
            try:
                done = subprocess.run([*words, *shown], capture_output=True, timeout=SECONDS, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise AdvisoriesUnknown(f"pip-audit did not end: {type(error).__name__}") from error
        try:
            if done.returncode not in DONE:
                raise ValueError(done.returncode)
            answered = json.loads(done.stdout)["dependencies"]
            seen = {canonicalize_name(one["name"]) for one in answered if "skip_reason" not in one}
            found = [
                Known(by_name[canonicalize_name(one["name"])], str(vuln["id"]), latest(vuln["fix_versions"], Version))
                for one in answered
                for vuln in one.get("vulns", ())
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise AdvisoriesUnknown("pip-audit could not ask the package index") from error
        return Looked(found, [package for name, package in by_name.items() if name not in seen])
