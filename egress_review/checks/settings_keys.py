"""Settings in JSON: what stands below `params`, `config` or `args` is chosen by an analyst and counts nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from egress_review.checks.columns import Kind, kind_of

_SETTINGS = re.compile(
    r"(?:.{0,30}[_ .-])?(?:hyper[_ -]?)?(?:params?|parameters?|hparams|config(?:s|uration|urations)?|settings?|"
    r"options?|opts|"
    r"args|arguments|kwargs|flags)|(?:모형|모델|하이퍼|실행|학습)?\s?(?:파라미터|매개변수|설정|옵션|"
    r"인자|하이퍼파라미터)",
    re.IGNORECASE,
)
_NUMBER_OF = re.compile(
    r"(?:n|num|nr|no|max|min|count|number_of|n_of)_+(?=.)|(?:num|max|min)(?=[A-Z])",
    re.IGNORECASE,
)
_BEGIN = r"(?:(?<![A-Za-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
"""Where a word of a key begins: what is chosen is an `order`, and no disorder."""
_CHOSEN = re.compile(
    rf"{_BEGIN}(?:n(?:tree|thread|rounds|iter|folds?|boot|knots|sim|burn)|[a-z]{{3,8}}size|"
    r"depth|leaf|leaves|trees?\b|estimators|rate|seed|state|size|iter|epoch|batch|alpha|lambda|gamma|beta|eta\b|"
    r"tol|layer|"
    r"units|hidden|dropout|folds?|splits?|jobs|thread|worker|verbos|max|min|num_|^n_|penalty|kernel|degree|rounds|"
    r"patience|"
    r"warm|fraction|step|window|lag|knot|bins?|dim|heads|neighbo|components|clusters|gpu|device|version|digits|"
    r"width|height|"
    r"dpi|order|power|threshold|decimals|indent|boot|^(?:k|c|p|d|q)$)",
    re.IGNORECASE,
)
_MADE = re.compile(
    rf"{_CHOSEN.pattern}|{_BEGIN}(?:class|topic|categor|feature|input|output|channel|token|word|filter|factor|"
    r"latent|embed|chain|draw|burn|imput|permut|repeat|trial|round|quantile|bucket|shard|partition|points?\b|grid|term|"
    r"level|run|delta|restart|updates|eval|walk|sim|induc)",
    re.IGNORECASE,
)
"""What a program makes many of, whose number is chosen; of what befell people none is."""
_MACHINES = frozenset(("workers", "jobs", "threads", "processes", "agents", "actors", "learners"))
"""What a program has of its own, and people are called as well."""
_OTHERS = re.compile(r"samples?|rows?|records?|obs\w*|people|sizes?$", re.IGNORECASE)
MOSTLY, DEEPEST = 0.5, 40


def are_settings(key: str, value: Any) -> bool:
    """Whether an object stands under the name of settings, and no map of categories to numbers stands there
    instead."""
    if not isinstance(value, Mapping) or not _SETTINGS.fullmatch(key.strip()) or kind_of(key) is Kind.COUNT:
        return False
    return not value or sum(map(_is_chosen, value)) >= MOSTLY * len(value)


def _is_chosen(key: str) -> bool:
    return key.isascii() and _CHOSEN.search(key) is not None


def counts_nobody(key: str) -> bool:
    """Whether a key among settings says how large something is made, `num_leaves`; `n_patients` and `n_hiv` count."""
    rest = _NUMBER_OF.sub("", key.strip(), count=1)
    if rest == key.strip() or not rest:
        return kind_of(key) is not Kind.COUNT and _is_chosen(key)
    if rest.lower() in _MACHINES:
        return True
    return kind_of(rest) is not Kind.COUNT and not _OTHERS.fullmatch(rest) and _MADE.search(rest) is not None


def without_settings(value: Any, depth: int = 0) -> Any:
    """A value of JSON without the settings in it that count nobody."""
    if depth > DEEPEST:
        return value
    if isinstance(value, list):
        return [without_settings(one, depth + 1) if isinstance(one, dict | list) else one for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_settings(_without_chosen(inner) if are_settings(key, inner) else inner, depth + 1)
        for key, inner in value.items()
    }


def _without_chosen(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in settings.items() if isinstance(inner, dict | list) or not counts_nobody(key)}
