"""The process that runs SDV: reads job.json and TABLE.learnt.parquet, writes TABLE.drawn.parquet and said.json.

It is a program of its own and imports nothing of Ansim, so that it runs in any environment with SDV 2.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

SDTYPES = {"category": "categorical", "region": "categorical", "number": "numerical", "date": "datetime"}
CLASSES = {
    "gaussian_copula": "GaussianCopulaSynthesizer",
    "ctgan": "CTGANSynthesizer",
    "tvae": "TVAESynthesizer",
}


KEY, PARENT = "#key", "#parent"


def main(directory: Path) -> None:
    """Learn and draw."""
    warnings.filterwarnings("ignore")
    import numpy
    import pandas
    import torch

    job = json.loads((directory / "job.json").read_text(encoding="utf-8"))
    numpy.random.seed(job["seed"])
    torch.manual_seed(job["seed"])
    learnt = {name: pandas.read_parquet(directory / f"{name}.learnt.parquet") for name in job["kinds"]}
    for name, kinds in job["kinds"].items():
        for column in (column for column, kind in kinds.items() if kind == "date"):
            learnt[name][column] = pandas.to_datetime(learnt[name][column])
    for name, rows in (related(job, learnt) if job["engine"] == "hma" else single(job, learnt)).items():
        rows.to_parquet(directory / f"{name}.drawn.parquet", index=False)
    said = {f"version_{name}": version(name) for name in ("sdv", "rdt", "copulas", "ctgan")}
    (directory / "said.json").write_text(json.dumps(said), encoding="utf-8")


def single(job: dict[str, Any], learnt: dict[str, Any]) -> dict[str, Any]:
    """Return one table that the engine of the job drew."""
    import sdv.single_table
    from sdv.metadata import Metadata

    columns = {name: {"sdtype": SDTYPES[kind]} for name, kind in job["kinds"]["rows"].items()}
    metadata = Metadata.load_from_dict({"tables": {"rows": {"columns": columns}}, "relationships": []})
    synthesizer = getattr(sdv.single_table, CLASSES[job["engine"]])(metadata)
    synthesizer.fit(learnt)
    drawn = synthesizer.sample(num_rows=job["rows"])
    return {"rows": drawn["rows"] if isinstance(drawn, dict) else drawn}


def related(job: dict[str, Any], learnt: dict[str, Any]) -> dict[str, Any]:
    """Return tables that HMA drew, with keys by which it can be seen which rows belong together."""
    from sdv.metadata import Metadata
    from sdv.multi_table import HMASynthesizer

    children = {child for _, child in job["relations"]}
    tables = {}
    for name, kinds in job["kinds"].items():
        columns = {column: {"sdtype": SDTYPES[kind]} for column, kind in kinds.items()}
        columns[KEY] = {"sdtype": "id"}
        if name in children:
            columns[PARENT] = {"sdtype": "id"}
        tables[name] = {"columns": columns, "primary_key": KEY}
    relations = [
        {"parent_table_name": parent, "parent_primary_key": KEY, "child_table_name": child, "child_foreign_key": PARENT}
        for parent, child in job["relations"]
    ]
    synthesizer = HMASynthesizer(Metadata.load_from_dict({"tables": tables, "relationships": relations}), verbose=False)
    synthesizer.fit(learnt)
    return dict(synthesizer.sample_scale(scale=1.0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
