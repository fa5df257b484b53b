"""Kinds of the corpus that are about bytes: documents of every type, safe and with one thing planted that hides."""

from __future__ import annotations

import base64
import io
import json
import pickle
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from tests.benchmarks import egress_documents as made
from tests.benchmarks.egress_corpus import Grid, Sample, cross, grid
from tests.benchmarks.egress_files import chunk, inline_png, notebook, png, workbook

_ENGLISH = ("mean age", "mean BMI", "median stay")


def _table(chance: random.Random) -> tuple[tuple[str, ...], ...]:
    one = chance.choice((grid, cross))(chance)
    return (one.head, *one.rows)


def _plain(chance: random.Random) -> tuple[tuple[str, ...], ...]:
    """A table in letters that the standard fonts of PDF have."""
    while True:
        rows = _table(chance)
        if all(cell.isascii() and not set(cell) & set("()\\") for row in rows for cell in row):
            return rows


def _spoilt(rows: tuple[tuple[str, ...], ...], chance: random.Random) -> tuple[tuple[str, ...], ...]:
    """The table with one small cell in its first row of counts."""
    row = list(rows[1])
    row[1] = str(chance.randrange(1, 10))
    return (rows[0], tuple(row), *rows[2:])


# -- safe --------------------------------------------------------------------------------


def safe_document(chance: random.Random) -> Sample:
    words = ["Results", "All counts are unweighted.", "모든 수는 반올림하지 않았다."]
    link = made.linked("hyperlink", "https://example.org/protocol")
    parts = {"word/media/image1.png": png(chance.randrange(256))}
    more: dict[str, Any] = chance.choice(({}, {"relations": link}, {"parts": parts}, {"creator": "python-docx"}))
    return Sample("report.docx", made.docx(words, [_table(chance)], **more))


def safe_pdf(chance: random.Random) -> Sample:
    bars = b"".join(b"%d 100 20 %d re f\n" % (60 + 30 * n, chance.randrange(20, 200)) for n in range(8))
    curve = b"60 300 m\n" + b"".join(b"%d %d l\n" % (60 + n, 300 + n % 40) for n in range(300)) + b"S\n"
    pages = [made.lines(["Table 1", "Counts are unweighted."]), made.pdf_table(_plain(chance))]
    return Sample("figure.pdf", made.pdf(pages[: chance.randrange(1, 3)], drawn=chance.choice((b"", bars, curve))))


def safe_drawing(chance: random.Random) -> Sample:
    labels = [str(2010 + n) for n in range(8)] + ["rate per 1,000", chance.choice(_ENGLISH)]
    curve = " ".join(f"L {n} {chance.uniform(40, 300):.2f}" for n in range(200))
    body = chance.choice(("", f'<path d="M 0 0 {curve}" style="fill: none"/>', "<!-- mean age -->"))
    return Sample("figure.svg", made.svg(labels, marks=chance.randrange(0, 30), body=body))


def safe_page(chance: random.Random) -> Sample:
    style = "<style>\n#T_a1b2c_row0_col1 {\n  background-color: #fff7fb;\n  color: #000000;\n}\n</style>"
    return Sample("table.html", made.page(_table(chance), head=chance.choice(("", style)), body="<p>Unweighted.</p>"))


def safe_names(chance: random.Random) -> Sample:
    """Terms of a model: long names without spaces that are no codes."""
    stems = ("systolic_blood_pressure_baseline", "hba1c_visit_2_minus_baseline", "C(region)[T.Gyeonggi]:age_at_index")
    rows = [f"{stem}_{n},{chance.gauss(0, 1):.4f}" for n in range(4) for stem in stems]
    return Sample("terms.csv", ("term,coef\n" + "\n".join(rows) + "\n").encode())


