"""Turns a fresh environment into the one that researchers use; runs once, while the image is built."""

from __future__ import annotations

import compileall
import gzip
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution, distributions
from pathlib import Path

PREFIX = Path(sys.prefix)
LIBRARIES = Path(sysconfig.get_paths()["purelib"])
SHARE = PREFIX / "share" / "ansim"
BUILD = Path(__file__).parent

# Half of a scientific environment is the tests of its packages; nothing imports them.
TESTED = ("matplotlib", "mpl_toolkits", "pandas", "pyarrow", "scipy", "sklearn", "statsmodels")
# Headers to compile against; there is no compiler.
HEADERS = ("pyarrow/include", "numpy/_core/include")
# Server extensions without a use here: language servers and terminals, which the gate refuses anyway.
EXTENSIONS = ("jupyter-lsp-jupyter-server.json", "jupyter_server_terminals.json")

# A style for listings in converted notebooks; it alone makes Lab load a container of foreign code at every start.
LAB_EXTENSIONS = ("jupyterlab_pygments",)
# Parts of Lab that a browser loads; already packed formats (fonts, pictures) gain nothing.
PACKABLE = frozenset({".js", ".css", ".json", ".svg", ".ttf", ".eot"})
PACKABLE_BYTES = 1000

# Checks one kind of address (IRI) in events that nobody here writes, and parses its grammar for two seconds at every
# start of the server; without it the check of that one format is skipped.
UNUSED = ("rfc3987-syntax", "lark")

# Every line replaces the line of the same key in matplotlib's own defaults, so that `rcdefaults()` and
# `style.use("default")` keep Korean readable. A missing glyph is looked for in the next family of the list.
MATPLOTLIB = {
    "font.family": "NanumGothic, DejaVu Sans",
    "font.sans-serif": "NanumGothic, DejaVu Sans",
    "font.serif": "NanumMyeongjo, DejaVu Serif",
    "font.monospace": "DejaVu Sans Mono, NanumGothic",
    "axes.unicode_minus": "True",
}


def remove_ballast() -> None:
    """Take out tests and headers."""
    for package in TESTED:
        for folder in sorted((LIBRARIES / package).rglob("tests")):
            shutil.rmtree(folder, ignore_errors=True)
    for path in HEADERS:
        shutil.rmtree(LIBRARIES / path, ignore_errors=True)


def remove_unused() -> None:
    """Uninstall distributions that only cost time."""
    for name in UNUSED:
        for folder in sorted({file.parts[0] for file in distribution(name).files or []} - {"..", "__pycache__"}):
            shutil.rmtree(LIBRARIES / folder)


def configure_jupyter() -> None:
    """Install our configuration and take out the extensions that have no use."""
    for name in EXTENSIONS:
        (PREFIX / "etc" / "jupyter" / "jupyter_server_config.d" / name).unlink()
    for name in LAB_EXTENSIONS:
        shutil.rmtree(PREFIX / "share" / "jupyter" / "labextensions" / name)
    shutil.copytree(BUILD / "config", PREFIX / "etc" / "jupyter", dirs_exist_ok=True)
    for name in ("ansim_lab.py", "ansim_spare.py"):
        shutil.copy(BUILD / name, LIBRARIES / name)


def configure_pip() -> None:
    """Let pip ask the zone's mirror, and install into the home: the environment itself is read-only.

    Python then looks into the home after the environment, so that nothing installed there can take the place of what
    the image holds, least of all of Jupyter.
    """
    shutil.copy(BUILD / "pip.conf", PREFIX / "pip.conf")
    settings = PREFIX / "pyvenv.cfg"
    text, old = settings.read_text(encoding="utf-8"), "include-system-site-packages = false"
    if text.count(old) != 1:
        raise SystemExit("pyvenv.cfg does not say once that it is without the system's packages")
    settings.write_text(text.replace(old, "include-system-site-packages = true"), encoding="utf-8")


def preload_core() -> None:
    """Let a browser fetch the largest part of Lab with the page, not only after the first script has asked for it."""
    static = PREFIX / "share" / "jupyter" / "lab" / "static"
    page = static / "index.html"
    (core,) = static.glob("jlab_core.*.js")
    address = "{{page_config.fullStaticUrl}}/" + f"{core.name}?v={core.name.split('.')[1]}"  # as Lab itself writes it
    text, first = page.read_text(encoding="utf-8"), '<script defer="defer"'
    if text.count(first) != 1:
        raise SystemExit("the page of JupyterLab has not the one first script that was expected")
    page.write_text(text.replace(first, f'<link rel="preload" as="script" href="{address}">{first}'), encoding="utf-8")


def pack_lab() -> None:
    """Keep each part of Lab packed beside itself; without a time in it, so that two builds give the same bytes."""
    for path in sorted((PREFIX / "share" / "jupyter" / "lab" / "static").rglob("*")):
        if path.suffix in PACKABLE and path.stat().st_size >= PACKABLE_BYTES:
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)


def configure_matplotlib() -> None:
    """Write the fonts into matplotlib's defaults and index the fonts once for all workspaces."""
    defaults = LIBRARIES / "matplotlib" / "mpl-data" / "matplotlibrc"
    text = defaults.read_text(encoding="utf-8")
    for key, value in MATPLOTLIB.items():
        text, found = re.subn(rf"(?m)^#\s*{re.escape(key)}\s*:.*$", f"#{key}: {value}", text)
        if found != 1:
            raise SystemExit(f"matplotlib's defaults do not name {key} once but {found} times")
    defaults.write_text(text, encoding="utf-8")
    index = SHARE / "matplotlib"
    index.mkdir(parents=True)
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import matplotlib.font_manager as m; m.findfont('NanumGothic', fallback_to_default=False)",
        ],
        check=True,
        env={"PATH": os.environ["PATH"], "MPLCONFIGDIR": str(index)},
    )
    if not list(index.glob("fontlist-*.json")):
        raise SystemExit("matplotlib wrote no index of fonts")


def install_client() -> None:
    """Put `import ansim_client` within reach of every kernel."""
    for name in (
        "ansim_client.py",
        "ansim_evidence.py",
        "ansim_outbox.py",
        "ansim_packages.py",
        "ansim_call.py",
        "ansim_table.py",
        "ansim_words.py",
    ):
        shutil.copy(BUILD / name, LIBRARIES / name)


def record_packages() -> None:
    """Write down what is installed, for the image's manifest."""
    found = sorted({(d.metadata["Name"].lower(), d.version) for d in distributions(path=[str(LIBRARIES)])})
    (SHARE / "packages.json").write_text(json.dumps(found, indent=0), encoding="utf-8")


def compile_bytecode() -> None:
    """Compile everything now, bound to the source by hash instead of time: later the files are read-only.

    A file that does not compile is a template or written for another Python; it is left as it is.
    """
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(LIBRARIES, quiet=2, workers=0, invalidation_mode=mode)


def main() -> None:
    """Run every step."""
    SHARE.mkdir(parents=True)
    remove_ballast()
    remove_unused()
    configure_jupyter()
    configure_pip()
    preload_core()
    pack_lab()
    configure_matplotlib()
    install_client()
    record_packages()
    compile_bytecode()


if __name__ == "__main__":
    main()
