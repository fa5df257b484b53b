"""The scanner container: quick, confined, and never taken for a pass when it fails."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from egress_review.container import LABEL, ContainerScanner, ScanLimits
from egress_review.errors import ScanFailed
from egress_review.findings import Verdict
from egress_review.headless import check_paths
from egress_review.job import JobFile, ScanJob
from egress_review.policy import load_policy
from egress_review.process import ProcessScanner
from egress_review.scanner import InProcessScanner
from tests.integration.egress_review.scanner_image import BASE, scanner_image
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine
POLICY = load_policy("kr-default")


@pytest.fixture(scope="module")
def image() -> str:
    return scanner_image()


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


def job(directory: Path, *contents: str, previews: bool = False) -> ScanJob:
    files = []
    for number, content in enumerate(contents):
        path = directory / f"t{number:02}.csv"
        path.write_text(content)
        path.chmod(0o444)
        files.append(JobFile(path.name, hashlib.sha256(content.encode()).hexdigest(), path))
    return ScanJob(files=tuple(files), policy=POLICY, previews=previews)


def stand_in(engine: docker.DockerClient, name: str, program: str) -> str:
    """An image whose scanner does something else."""
    text = f"FROM {BASE}\nENTRYPOINT []\nCMD {program}\n"
    image, _ = engine.images.build(fileobj=io.BytesIO(text.encode()), tag=f"ansim-test/{name}", rm=True)
    return str(image.tags[0])


def test_the_container_says_what_the_engine_says(image: str, tmp_path: Path) -> None:
    asked = job(tmp_path, "group,n\nA,25\n", "group,n\nA,3\n", "a,rrn\nx,901106-1896546\n", previews=True)
    results = [scanner.scan(asked) for scanner in (ContainerScanner(image), InProcessScanner(), ProcessScanner())]
    assert results[0] == results[1] == results[2]
    assert [file.verdict for file in results[0].report.files] == [Verdict.PASSED, Verdict.FLAGGED, Verdict.FLAGGED]


def test_twenty_ordinary_files_take_less_than_five_seconds(image: str, tmp_path: Path) -> None:
    def table(name: int) -> str:
        rows = [f"{name} {number},{number + 20 + name},{number / 7:.3f}" for number in range(300)]
        return "\n".join(["group,n,mean", *rows, ""])

    asked = job(tmp_path, *[table(number) for number in range(20)], previews=True)
    scanner = ContainerScanner(image)
    times = []
    for _ in range(3):
        begin = time.monotonic()
        assert scanner.scan(asked).report.passed
        times.append(time.monotonic() - begin)
    assert min(times) < 5, times


def test_no_container_and_no_directory_is_left_behind(image: str, engine: docker.DockerClient, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ContainerScanner(image).scan(replace(job(tmp_path, "group,n\nA,25\n"), scratch=scratch))
    assert list(scratch.iterdir()) == []
    mine = engine.containers.list(all=True, filters={"label": LABEL, "ancestor": image})
    assert mine == []


@pytest.mark.parametrize(
    ("name", "program", "code"),
    [
        ("sleeper", '["sleep", "600"]', "scan_timeout"),
        ("liar", '["echo", "{\\"end\\": true}"]', "scan_incomplete"),
        ("babbler", '["yes"]', "scan_too_much"),
        ("failer", '["false"]', "scan_crashed"),
        ("mute", '["true"]', "scan_incomplete"),
    ],
)
def test_a_scanner_that_does_anything_else_is_a_failed_scan(
    image: str, engine: docker.DockerClient, tmp_path: Path, name: str, program: str, code: str
) -> None:
    limits = ScanLimits(seconds=8, output_bytes=1_000_000)
    scanner = ContainerScanner(stand_in(engine, f"scan-{name}", program), limits=limits)
    begin = time.monotonic()
    with pytest.raises(ScanFailed) as failed:
        scanner.scan(job(tmp_path, "group,n\nA,25\n"))
    assert failed.value.code == code
    assert time.monotonic() - begin < PATIENCE


def test_an_image_that_is_missing_or_of_another_version_is_a_failed_scan(tmp_path: Path, image: str) -> None:
    with pytest.raises(ScanFailed) as failed:
        ContainerScanner("ansim-test/no-such-image:0").scan(job(tmp_path, "a,b\n"))
    assert failed.value.code == "scan_no_image"


def test_the_container_has_no_network_no_rights_and_no_disk(
    image: str, engine: docker.DockerClient, tmp_path: Path
) -> None:
    """The probe runs with the very options of a scan."""
    tmp_path.chmod(0o755)
    options = ContainerScanner(image)._options(tmp_path) | {"stdin_open": False, "log_config": None}
    probe = (
        "import os, socket\n"
        "print([n for _, n in socket.if_nameindex()], os.getuid(), os.listdir('/scan'))\n"
        "for path in ('/scan/x', '/opt/x', '/etc/x', '/x'):\n"
        "    try:\n        open(path, 'w'); print('wrote', path)\n    except OSError: pass\n"
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')])\n"
    )
    output = engine.containers.run(image, ["python3", "-c", probe], remove=True, **options).decode()
    assert output.splitlines() == ["['lo'] 65534 []", "['0000000000000000']"]


def test_files_that_hang_or_eat_memory_do_not_keep_the_others_from_being_checked(image: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("group,n\nA,25\n")
    (tmp_path / "b.csv").write_text("," * 30_000_000)
    (tmp_path / "c.csv").write_text("group,n\nA,25\n")
    scanner = ContainerScanner(image, limits=ScanLimits(memory_bytes=300 * 1024**2, seconds=90))
    report = check_paths([tmp_path], POLICY, None, scanner)
    verdicts = [file.verdict for file in report.files]
    assert (verdicts[0], verdicts[2]) == (Verdict.PASSED, Verdict.PASSED)
    assert verdicts[1] is not Verdict.PASSED
