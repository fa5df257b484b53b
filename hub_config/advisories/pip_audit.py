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

from hub_config.advisories.model import AdvisoriesUnknown, Installed, Known

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

    def known(self, packages: Sequence[Installed]) -> list[Known]:
        """Return all that it finds against these packages. Raises: AdvisoriesUnknown."""
        program = shutil.which(self.command)
        if program is None:
            raise AdvisoriesUnknown("pip-audit is not installed")
        found: list[Known] = []
        for image in sorted({package.image for package in packages}):
            found += self._of_image(program, [package for package in packages if package.image == image])
        return sorted(found)

    def _of_image(self, program: str, packages: Sequence[Installed]) -> list[Known]:
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
                Known(by_name[canonicalize_name(one["name"])], str(vuln["id"]), max(vuln["fix_versions"], default=""))
                for one in answered
                for vuln in one.get("vulns", ())
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise AdvisoriesUnknown("pip-audit could not ask the package index") from error
        if not by_name.keys() <= seen:  # what was skipped was not looked at
            raise AdvisoriesUnknown(f"pip-audit passed over {len(by_name.keys() - seen)} packages")
        return found
