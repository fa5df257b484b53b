"""What the probe says of homes: with a file system of their own both walls stand, without it neither does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub_config.home_helper.calls import Call
from hub_config.home_helper.homes import Homes
from hub_config.homes import shut_all
from hub_config.workspace_files import make_places
from registry.model import WorkPermit
from tests.integration.hub.probe_bench import SPACE, Bench
from tests.rights import as_mounter

pytestmark = [pytest.mark.engine, pytest.mark.long, as_mounter]
NAMES = ["limit.disk", "file.mount_options"]


class Encrypted(Bench):
    """A bench whose workspace has an encrypted home of 1 GiB, and whose project shares as much."""

    def permit(self) -> WorkPermit:
        permit = super().permit()
        homes, ref = Homes(self.home, most_gib=1), permit.workspace.ref
        for one in (ref, SPACE.ref):
            homes.answer(Call("make", one, gib=1))
            make_places(self.home, one, gate_gid=0)
            homes.answer(Call("open", one))
        return permit

    def facts(self, workspace: str) -> dict[str, Any]:
        return {**super().facts(workspace), "quota_bytes": 1024**3, "shared_bytes": 1024**3}


@pytest.fixture
def bench(engine: Any, small_image: str, tmp_path: Path) -> Iterator[Encrypted]:
    made = Encrypted(engine, small_image, tmp_path.resolve())
    yield made
    made.close()
    shut_all(tmp_path.resolve())


def test_an_encrypted_home_has_a_size_and_admits_neither_setuid_nor_devices(bench: Encrypted) -> None:
    found = bench.attack(NAMES)
    assert {name: answer["held"] for name, answer in found.items()} == dict.fromkeys(NAMES, True), found


def test_a_plain_home_has_neither(engine: Any, small_image: str, tmp_path: Path) -> None:
    plain = Bench(engine, small_image, tmp_path)
    try:
        found = plain.attack(NAMES)
    finally:
        plain.close()
    assert {name: answer["held"] for name, answer in found.items()} == dict.fromkeys(NAMES, False), found
