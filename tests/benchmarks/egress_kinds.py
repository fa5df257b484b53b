"""All kinds of the corpus: those that the rules were mended on first, and the sets that were first seen afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.benchmarks import egress_planted as first
from tests.benchmarks.egress_bureau import PLANTED_BUREAU, SAFE_BUREAU
from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_drawn import PLANTED_DRAWN, SAFE_DRAWN
from tests.benchmarks.egress_fifth import PLANTED_FIFTH, SAFE_FIFTH
from tests.benchmarks.egress_fifth_more import PLANTED_FIFTH_MORE, SAFE_FIFTH_MORE
from tests.benchmarks.egress_hospital import PLANTED_HOSPITAL, SAFE_HOSPITAL
from tests.benchmarks.egress_listed import PLANTED_LISTED
from tests.benchmarks.egress_ordinary import SAFE_ORDINARY
from tests.benchmarks.egress_sixth import PLANTED_SIXTH, SAFE_SIXTH
from tests.benchmarks.egress_sixth_more import PLANTED_SIXTH_MORE, SAFE_SIXTH_MORE
from tests.benchmarks.egress_tools import PLANTED_TOOLS, SAFE_TOOLS

Maker = Callable[[random.Random], Sample]

PLANTED: Mapping[str, Maker] = {
    **first.PLANTED,
    **PLANTED_HOSPITAL,
    **PLANTED_BUREAU,
    **PLANTED_DRAWN,
    **PLANTED_LISTED,
    **PLANTED_TOOLS,
    **PLANTED_FIFTH,
    **PLANTED_FIFTH_MORE,
    **PLANTED_SIXTH,
    **PLANTED_SIXTH_MORE,
}
SAFE: Mapping[str, Maker] = {
    **first.SAFE,
    **SAFE_HOSPITAL,
    **SAFE_BUREAU,
    **SAFE_DRAWN,
    **SAFE_ORDINARY,
    **SAFE_TOOLS,
    **SAFE_FIFTH,
    **SAFE_FIFTH_MORE,
    **SAFE_SIXTH,
    **SAFE_SIXTH_MORE,
}
FIRST_SIGHT = {
    "fourth (hospital, bureau, drawn, listed, ordinary)": (0.576, 0.024),
    "fifth": (0.531, 0.108),
    "sixth": (0.660, 0.000),
    "seventh (64 files of pandas, matplotlib, seaborn, statsmodels and python-docx, not kept)": (0.771, 0.029),
    "eighth (57 more, with plotly and Altair, not kept)": (0.931, 0.071),
}
"""Share caught and share of safe outputs stopped when the rules met the set for the first time, before any mending."""

KNOWN_GAPS = frozenset(("fifth waterfall",))
"""Planted kinds that are not caught: a bar for each person looks like a bar for each group."""
KNOWN_ALARMS = frozenset(("fifth dictionary of codes",))
"""Safe kinds that are stopped: the name of a disease under a heading that says "name" is taken for a person's."""
