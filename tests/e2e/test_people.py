"""An administrator's way, with the real Hub: accounts from a list, a one-time link, a log-in, a closed account."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from running import Running
from visitors import Person, axe

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LIST = "Логин;ФИО;Почта\nvera;Вера Зайцева;vera@school.example\n;Пётр Жуков;petr@school.example\n"


def test_from_a_list_to_a_log_in_and_to_a_closed_account(person: Callable[..., Person], school: Running) -> None:
    adam = person("adam", language="ru")
    page = adam.page
    page.goto(f"{school.platform_url}/admin/people")
    assert axe(page) == []
    adam.shot("people-ru")
    page.get_by_role("link", name="Создать учётные записи").click()
    page.get_by_label("Список, по одному человеку в строке").fill(LIST + "lea;Лея\n")
    page.get_by_role("button", name="Проверить список").click()
    expect(page.locator("main")).to_contain_text("Имя «lea» занято.")
    expect(page.get_by_role("button", name=re.compile("^Создать"))).to_have_count(0)
    adam.shot("people-list-wrong-ru")
    assert axe(page) == []
    page.get_by_label("Список, по одному человеку в строке").fill(LIST)
    page.get_by_label("Записать всех на курс").select_option("python-start")
    page.get_by_role("button", name="Проверить список").click()
    expect(page.locator("main")).to_contain_text("petr-zhukov")
    page.get_by_role("button", name="Создать 2 учётные записи").click()
    page.get_by_role("button", name="Выдать ссылки").click()
    given = page.get_by_label("Имена и ссылки").input_value()
    assert axe(page) == []
    link = re.search(r"vera\t(\S+)", given)
    assert link, given

    vera = person("vera", language="ru", log_in=False)
    vera.page.goto(link[1])
    for field in vera.page.locator("input[type=password]").all():
        field.fill("correct horse battery")
    vera.page.locator("input[type=password]").first.press("Enter")
    vera.page.wait_for_load_state()
    vera.page.goto(f"{school.origin}/")
    if vera.page.locator("input[name=username]").count():
        vera.page.locator("input[name=username]").fill("vera")
        vera.page.locator("input[type=password]").fill("correct horse battery")
        vera.page.locator("input[type=password]").press("Enter")
    vera.page.wait_for_url("**/services/proboost/")
    expect(vera.page.locator("main")).to_contain_text("Python с нуля")

    page.goto(f"{school.platform_url}/admin/people/vera")
    page.get_by_role("button", name="Отключить учётную запись").click()
    expect(page.get_by_role("status").first).to_contain_text("Отключено")
    adam.shot("account-ru")
    assert axe(page) == []
    for what in ("учётная запись создана", "выдана одноразовая ссылка", "учётная запись отключена"):
        expect(page.locator(".log")).to_contain_text(what)
    answer = vera.context.request.get(f"{school.platform_url}/tickets")
    assert answer.status in (401, 403) or "/hub/login" in answer.url
    vera.page.goto(f"{school.origin}/hub/login")
    assert adam.violations == []
    assert adam.foreign == []
