"""The extension of a learner's server: relay, spool, lessons."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "proboost_lab"}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "proboost-lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Called by Jupyter Server; imports here, so that the package itself stays free to import."""
    from proboost_lab.extension import load

    load(app)
