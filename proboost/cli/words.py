"""The command line's language, and click's own sentences in it. Needs the standard library only."""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Mapping
from pathlib import Path

LOCALE = Path(__file__).parents[1] / "web" / "locale"
DOMAIN = "proboost"


def chosen(environment: Mapping[str, str]) -> str:
    """PROBOOST_LANG, else LC_ALL, LC_MESSAGES, LANG; English unless it is Russian."""
    for name in ("PROBOOST_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "ru" if environment[name].lower().startswith("ru") else "en"
    return "en"


def speak(language: str) -> None:
    """From here on this process speaks that language, click and what it starts included."""
    os.environ["PROBOOST_LANG"] = language
    os.environ["LANGUAGE"] = language
    _gettext.bindtextdomain(DOMAIN, str(LOCALE))
    _gettext.textdomain(DOMAIN)


def _(message: str) -> str:
    return _gettext.translation(DOMAIN, str(LOCALE), [os.environ.get("PROBOOST_LANG", "en")], fallback=True).gettext(
        message
    )


def _clicks_own() -> list[str]:
    """What click says, named here so that the catalogue has it."""
    return [
        _("Usage:"),
        _("Options"),
        _("Commands"),
        _("Positional arguments"),
        _("Show this message and exit."),
        _("Show the version and exit."),
        _("Try '{command} {option}' for help."),
        _("Error: {message}"),
        _("Missing command."),
        _("Missing argument"),
        _("Missing option"),
        _("Missing parameter"),
        _("required"),
        _("No such command {name!r}."),
        _("No such option {name!r}."),
        _("Option {name!r} does not take a value."),
        _("Invalid value: {message}"),
        _("Invalid value for {param_hint}: {message}"),
        _("{name} {filename!r} does not exist."),
        _("{name} {filename!r} is a directory."),
        _("{name} {filename!r} is a file."),
        _("{value!r} is not a valid {number_type}."),
        _gettext.ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 2),
        _("{value} is not in the range {range}."),
        _("default: {default}"),
        _("Aborted!"),
    ]
