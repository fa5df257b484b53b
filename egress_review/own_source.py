"""A source that somebody names at the command line, fingerprinted for one check and forgotten with it."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from egress_review.job import JobFile
from egress_review.source_check import Source, Sources


@contextlib.contextmanager
def sources_of(files: Sequence[JobFile]) -> Iterator[Sources | None]:
    """What outputs are compared with: the tables in these files, under a key that exists as long as the block."""
    if not files:
        yield None
        return
    # Loaded here: most checks name no source, and need no libraries of tables.
    from egress_review.fingerprint_build import build
    from egress_review.fingerprint_index import Index

    key = secrets.token_bytes(32)
    with tempfile.TemporaryDirectory(prefix="ansim-source-") as scratch:
        directory = Path(scratch)
        built = build(((file.name, file.path) for file in files), key, directory)
        unread = sum(why == "no_table" for why in built.left_out.values())
        lengths = frozenset(table.rows for table in built.tables)
        yield Sources(key, (Source("source", Index.open(directory, built.total), lengths, unread),))
