"""The desk of extracts as the rest of the zone sees it: one object with every use case."""

from __future__ import annotations

from deid.records.drawing import Drawing
from deid.records.ending import Ending
from deid.records.forgetting import Forgetting
from deid.records.reviewing import Reviewing
from deid.records.synthetic_jobs import SyntheticJobs


class ExtractDesk(SyntheticJobs, Drawing, Reviewing, Ending, Forgetting):
    """Everything that is done with extracts, from the draft to the end of their record."""
