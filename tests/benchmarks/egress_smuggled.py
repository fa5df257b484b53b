"""Data that leaves beside the numbers: in names and metadata, packed, encoded, one thing within another."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
import zlib
from collections.abc import Callable, Mapping

from tests.benchmarks import egress_documents as made
from tests.benchmarks.egress_corpus import Sample, grid
from tests.benchmarks.egress_files import chunk, notebook, png, workbook
from tests.benchmarks.egress_people import resident_number

Maker = Callable[[random.Random], Sample]


def _records(chance: random.Random, rows: int = 60) -> bytes:
    """Rows of single people, of nobody."""
    return "\n".join(
        f"{chance.randrange(10**7):07},{chance.choice('FM')},{chance.randrange(20, 95)},{chance.randrange(10**5)}"
        for _ in range(rows)
    ).encode()


def _packed(chance: random.Random) -> bytes:
    pack = chance.choice((zlib.compress, gzip.compress, bz2.compress, lzma.compress, bytes))
    return pack(_records(chance))


def _spelled(data: bytes, chance: random.Random) -> str:
    spell = chance.choice((base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b85encode, _hex))
    return spell(data).decode()


def _hex(data: bytes) -> bytes:
    return data.hex().encode()


def _table(chance: random.Random) -> str:
    one = grid(chance)
    return "\n".join(",".join(row) for row in (one.head, *one.rows))


def number_in_a_name(chance: random.Random) -> Sample:
    """The file, a sheet or a heading is called after a person."""
    number, one = resident_number(chance).replace("-", ""), grid(chance)
    name = chance.choice(
        (f"result_{number[:6]}-{number[6:]}.csv", f"{number}.csv", f"결과_{number[:6]}_{number[6:]}.csv")
    )
    rules = ("identifier.rrn", "file.name")
    if chance.random() < 0.6:
        return Sample(name, _table(chance).encode(), "number in a name", rules)
    sheets = {f"p{number[:6]}-{number[6:]}": (one.head, *one.rows)}
    return Sample("t.xlsx", workbook(sheets), "number in a name", rules)


def person_in_a_name(chance: random.Random) -> Sample:
    name = chance.choice(
        ("patient_P0012345.csv", "010-2345-6789.csv", "hong@hospital.example.org.csv", "환자번호_00123456.csv")
    )
    rules = ("file.name", "identifier.phone", "identifier.email", "identifier.other_id")
    return Sample(name, _table(chance).encode(), "person in a name", rules)


def encoded_in_a_cell(chance: random.Random) -> Sample:
    """Records, packed or not, encoded in one cell of a table or one value of JSON."""
    text = _spelled(_packed(chance), chance)
    if chance.random() < 0.5:
        head, *rows = _table(chance).splitlines()
        lines = [f"{head},note", *(f"{row},{text if i == 1 else 'ok'}" for i, row in enumerate(rows))]
        return Sample("t.csv", "\n".join(lines).encode(), "encoded in a cell", ("text.encoded",))
    return Sample("m.json", json.dumps({"auc": 0.81, "note": text}).encode(), "encoded in a cell", ("text.encoded",))


def cut_into_pieces(chance: random.Random) -> Sample:
    """The same over many short lines, keys or comments."""
    text = base64.b64encode(zlib.compress(_records(chance, 90))).decode()
    size = chance.choice((8, 12, 20, 40))
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    if chance.random() < 0.5:
        return Sample(
            "log.txt",
            "\n".join(f"step {i} id={p}" for i, p in enumerate(pieces)).encode(),
            "pieces",
            ("text.encoded", "table.unique"),
        )
    return Sample(
        "h.json",
        json.dumps({f"layer_{i}": p for i, p in enumerate(pieces)}).encode(),
        "pieces",
        ("text.encoded", "table.unique"),
    )


def in_a_chunk(chance: random.Random) -> Sample:
    """In a chunk of a picture, plain or packed."""
    kind = chance.choice((b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"prVt"))
    return Sample(
        "f.png",
        png(9, chunk(kind, b"Comment\0" + _packed(chance))),
        "in a chunk",
        ("image.metadata", "image.integrity"),
    )


def behind_the_end(chance: random.Random) -> Sample:
    """Behind the end of a picture, a package or a document."""
    tail = _packed(chance)
    one = grid(chance)
    rules = (
        "image.integrity",
        "workbook.structure",
        "document.structure",
        "pdf.structure",
        "file.polyglot",
        "pdf.hidden",
    )
    return chance.choice(
        (
            Sample("f.png", png(9, tail=tail), "behind the end", rules),
            Sample("t.xlsx", workbook({"T": (one.head, *one.rows)}) + tail, "behind the end", rules),
            Sample("r.pdf", made.pdf([made.lines(["Results"])], tail=tail), "behind the end", rules),
            Sample("r.docx", made.docx(["a"], [(one.head, *one.rows)]) + tail, "behind the end", rules),
        )
    )


def package_in_a_package(chance: random.Random) -> Sample:
    """An archive within a workbook, a document or an archive."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("raw.csv", _records(chance))
    one = grid(chance)
    part = chance.choice(
        ("xl/embeddings/oleObject1.bin", "customXml/item1.xml", "xl/printerSettings/p.bin", "docProps/thumbnail.jpeg")
    )
    rules = ("workbook.parts", "workbook.structure", "file.type", "archive.structure", "table.records")
    if chance.random() < 0.5:
        return Sample(
            "t.xlsx", workbook({"T": (one.head, *one.rows)}, parts={part: inner.getvalue()}), "package within", rules
        )
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as package:
        package.writestr("a.zip", inner.getvalue())
    return Sample("all.zip", outer.getvalue(), "package within", rules)


