"""Kinds of the corpus that are decks of slides and Hangul documents: safe, and with one thing planted."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.benchmarks.egress_corpus import Sample, cross, grid
from tests.benchmarks.egress_files import png
from tests.benchmarks.egress_people import resident_number
from tests.benchmarks.egress_slides import (
    Slide,
    authors,
    cell,
    comment,
    field,
    hwpx,
    noted,
    pptx,
    removed,
    said,
    shape,
    table,
)
from tests.benchmarks.egress_slides import grid as slide_table

Maker = Callable[[random.Random], Sample]
Table = tuple[tuple[str, ...], ...]

_TITLES = ("결과 요약", "Results", "표 1. 기본 특성", "Table 1. Baseline characteristics")
_WORDS = ("모든 수는 반올림하지 않았다.", "All counts are unweighted.", "Median follow-up was 4.2 years.")
_HIDDEN = ("document.hidden",)
_PARTS = ("document.parts",)


def _table(chance: random.Random) -> Table:
    one = chance.choice((grid, cross))(chance)
    return (one.head, *one.rows)


def _spoilt(chance: random.Random) -> Table:
    """A table with one small cell in its first row of counts."""
    rows = _table(chance)
    return (rows[0], (rows[1][0], str(chance.randrange(1, 10)), *rows[1][2:]), *rows[2:])


def _deck(chance: random.Random, *slides: Slide, rules: tuple[str, ...] = (), **more: object) -> Sample:
    """A deck with a title slide before the slides."""
    title = Slide((chance.choice(_TITLES), chance.choice(_WORDS)))
    data = pptx(title, *slides, **more)  # type: ignore[arg-type]  # the makers below give what it takes
    return Sample("발표.pptx", data, "in a deck" if rules else "", rules)


def _letter(data: bytes, *rules: str) -> Sample:
    return Sample("보고서.hwpx", data, "in a Hangul document" if rules else "", rules)


def safe_deck(chance: random.Random) -> Sample:
    picture = {"ppt/media/image1.png": png(chance.randrange(256))}
    bullets = Slide((chance.choice(_TITLES), "\n".join(_WORDS)))
    return _deck(chance, bullets, Slide(("Table 2",), [_table(chance)]), parts=chance.choice(({}, picture)))


def safe_drawn_deck(chance: random.Random) -> Sample:
    steps = "".join(shape(f"Step {n}", at=(300_000 * n, 2_000_000)) for n in range(1, 6))
    return _deck(chance, Slide(("Study flow",), shapes=steps), creator=chance.choice(("", "python-pptx", "Author")))


def safe_hangul(chance: random.Random) -> Sample:
    picture = {"BinData/image1.png": png(chance.randrange(256))}
    listed = '<opf:item id="image1" href="BinData/image1.png" media-type="image/png"/>'
    more = chance.choice(({}, {"parts": picture, "items": listed}))
    return _letter(hwpx([chance.choice(_TITLES), chance.choice(_WORDS)], [_table(chance)], **more))  # type: ignore[arg-type]


def safe_merged_hangul(chance: random.Random) -> Sample:
    """A table with a heading over two columns and a label beside two rows."""
    head = (cell("지역", 0, 0, down=2), cell("환자수", 0, 1, across=2))
    below = (cell("남", 1, 1), cell("여", 1, 2))
    rows = [
        [cell(f"{n}구", n + 1, 0), *(cell(str(chance.randrange(20, 900)), n + 1, c) for c in (1, 2))] for n in (1, 2)
    ]
    return _letter(hwpx(["표 1. 지역별 환자수"], body=said(table(head, below, *rows)), preview="표 1. 지역별 환자수"))


def small_cell_in_a_deck(chance: random.Random) -> Sample:
    rows = _spoilt(chance)
    slide = chance.choice((Slide((), [rows]), Slide((), [rows], hidden=True), Slide(("a",), notes="b", tables=[rows])))
    return _deck(chance, slide, rules=("cells.small",))


def small_cell_of_boxes(chance: random.Random) -> Sample:
    """A table drawn as boxes of words."""
    boxes = "".join(
        shape(text, at=(1_000_000 * (c + 1), 500_000 * (r + 1)))
        for r, row in enumerate(_spoilt(chance))
        for c, text in enumerate(row)
    )
    return _deck(chance, Slide((), shapes=boxes), rules=("cells.small",))


def small_cell_on_a_layout(chance: random.Random) -> Sample:
    return _deck(chance, Slide(("Results",)), layout=slide_table(_spoilt(chance)), rules=("cells.small",))


def number_in_a_deck(chance: random.Random) -> Sample:
    text = f"see {resident_number(chance)} for details"
    slides, more = chance.choice(
        (
            (Slide((text,)), {}),
            (Slide(("a",), notes=text), {}),
            (Slide((text,), hidden=True), {}),
            (Slide((), [[("a", "b"), (text, "c")]]), {}),
            (Slide((), shapes=shape("x", named=f'descr="{text}"')), {}),
            (Slide(("a",)), {"parts": {"ppt/comments/comment1.xml": comment(text)}}),
            (Slide(("a",)), {"layout": shape(text)}),
        )
    )
    return _deck(chance, slides, rules=("identifier.rrn",), **more)


def hidden_in_a_deck(chance: random.Random) -> Sample:
    word = f"group {chance.randrange(99)}"
    slides, more = chance.choice(
        (
            (Slide((word,), hidden=True), {}),
            (Slide(("a",), notes=word), {}),
            (Slide((), shapes=shape(word, at=(-900_000, 0))), {}),
            (Slide((), shapes=shape(word, look='sz="100"/>')), {}),
            (Slide((), shapes=shape(word, look="><a:noFill/></a:rPr>")), {}),
            (Slide((), shapes=shape(word, named='hidden="1"')), {}),
            (Slide(("a",)), {"parts": {"ppt/comments/comment1.xml": comment(word)}}),
            (Slide(("a",)), {"parts": {"ppt/slides/slide9.xml": _lone(word)}}),
        )
    )
    return _deck(chance, slides, rules=_HIDDEN, **more)


def _lone(word: str) -> bytes:
    """A slide that no show has."""
    spaces = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    return f'<p:sld {spaces} xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{shape(word)}</p:sld>'.encode()


def part_of_a_deck(chance: random.Random) -> Sample:
    names = ("vbaProject.bin", "embeddings/a.xlsx", "charts/chart1.xml", "tags/tag1.xml", "media/a.emf", "odd.xml")
    parts = {f"ppt/{chance.choice(names)}": b"<a>kept</a>"}
    return _deck(chance, Slide(("a",)), parts=parts, rules=_PARTS)


def author_of_a_deck(chance: random.Random) -> Sample:
    name = chance.choice(("김민준", "Kim Minjun"))
    more = chance.choice(({"creator": name}, {"parts": {"ppt/commentAuthors.xml": authors(name)}}))
    return _deck(chance, Slide(("a",)), rules=("document.people",), **more)


def points_in_a_deck(chance: random.Random) -> Sample:
    """A scatter plot whose every point is a shape, as programs draw that write figures for PowerPoint."""
    spots = ((chance.randrange(9_000_000), chance.randrange(6_000_000)) for _ in range(chance.randrange(60, 300)))
    return _deck(chance, Slide((), shapes="".join(shape(at=spot) for spot in spots)), rules=("figure.points",))


def small_cell_in_hangul(chance: random.Random) -> Sample:
    return _letter(hwpx(["표 1"], [_spoilt(chance)]), "cells.small")


def number_in_hangul(chance: random.Random) -> Sample:
    text = f"자세한 내용은 {resident_number(chance)} 참조"
    data = chance.choice(
        (
            hwpx([text]),
            hwpx(body=removed(text)),
            hwpx(body=noted(text)),
            hwpx(body=field("MEMO", text)),
            hwpx(["결과"], preview=text),
            hwpx(body=said(f"<hp:pic><hp:shapeComment>{text}</hp:shapeComment></hp:pic>")),
            hwpx(["결과"], [[("이름", "메모"), ("가", text)]]),
        )
    )
    return _letter(data, "identifier.rrn")


def hidden_in_hangul(chance: random.Random) -> Sample:
    word = f"제외한 집단 {chance.randrange(99)}"
    data = chance.choice(
        (
            hwpx(body=removed(word), preview=""),
            hwpx(body=noted(word), preview=""),
            hwpx(body=field("MEMO", word), preview=""),
            hwpx(body=said(text=word, look=7), preview=""),
            hwpx(["결과"], preview=word),
        )
    )
    return _letter(data, *_HIDDEN)


def part_of_hangul(chance: random.Random) -> Sample:
    names = ("BinData/ole1.ole", "Chart/chart1.xml", "Custom/bibliography.xml", "Scripts/sourceScripts.js", "odd.xml")
    return _letter(hwpx(["a"], parts={chance.choice(names): b"<a>kept</a>"}), *_PARTS)


def author_of_hangul(chance: random.Random) -> Sample:
    name = chance.choice(("김민준", "연구1팀 박서연"))
    author = f'<hh:trackChangeAuthors><hh:trackChangeAuthor name="{name}"/></hh:trackChangeAuthors>'
    return _letter(chance.choice((hwpx(["a"], creator=name), hwpx(["a"], head=author))), "document.people")


SAFE_DECKS: Mapping[str, Maker] = {
    "deck": safe_deck,
    "drawn deck": safe_drawn_deck,
    "Hangul document": safe_hangul,
    "merged cells in a Hangul document": safe_merged_hangul,
}
PLANTED_DECKS: Mapping[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        small_cell_in_a_deck,
        small_cell_of_boxes,
        small_cell_on_a_layout,
        number_in_a_deck,
        hidden_in_a_deck,
        part_of_a_deck,
        author_of_a_deck,
        points_in_a_deck,
        small_cell_in_hangul,
        number_in_hangul,
        hidden_in_hangul,
        part_of_hangul,
        author_of_hangul,
    )
}
