"""What kinds, states and resolutions of requests are called."""

from __future__ import annotations

from proboost.i18n import _, lazy

KINDS = {
    "setup": lazy("set-up"),
    "problem": lazy("problem"),
    "consultation": lazy("consultation"),
    "proposal": lazy("proposal"),
}
ABOUT = {
    "setup": lazy("Something has to be installed, switched on or allowed."),
    "problem": lazy("Something does not work as it should."),
    "consultation": lazy("You want advice on how to do something."),
    "proposal": lazy("You know how the platform could be better."),
}
STATES = {"open": lazy("waits for an answer"), "answered": lazy("answered"), "closed": lazy("closed")}
RESOLUTIONS = {"update": lazy("by an update"), "work": lazy("by one-off work"), "advice": lazy("by advice")}


def word(words: dict[str, str], key: str) -> str:
    """The word in the reader's language."""
    return _(words[key]) if key in words else key