def safe_first_word(chance: random.Random) -> Sample:
    word = chance.choice(("BMI group", "MZ twins", "ORCID-free group", "PK study arm", "GIF study arm"))
    return Sample("t.csv", f"{word},n\nA,{chance.randrange(20, 900)}\nB,{chance.randrange(20, 900)}\n".encode())


SAFE_BYTES: Mapping[str, Any] = {
    "document": safe_document,
    "pdf": safe_pdf,
    "drawing": safe_drawing,
    "page": safe_page,
    "long names": safe_names,
    "first word": safe_first_word,
}


# -- planted --------------------------------------------------------------------------------


def _number(chance: random.Random) -> str:
    """A resident registration number of nobody."""
    digits = f"{chance.randrange(50, 99)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{chance.choice('12')}"
    digits += f"{chance.randrange(100000):05}"
    check = (11 - sum(int(d) * w for d, w in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True)) % 11) % 10
    return f"{digits[:6]}-{digits[6:]}{check}"


def small_cell_in_a_document(chance: random.Random) -> Sample:
    name, data = chance.choice(
        (
            ("r.docx", made.docx(["Table"], [_spoilt(_table(chance), chance)])),
            ("r.html", made.page(_spoilt(_table(chance), chance))),
            ("r.pdf", made.pdf([made.pdf_table(_spoilt(_plain(chance), chance))])),
        )
    )
    return Sample(name, data, "small cell in a document", ("cells.small",))


def number_in_a_document(chance: random.Random) -> Sample:
    value = _number(chance)
    text = f"see {value} for details"
    name, data = chance.choice(
        (
            ("r.docx", made.docx([text])),
            ("r.docx", made.docx(body=made.inserted(text))),
            ("r.docx", made.docx(parts={"word/comments.xml": made.comments(text)})),
            ("r.html", made.page(body=f"<p>{text}</p>")),
            ("r.html", made.page(body=f"<!-- {text} -->")),
            ("r.html", made.page(body=f'<p id="{value}">x</p>')),
            ("r.svg", made.svg([text])),
            ("r.svg", made.svg(body=f"<desc>{text}</desc>")),
            ("r.pdf", made.pdf([made.lines(["a"]), made.lines([text])])),
            ("r.pdf", made.pdf([made.lines(["a"])], info=f"/Title ({text})".encode())),
        )
    )
    return Sample(name, data, "number in a document", ("identifier.rrn",))


def hidden_in_a_document(chance: random.Random) -> Sample:
    word = f"group {chance.randrange(99)}"
    data = chance.choice(
        (
            made.docx(body=made.inserted(word)),
            made.docx(body=made.unseen(word)),
            made.docx(parts={"word/comments.xml": made.comments(word)}),
        )
    )
    return Sample("r.docx", data, "hidden in a document", ("document.hidden",))


def part_of_a_document(chance: random.Random) -> Sample:
    part = chance.choice(
        (
            "word/vbaProject.bin",
            "word/embeddings/a.xlsx",
            "word/charts/chart1.xml",
            "customXml/item1.xml",
            "word/odd.xml",
        )
    )
    return Sample("r.docx", made.docx(["a"], parts={part: b"<a>kept</a>"}), "part of a document", ("document.parts",))


def author_of_a_document(chance: random.Random) -> Sample:
    return Sample(
        "r.docx", made.docx(["a"], creator=chance.choice(("김민준", "Kim Minjun"))), "author", ("document.people",)
    )


