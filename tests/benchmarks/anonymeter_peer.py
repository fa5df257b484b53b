"""Runs in an environment of its own: the published attacks, by the library of their authors, on tables in a directory.

python -I anonymeter_peer.py DIRECTORY JOB    JOB: {"tables", "attacks", "columns", "halves", "secret", "only"} as JSON
"""

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

Found = dict[str, dict[str, Any]]


def main(directory: Path, job: dict[str, Any]) -> dict[str, Found]:
    """Return the attacks on each synthetic table: counts of hits and targets, and the risk with its interval."""
    warnings.filterwarnings("ignore")
    import numpy
    import pandas

    learnt, control = (pandas.read_parquet(directory / f"{name}.parquet") for name in ("learnt", "held_out"))
    found = {}
    for name in job["tables"]:
        numpy.random.seed(1)  # the library draws its targets from the generator of the process
        drawn = pandas.read_parquet(directory / f"{name}.parquet")[list(learnt.columns)]
        found[name] = attacked(learnt, drawn, control, job)
    return found


def attacked(learnt: Any, drawn: Any, control: Any, job: dict[str, Any]) -> Found:
    """Return what each attack finds."""
    from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

    rows, others = {"ori": learnt, "syn": drawn, "control": control}, [c for c in learnt if c != job["secret"]]
    attacks = {
        "singling_out": SinglingOutEvaluator(**rows, n_attacks=job["attacks"], n_cols=job["columns"], seed=1),
        "linkability": LinkabilityEvaluator(**rows, aux_cols=tuple(job["halves"]), n_attacks=job["attacks"]),
        "inference": InferenceEvaluator(**rows, aux_cols=others, secret=job["secret"], n_attacks=job["attacks"]),
    }
    found = {}
    for name, attack in attacks.items():
        if name not in job["only"]:
            continue
        more = {"mode": "multivariate"} if name == "singling_out" else {"n_jobs": 1}
        attack.evaluate(**more)
        results, risk = attack.results(), attack.risk()
        found[name] = {
            "attack": results.attack_rate.value,
            "control": results.control_rate.value,
            "risk": risk.value,
            "interval": list(risk.ci),
            "attacks": results.n_attacks_ori,
            "hits": [results.n_success, results.n_control],
        }
    return found


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):  # it talks while it works
        answer = main(Path(sys.argv[1]), json.loads(sys.argv[2]))
    sys.stdout.write(json.dumps(answer))
