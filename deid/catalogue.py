"""Every action a policy may name, and which roles of a column it may serve."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from audit.text import Text
from deid.action import Action
from deid.actions.dates import DateFloor, DateShift
from deid.actions.deletion import Drop, Keep, Mask, PartialSuppress, RareToOther, SuppressLocal
from deid.actions.encryption import OrderPreserving, PseudonymOneWay, PseudonymReversible
from deid.actions.generalisation import (
    Categorize,
    GeneralizeLocal,
    GeoLevel,
    Range,
    Round,
    RoundControlled,
    RoundRandom,
    TopBottomCode,
)
from deid.actions.randomisation import Noise, Permute, RandomReplace
from deid.actions.statistics import Aggregate, Microaggregate
from deid.actions.text import ScrubText
from deid.actions.tokens import Tokenize

Role = Literal["direct", "quasi", "sensitive", "free", "keep", "drop"]

ACTIONS: Mapping[str, type[Action]] = MappingProxyType(
    {
        "aggregate": Aggregate,
        "categorize": Categorize,
        "date_floor": DateFloor,
        "date_shift": DateShift,
        "drop": Drop,
        "generalize_local": GeneralizeLocal,
        "geo_level": GeoLevel,
        "keep": Keep,
        "mask": Mask,
        "microaggregate": Microaggregate,
        "noise": Noise,
        "order_preserving": OrderPreserving,
        "partial_suppress": PartialSuppress,
        "permute": Permute,
        "pseudonym_one_way": PseudonymOneWay,
        "pseudonym_reversible": PseudonymReversible,
        "random_replace": RandomReplace,
        "range": Range,
        "rare_to_other": RareToOther,
        "round": Round,
        "round_controlled": RoundControlled,
        "round_random": RoundRandom,
        "scrub_text": ScrubText,
        "suppress_local": SuppressLocal,
        "tokenize": Tokenize,
        "top_bottom_code": TopBottomCode,
    }
)

ROLES: Mapping[Role, Text] = MappingProxyType(
    {
        "direct": Text("식별정보: 그 자체로 누구인지 알 수 있음", "direct identifier: says who it is by itself"),
        "quasi": Text("식별가능정보: 다른 정보와 합치면 알 수 있음", "quasi-identifier: says it together with others"),
        "sensitive": Text("민감정보: 알려지면 해가 되는 내용", "sensitive: what would harm if it became known"),
        "free": Text("자유 서술: 무엇이든 들어 있을 수 있음", "free text: may hold anything"),
        "keep": Text("개인과 무관하여 그대로 둠", "says nothing about a person"),
        "drop": Text("내보내지 않음", "left out"),
    }
)

_HIDING = frozenset(
    {
        "drop",
        "mask",
        "partial_suppress",
        "pseudonym_one_way",
        "pseudonym_reversible",
        "random_replace",
        "tokenize",
    }
)

# What is not named for a role may not serve it: an identifier cannot be rounded into safety.
ACTIONS_BY_ROLE: Mapping[Role, frozenset[str]] = MappingProxyType(
    {
        "direct": _HIDING,
        "quasi": frozenset(ACTIONS),
        "sensitive": frozenset(ACTIONS),
        "free": frozenset({"drop", "scrub_text", "categorize"}),
        "keep": frozenset({"keep"}),
        "drop": frozenset({"drop"}),
    }
)
