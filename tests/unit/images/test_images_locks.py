"""Promises of the lock files: they say exactly one thing, or they are refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from images import sources
from images.debian_lock import DebianLock, DebianPackage, differences, parse_debian_lock
from images.errors import MalformedLock
from images.wheel_lock import Wheel, WheelLock, parse_wheel_lock

DIGEST = "0123456789abcdef" * 4
TINI = DebianPackage("tini", "0.19.0-1+b3", "debian", "pool/main/t/tini/tini_0.19.0-1+b3_amd64.deb", DIGEST)
PROMISED = (
    *("jupyterlab", "jupyter-server", "ipykernel", "jupyterlab-language-pack-ko-kr"),
    *("pandas", "pyarrow", "scikit-learn", "statsmodels", "matplotlib", "duckdb", "acro", "openpyxl"),
)


def a_lock(*packages: DebianPackage) -> DebianLock:
    """A lock of one moment."""
    return DebianLock("bookworm", dt.datetime(2026, 11, 21, 14, tzinfo=dt.UTC), packages)


def test_a_debian_lock_reads_back_as_it_was_written() -> None:
    lock = a_lock(TINI)
    assert parse_debian_lock(lock.text()) == lock


def test_the_order_of_packages_does_not_change_a_lock() -> None:
    other = DebianPackage("sed", "4.9-1", "debian", "pool/main/s/sed/sed_4.9-1_amd64.deb", DIGEST)
    assert a_lock(TINI, other).sha256() == a_lock(other, TINI).sha256()


def test_a_package_named_twice_is_refused() -> None:
    text = a_lock(TINI).text()
    with pytest.raises(MalformedLock, match="line 4: tini is named twice"):
        parse_debian_lock(text + text.splitlines()[-1] + "\n")


def test_a_lock_without_its_snapshot_is_refused() -> None:
    text = a_lock(TINI).text().replace("# snapshot: 20261121T140000Z\n", "")
    with pytest.raises(MalformedLock):
        parse_debian_lock(text)


@pytest.mark.parametrize(
    "line",
    [
        f"tini=1 debian/pool/../../etc/passwd.deb sha512:{DIGEST}",
        f"tini=1 elsewhere/pool/main/t/tini.deb sha256:{DIGEST}",
        "tini=1 debian/pool/main/t/tini.deb sha256:abc",
        f"tini debian/pool/main/t/tini.deb sha256:{DIGEST}",
        "",
    ],
)
def test_a_line_that_pins_nothing_is_refused(line: str) -> None:
    with pytest.raises(MalformedLock):
        parse_debian_lock(a_lock(TINI).text() + line + "\n")


@given(st.text())
def test_any_text_is_a_lock_or_malformed(text: str) -> None:
    try:
        lock = parse_debian_lock(text)
    except MalformedLock:
        return
    assert parse_debian_lock(lock.text()) == lock


@given(st.text())
def test_any_text_is_a_wheel_lock_or_malformed(text: str) -> None:
    try:
        lock = parse_wheel_lock(text)
    except MalformedLock:
        return
    assert parse_wheel_lock(lock.text()) == lock


def test_a_wheel_lock_reads_back_as_it_was_written() -> None:
    lock = WheelLock((Wheel("pandas", "2.3.3", DIGEST),))
    assert parse_wheel_lock(lock.text()) == lock


def test_a_wheel_without_a_digest_is_refused() -> None:
    with pytest.raises(MalformedLock, match="line 1"):
        parse_wheel_lock("pandas==2.3.3\n")


def test_two_locks_name_the_packages_that_differ() -> None:
    newer = DebianPackage("tini", "0.20.0-1", "debian", TINI.path, DIGEST)
    assert [str(change) for change in differences([TINI], [newer])] == ["tini 0.19.0-1+b3 -> 0.20.0-1"]
    assert differences([TINI], [TINI]) == []


def test_every_package_the_base_asks_for_is_locked() -> None:
    lock = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))
    assert set(sources.base_packages()) <= {package.name for package in lock.packages}


def test_the_base_brings_neither_a_package_manager_that_downloads_nor_a_compiler() -> None:
    lock = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))
    names = {package.name for package in lock.packages}
    assert names.isdisjoint({"apt", "gcc", "curl", "wget", "openssh-client", "python3-pip", "perl"})


def test_everything_a_researcher_was_promised_is_locked() -> None:
    text = (sources.IMAGES / "notebook" / "requirements.lock").read_text(encoding="utf-8")
    versions = {wheel.name: wheel.version for wheel in parse_wheel_lock(text).wheels}
    assert set(PROMISED) <= versions.keys()
    assert versions["pandas"] == "2.3.3"
    assert versions["acro"] == "1.0.2"


def test_no_placeholder_of_an_index_is_locked() -> None:
    for path in sources.IMAGES.glob("*/*.lock"):
        assert "999.9.9" not in path.read_text(encoding="utf-8")


def test_jupyter_is_not_older_than_its_last_known_holes() -> None:
    text = (sources.IMAGES / "notebook" / "requirements.lock").read_text(encoding="utf-8")
    versions = {
        wheel.name: tuple(int(part) for part in wheel.version.split(".")[:3])
        for wheel in parse_wheel_lock(text).wheels
        if wheel.name in ("jupyterlab", "jupyter-server")
    }
    assert versions["jupyterlab"] >= (4, 6, 2)  # GHSA-h5v5-8746-g7mm: locked extensions could be unlocked
    assert versions["jupyter-server"] >= (2, 20, 0)  # CVE-2026-44727, CVE-2026-35397
