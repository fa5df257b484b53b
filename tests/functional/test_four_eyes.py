"""Linking two projects and leading one token back, as the how-to pages tell: in a browser and at the zone's machine."""

from __future__ import annotations

import os
import pty
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyotp
import pytest
from playwright.sync_api import expect

from hub_config.processes import REPOSITORY
from tests.functional.test_first_release import People, people

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.long]

__all__ = ["people"]

MAKER, CONTROLLER, OFFICER = "nari", "sunhee", "jiwoo"
PROJECTS = ("gibleed-study", "floating-pop")
DOMAIN = "registry-study"
POLICY = """
version: 1
name: joint
dataset: {dataset}
project: {project}
purpose: scientific_research
order: shuffled
linkage_domain: registry-study
columns:
  rrn: {{role: direct, action: pseudonym_reversible, reason: join}}
"""
ASKED = re.compile(r"(\w+)의 (비밀번호|인증번호): ")


class Terminal:
    """The zone's own machine: a terminal at which people type their password and code."""

    def __init__(self, zone: Any, directory: Path) -> None:
        self._zone, self.directory = zone, directory
        self._windows: dict[str, int] = {}

    def ansim(self, *words: str) -> str:
        """Run the command as people do and return what it said."""
        child, screen = pty.fork()
        if child == 0:
            os.chdir(self.directory)
            home = {"ANSIM_HOME": str(self._zone.home), "PYTHONPATH": str(REPOSITORY), "LC_ALL": "ko_KR.UTF-8"}
            os.execve(
                sys.executable,
                [sys.executable, "-m", "hub_config.cli", *words],
                {**os.environ, **home, "COLUMNS": "200"},
            )
        said, answered = "", 0
        for part in _read(screen):
            said += part
            for question in list(ASKED.finditer(said))[answered:]:
                answered += 1
                os.write(screen, f"{self._answer(*question.groups())}\n".encode())
        os.close(screen)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, said
        return said

    def _answer(self, handle: str, what: str) -> str:
        _, password, secret = self._zone.account(handle)
        if what == "비밀번호":
            return str(password)
        # A code is accepted once, and one of them may have served at the portal a moment ago.
        while self._windows.get(handle, int(time.time()) // 30) >= int(time.time()) // 30:
            self._windows.setdefault(handle, int(time.time()) // 30)
            time.sleep(0.5)
        self._windows[handle] = int(time.time()) // 30
        return pyotp.TOTP(secret).now()


def _read(screen: int) -> Iterator[str]:
    while True:
        try:
            data = os.read(screen, 65536)
        except OSError:
            return
        if not data:
            return
        yield data.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def terminal(zone: Any, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    directory = tmp_path_factory.mktemp("machine")
    for name, numbers in (("hospital", range(100, 200)), ("insurer", range(150, 250))):
        lines = ["rrn", *(f"7001{n % 28 + 1:02d}-1{n:06d}" for n in numbers), ""]
        (directory / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    for name, project in zip(("hospital", "insurer"), PROJECTS, strict=True):
        (directory / f"{name}.yaml").write_text(POLICY.format(dataset=name, project=project), encoding="utf-8")
    return Terminal(zone, directory)


def tokens(directory: Path, name: str) -> list[str]:
    return [str(one) for one in pq.read_table(directory / f"{name}.parquet").column("rrn").to_pylist()]


def test_two_projects_are_linked_and_one_token_is_led_back(people: People, terminal: Terminal, zone: Any) -> None:
    portal = zone.settings.origin("zone")
    maker, officer = people.page(MAKER), people.page(OFFICER)
    requests = []
    for project in PROJECTS:
        maker.goto(f"{portal}/linkages")
        maker.locator("#f-domain").fill(DOMAIN)
        maker.locator("#f-project").select_option(project)
        maker.locator("#f-reason").fill("두 과제의 공동 연구")
        maker.locator("form[action='/linkages'] button").click()
        maker.wait_for_url(re.compile("/linkages/li_"))
        requests.append(maker.url.rsplit("/", 1)[1])
    tables = ("hospital.csv", "rrn", "insurer.csv", "rrn")
    told = terminal.ansim("deid", "linkage", "preview", requests[0], *tables, "--by", CONTROLLER)
    assert re.search(r"약 \d+명", told), told
    for ref in requests:
        officer.goto(f"{portal}/linkages/{ref}")
        expect(officer.locator("main")).to_contain_text("첫 표의 약")
        officer.locator(f"form[action='/linkages/{ref}/approve'] button").click()
        expect(officer.locator("main")).to_contain_text(f"linkage_domain: {DOMAIN}")
    place = terminal.directory
    made = [terminal.ansim("deid", "apply", f"{n}.yaml", f"{n}.csv", f"{n}.parquet") for n in ("hospital", "insurer")]
    first, second = tokens(place, "hospital"), tokens(place, "insurer")
    assert len(set(first) & set(second)) == 50, "tokens of one person are equal in both"

    sha256 = re.search("[0-9a-f]{64}", made[0])
    assert sha256 is not None
    maker.goto(f"{portal}/reidentification")
    maker.locator("#f-extract").fill(sha256[0])
    maker.locator("#f-tokens").fill(first[0])
    maker.locator("#f-ground").select_option("vital_interest")
    maker.locator("#f-reason").fill("검사 결과에 급한 치료가 필요함")
    maker.locator("form[action='/reidentification'] button").click()
    maker.wait_for_url(re.compile("/reidentification/ri_"))
    ref = maker.url.rsplit("/", 1)[1]
    officer.goto(f"{portal}/reidentification/{ref}")
    expect(officer.locator("main")).to_contain_text("급한 치료")
    officer.locator(f"form[action='/reidentification/{ref}/approve'] button").click()
    terminal.ansim("deid", "reidentify", "approve", ref, "--by", CONTROLLER)
    opened = terminal.ansim("deid", "reidentify", "open", ref, first[0], "--by", MAKER, "--beside", OFFICER)
    found = re.search(r"원래 값: (\d{13})", opened)
    assert found is not None, opened
    assert f"{found[1][:6]}-{found[1][6:]}" in (place / "hospital.csv").read_text(encoding="utf-8")
    officer.goto(f"{portal}/reidentification/{ref}")
    expect(officer.locator("main")).not_to_contain_text(found[1])
    assert DOMAIN in terminal.ansim("deid", "keys", "list")
