"""All kinds of the corpus: those that the rules were mended on first, and the sets that were first seen afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.benchmarks import egress_planted as first
from tests.benchmarks.egress_bureau import PLANTED_BUREAU, SAFE_BUREAU
from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_decks import PLANTED_DECKS, SAFE_DECKS
from tests.benchmarks.egress_drawn import PLANTED_DRAWN, SAFE_DRAWN
from tests.benchmarks.egress_fifth import PLANTED_FIFTH, SAFE_FIFTH
from tests.benchmarks.egress_fifth_more import PLANTED_FIFTH_MORE, SAFE_FIFTH_MORE
from tests.benchmarks.egress_fourteenth import PLANTED_FOURTEENTH, SAFE_FOURTEENTH
from tests.benchmarks.egress_hospital import PLANTED_HOSPITAL, SAFE_HOSPITAL
from tests.benchmarks.egress_listed import PLANTED_LISTED
from tests.benchmarks.egress_ordinary import SAFE_ORDINARY
from tests.benchmarks.egress_seventh import PLANTED_SEVENTH, SAFE_SEVENTH
from tests.benchmarks.egress_sixteenth import PLANTED_SIXTEENTH, SAFE_SIXTEENTH
from tests.benchmarks.egress_sixth import PLANTED_SIXTH, SAFE_SIXTH
from tests.benchmarks.egress_sixth_more import PLANTED_SIXTH_MORE, SAFE_SIXTH_MORE
from tests.benchmarks.egress_thirteenth import PLANTED_THIRTEENTH, SAFE_THIRTEENTH
from tests.benchmarks.egress_tools import PLANTED_TOOLS, SAFE_TOOLS
from tests.benchmarks.egress_twentieth import PLANTED_TWENTIETH, SAFE_TWENTIETH
from tests.benchmarks.egress_twenty_third import PLANTED_TWENTY_THIRD, SAFE_TWENTY_THIRD
from tests.benchmarks.egress_typed import PLANTED_TYPED, SAFE_TYPED
from tests.benchmarks.egress_unmasked import PLANTED_UNMASKED, SAFE_UNMASKED
from tests.benchmarks.egress_worded import PLANTED_WORDED, SAFE_WORDED

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
    **PLANTED_SEVENTH,
    **PLANTED_THIRTEENTH,
    **PLANTED_FOURTEENTH,
    **PLANTED_SIXTEENTH,
    **PLANTED_TWENTIETH,
    **PLANTED_UNMASKED,
    **PLANTED_TYPED,
    **PLANTED_WORDED,
    **PLANTED_DECKS,
    **PLANTED_TWENTY_THIRD,
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
    **SAFE_SEVENTH,
    **SAFE_THIRTEENTH,
    **SAFE_FOURTEENTH,
    **SAFE_SIXTEENTH,
    **SAFE_TWENTIETH,
    **SAFE_UNMASKED,
    **SAFE_TYPED,
    **SAFE_WORDED,
    **SAFE_DECKS,
    **SAFE_TWENTY_THIRD,
}
FIRST_SIGHT = {
    "fourth (hospital, bureau, drawn, listed, ordinary)": (0.576, 0.024),
    "fifth": (0.531, 0.108),
    "sixth": (0.660, 0.000),
    "seventh (64 files of pandas, matplotlib, seaborn, statsmodels and python-docx, not kept)": (0.771, 0.029),
    "eighth (57 more, with plotly and Altair, not kept)": (0.931, 0.071),
    "ninth (95 kinds as text and as files of pandas, statsmodels, lifelines, matplotlib; kept in part)": (0.742, 0.053),
    "tenth (67 kinds more; kept in part)": (0.597, 0.000),
    "eleventh (35 kinds more, 22 that only tempt; kept in part)": (0.743, 0.000),
    "twelfth (28 kinds more, 11 that only tempt; not kept)": (0.679, 0.000),
    "thirteenth (by another hand: 150 planted, 167 safe; its families made anew)": (0.800, 0.132),
    "fourteenth (by a third hand: 138 planted, 138 safe; its families made anew)": (0.746, 0.051),
    "fifteenth (by a fourth hand: 106 planted, 118 safe; its families made anew)": (0.811, 0.068),
    "sixteenth (by a fifth hand: 73 planted, 69 safe; its families made anew)": (0.863, 0.058),
    "seventeenth (by a sixth hand: 88 planted, 78 safe; families made anew in part)": (0.886, 0.179),
    "eighteenth (by a seventh hand: 72 planted, 70 safe; families made anew in part)": (0.764, 0.129),
    "nineteenth (by an eighth hand: 44 planted, 182 safe; families made anew in part)": (0.909, 0.126),
    "twentieth (by a ninth hand: 210 planted, 49 safe; families made anew in part)": (0.814, 0.265),
    "twenty-first (by a tenth hand: 113 planted, 108 safe; families made anew in part)": (0.841, 0.074),
    "twenty-second (by an eleventh hand: 100 planted, 100 safe; families made anew in part)": (0.800, 0.140),
    "twenty-third (by a twelfth hand: 137 planted, 123 safe; its families made anew)": (0.854, 0.024),
    "twenty-fourth (by a thirteenth hand: 141 planted, 141 safe; not kept)": (0.879, 0.213),
    "twenty-fifth (by two more hands: 140 planted, 140 safe; not kept)": (0.757, 0.050),
    "twenty-sixth (by two more hands: 116 planted, 120 safe; not kept)": (0.802, 0.133),
}
"""Share caught and share of safe outputs stopped when the rules met the set for the first time, before any mending."""

KNOWN_GAPS: frozenset[str] = frozenset()
"""Planted kinds that are not caught."""
KNOWN_ALARMS = frozenset(("fifth dictionary of codes",))
"""Safe kinds that are stopped: the name of a disease under a heading that says "name" is taken for a person's."""
