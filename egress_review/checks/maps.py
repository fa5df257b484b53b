"""Points and ways of a map in GeoJSON that are where single people are, or went."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from egress_review.checks.areas import are_features_of_areas
from egress_review.checks.columns import Kind, kind_of

FEWEST_POINTS = 3
EXACT = 3
"""Digits behind the point from which a place is a house or a street: 0.001 degrees are about a hundred metres."""
MOST_FEATURES = 100_000
_COUNTED = frozenset((Kind.COUNT, Kind.COUNT_AND_PERCENT, Kind.PERCENT))


def points_of_people(content: Any, around: str = "") -> list[tuple[str, int]]:
    """Paths of exact points that differ and carry no count of people, and of ways of somebody, with how many points.

    `around` is what the file is called.
    """
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        return []
    places: list[tuple[float, ...]] = []
    ways: list[tuple[str, int]] = []
    told: list[dict[str, Any]] = []
    for number, feature in enumerate(content["features"][:MOST_FEATURES], 1):
        if not isinstance(feature, dict):
            continue
        properties = feature.get("properties")
        if isinstance(properties, dict) and any(kind_of(str(key)) in _COUNTED for key in properties):
            continue
        places += _points(feature.get("geometry"))
        told.append(properties if isinstance(properties, dict) else {})
        if isinstance(properties, dict) and _is_way(feature.get("geometry"), properties):
            ways.append((f"$.features[{number}]", _length(feature["geometry"])))
    exact = [place for place in places if all(map(_is_exact, place[:2]))]
    many = len(exact) >= FEWEST_POINTS and 2 * len(exact) >= len(places) and 2 * len(set(exact)) > len(exact)
    many = many and not are_features_of_areas(told, f"{around} {content.get('name', '')}")
    found = [("$.features", len(exact))] if many else []
    return found + ways


def _length(way: Mapping[str, Any]) -> int:
    at = way.get("coordinates")
    return len(at) if isinstance(at, list) else 0


def _is_way(geometry: Any, properties: Mapping[str, Any]) -> bool:
    """Whether a line is the way that somebody went: it has a clock, or says whose it is."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("LineString", "MultiLineString"):
        return False
    timed = [value for value in properties.values() if isinstance(value, str) and _CLOCK.search(value)]
    return len(timed) > 1 or any(_OF_SOMEBODY.fullmatch(str(key)) for key in properties)


_CLOCK = re.compile(r"(?<!\d)(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?!\d)")
_OF_SOMEBODY = re.compile(
    r"(?:user|card|person|patient|passenger|rider|subject|participant|device|imei|이용자|환자|카드|대상자|개인)"
    r"[ _-]?(?:id|no|num|number|hash|key|번호)?",
    re.IGNORECASE,
)


def _points(geometry: Any) -> list[tuple[float, ...]]:
    if not isinstance(geometry, dict):
        return []
    at = geometry.get("coordinates")
    held = [at] if geometry.get("type") == "Point" else at if geometry.get("type") == "MultiPoint" else []
    return [
        tuple(map(float, one))
        for one in (held if isinstance(held, list) else [])
        if isinstance(one, list) and len(one) >= 2 and all(type(n) in (int, float) and abs(n) < 1e6 for n in one)
    ]


def _is_exact(degrees: float) -> bool:
    return bool(abs(degrees * 10 ** (EXACT - 1) - round(degrees * 10 ** (EXACT - 1))) > 1e-6)
