"""How a person handles an exercise, on the lesson's page and in JupyterLab alike."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

CHECK = re.compile("Проверить|Check|Сохранить ответ|Save the answer")
RUN = re.compile("Запустить|Run")
STOP = re.compile("Остановить|Stop")
HINT = re.compile("Подсказка|Hint")


def exercise(page: Page, name: str) -> Locator:
    """The exercise with that id, wherever it is shown."""
    return page.locator(f'.pb-ex[data-id="{name}"], .pb-ex[data-ref$="#{name}"]')


def choose(box: Locator, text: str) -> None:
    box.get_by_role("radio", name=text, exact=True).check()


def write(box: Locator, program: str) -> None:
    """Puts the program into the editor in place of what is there."""
    editor = box.locator(".cm-content")
    editor.click()
    editor.press("ControlOrMeta+a")
    editor.fill(program)


def check(box: Locator) -> None:
    box.get_by_role("button", name=CHECK).click()


def verdict(box: Locator, state: str) -> Locator:
    """Waits for a verdict of that state and gives its block."""
    block = box.locator(f'.pb-verdict[data-state="{state}"]')
    expect(block).to_be_visible(timeout=30_000)
    return block


def saved(box: Locator) -> None:
    """Waits until the platform has what was typed."""
    expect(box).to_have_attribute("data-saving", "saved", timeout=20_000)
