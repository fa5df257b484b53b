"""Scrubbing Korean text beside the peers: the same texts, one process, in turns, processor time.

    python -m tests.benchmarks.bench_deid_text

The peers are installed into an environment of their own under `.cache`, never into the locked one. They and the
zone's rules then run in one process of that environment: the rules need the standard library only. The texts are
both halves of the made-up documents, so the share of identifiers covered stands beside the speed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hub_config.processes import REPOSITORY
from tests.benchmarks.rows import Row
from tests.unit.deid.corpus.documents import Document, administrative, longer
from tests.unit.deid.corpus.vocabulary import DEVELOPED, HELD_OUT

PEERS = ("maskingtape==0.4.0", "ko-pii==1.22.15", "ko-pii-guard==0.2.0")
ENVIRONMENT = REPOSITORY / ".cache" / "deid-peers"
PROGRAM = Path(__file__).with_name("deid_text_contenders.py")
EACH = 100
ROUNDS = 11
LEAST_RATIO = 3.0
AIM = 5.0
OURS = "ansim"


def main() -> int:
    """Measure and print; 1 if the zone is less than three times as fast as the fastest peer."""
    result = measure()
    sys.stdout.write("\n".join(lines(result)) + "\n")
    return 0 if result["ratio"] >= LEAST_RATIO else 1


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Return rates, ratios and coverage of every contender; `ratio` is that to the fastest peer, the median of rounds.

    Raises: CalledProcessError — if the peers cannot be installed or do not run.
    """
    python = peers_python()
    documents = [d for half in (DEVELOPED, HELD_OUT) for d in (*administrative(half, EACH, 5), *longer(half, EACH, 6))]
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        job.write_text(json.dumps({"documents": [_plain(d) for d in documents], "rounds": rounds}), encoding="utf-8")
        done = subprocess.run(
            [python, str(PROGRAM), str(REPOSITORY), str(job)],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    return summary(json.loads(done.stdout), sum(len(d.text.encode()) for d in documents), len(documents))


def rows() -> list[Row]:
    """Return the measure as lines of the table: beside the fastest peer with its bar, beside the others without.

    Raises: CalledProcessError — if the peers cannot be installed or do not run.
    """
    result = measure()
    ours = result["megabytes_per_second"][OURS]
    peers = sorted((ratio, name) for name, ratio in result["ratios"].items() if name != OURS)
    return [
        Row(
            benchmark="text",
            what=f"Korean scrub, {result['documents']} documents, covers {result['covered'][OURS]:.3f}",
            value=ours,
            unit="MB/s",
            beside=f"{name}, covers {result['covered'][name]:.3f}",
            reference=ours / ratio,
            bar="" if place else f"at least {LEAST_RATIO:g}x the fastest, aim {AIM:g}x",
            passed=None if place else ratio >= LEAST_RATIO,
        )
        for place, (ratio, name) in enumerate(peers)
    ]


def summary(answer: Mapping[str, Any], size: int, count: int) -> dict[str, Any]:
    """Return what the rounds say; a ratio is taken within each round, so that a busy machine changes both sides."""
    seconds: Mapping[str, list[float]] = answer["seconds"]
    ratios = {
        name: statistics.median(theirs / ours for theirs, ours in zip(times, seconds[OURS], strict=False))
        for name, times in seconds.items()
    }
    return {
        "documents": count,
        "rounds": {name: len(times) for name, times in seconds.items()},
        "megabytes_per_second": {name: size / min(times) / 1e6 for name, times in seconds.items()},
        "ratios": ratios,
        "ratio": min(ratio for name, ratio in ratios.items() if name != OURS),
        "covered": answer["covered"],
    }


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return the result as text."""
    head = f"Korean scrub, n={result['documents']} documents, processor time"
    rows = [
        f"  {name:20} {result['megabytes_per_second'][name]:7.2f} MB/s  {OURS} is {ratio:5.1f}x"
        f"  ({result['rounds'][name]} rounds)  identifiers covered {result['covered'][name]:.3f}"
        for name, ratio in sorted(result["ratios"].items(), key=lambda item: item[1])
    ]
    verdict = "kept" if result["ratio"] >= LEAST_RATIO else "missed"
    return [
        head,
        *rows,
        f"  {result['ratio']:.1f}x the fastest peer (at least {LEAST_RATIO:.0f}x: {verdict}; aim {AIM:.0f}x)",
    ]


def peers_python() -> str:
    """Return the interpreter of the environment with the peers, made on first use and when their versions change."""
    python, stamp = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "peers.txt"
    wanted = "\n".join(PEERS)
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        venv.EnvBuilder(with_pip=True, clear=True).create(ENVIRONMENT)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True, stderr=subprocess.DEVNULL)
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def _plain(document: Document) -> dict[str, Any]:
    return {"text": document.text, "gold": [asdict(one) for one in document.gold]}


if __name__ == "__main__":
    sys.exit(main())
