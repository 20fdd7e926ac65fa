"""Pages of the gradebook and the catalogue as a browser gets them: nothing inline, nothing unescaped, right states."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import httpx
import pytest
from fakes import Platform
from school import School

from proboost.models import Finding


class Page(HTMLParser):
    """What a strict CSP would refuse, and what the page says."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.shown_rows: list[str] = []
        self.headings: list[int] = []
        self._tag = ""
        self._row_is_hidden = False
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self._tag = tag
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "tr" and "data-row" in given and "hidden" not in given:
            self.shown_rows.append("")
            self._row_is_hidden = False
        elif tag == "tr":
            self._row_is_hidden = True

    def handle_data(self, data: str) -> None:
        if self._tag in ("script", "style") and data.strip():
            self.inline.append(f"<{self._tag}>{data[:40]}")
        if data.strip():
            self.words.append(data.strip())
            if self.shown_rows and not self._row_is_hidden and not self.shown_rows[-1]:
                self.shown_rows[-1] = data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""


@pytest.fixture
def gerda(served: School, sqlite_platform: Platform) -> httpx.Client:
    return sqlite_platform.client("gerda")


def get(client: httpx.Client, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    page = Page(answer)
    assert page.inline == []
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert "<script>alert" not in answer.text
    return page


def test_the_table(gerda: httpx.Client) -> None:
    page = get(gerda, "/gradebook/python")
    assert page.shown_rows == [
        "<script>alert(1)</script> & Co",
        '=HYPERLINK("x")',
        "Анна Белова",
        'Иванов, Иван; "мл."',
    ]
    assert "5/5" in page.words
    assert "4 learners" in page.words


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("?order=desc", 'Иванов, Иван; "мл."', 4),
        ("?sort=total&order=desc", "Анна Белова", 4),
        ("?sort=start&order=desc", "Анна Белова", 4),
        ("?sort=seen", "<script>alert(1)</script> & Co", 4),
        ("?q=%D0%B0%D0%BD%D0%BD%D0%B0", "Анна Белова", 1),
        ("?q=ivan@example", 'Иванов, Иван; "мл."', 1),
        ("?show=waiting", '=HYPERLINK("x")', 2),
        ("?show=below&sort=total&order=desc", '=HYPERLINK("x")', 3),
        ("?q=nobody", "", 0),
        ("?sort=nonsense&order=up&show=what", "<script>alert(1)</script> & Co", 4),
    ],
)
def test_the_address_says_what_is_shown(gerda: httpx.Client, query: str, first: str, count: int) -> None:
    page = get(gerda, f"/gradebook/python{query}")
    assert len(page.shown_rows) == count
    assert (page.shown_rows or [""])[0] == first


def test_sorting_keeps_the_search(gerda: httpx.Client) -> None:
    links = get(gerda, "/gradebook/python?q=x%26y&show=below&sort=total&order=desc").links
    assert "/services/proboost/gradebook/python?sort=start&order=desc&q=x%26y&show=below" in links
    assert "/services/proboost/gradebook/python?sort=total&q=x%26y&show=below" in links


def test_how_a_grade_was_found(gerda: httpx.Client) -> None:
    learner = get(gerda, "/gradebook/python/formula")
    assert "/services/proboost/gradebook/python/formula/start" in learner.links
    lesson = get(gerda, "/gradebook/python/formula/start")
    assert "print('</pre><script>alert(2)</script>')" in lesson.words  # as text
    assert "four" in lesson.words  # what was chosen, not its hash
    assert "100% right × factor 0.5 = 1 of 2 points" in lesson.words
    assert "provisional" in lesson.words
    assert "hidden test" in lesson.words


