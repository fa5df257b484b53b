"""A secret that a page has an operator lay down on a server is the zone's own to read, and nobody else's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from hub_config.processes import REPOSITORY

HOME = "/var/lib/ansim"
PAGES = {"send-email": "mail.password", "sign-in-with-your-organisation": "keys/oidc-client.secret"}
#: The `ansim` of a server reads as its user, without any right over the files of others: so as that user it is written.
WRITTEN = re.compile(r"^sudo -u ansim (sh -c '[^']+')", re.MULTILINE)


@pytest.mark.parametrize("language", ["", ".ko"])
@pytest.mark.parametrize("name", PAGES)
def test_a_secret_is_written_by_the_zones_user_for_itself_alone(tmp_path: Path, name: str, language: str) -> None:
    page = (REPOSITORY / "docs" / "how-to" / f"{name}{language}.md").read_text(encoding="utf-8")
    (command,) = WRITTEN.findall(page)
    secret = tmp_path / PAGES[name]
    secret.parent.mkdir(exist_ok=True)
    subprocess.run(["sh", "-c", command.replace(HOME, str(tmp_path))], input=b"of the zone", check=True)
    assert (secret.read_bytes(), secret.stat().st_mode & 0o777) == (b"of the zone", 0o600)
