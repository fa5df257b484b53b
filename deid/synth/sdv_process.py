"""The process that runs SDV: an open file tells its job and which other ones hold what.

Rows come in and go out by files without a name, so that nothing of them stays however this ends; and it ends with the
process that began it. While it learns it writes down how many epochs are done and how many there are; HMA, with how
many rows of parents it is done.

It is a program of its own and imports nothing of Ansim, so that it runs in any environment with SDV 2.
"""

import ctypes
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

SDTYPES = {"category": "categorical", "region": "categorical", "number": "numerical", "date": "datetime"}
CLASSES = {
    "gaussian_copula": "GaussianCopulaSynthesizer",
    "ctgan": "CTGANSynthesizer",
    "tvae": "TVAESynthesizer",
}


LEARN_BY_EPOCHS = ("ctgan", "tvae")
KEY, PARENT = "#key", "#parent"


PR_SET_PDEATHSIG = 1


def main(job: dict[str, Any], files: dict[str, Any]) -> None:
    """Learn and draw; `files` are descriptors: of each table `learnt` and `drawn`, and `said` and `reached`."""
    end_with(job["parent"])
    warnings.filterwarnings("ignore")
    import numpy
    import pandas
    import torch

    numpy.random.seed(job["seed"])
    torch.manual_seed(job["seed"])
    if job["engine"] in LEARN_BY_EPOCHS:
        tell_epochs(job["engine"], files["reached"])
    learnt = {name: pandas.read_parquet(os.fdopen(fd, "rb")) for name, fd in files["learnt"].items()}
    for name, kinds in job["kinds"].items():
        for column in (column for column, kind in kinds.items() if kind == "date"):
            learnt[name][column] = pandas.to_datetime(learnt[name][column])
    drawn = related(job, learnt, files["reached"]) if job["engine"] == "hma" else single(job, learnt)
    for name, rows in drawn.items():
        with os.fdopen(files["drawn"][name], "wb") as file:
            rows.to_parquet(file, index=False)
    said = {f"version_{name}": version(name) for name in ("sdv", "rdt", "copulas", "ctgan")}
    os.write(files["said"], json.dumps(said).encode("utf-8"))


def end_with(parent: int) -> None:
    """Have this process killed when the one that began it ends; where that has ended already, nobody would."""
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit("this process would outlive the one that began it")
    if os.getppid() != parent:
        sys.exit("the process that began this one has ended")


def tell_epochs(engine: str, reached: int) -> None:
    """Have what counts the epochs of an engine, a bar on a screen that nobody sees, write them down instead."""

    def counted(epochs: Sequence[int], **_options: object) -> Iterator[int]:
        for done, epoch in enumerate(epochs):
            os.pwrite(reached, f"{done} {len(epochs)}\n".encode("ascii"), 0)
            yield epoch

    vars(import_module(f"ctgan.synthesizers.{engine}"))["tqdm"] = counted


def tell_parents(relations: Sequence[Sequence[str]], learnt: dict[str, Any], reached: int) -> None:
    """Have HMA write down what it has done of what takes its time.

    It learns the children of each parent's row by themselves, learns each table, and draws children row by row.
    """
    from sdv.multi_table import hma

    every = len(learnt) + sum(learnt[child][PARENT].nunique() + len(learnt[parent]) for parent, child in relations)
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        os.pwrite(reached, f"{min(done, every)} {every}\n".encode("ascii"), 0)

    def counted(steps: Iterable[object], **_options: object) -> Iterator[object]:
        for step in steps:
            yield step
            tell()

    def drawn(synthesizer: Any, *rows: Any, **options: Any) -> None:
        draw(synthesizer, *rows, **options)
        tell()

    draw = hma.HMASynthesizer._add_child_rows
    vars(hma)["tqdm"] = counted
    hma.HMASynthesizer._add_child_rows = drawn


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


def related(job: dict[str, Any], learnt: dict[str, Any], reached: int) -> dict[str, Any]:
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
    tell_parents(job["relations"], learnt, reached)
    synthesizer = HMASynthesizer(Metadata.load_from_dict({"tables": tables, "relationships": relations}), verbose=False)
    synthesizer.fit(learnt)
    return dict(synthesizer.sample_scale(scale=1.0))


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as asked:
        main(**json.load(asked))
