"""Small wheels of our own making, and a shelf with them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from hub_config.packages.filling import lay
from hub_config.packages.wheel_files import describe
from registry.packages.shelf import Shelf, Wheel


def make_wheel(folder: Path, package: str, version: str = "1.0", requires: Sequence[str] = ()) -> Path:
    """Write a wheel with one module that knows its version."""
    name = package.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\nRequires-Python: >=3.8\n"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": head + "".join(f"Requires-Dist: {one}\n" for one in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(inner, text)
    return path


def lock_of(paths: Sequence[Path]) -> str:
    """Return a lock with the digests of wheels."""
    found = [describe(path).wheel for path in paths]
    return "".join(f"{one.package}=={one.version} \\\n    --hash=sha256:{one.sha256}\n" for one in found)


def put_on_shelf(shelf: Shelf, paths: Sequence[Path]) -> list[Wheel]:
    """Lay wheels on a shelf and list them, without pip's own check of them and without a record."""
    shelf.prepare()
    described = [describe(path) for path in paths]
    for one, path in zip(described, paths, strict=True):
        lay(shelf, one, path)
    wheels = [one.wheel for one in described]
    shelf.write([*shelf.wheels(), *wheels])
    return wheels
