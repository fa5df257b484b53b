"""The file of a model that is kept, and rows drawn from it again without the source."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from audit.durable import replace_file
from audit.text import Text
from deid.errors import DataError
from deid.synth.made import Makers, makers_without_source
from deid.synth.model import Model
from deid.synth.ordering import ordered
from deid.synth.port import Progress

SUFFIX = ".model.json"


def model_path(target: Path) -> Path:
    """Return where the model of an extract lies: beside it."""
    return target.with_name(target.stem + SUFFIX)


def refuse_model_target(target: Path) -> None:
    """Refuse to write over a model. Raises: DataError."""
    if (path := model_path(target)).exists():
        raise DataError(Text(f"{path.name} 파일이 이미 있습니다.", f"{path.name} is there already."))


def write_model(data: bytes, target: Path) -> None:
    """Write the model of an extract; where it cannot be, neither is the extract. Raises: DataError."""
    try:
        replace_file(model_path(target), data, mode=0o600)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise DataError(
            Text(f"모형을 쓸 수 없습니다: {os.strerror(error.errno or 0)}", f"the model cannot be written: {error}.")
        ) from error


def drawn_again(model: Model, rows: int, random: np.random.Generator, progress: Progress) -> Iterator[pa.RecordBatch]:
    """Yield rows with all columns of the policy, and every constraint kept."""
    makers: Makers = makers_without_source(model.policy, random)
    first = 1
    for table in model.draw(rows, random, progress):
        yield from makers.complete(ordered(table, model.policy), first).combine_chunks().to_batches()
        first += table.num_rows
