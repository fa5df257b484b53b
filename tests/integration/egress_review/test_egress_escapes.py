"""What a scan can do to the zone: nothing. What a hostile file can cost: its limits. Neither is ever a pass.

The programs here stand for a scanner that a file has taken over; they run with the very options of a scan.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import subprocess
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from egress_review import child
from egress_review.child import Limits, run_module
from egress_review.container import ContainerScanner, ScanLimits
from egress_review.errors import ScanFailed
from egress_review.findings import FileReport, Flagged, Passed, Verdict
from egress_review.headless import check_paths
from egress_review.job import JobFile, ScanJob
from egress_review.policy import load_policy
from egress_review.process import ProcessScanner
from tests.benchmarks.egress_documents import lines, pdf, svg
from tests.integration.egress_review.scanner_image import BASE, scanner_image
from tests.patience import PATIENCE
from tests.rights import as_root
from tests.unit.egress_review.egress_files import chunk, png
from tests.unit.egress_review.test_egress_pictured_tables import files_with

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


def job(folder: Path, name: str, data: bytes, *, previews: bool = False) -> ScanJob:
    path = folder / name
    path.write_bytes(data)
    path.chmod(0o444)
    return ScanJob(files=(JobFile(name, hashlib.sha256(data).hexdigest(), path),), policy=POLICY, previews=previews)


def taken_over(engine: docker.DockerClient, name: str, program: str) -> str:
    """An image whose scanner is a program of the attacker's."""
    text = f"FROM {BASE}\nENTRYPOINT []\nCMD {program}\n"
    built, _ = engine.images.build(fileobj=io.BytesIO(text.encode()), tag=f"ansim-test/escape-{name}", rm=True)
    return str(built.tags[0])


def test_a_scanner_that_was_taken_over_finds_nothing_to_reach(
    image: str, engine: docker.DockerClient, tmp_path: Path
) -> None:
    """No network, no name service, no engine, no devices, no rights, no place to write and nothing of the host."""
    tmp_path.chmod(0o755)
    options = ContainerScanner(image)._options(tmp_path) | {"stdin_open": False, "log_config": None}
    probe = """
import os, socket
def tried(what):
    try:
        return what()
    except OSError as error:
        return type(error).__name__
for address in (("1.1.1.1", 53), ("169.254.169.254", 80), ("172.17.0.1", 2375), ("127.0.0.1", 22)):
    print("tcp", tried(lambda: socket.create_connection(address, 2)))
print("dns", tried(lambda: socket.getaddrinfo("example.org", 80)))
print("raw", tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)))
print("engine", os.path.exists("/var/run/docker.sock") or os.path.exists("/run/docker.sock"))
print("mount", tried(lambda: os.listdir("/scan")), sorted(set(os.listdir("/dev")) & {"sda", "vda", "mem", "kmsg"}))
kernel = ("/proc/sys/kernel/core_pattern", "/sys/fs/cgroup/x")
for path in ("/scan/x", "/opt/ansim/x", "/etc/passwd", "/usr/bin/tini", *kernel):
    print("write", tried(lambda: open(path, "a").close()))
print("root", tried(lambda: os.setuid(0)), tried(lambda: os.chroot("/tmp")), tried(lambda: os.mknod("/tmp/d", 0o60660)))
def ran():
    open("/tmp/a", "w").write("#!/bin/sh\\n")
    os.chmod("/tmp/a", 0o777)
    os.execv("/tmp/a", ["a"])
print("run", tried(ran))
"""
    said = engine.containers.run(image, ["python3", "-c", probe], remove=True, **options).decode().splitlines()
    told = {line.partition(" ")[0]: line.partition(" ")[2] for line in said}
    assert not [line for line in said if line.startswith("tcp") and "Error" not in line and "error" not in line], said
    assert told["dns"] == "gaierror"
    assert told["raw"] == "PermissionError"
    assert told["engine"] == "False"
    assert told["mount"] == "[] []"
    assert not [line for line in said if line.startswith("write") and "Error" not in line], said
    assert told["root"] == "PermissionError PermissionError PermissionError"
    assert told["run"] == "PermissionError"


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("forks", '["sh", "-c", "f() { f | f & }; f; sleep 600"]'),
        ("memory", '["python3", "-c", "a = bytearray(1 << 34)"]'),
        ("grows", '["python3", "-c", "a = []\\nwhile True: a.append(bytes(1 << 22))"]'),
        ("output", '["cat", "/dev/zero"]'),
        pytest.param("errors", '["sh", "-c", "cat /dev/zero >&2"]', marks=pytest.mark.long),
        pytest.param("disk", '["sh", "-c", "cat /dev/zero > /tmp/a; sleep 600"]', marks=pytest.mark.long),
    ],
)
def test_a_bomb_costs_its_limits_and_is_a_failed_scan(
    image: str, engine: docker.DockerClient, tmp_path: Path, name: str, program: str
) -> None:
    limits = ScanLimits(seconds=4, memory_bytes=200 * 1024**2, output_bytes=4_000_000)
    scanner = ContainerScanner(taken_over(engine, name, program), limits=limits)
    began = time.monotonic()
    with pytest.raises(ScanFailed):
        scanner.scan(job(tmp_path, "t.csv", b"group,n\nA,25\n"))
    assert time.monotonic() - began < PATIENCE