def hidden_in_a_pdf(chance: random.Random) -> Sample:
    words = [made.lines(["a"])]
    rule, data = chance.choice(
        (
            ("pdf.active", made.pdf(words, catalog=b"/OpenAction << /S /JavaScript /JS (x) >>")),
            ("pdf.attached", made.pdf(words, catalog=b"/Names << /EmbeddedFiles << /Names [] >> >>")),
            ("pdf.hidden", made.pdf(words, catalog=b"/OCProperties << >>")),
            ("pdf.hidden", made.pdf(words, page=b"/Annots [<< /Subtype /Text /Rect [0 0 9 9] /Contents (x) >>]")),
            ("pdf.hidden", made.pdf(words, drawn=b"BT /F1 9 Tf 3 Tr 60 60 Td (unseen) Tj ET\n")),
            ("pdf.hidden", made.pdf([[(-400, 300, "outside the page")]])),
            ("pdf.hidden", made.pdf(words, more=[b"(kept back)"])),
            ("pdf.metadata", made.pdf(words, info=b"/Author (Kim)")),
            ("pdf.structure", made.pdf(words, tail=chance.randbytes(90))),
        )
    )  # fmt: skip
    return Sample("r.pdf", data, "hidden in a PDF", (rule,))


def points_in_a_figure(chance: random.Random) -> Sample:
    number = chance.randrange(60, 400)
    dots = b"".join(
        b"q 1 0 0 1 %d %d cm /M0 Do Q\n" % (chance.randrange(500), chance.randrange(700)) for _ in range(number)
    )
    circles = "".join(
        f'<circle cx="{chance.random() * 400:.3f}" cy="{chance.random() * 300:.3f}" r="2"/>' for _ in range(number)
    )
    trace = {"type": "scatter", "mode": "markers", "x": [chance.random() for _ in range(number)]}
    name, data = chance.choice(
        (
            ("f.svg", made.svg(marks=number)),
            ("f.svg", made.svg(body=circles)),
            ("f.pdf", made.pdf([made.lines(["a"])], drawn=dots)),
            ("f.json", json.dumps({"data": [trace], "layout": {}}).encode()),
        )
    )
    return Sample(name, data, "points in a figure", ("figure.points",))


def markup_that_runs(chance: random.Random) -> Sample:
    name, rule, data = chance.choice(
        (
            ("p.html", "markup.active", made.page(body="<script>fetch('//x')</script>")),
            ("p.html", "markup.active", made.page(body='<b onmouseover="x()">a</b>')),
            ("p.html", "markup.outside", made.page(body='<img src="//example.org/p.gif">')),
            ("p.html", "markup.hidden", made.page(body='<div style="display:none">a</div>')),
            ("p.html", "markup.hidden", made.page(body='<td data-value="17">a</td>')),
            ("f.svg", "markup.active", made.svg(body="<script>1</script>")),
            ("f.svg", "markup.outside", made.svg(body='<image href="//example.org/p.png"/>')),
            ("f.svg", "markup.hidden", made.svg(body='<g display="none"><text>a</text></g>')),
        )
    )
    return Sample(name, data, "markup that runs", (rule,))


def second_file(chance: random.Random) -> Sample:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("a.csv", chance.randbytes(80))
    name, data = chance.choice(
        (
            ("f.png", png(9, tail=target.getvalue())),
            ("f.png", png(9, chunk(b"prVt", target.getvalue()))),
            ("r.pdf", made.pdf([made.lines(["a"])], tail=target.getvalue())),
            ("n.txt", b"notes\n%PDF-1.4\n%%EOF\n"),
        )
    )
    return Sample(name, data, "two files in one", ("file.polyglot",))


def packed_archive(chance: random.Random) -> Sample:
    packed, tar = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("a.csv", b"a")
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    data = chance.choice(
        (
            packed.getvalue(),
            tar.getvalue(),
            b"\x1f\x8b\x08\x00" + chance.randbytes(40),
            b"7z\xbc\xaf\x27\x1c" + bytes(40),
        )
    )
    return Sample(chance.choice(("a.zip", "a.tar", "a.csv", "a.gz")), data, "archive", ("file.type",))


