"""JupyterLab's "default" locale is the person's language, in every module of its server that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyterlab_server import settings_utils, translation_utils, translations_handler

from proboost_lab import lab_locale

MODULES = (translation_utils, settings_utils, translations_handler)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = [vars(module)["SYS_LOCALE"] for module in MODULES]
    yield
    for module, locale in zip(MODULES, before, strict=True):
        vars(module)["SYS_LOCALE"] = locale


@pytest.mark.parametrize(("language", "locale"), [("ru", "ru_RU"), ("en", "en"), ("xx", "en")])
def test_the_default_is_the_persons(language: str, locale: str) -> None:
    lab_locale.speak(language)
    assert {vars(module)["SYS_LOCALE"] for module in MODULES} == {locale}
    assert translation_utils.is_valid_locale(locale)
