"""Points of a map in GeoJSON that are where single people are."""

from __future__ import annotations

from typing import Any

from egress_review.checks.columns import Kind, kind_of

FEWEST_POINTS = 3
EXACT = 3
"""Digits behind the point from which a place is a house or a street: 0.001 degrees are about a hundred metres."""
MOST_FEATURES = 100_000
_COUNTED = frozenset((Kind.COUNT, Kind.COUNT_AND_PERCENT, Kind.PERCENT))


def points_of_people(content: Any) -> list[tuple[str, int]]:
    """Paths of collections of exact points that differ and carry no count of people, and how many they are."""
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        return []
    places: list[tuple[float, ...]] = []
    for feature in content["features"][:MOST_FEATURES]:
        if not isinstance(feature, dict):
            continue
        properties = feature.get("properties")
        if isinstance(properties, dict) and any(kind_of(str(key)) in _COUNTED for key in properties):
            continue
        places += _points(feature.get("geometry"))
    exact = [place for place in places if all(map(_is_exact, place[:2]))]
    many = len(exact) >= FEWEST_POINTS and 2 * len(exact) >= len(places) and 2 * len(set(exact)) > len(exact)
    return [("$.features", len(exact))] if many else []


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
