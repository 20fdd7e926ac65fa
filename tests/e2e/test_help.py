"""A call for help from the lesson's page: a number, a mail, a specialist's answer, seen in both places."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from exercise import RUN, exercise, write
from playwright.sync_api import expect
from running import Running, patiently
from visitors import Person, axe

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def mails(school: Running) -> list[str]:
    from email import policy
    from email.parser import BytesParser

    found = []
    for file in sorted(school.settings.mail_dir.glob("*.eml")):
        message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
        body = message.get_body(("plain",))
        found.append(f"{message['to']}\n{message['subject']}\n{body.get_content() if body else ''}")
    return found


def test_from_the_lesson_to_the_specialist_and_back(person: Callable[..., Person], school: Running) -> None:
    lea = person("lea")
    page = lea.lesson()
    box = exercise(page, "hello")
    write(box, "print(1 / 0)")
    box.get_by_role("button", name=RUN).click()
    expect(box.locator(".pb-output")).to_contain_text("ZeroDivisionError", timeout=60_000)

    page.get_by_role("button", name="Помощь").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("8 800 777 54 91")
    expect(dialog).to_contain_text("support@okocrm.com")
    expect(dialog).to_contain_text("ZeroDivisionError")
    dialog.get_by_role("radio", name=re.compile("Консультация")).check()
    dialog.get_by_role("textbox").fill("Почему нельзя делить на ноль?")
    lea.shot("help-dialog-ru", whole=False)
    assert axe(page) == []
    dialog.get_by_role("button", name="Отправить").click()
    expect(dialog).to_contain_text(re.compile(r"№\s*\d+|\d+"))
    page.keyboard.press("Escape")

    for _ in patiently(30):
        acknowledged = [mail for mail in mails(school) if "lea@demo.example" in mail.split("\n")[0]]
        if acknowledged:
            break
    number = re.search(r"\d+", acknowledged[-1].split("\n")[1])
    assert number, acknowledged

    sofia = person("sofia")
    desk = sofia.page
    desk.goto(f"{school.platform_url}/support")
    expect(desk.locator("main")).to_contain_text("Почему нельзя делить на ноль?")
    sofia.shot("support-desk-ru")
    assert axe(desk) == []
    desk.get_by_role("link", name=re.compile("Почему нельзя")).first.click()
    expect(desk.locator("main")).to_contain_text("ZeroDivisionError")
    desk.locator("textarea").first.fill("Потому что ни одно число, умноженное на ноль, не даст единицы.")
    desk.locator("button[name=how][value=answer]").click()
    expect(desk.locator("main")).to_contain_text("ни одно число")
    sofia.shot("support-ticket-ru")
    assert axe(desk) == []

    page.goto(f"{school.platform_url}/tickets")
    page.get_by_role("link", name=re.compile("Почему нельзя")).first.click()
    expect(page.locator("main")).to_contain_text("ни одно число")
    assert axe(page) == []

    page.goto(f"{school.user_url('lea')}lab")
    panel = page.locator("#proboost-panel, .pb-panel").first
    expect(panel).to_be_visible(timeout=90_000)  # at somebody's first visit it opens by itself
    expect(panel).to_contain_text("Первая программа", timeout=60_000)
    lea.shot("lab-panel-ru", whole=False)
    panel.get_by_role("button", name=re.compile("помощ", re.IGNORECASE)).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("Мои обращения")).click()
    expect(dialog).to_contain_text("Почему нельзя делить на ноль?")
    expect(dialog).to_contain_text("ни одно число")
    assert lea.foreign == []


def test_others_do_not_see_a_request(person: Callable[..., Person], school: Running) -> None:
    leo = person("leo", language="en")
    for path in ("/support", "/support/1", "/tickets/1"):
        assert leo.context.request.get(f"{school.platform_url}{path}").status in (403, 404), path
