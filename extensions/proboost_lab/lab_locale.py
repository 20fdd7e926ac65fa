"""JupyterLab's own words follow the person: its "default" locale is the operating system's, and here there is none."""

from __future__ import annotations

from jupyterlab_server import settings_utils, translation_utils, translations_handler

LOCALES = {"ru": "ru_RU", "en": "en"}


def speak(language: str) -> None:
    """What "default" means in Lab's language menu from now on; a locale chosen there still wins."""
    for module in (translation_utils, settings_utils, translations_handler):
        vars(module)["SYS_LOCALE"] = LOCALES.get(language, "en")  # each imported its own