def bombs() -> dict[str, bytes]:
    """Files that are small and become large, deep or slow."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name in ("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"):
            package.writestr(name, b"<a>" * 2_000_000)
    stream = zlib.compress(bytes(400_000_000), 9)
    content = b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream"
    wide = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    return {
        "deep.json": b"[" * 2_000_000 + b"]" * 2_000_000,
        "deep.html": b"<div>" * 400_000,
        "deep.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 400_000,
        "deep.docx": packed.getvalue(),
        "deep.xlsx": packed.getvalue(),
        "many.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g/>" * 400_000 + b"</svg>",
        "grows.pdf": pdf([lines(["a"])], more=[content], catalog=b"/Metadata 100 0 R"),
        "drawn.pdf": pdf([lines(["a"])], more=[content]).replace(b"/Contents 11 0 R", b"/Contents 100 0 R", 1),
        "wide.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", wide) + chunk(b"IDAT", stream) + chunk(b"IEND", b""),
        "grows.png": png(packed=stream),
        "one.csv": b"a," * 3_000_000,
    }


def _verdicts(reports: tuple[FileReport, ...]) -> dict[str, Verdict]:
    return {Path(report.path).name: report.verdict for report in reports}


@pytest.mark.long
def test_small_files_that_grow_end_in_the_container_as_flagged_or_not_checked(image: str, tmp_path: Path) -> None:
    for name, data in bombs().items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "z.csv").write_text("group,n\nA,25\n")
    scanner = ContainerScanner(image, limits=ScanLimits(memory_bytes=600 * 1024**2, seconds=120))
    verdicts = _verdicts(check_paths([tmp_path], POLICY, None, scanner).files)
    assert verdicts.pop("z.csv") is Verdict.PASSED
    assert Verdict.PASSED not in verdicts.values(), verdicts


@pytest.mark.long
def test_small_files_that_grow_end_in_a_child_process_as_flagged_or_not_checked(tmp_path: Path) -> None:
    for name, data in bombs().items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "z.csv").write_text("group,n\nA,25\n")
    verdicts = _verdicts(check_paths([tmp_path], POLICY, None, ProcessScanner()).files)
    assert verdicts.pop("z.csv") is Verdict.PASSED
    assert Verdict.PASSED not in verdicts.values(), verdicts


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules the child runs in place of ours."""
    package = tmp_path / "egress_review"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(child, "__file__", str(package / "child.py"))
    return package


@pytest.mark.parametrize(
    ("program", "end"),
    [
        ("import sys\nwhile True: sys.stdout.write('x' * 100000)", "too_much"),
        ("a = bytearray(1 << 33)", "crashed"),
        ("import time\ntime.sleep(600)", "timeout"),
        ("while True: pass", "timeout"),
        ("with open('/tmp/ansim-escape', 'w') as f: f.write('x' * 99999)", "crashed"),
        ("import socket\nsocket.create_connection(('1.1.1.1', 53), 2)", "crashed"),
        ("import os; os._exit(7)", "crashed"),
    ],
)
def test_a_child_that_was_taken_over_costs_its_limits(hostile: Path, program: str, end: str) -> None:
    (hostile / "bomb.py").write_text(program)
    began = time.monotonic()
    done = run_module("egress_review.bomb", b"x" * 300_000, Limits(3.0, 500 * 1024**2, 2_000_000))
    assert done.end == end
    assert time.monotonic() - began < PATIENCE


