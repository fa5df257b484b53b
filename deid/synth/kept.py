"""The file of a model that is kept, and rows drawn from it again without the source."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa

from audit.durable import replace_file
from audit.text import Text
from deid.errors import DataError
from deid.synth.made import Makers, makers_without_source
from deid.synth.model import Model, read_model
from deid.synth.ordering import ordered
from deid.synth.port import Progress
from deid.synth.related_model import RelatedModel, is_of_several, read_related_model
from deid.targets import TargetTaken, extract_file, refuse_target

SUFFIX = ".model.json"


def model_path(target: Path) -> Path:
    """Return where the model of an extract lies: beside it."""
    return target.with_name(target.stem + SUFFIX)


def refuse_model_target(target: Path) -> None:
    """Refuse to write over a model. Raises: DataError."""
    if (path := model_path(target)).exists():
        raise DataError(Text(f"{path.name} 파일이 이미 있습니다.", f"{path.name} is there already."))


def write_model(data: bytes | None, targets: Sequence[Path]) -> None:
    """Write what an extract keeps, if anything, beside its first table; where it cannot be, neither is the extract.

    Raises: DataError.
    """
    if data is None:
        return
    try:
        replace_file(model_path(targets[0]), data, mode=0o600)
    except BaseException as error:
        for target in (*targets, model_path(targets[0])):
            target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
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


def opened_model(data: bytes) -> Model | RelatedModel:
    """Return a kept model, of one table or of several. Raises: DataError — for anything that is not exactly one."""
    return read_related_model(data) if is_of_several(data) else read_model(data)


def files_drawn(model: Model | RelatedModel, target: Path) -> tuple[Path, ...]:
    """Return the files that would be written: the target, or one in it for each of several tables.

    Raises: DataError — if something is there already, or the target is of another form.
    """
    if isinstance(model, Model):
        refuse_target(target)
        return (target,)
    if target.suffix:
        raise DataError(
            Text(
                f"이 모형에는 표가 여럿입니다. {target.name} 대신 새 폴더 이름을 쓰십시오.",
                f"this model is of several tables; name a new folder instead of {target.name}.",
            )
        )
    if target.exists():
        raise TargetTaken(Text(f"{target.name} 폴더가 이미 있습니다.", f"{target.name} is there already."))
    return tuple(target / f"{table.name}.parquet" for table in model.policy.tables)


def write_drawn(
    model: Model | RelatedModel,
    target: Path,
    rows: int,
    described: Mapping[str, object],
    random: np.random.Generator,
    progress: Progress,
) -> None:
    """Write so many rows, or several tables of so many people into a new folder; all of it or nothing.

    Raises: DataError.
    """
    if isinstance(model, Model):
        with extract_file(target, described) as writer:
            for batch in drawn_again(model, rows, random, progress):
                writer.write(batch)
        return
    files = files_drawn(model, target)
    try:
        target.mkdir(mode=0o700)
    except OSError as error:
        raise DataError(
            Text(f"{target} 폴더를 만들 수 없습니다: {error.strerror}", f"{target}: {error.strerror}.")
        ) from error
    try:
        with ExitStack() as stack:
            writers = {path.stem: stack.enter_context(extract_file(path, described)) for path in files}
            for name, table in model.draw(rows, random, progress):
                for batch in batches_of(table):
                    writers[name].write(batch)
    except BaseException:
        remove_drawn(files, target)
        raise


def remove_drawn(files: Sequence[Path], target: Path) -> None:
    """Take away what was written."""
    for path in files:
        path.unlink(missing_ok=True)
    if target.is_dir():
        target.rmdir()


def batches_of(table: pa.Table) -> list[pa.RecordBatch]:
    """Return a table as batches, one at least: a file without rows still says which columns it has."""
    return table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
