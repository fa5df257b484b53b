"""The steward's side: records that do not exist, declared so that nobody can carry them out unnoticed."""

from __future__ import annotations

from pathlib import Path

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from egress_review.watching import Watching


class Guarding(Watching):
    """Use cases about canaries."""

    def declare_canaries(self, dataset: str, file: Path, *, by: Actor, source: Source) -> int:
        """Declare the records of a CSV file as canaries of a dataset, and return how many it has now.

        Only their keyed hashes are kept; the file is the steward's to destroy. The records must be in the files of the
        version before it is registered, so the dataset need not exist yet.
        Raises: Invalid — for records that nothing would tell from real ones, and a file that cannot be read.
        """
        canaries = self._watched.fingerprints.canaries
        added = canaries.read(file)
        detail: dict[str, JSON] = {"added": len(added)}
        # Recorded first: a canary that nobody knows of would be an alarm that nobody can explain.
        canaries.of(dataset)
        self._log.record(
            Event(
                action="egress.canaries_declared",
                actor=by,
                object=Object("dataset", dataset),
                subjects=Subjects.none(),
                source=source,
                detail=detail,
            ),
            wait="durable",
        )
        return canaries.keep(dataset, added)

    def canary_counts(self) -> dict[str, int]:
        """How many canaries are declared, by dataset."""
        return self._watched.fingerprints.canaries.counts()
