"""The process that runs SDV: reads job.json and learnt.parquet in a directory, writes drawn.parquet and said.json.

It is a program of its own and imports nothing of Ansim, so that it runs in any environment with SDV 2.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

SDTYPES = {"category": "categorical", "number": "numerical", "date": "datetime"}
CLASSES = {
    "gaussian_copula": "GaussianCopulaSynthesizer",
    "ctgan": "CTGANSynthesizer",
    "tvae": "TVAESynthesizer",
}


def main(directory: Path) -> None:
    """Learn and draw."""
    warnings.filterwarnings("ignore")
    import numpy
    import pandas
    import sdv.single_table
    import torch
    from sdv.metadata import Metadata

    job = json.loads((directory / "job.json").read_text(encoding="utf-8"))
    learnt = pandas.read_parquet(directory / "learnt.parquet")
    numpy.random.seed(job["seed"])
    torch.manual_seed(job["seed"])
    columns = {}
    for name, kind in job["kinds"].items():
        columns[name] = {"sdtype": SDTYPES[kind]}
        if kind == "date":
            learnt[name] = pandas.to_datetime(learnt[name])
    metadata = Metadata.load_from_dict({"tables": {"rows": {"columns": columns}}, "relationships": []})
    synthesizer = getattr(sdv.single_table, CLASSES[job["engine"]])(metadata)
    synthesizer.fit({"rows": learnt})
    drawn = synthesizer.sample(num_rows=job["rows"])
    drawn = drawn["rows"] if isinstance(drawn, dict) else drawn
    drawn.to_parquet(directory / "drawn.parquet", index=False)
    said = {f"version_{name}": version(name) for name in ("sdv", "rdt", "copulas", "ctgan")}
    (directory / "said.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
