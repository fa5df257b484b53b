"""What is copied into the scanner image is all that the scanner imports: one file less, and every scan fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from images.sources import REPOSITORY, SCANNER_MANIFEST


def test_the_scanner_starts_where_there_is_nothing_but_its_files(tmp_path: Path) -> None:
    listed = [line for line in SCANNER_MANIFEST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for name in listed:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, target)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import egress_review.scan_main"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