def test_exports_are_downloads_and_change_nothing(gerda: httpx.Client) -> None:
    for ending, media in (("csv", "text/csv"), ("xlsx", "application/vnd.openxml"), ("json", "application/json")):
        answer = gerda.get(f"/gradebook/python/grades.{ending}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media)
        assert re.fullmatch(
            rf'attachment; filename="python-grades-[\d-]+\.{ending}"', answer.headers["content-disposition"]
        )
    assert gerda.get("/gradebook/python/grades.exe").status_code == 404
    assert gerda.post("/gradebook/python/grades.csv").status_code == 405


def test_the_command_lines_way(served: School, sqlite_platform: Platform) -> None:
    inside = sqlite_platform.internal()
    answer = inside.get("/internal/gradebook/python", params={"format": "csv", "language": "ru"})
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["Логин"] for row in rows} == {"anna", "formula", "ivan", "script"}
    missing = inside.get("/internal/gradebook/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "no-such-course")


def test_learners_and_strangers_are_told_so_in_words(served: School, sqlite_platform: Platform) -> None:
    for name in ("anna", "stranger"):
        for path in ("", "/formula", "/formula/start"):
            page = get(sqlite_platform.client(name), f"/gradebook/python{path}", 403)
            assert "This page is not for your account" in page.words
        assert sqlite_platform.client(name).get("/gradebook/python/grades.csv").status_code == 403
    server = sqlite_platform.client("gerda", server=True)
    assert server.get("/gradebook/python").status_code == 403


def test_the_catalogue(served: School, sqlite_platform: Platform) -> None:
    page = get(sqlite_platform.client("formula"), "/")
    settings = sqlite_platform.settings
    assert settings.lesson_url("formula", "python", "start") in page.links
    assert "2 of 5 points" in page.words
    assert "For teachers" not in page.words
    course = get(sqlite_platform.client("formula"), "/courses/python")
    assert settings.lesson_url("formula", "python", "start") in course.links


def test_the_catalogue_of_somebody_without_courses(served: School, sqlite_platform: Platform) -> None:
    page = get(sqlite_platform.client("stranger"), "/")
    assert "No courses yet" in page.words
    assert get(sqlite_platform.client("stranger"), "/courses/python", 404)


def test_teachers_find_their_gradebooks(served: School, sqlite_platform: Platform) -> None:
    for name in ("gerda", "author", "admin"):
        assert "/services/proboost/gradebook/python" in get(sqlite_platform.client(name), "/").links


def test_a_closed_lesson_is_no_link(served: School, sqlite_platform: Platform) -> None:
    served.publish(about={"start": "opens: 2999-01-01T00:00:00+00:00"})
    page = get(sqlite_platform.client("anna"), "/courses/python")
    assert not any("/proboost/lesson/" in link for link in page.links)
    assert any(word.startswith("It opens on 1\xa0January 2999") for word in page.words)


def test_the_browsers_language_and_the_readers(served: School, sqlite_platform: Platform) -> None:
    served.person("russian", language="ru")
    served.person("open", language="")
    assert "Мои курсы" in get(sqlite_platform.client("russian", language="en"), "/").words
    assert "Мои курсы" in get(sqlite_platform.client("open", language="ru"), "/").words
    assert "My courses" in get(sqlite_platform.client("open", language="en"), "/").words


def test_what_is_provisional_is_accepted_once_and_stays_in_the_log(
    gerda: httpx.Client, served: School, sqlite_platform: Platform
) -> None:
    path = "/gradebook/python/formula/start"
    page = gerda.get(path).text
    form = re.search(
        r'action="[^"]*/accept">\s*<input type="hidden" name="attempt" value="(\d+)">.*?value="(\d+)">', page
    )
    assert form is not None
    data = {"attempt": form[1], "seen": form[2]}
    assert sqlite_platform.client("anna").post(f"{path}/accept", data=data).status_code == 403
    assert gerda.post(f"{path}/accept", data={**data, "seen": "0"}).status_code == 409
    for _again in range(2):
        assert gerda.post(f"{path}/accept", data=data).status_code == 303
    found = [one for one in served.rows(Finding) if one.attempt_id == int(form[1])]
    assert [(one.isolated, one.score, one.by_user_id is None) for one in found] == [
        (False, 1 / 3, True),
        (True, 1 / 3, False),
    ]
    assert "provisional" not in Page(gerda.get(path)).words
