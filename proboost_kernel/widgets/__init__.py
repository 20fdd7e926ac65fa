"""The widget that shows an exercise; its front end is a module that the page loads by address, once for all of them."""

from proboost_kernel.widgets.exercise import Exercise

__all__ = ["Exercise"]
