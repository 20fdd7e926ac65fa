"""Grading: finds out, in sandboxes the platform owns, what a learner's answer is worth."""

from __future__ import annotations

from typing import Any

__all__ = ["check_source", "checking"]


def __getattr__(name: str) -> Any:
    """Loaded when asked for: this package's name is also imported inside the sandbox, which has no use for more."""
    if name in __all__:
        from proboost.grading import check

        return getattr(check, name)
    raise AttributeError(name)