def scattered_codes(chance: random.Random) -> Sample:
    raw = chance.randbytes(400)
    rows = "".join(f"{raw[i : i + 16].hex()},{chance.randrange(20, 99)}\n" for i in range(0, 320, 16))
    short = base64.b64encode(zlib.compress(raw[:50])).decode()
    name, data = chance.choice(
        (
            ("t.csv", f"key,n\n{rows}".encode()),
            (
                "n.txt",
                ("\n".join(base64.b64encode(raw[i : i + 24]).decode() for i in range(0, 384, 24)) + "\n").encode(),
            ),
            ("n.md", f"The state is {short} as of today.\n".encode()),
            ("m.json", json.dumps({"w": list(raw[:200])}).encode()),
            ("t.xlsx", workbook({"T": (("key", "n"), *((raw[i : i + 16].hex(), "25") for i in range(0, 160, 16)))})),
            ("a.ipynb", notebook(["x"], [{"text/plain": f"b'{base64.b64encode(zlib.compress(raw)).decode()}'"}])),
        )
    )
    return Sample(name, data, "scattered codes", ("text.encoded",))


def room_in_a_picture(chance: random.Random) -> Sample:
    extra = chance.choice(
        (
            chunk(b"pHYs", chance.randbytes(300)),
            chunk(b"iCCP", b"p\0\0" + chance.randbytes(90)),
            chunk(b"eXIf", b"II*\0" + chance.randbytes(40)),
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
            chunk(b"tEXt", b"Software\0" + b"a" * 200),
        )
    )
    if chance.random() < 0.5:
        return Sample("a.ipynb", notebook(["p"], [inline_png(png(9, extra))]), "room in a picture", ("image.metadata",))
    return Sample("f.png", png(9, extra), "room in a picture", ("image.metadata",))


def room_in_a_package(chance: random.Random) -> Sample:
    one: Grid = grid(chance)
    name, data = chance.choice(
        (("t.xlsx", workbook({"T": (one.head, *one.rows)})), ("r.docx", made.docx(["a"], [(one.head, *one.rows)])))
    )
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as package:
        for number, info in enumerate(source.infolist()):
            entry = zipfile.ZipInfo(info.filename)
            if number == 0:
                entry.extra = struct.pack("<HH", 0x7777, 40) + chance.randbytes(40)
            package.writestr(entry, source.read(info))
    return Sample(name, target.getvalue(), "room in a package", ("workbook.structure", "document.structure"))


def state_of_widgets(chance: random.Random) -> Sample:
    values = [chance.random() for _ in range(60)]
    content = json.loads(notebook(["x"], [None]))
    if chance.random() < 0.5:
        content["metadata"]["widgets"] = {"state": {"a": values}}
    else:
        content["cells"][0]["metadata"]["notes"] = values
    return Sample("a.ipynb", json.dumps(content).encode(), "state of widgets", ("notebook.metadata",))


def model_file(chance: random.Random) -> Sample:
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    name, data = chance.choice(
        (
            ("m.safetensors", len(header).to_bytes(8, "little") + header + bytes(16)),
            ("m.joblib", pickle.dumps(list(range(60)))),
            ("m.onnx", b"\x08\x07\x12\x07pytorch" + chance.randbytes(60)),
            ("d.rds", b"\x1f\x8b\x08\x00" + chance.randbytes(60)),
            ("d.npy", b"\x93NUMPY\x01\x00" + chance.randbytes(60)),
            ("d.dta", b"<stata_dta><header>" + chance.randbytes(60)),
            ("d.sav", b"$FL2@(#) SPSS DATA FILE" + chance.randbytes(60)),
            ("t.csv", pickle.dumps(list(range(60)))),
        )
    )
    return Sample(name, data, "model or data file", ("file.type",))


PLANTED_BYTES: Mapping[str, Any] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        small_cell_in_a_document,
        number_in_a_document,
        hidden_in_a_document,
        part_of_a_document,
        author_of_a_document,
        hidden_in_a_pdf,
        points_in_a_figure,
        markup_that_runs,
        second_file,
        packed_archive,
        scattered_codes,
        room_in_a_picture,
        room_in_a_package,
        state_of_widgets,
        model_file,
    )
}
