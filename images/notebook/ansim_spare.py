"""A kernel that has loaded what every kernel loads, and waits to be told which one it is.

Started by `ansim_lab.SpareKernels`. One line on its standard input says it all: the arguments, the environment and the
directory that a kernel started in the usual way would have had. It has run no code of anybody by then.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Load, wait, then become the kernel."""
    del sys.path[0]  # the directory this was started in; a kernel puts its own there
    import ipykernel_launcher  # type: ignore[import-not-found,unused-ignore]  # in the image only
    from ipykernel import (  # type: ignore[import-not-found,unused-ignore]  # loading these is what takes the time
        ipkernel,  # noqa: F401
        kernelapp,
        zmqshell,  # noqa: F401
    )

    line = sys.stdin.readline()
    if not line:
        return  # the server ended, and nobody needs a kernel any more
    told = json.loads(line)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(told["env"])
    os.chdir(told["cwd"])
    sys.argv = [str(ipykernel_launcher.__file__), *told["argv"]]
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
