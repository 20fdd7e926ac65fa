"""Lists as schools have them: separators, titles, encodings; every wrong line says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost.people.names import fits
from proboost.people.roster import MOST_BYTES, MOST_LINES, Entry, Unreadable, decoded, read

COURSES = {"python-start": "Python с нуля", "data-analysis": "Data analysis"}


def entries(text: str, taken: tuple[str, ...] = (), everyone: dict[str, str] | None = None) -> list[Entry]:
    return read(text, taken=taken, courses=COURSES, everyone=everyone or {})


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_plain_list(separator: str) -> None:
    (one,) = entries(separator.join(["anna", "Анна Петрова", "anna@example.org", "ru", "python-start:learner"]))
    assert one == Entry(1, "anna", "Анна Петрова", "anna@example.org", "ru", {"python-start": "learner"})


def test_titles_give_the_order_and_courses_are_titles_too() -> None:
    text = "ФИО;Почта;Логин;Python с нуля;data-analysis\nИванов, Иван;i@x.org;ivan;учащийся;проверяющий\n"
    (one,) = entries(text)
    assert (one.line, one.name, one.display_name) == (2, "ivan", "Иванов, Иван")
    assert one.roles == {"python-start": "learner", "data-analysis": "grader"}
    assert not one.problems


def test_a_name_is_made_of_the_person() -> None:
    made = entries(";Пётр Жуков\n;Пётр Жуков\n", taken=("petr-zhukov",))
    assert [one.name for one in made] == ["petr-zhukov-2", "petr-zhukov-3"]


def test_everyone_s_role_unless_the_line_says_another() -> None:
    made = entries("a\nb;;;;python-start:author", everyone={"python-start": "learner"})
    assert [one.roles["python-start"] for one in made] == ["learner", "author"]


def test_quoted_cells_hold_separators_and_quotation_marks() -> None:
    (one,) = entries('ivanov;"Иванов, Иван; ""мл."""')
    assert one.display_name == 'Иванов, Иван; "мл."'


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Anna P;x", "cannot be an account name"),
        ("anna;A;not-an-address", "no e-mail address"),
        ("anna;A;;fr", "no language"),
        ("anna;A;;;algebra:learner", "no course"),
        ("anna;A;;;python-start:king", "no role"),
        ("anna;A;;;learner", "with its course"),
        ("lea;L", "in use"),
        (";;x@example.org", "neither a name"),
        ("a;b;c@x.org;ru;python-start:learner;more", "more cells"),
    ],
)
def test_wrong_lines_say_why(line: str, word: str) -> None:
    (one,) = entries(line, taken=("lea",))
    assert any(word in problem for problem in one.problems), one.problems


def test_a_name_twice_is_wrong_on_both_lines() -> None:
    assert all("more than once" in one.problems[0] for one in entries("anna;A\nanna;B"))


def test_unknown_column() -> None:
    (one,) = entries("name;shoe size\nanna;38")
    assert "shoe size" in one.problems[0]


@pytest.mark.parametrize("text", ["", " \n;;\n", "name;email\n"])
def test_nothing_in_it(text: str) -> None:
    with pytest.raises(Unreadable):
        entries(text)


def test_too_many_lines() -> None:
    with pytest.raises(Unreadable, match=str(MOST_LINES)):
        entries("\n".join(f"a{n}" for n in range(MOST_LINES + 1)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
def test_encodings_of_school_computers(encoding: str) -> None:
    (one,) = entries(decoded("логин;ФИО\nanna;Анна Ёлкина\n".encode(encoding)))
    assert one.display_name == "Анна Ёлкина"


def test_a_large_file_and_one_that_is_no_text() -> None:
    with pytest.raises(Unreadable):
        decoded(b"x" * (MOST_BYTES + 1))
    with pytest.raises(Unreadable):
        decoded(b"\xff\xfe\x00")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        made = entries(text)
    except Unreadable:
        return
    assert all(one.problems or fits(one.name) for one in made)
