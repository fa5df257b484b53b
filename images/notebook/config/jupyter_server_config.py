"""The image's own settings of Jupyter Server; a person may add to them in the home, the gate decides what passes."""

from ansim_lab import PackedFiles  # type: ignore[import-not-found,unused-ignore]  # in the image only

c = get_config()  # type: ignore[name-defined]  # noqa: F821 — Jupyter defines it
c.ServerApp.tornado_settings = {"static_handler_class": PackedFiles}
