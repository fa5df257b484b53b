"""Kinds of file by their names: what a name promises, and what the bytes must then be."""

from __future__ import annotations

EXTENSIONS: dict[str, str] = {
    "csv": "csv",
    "tsv": "tsv",
    "txt": "txt",
    **dict.fromkeys(("log", "lst", "out", "rout"), "txt"),
    "md": "md",
    "json": "json",
    **dict.fromkeys(("geojson", "jsonl", "ndjson"), "json"),
    **dict.fromkeys(("yaml", "yml", "toml", "ini", "cfg", "rst", "bib"), "txt"),
    **dict.fromkeys(("rmd", "qmd"), "md"),
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "xlsx": "xlsx",
    "ipynb": "ipynb",
    "docx": "docx",
    "pptx": "pptx",
    "hwpx": "hwpx",
    "pdf": "pdf",
    "html": "html",
    "htm": "html",
    "svg": "svg",
    "zip": "zip",
    "tex": "tex",
    **dict.fromkeys(("py", "r", "do", "ado", "sas", "sps", "sql", "jl", "stan", "sh"), "code"),
}
"""Extension in lower case to the type it promises."""

BYTES_OF = {
    "csv": "text",
    "tsv": "text",
    "txt": "text",
    "md": "text",
    "json": "text",
    "png": "png",
    "jpeg": "jpeg",
    "xlsx": "zip",
    "ipynb": "notebook",
    "docx": "zip",
    "pptx": "zip",
    "hwpx": "zip",
    "pdf": "pdf",
    "html": "html",
    "svg": "svg",
    "zip": "zip",
    "tex": "text",
    "code": "text",
}
"""What the bytes of each type must be."""


NAMES: dict[str, str] = {
    **dict.fromkeys(("makefile", "dockerfile", "snakefile", "rakefile", "namespace"), "code"),
    **dict.fromkeys(
        ("description", "license", "licence", "readme", "authors", "changelog", "news", "sha256sums"), "txt"
    ),
}
"""Files that have a name of their own and no extension; their contents are text like any other."""


def extension_of(name: str) -> str:
    """The extension of a file name, lower case, without the dot."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def promised_type(name: str) -> str | None:
    """The type that a name promises; None for a name that promises no checkable type."""
    return EXTENSIONS.get(extension_of(name)) or NAMES.get(name.rpartition("/")[2].lower())


def extensions_for(kind: str) -> list[str]:
    """The extensions, without the dot, whose files are of a type."""
    return [extension for extension, promised in EXTENSIONS.items() if promised == kind]
