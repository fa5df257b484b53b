"""Drawings as pictures, and pictures made larger, by the distribution's rsvg-convert where it is installed.

It runs no script and loads nothing: it is given a drawing on its standard input, which has no folder to name a file in.
"""

from __future__ import annotations

import base64
import shutil
import subprocess

SECONDS = 10.0
LONGEST_SIDE = 1600
"""Pixels of the longer side of a drawing's picture, and of one that is made larger."""
_PROGRAM = "rsvg-convert"
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"


def rasterised(drawing: bytes, *options: str) -> bytes | None:
    """A drawing as PNG; None where no program makes one, or none of this drawing."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return None
    command = [program, "--background-color=white", "--format=png", *options]
    try:
        done = subprocess.run(command, input=drawing, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"\x89PNG") else None


def shown(drawing: bytes) -> bytes | None:
    """A drawing as a picture to look at; as `rasterised`."""
    return rasterised(drawing, f"--width={LONGEST_SIDE}", f"--height={LONGEST_SIDE}", "--keep-aspect-ratio")


def doubled(picture: bytes, width: int, height: int) -> bytes:
    """A picture at twice its size, in which small letters are read better; as it is where that is not possible."""
    if max(width, height) * 2 > LONGEST_SIDE * 2:
        return picture
    kind = "jpeg" if picture.startswith(b"\xff\xd8") else "png"
    packed = base64.b64encode(picture).decode()
    drawing = (
        f'<svg xmlns="{_SVG}" xmlns:xlink="{_XLINK}" width="{width * 2}" height="{height * 2}">'
        f'<image width="{width * 2}" height="{height * 2}" xlink:href="data:image/{kind};base64,{packed}"/></svg>'
    )
    return rasterised(drawing.encode(), "--unlimited") or picture