FORKS = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    print("stopped at", made)
"""


@as_root
def test_a_child_of_an_ordinary_user_cannot_fork_without_end() -> None:
    """The kernel holds no number of processes against root, for whom the container does."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "egress_review"
        package.mkdir()
        (package / "__init__.py").touch()
        shutil.copy(child.__file__, package / "child.py")
        (package / "forks.py").write_text(FORKS)
        for path in (Path(folder), package, *package.iterdir()):
            path.chmod(0o755)
        code = "from egress_review.child import *; "
        code += "print(run_module('egress_review.forks', b'', Limits(5)).output.decode())"
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", code]
        done = subprocess.run(user, cwd=folder, capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout.split()[-1]) <= child.MOST_PROCESSES


def test_nothing_that_a_child_started_lives_on(hostile: Path) -> None:
    mark = f"{os.getpid()}.{time.monotonic_ns()}"
    (hostile / "bomb.py").write_text(
        f"import subprocess\nsubprocess.Popen(['sleep', '{mark}'], start_new_session=True)"
    )
    run_module("egress_review.bomb", b"", Limits(3.0))
    deadline = time.monotonic() + PATIENCE
    while mark.encode() in _commands():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _commands() -> bytes:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True).stdout


def test_the_words_in_a_picture_are_read_in_the_container(image: str, tmp_path: Path) -> None:
    """A drawing made into a picture by the scanner's own program, so that the test needs no fonts of its own."""
    drawing = svg(["RRN 901106-1896546", "mail kim@hospital.example.org"])
    picture = _rasterised(drawing)
    (report,) = ContainerScanner(image).scan(job(tmp_path, "f.png", picture)).report.files
    found = {one.rule for one in report.findings if isinstance(one, Flagged)}
    assert found & {"identifier.rrn", "identifier.email"}
    plain = _rasterised(svg(["rate per 1,000"]))
    (clean,) = ContainerScanner(image).scan(job(tmp_path, "g.png", plain)).report.files
    assert clean.verdict is Verdict.PASSED
    assert [type(one) for one in clean.findings if one.rule == "image.text"] == [Passed]


def test_people_in_a_ruled_picture_are_read_in_the_cell_that_it_is_attached_to(image: str, tmp_path: Path) -> None:
    lines = "".join(f'<path d="M20 {y}H660" stroke="black"/>' for y in range(20, 261, 40))
    lines += "".join(f'<path d="M{x} 20V260" stroke="black"/>' for x in range(20, 661, 160))
    words = "".join(
        f'<text x="{40 + 160 * at}" y="{48 + 40 * row}" font-size="22">{cell}</text>'
        for row, cells in enumerate(PEOPLE)
        for at, cell in enumerate(cells.split())
    )
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="320">{lines}{words}</svg>'
    name, notebook = files_with(_rasterised(drawing.encode()))[1]
    assert isinstance(notebook, str)
    (report,) = ContainerScanner(image).scan(job(tmp_path, name, notebook.encode())).report.files
    assert "table.singular" in {one.rule for one in report.findings if isinstance(one, Flagged)}


def test_the_pages_of_a_pdf_and_a_drawing_are_pictures_in_a_preview(image: str, tmp_path: Path) -> None:
    for name, data in (("a.pdf", pdf([lines(["a"]), lines(["b"])])), ("a.svg", svg(["rate"]))):
        result = ContainerScanner(image).scan(job(tmp_path, name, data, previews=True))
        assert result.report.files[0].verdict is Verdict.PASSED
        (shown,) = result.previews.values()
        assert "image" in [part.kind for _, part in shown.parts]


PEOPLE = ("pid sex age kcd", "P3299 M 35 C34", "P2305 M 51 C34", "P1793 F 71 C50", "P9697 M 78 C34", "P6119 F 44 C50")


def _rasterised(drawing: bytes) -> bytes:
    """The drawing at 200 % as PNG, by the program in the scanner image."""
    command = ["docker", "run", "--rm", "-i", "--network=none", "--entrypoint=rsvg-convert", BASE, "--zoom=2"]
    done = subprocess.run([*command, "--background-color=white"], input=drawing, capture_output=True, check=True)
    return done.stdout
