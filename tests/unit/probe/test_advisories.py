"""What is known against the packages of images is found, and nothing is called fine where nobody could look."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from hub_config.advisories import images
from hub_config.advisories.debian_tracker import DebianTracker
from hub_config.advisories.debian_versions import DebianVersion
from hub_config.advisories.images import OLDEST_DAYS, debian_of, debian_sources, python_of, scan
from hub_config.advisories.model import AdvisoriesUnknown, Installed, Known, latest
from hub_config.advisories.pip_audit import PipAudit
from hub_config.advisories.python_osv import OsvArchive
from hub_config.probe.host.looks import LOOKS
from hub_config.probe.model import Verdict, judged
from hub_config.probe.table import BY_ID
from hub_config.settings import ProbeSettings, Settings
from tests.unit.probe.host_controls import controlled
from tests.unit.probe.probed_server import server

OPENSSL = Installed("notebook", "openssl", "3.0.11-1~deb12u2")
JINJA = Installed("notebook", "jinja2", "2.11.2")
VERSIONS = ("1.0", "1.0~rc1", "1.0-1+b2", "1.0-10", "1.0-1~deb12u1", "1:0.1", "1.0a", "1.0+", "1.00", "20230311")


def test_versions_are_in_the_order_of_dpkg() -> None:
    dpkg = shutil.which("dpkg")
    if dpkg is None:
        pytest.skip("no dpkg here")
    for one, other in itertools.combinations(VERSIONS, 2):
        said = subprocess.run([dpkg, "--compare-versions", one, "lt", other], check=False).returncode == 0
        assert (DebianVersion(one) < DebianVersion(other)) == said, (one, other)
    assert DebianVersion("1.0") == DebianVersion("0:1.00") == DebianVersion("1.0-0")


TEXTS = st.text("019az.+~", max_size=6).map("1".__add__)


@settings(max_examples=30)
@given(st.lists(TEXTS, min_size=3, max_size=3))
def test_versions_have_one_order(texts: list[str]) -> None:
    one, two, three = sorted(map(DebianVersion, texts))
    assert one <= two <= three
    assert one <= three
    assert not one > three


@pytest.mark.parametrize("text", ["", " ", "1.0 2", "a:1", "1_0", "١"])
def test_what_is_no_version_is_one_error(text: str) -> None:
    with pytest.raises(ValueError, match="no version of Debian"):
        DebianVersion(text)


def tracker(**entries: dict[str, Any]) -> str:
    others: dict[str, Any] = {f"package-{n}": {"CVE-1": {"releases": {}}} for n in range(50)}
    return json.dumps({**others, **entries, "zzz": {}}, indent=1)


def standing(status: str, fixed: str | None = None) -> dict[str, Any]:
    return {"releases": {"bookworm": {"status": status, **({} if fixed is None else {"fixed_version": fixed})}}}


def test_the_tracker_says_what_is_mended_what_is_open_and_what_never_was() -> None:
    data = tracker(
        openssl={
            "CVE-2024-1": standing("resolved", "3.0.15-1~deb12u1"),
            "CVE-2024-2": standing("resolved", "3.0.11-1~deb12u2"),
            "CVE-2024-3": standing("open"),
            "CVE-2024-4": standing("resolved", "0"),
            "CVE-2024-5": {"releases": {"sid": {"status": "open"}}},
        }
    )
    known = DebianTracker("bookworm", "a file", lambda: data).look([OPENSSL]).found
    assert known == [Known(OPENSSL, "CVE-2024-1", "3.0.15-1~deb12u1"), Known(OPENSSL, "CVE-2024-3")]


@pytest.mark.parametrize(
    "data",
    [
        *("", "[]", "{", '{"openssl": ', '{"openssl" 1}', "null", "{}", '{"openssl": []}', tracker()),
        tracker(openssl={"CVE-1": {}}),
        tracker(openssl={"CVE-1": standing("resolved", "no version!")}),
    ],
)
def test_a_tracker_that_cannot_be_read_or_is_another_file_says_nothing(data: str) -> None:
    with pytest.raises(AdvisoriesUnknown):
        DebianTracker("bookworm", "a file", lambda: data).look([OPENSSL])


@settings(max_examples=30)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(data: str) -> None:
    with pytest.raises(AdvisoriesUnknown):
        DebianTracker("bookworm", "a file", lambda: data).look([OPENSSL])


def osv(path: Path, *documents: dict[str, Any]) -> OsvArchive:
    with zipfile.ZipFile(path, "w") as archive:
        for number, document in enumerate(documents):
            archive.writestr(f"{number}.json", json.dumps(document))
    return OsvArchive(path, "a file")


def advisory(name: str, *, versions: tuple[str, ...] = (), events: tuple[dict[str, str], ...] = (), **more: Any) -> Any:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "versions": list(versions)}
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {"id": "PYSEC-1", "affected": [{**affected, "ranges": ranges}], **more}


@pytest.mark.parametrize(
    ("events", "fixed"),
    [
        (({"introduced": "0"}, {"fixed": "2.11.3"}), "2.11.3"),
        (({"introduced": "0"}, {"fixed": "2.10"}, {"introduced": "2.11"}, {"fixed": "2.12"}), "2.12"),
        (({"introduced": "2.0"},), ""),
        (({"introduced": "0"}, {"fixed": "2.11.2"}), None),
        (({"introduced": "2.11.3"}, {"fixed": "3"}), None),
        (({"introduced": "0"}, {"last_affected": "2.11.1"}), None),
        (({"introduced": "0"}, {"last_affected": "2.11.2"}), ""),
    ],
)
def test_a_range_of_versions_holds_what_lies_in_it(
    tmp_path: Path, events: tuple[dict[str, str], ...], fixed: str | None
) -> None:
    known = osv(tmp_path / "a.zip", advisory("Jinja2", events=events, aliases=["GHSA-x", "CVE-2020-28493"])).look(
        [JINJA]
    )
    assert known.found == ([] if fixed is None else [Known(JINJA, "CVE-2020-28493", fixed)])


def test_a_listed_version_counts_a_withdrawn_advisory_and_another_ecosystem_do_not(tmp_path: Path) -> None:
    listed = advisory("jinja2", versions=("2.11.2",))
    withdrawn = {**listed, "withdrawn": "2024-01-01T00:00:00Z"}
    other = json.loads(json.dumps(listed).replace("PyPI", "npm"))
    assert osv(tmp_path / "a.zip", listed).look([JINJA]).found == [Known(JINJA, "PYSEC-1")]
    assert osv(tmp_path / "b.zip", withdrawn, other).look([JINJA]).found == []


def test_an_archive_that_is_none_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    for archive in (
        OsvArchive(tmp_path / "text.zip", ""),
        OsvArchive(tmp_path / "none.zip", ""),
        osv(tmp_path / "e.zip"),
    ):
        with pytest.raises(AdvisoriesUnknown):
            archive.look([JINJA])


def program(path: Path, answer: str, code: int = 0) -> PipAudit:
    """A program that answers as pip-audit does, with what it was asked in a file beside it."""
    path.write_text(f"#!/bin/sh\ncp \"$2\" '{path}.asked'\ncat <<'END'\n{answer}\nEND\nexit {code}\n")
    path.chmod(0o755)
    return PipAudit(str(path))


def test_pip_audit_is_asked_for_exactly_what_is_installed(tmp_path: Path) -> None:
    vuln = {"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"], "aliases": [], "description": ""}
    answer = {"dependencies": [{"name": "jinja2", "version": "2.11.2", "vulns": [vuln]}], "fixes": []}
    audit = program(tmp_path / "pip-audit", json.dumps(answer), 1)
    assert audit.look([JINJA]).found == [Known(JINJA, "PYSEC-2021-66", "2.11.3")]
    assert (tmp_path / "pip-audit.asked").read_text() == "jinja2==2.11.2\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", 1),
        ("not JSON", 0),
        ('{"dependencies": []}', 0),
        ('{"dependencies": [{"name": "jinja2", "skip_reason": "not found on PyPI"}]}', 0),
        ('{"dependencies": [{"name": "jinja2", "version": "2.11.2", "vulns": []}]}', 2),
    ],
)
def test_a_pip_audit_that_could_not_look_says_nothing(tmp_path: Path, answer: str, code: int) -> None:
    with pytest.raises(AdvisoriesUnknown):
        program(tmp_path / "pip-audit", answer, code).look([JINJA])
    with pytest.raises(AdvisoriesUnknown, match="not installed"):
        PipAudit(str(tmp_path / "nothing here")).look([JINJA])


def test_what_pip_audit_passes_over_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    ours = Installed("notebook", "ours", "1")
    bad = {"name": "jinja2", "version": "2.11.2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.9", "2.11.3"]}]}
    skipped = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1)"}

    def scanned(*answers: dict[str, Any]) -> images.Scanned:
        audit = program(tmp_path / "pip-audit", json.dumps({"dependencies": answers}))
        return scan(lambda: audit, lambda: [JINJA, ours])

    found = scanned(bad, skipped)
    assert found.held is False
    assert "mended in 2.11.3" in found.said
    assert "nothing is said of ours 1" in found.said
    unknown = scanned({**bad, "vulns": []}, skipped)
    assert unknown.held is None, "nothing was found, but not everything was looked at"
    assert "ours 1" in unknown.said
    assert scanned({**bad, "vulns": []}, {"name": "ours", "version": "1", "vulns": []}).held is True
    nobody = scanned({"name": "jinja2", "skip_reason": "not found"}, skipped)
    assert (nobody.held, nobody.said.split(":")[0]) == (None, "not computed")


@pytest.mark.parametrize(
    ("versions", "order", "last"),
    [
        (("2.9", "2.10.1", "2.10"), Version, "2.10.1"),
        (("1.0rc1", "1.0"), Version, "1.0"),
        (("z", "0.1"), Version, "0.1"),
        (("9.20-1", "10.3-1", "10.3~rc1-1"), DebianVersion, "10.3-1"),
        (("9:1", "10:0"), DebianVersion, "10:0"),
        ((), Version, ""),
    ],
)
def test_the_version_that_mends_all_is_the_last_and_not_the_one_last_in_the_alphabet(
    versions: tuple[str, ...], order: Callable[[str], Any], last: str
) -> None:
    assert latest(versions, order) == last


def test_several_advisories_against_a_package_are_mended_in_the_last_of_their_versions(tmp_path: Path) -> None:
    data = tracker(openssl={"CVE-1": standing("resolved", "9.9-1"), "CVE-2": standing("resolved", "10.1-1")})
    settings = zone(tmp_path)
    (tmp_path / images.FOLDER / "debian.json").write_text(data)
    assert "mended in 10.1-1)" in scan(lambda: debian_of(settings, "bookworm"), lambda: [OPENSSL]).said
    both = [advisory("jinja2", events=({"introduced": "0"}, {"fixed": fixed})) for fixed in ("9.1", "10.1")]
    osv(tmp_path / images.FOLDER / images.PYTHON_FILE, *both)
    assert "mended in 10.1)" in scan(lambda: python_of(settings), lambda: [JINJA]).said


@controlled("host.image_python")
def test_a_package_of_this_very_program_that_something_is_known_against_is_found(tmp_path: Path) -> None:
    (tmp_path / images.FOLDER).mkdir()
    own = version("starlette")
    archive = tmp_path / images.FOLDER / images.PYTHON_FILE
    events = ({"introduced": "0"}, {"fixed": "10000"})
    for name, held in (("starlette", False), ("no-such-package", True)):
        osv(archive, advisory(name, events=events))
        found = judged(BY_ID["host.image_python"], *LOOKS["host.image_python"](server(tmp_path)))
        assert found.verdict is (Verdict.HELD if held else Verdict.LACKING), found
        assert (f"starlette {own} (PYSEC-1; mended in 10000)" in found.seen) is not held


def zone(home: Path, advisories: str = "file") -> Settings:
    (home / images.FOLDER).mkdir(exist_ok=True)
    return Settings(home=home, probe=ProbeSettings(advisories=advisories))  # type: ignore[arg-type]


def test_the_operators_files_are_found_and_their_day_is_said(tmp_path: Path) -> None:
    settings, data = zone(tmp_path), tracker(openssl={"CVE-2024-1": standing("resolved", "3.0.15-1~deb12u1")})
    (tmp_path / images.FOLDER / "debian.json.gz").write_bytes(gzip.compress(data.encode()))
    found = scan(lambda: debian_of(settings, "bookworm"), lambda: [OPENSSL])
    assert found.held is False
    assert "notebook: openssl 3.0.11-1~deb12u2 (CVE-2024-1; mended in 3.0.15-1~deb12u1)" in found.said
    assert time.strftime("%Y-", time.gmtime()) in found.said
    osv(tmp_path / images.FOLDER / images.PYTHON_FILE, advisory("flask", versions=("1",)))
    assert scan(lambda: python_of(settings), lambda: [JINJA]).held is True


@pytest.mark.parametrize("why", ["no file", "old", "broken", "nobody asks", "no packages"])
def test_without_data_nothing_is_computed_and_nothing_is_fine(tmp_path: Path, why: str) -> None:
    settings = zone(tmp_path, "none" if why == "nobody asks" else "file")
    path = tmp_path / images.FOLDER / "debian.json"
    if why != "no file":
        path.write_text("broken" if why == "broken" else tracker(openssl={}))
    if why == "old":
        os.utime(path, (0, time.time() - (OLDEST_DAYS + 1) * 86_400))
    found = scan(lambda: debian_of(settings, "bookworm"), lambda: [] if why == "no packages" else [OPENSSL])
    assert found.held is None
    assert found.said.startswith("not computed: ")
    for name in ("host.image_debian", "host.image_python"):
        assert judged(BY_ID[name], found.held, found.said).verdict is Verdict.NOT_COMPUTED


@controlled("host.image_debian")
def test_a_package_of_an_image_that_something_is_known_against_is_found(tmp_path: Path) -> None:
    settings = zone(tmp_path)
    status = "Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.11-1~deb12u2\n"
    for fixed, verdict in (("3.0.15-1", Verdict.LACKING), ("3.0.11-1~deb12u2", Verdict.HELD)):
        (tmp_path / images.FOLDER / "debian.json").write_text(tracker(openssl={"CVE-1": standing("resolved", fixed)}))
        found = scan(lambda: debian_of(settings, "bookworm"), lambda: debian_sources("notebook", status))
        assert judged(BY_ID["host.image_debian"], found.held, found.said).verdict is verdict, found


def test_the_source_of_a_binary_package_is_what_is_looked_up() -> None:
    status = (
        "Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.11-1~deb12u2\n\n"
        "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2+b13\n\n"
        "Package: libgcc-s1\nStatus: install ok installed\nSource: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+deb12u1\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
    )
    assert debian_sources("base", status) == [
        Installed("base", "bash", "5.2.15-2"),
        Installed("base", "gcc-12", "12.2.0-14"),
        Installed("base", "openssl", "3.0.11-1~deb12u2"),
    ]
