"""The numbers from one to nine as sentences in English and Korean write them."""

from __future__ import annotations

ENGLISH = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
KOREAN = ("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")


def number_of(word: str) -> int:
    """The number that digits or one of these words stand for."""
    if word.isdecimal():
        return int(word)
    return 1 + (ENGLISH if word.isascii() else KOREAN).index(word.lower())
