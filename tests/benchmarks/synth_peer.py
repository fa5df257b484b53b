"""Runs in the environment of SDV: its engines, and its measure of quality, on tables in a directory.

python -I synth_peer.py fit ENGINE[:EPOCHS] DIRECTORY   learns from learnt.parquet, writes ENGINE.parquet
python -I synth_peer.py quality NAME DIRECTORY          SDMetrics quality of NAME.parquet beside learnt.parquet
"""

import json
import sys
import time
import warnings
from pathlib import Path

CLASSES = {"gaussian_copula": "GaussianCopulaSynthesizer", "tvae": "TVAESynthesizer", "ctgan": "CTGANSynthesizer"}


def main(what: str, name: str, directory: Path) -> dict[str, float]:
    """Print what was asked for as JSON."""
    warnings.filterwarnings("ignore")
    import pandas

    learnt = pandas.read_parquet(directory / "learnt.parquet")
    columns = {c: {"sdtype": "numerical" if learnt[c].dtype.kind in "if" else "categorical"} for c in learnt}
    if what == "quality":
        from sdmetrics.reports.single_table import QualityReport

        report = QualityReport()
        report.generate(learnt, pandas.read_parquet(directory / f"{name}.parquet"), {"columns": columns}, verbose=False)
        return {"quality": report.get_score()}
    import sdv.single_table
    from sdv.metadata import Metadata

    metadata = Metadata.load_from_dict({"tables": {"rows": {"columns": columns}}, "relationships": []})
    engine, _, epochs = name.partition(":")
    more = {"epochs": int(epochs)} if epochs else {}
    synthesizer = getattr(sdv.single_table, CLASSES[engine])(metadata, **more)
    began = time.process_time()
    synthesizer.fit({"rows": learnt})
    seconds = time.process_time() - began
    drawn = synthesizer.sample(num_rows=len(learnt))
    (drawn["rows"] if isinstance(drawn, dict) else drawn).to_parquet(directory / f"{name}.parquet", index=False)
    return {"fit": seconds}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