def in_a_notebook(chance: random.Random) -> Sample:
    """In the source of a cell, its metadata, an attachment or an output of another kind."""
    text = base64.b64encode(zlib.compress(_records(chance))).decode()
    content = json.loads(notebook(["x = 1"], [None]))
    cell = content["cells"][0]
    where = chance.randrange(4)
    if where == 0:
        cell["source"] = f"blob = '{text}'"
    elif where == 1:
        cell["metadata"] = {"tags": [text]}
    elif where == 2:
        content["cells"].append(
            {
                "cell_type": "markdown",
                "id": "m",
                "metadata": {},
                "source": "![a](attachment:a.png)",
                "attachments": {"a.png": {"image/png": text}},
            }
        )
    else:
        cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"application/octet-stream": text}}]
    rules = ("text.encoded", "notebook.metadata", "notebook.live", "image.integrity", "notebook.structure", "file.type")
    return Sample("a.ipynb", json.dumps(content).encode(), "in a notebook", rules)


FIRST: Mapping[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        number_in_a_name,
        person_in_a_name,
        encoded_in_a_cell,
        cut_into_pieces,
        in_a_chunk,
        behind_the_end,
        package_in_a_package,
        in_a_notebook,
    )
}


def safe_names(chance: random.Random) -> Sample:
    """Names with dates, versions and sizes."""
    name = chance.choice(
        ("table_2021-06-30_v2.csv", "결과_20210630.csv", "fig3_n1200.csv", "model-10.2.csv", "표 2-1 지역별.csv")
    )
    return Sample(name, _table(chance).encode())


def safe_hashes(chance: random.Random) -> Sample:
    """A few checksums and a version, as a careful author gives them."""
    lines = [f"{chance.randbytes(32).hex()}  table_{i}.csv" for i in range(3)]
    return Sample("SHA256SUMS.txt", ("\n".join(lines) + "\ncode: 3f2a91c\n").encode())


PLANTED_SMUGGLED = FIRST
SAFE_SMUGGLED: Mapping[str, Maker] = {"names of files": safe_names, "checksums": safe_hashes}
