"""The lesson page on a stage: the real template, exercises and front ends, and a server that answers by a script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from playwright.sync_api import Page

import proboost_kernel
import proboost_lab
from proboost_kernel import exercises
from proboost_kernel.i18n import language, using
from proboost_lab import pages, rail
from proboost_lab.lesson import handed_in, parts
from proboost_lab.outline import outlined

Json = dict[str, Any]
BASE = "/user/lea/"
POLICY = "default-src 'self'; script-src 'self' 'nonce-stage'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
STATIC = (
    Path(proboost_lab.__file__).parent / "static",
    Path(proboost_kernel.__file__).parent / "widgets" / "static",
)
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True},
}
KINDS = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".txt": "text/plain"}

PROSE = """\
# Функции

Функция — это именованный кусок программы. Мы описываем её один раз словом `def`, а потом вызываем столько раз,
сколько нужно. То, что стоит после `return`, и есть ответ функции: $f(x) = x^2$.

```python
def square(x):
    return x ** 2

square(5)   # 25
```
"""
CHOICE = """\
%%exercise twice
kind: choice
title: Что вернёт вызов?
prompt: Чему равно `square(square(2))`?
options: ['4', '8', '16']
answer: '16'
shuffle: false
explanation: Сначала внутренний вызов даёт 4, потом внешний — 16.
"""
CODE = """\
%%exercise sum-even
kind: code
title: Сумма чётных
points: 3
prompt: Напишите функцию `sum_even(xs)`, которая складывает чётные числа списка.
starter: |
  def sum_even(xs):
      total = 0
      for x in xs[1:]:
          if x % 2 == 0: total += x
      return total
tests:
  - {name: небольшой список, code: 'assert sum_even([1, 2, 4]) == 6'}
  - {name: первый элемент чётный, code: 'assert sum_even([4, 1]) == 4'}
  - {name: пустой список, hidden: true, code: 'assert sum_even([]) == 0'}
hints: [Остаток от деления на 2 находит `%`., 'Посмотрите, откуда начинается срез.']
"""
SECTIONS = f"""\
## Зачем нужны функции

Смотрите [итоги](#Итоги).

| имя | тип | что значит | пример |
| --- | --- | --- | --- |
| `xs` | список | числа, которые надо сложить, и ещё многое другое | `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]` |

### Немного истории

{"Слово за словом складывается абзац. " * 12}

## Аргументы и значения

```python
def long_name(first_argument, second_argument, third_argument, fourth_argument, fifth_argument):
    return first_argument
```

{("Аргумент — это то, что даётся функции. " * 12 + chr(10) * 2) * 5}

## Итоги

Всё.
"""
READING: list[Json] = [  # what makes a lesson long, wide and coloured
    {"cell_type": "markdown", "id": "sections", "source": SECTIONS},
    *(
        {"cell_type": "code", "id": key, "source": text}
        for key, text in (("table", "df.head()"), ("small", "df.mean()"), ("styled", "df.style"), ("plot", "df.plot()"))
    ),
    {
        "cell_type": "code",
        "id": "native",
        "source": "assert area(1) > 3",
        "metadata": {"nbgrader": {"grade_id": "area-1", "solution": False, "grade": True, "points": 2}},
    },
]


def table(columns: int, style: str = "", name: str = "plain") -> str:
    """A table as pandas writes it, in what JupyterLab's renderer puts around it."""
    head = "".join(f"<th>столбец_{n}</th>" for n in range(columns))
    body = "".join(f"<tr><th>{row}</th>{'<td>1000.25</td>' * columns}</tr>" for row in range(3))
    rows = f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody>"
    whole = f'<table border="1" class="dataframe" id="{name}">{rows}</table>'
    return f'<div class="jp-OutputArea-output jp-RenderedHTMLCommon"><div>{style}{whole}</div></div>'


DRAWN = "<svg xmlns='http://www.w3.org/2000/svg' width='640' height='320'><text x='9' y='40'>Продажи</text></svg>"
SHOWN = {
    "table": table(12),
    "small": table(2),
    "styled": table(3, "<style>#T_1 td { background-color: yellow }</style>", "T_1"),
    "plot": f'<img class="pb-image" src="data:image/svg+xml;utf8,{quote(DRAWN)}" alt="График">',
}
PARTLY: Json = {
    "state": "partial",
    "score": 2 / 3,
    "points": 2,
    "max_points": 3,
    "message": "Похоже, один из элементов списка не попадает в сумму.",
    "attempts_left": 4,
    "isolated": True,
    "tests": [
        {"name": "небольшой список", "passed": True, "message": "", "hidden": False},
        {
            "name": "первый элемент чётный",
            "passed": False,
            "message": "",
            "hidden": False,
            "case": {"call": "sum_even([4, 1])", "got": "0", "wanted": "4"},
        },
        {"name": "пустой список", "passed": True, "message": "", "hidden": True},
    ],
}
RIGHT: Json = {
    "state": "passed",
    "score": 1,
    "points": 1,
    "max_points": 1,
    "message": "",
    "explanation": "<p>Сначала внутренний вызов даёт 4, потом внешний — 16.</p>",
    "attempts_left": None,
    "tests": [],
}


def lesson(id_: str, title: str, points: int, most: int, state: str, **more: Any) -> Json:
    return {
        "id": id_,
        "title": title,
        "file": f"{id_}.ipynb",
        "open": state != "locked",
        "why": None,
        "opens": None,
        "due": "2026-11-30T23:59:00+03:00",
        "state": state,
        "points": points,
        "max_points": most,
        "exercises": [],
        **more,
    }


def progress() -> Json:
    lessons = [
        lesson("first", "Первая программа", 6, 6, "done"),
        lesson("variables", "Переменные", 8, 8, "done"),
        lesson("loops", "Циклы", 5, 7, "half"),
        lesson("functions", "Функции", 2, 4, "half"),
        lesson("lists", "Списки", 0, 8, "new"),
        lesson("dicts", "Словари", 0, 9, "locked", why="после «Списков»"),
    ]
    return {
        "courses": [
            {
                "course": "python-start",
                "title": "Python с нуля",
                "language": "ru",
                "points": 21,
                "max_points": 42,
                "next_lesson": "functions",
                "lessons": lessons,
            }
        ]
    }


class Room:
    public_url = "http://localhost:8000/services/proboost"
    base_url = BASE
    version = "1"

    def asset(self, name: str) -> str:
        return f"{BASE}proboost/static/{name}?v=1"


class Request:
    """As much of a page's handler as its template looks at."""

    nonce = "stage"

    def __init__(self) -> None:
        self.settings = {"proboost": Room()}


def page(
    lang: str,
    state: Json | None,
    sources: Sequence[str] = (CHOICE, CODE),
    more: Sequence[Json] = (),
    outputs: Mapping[str, str] | None = None,
) -> str:
    """The page of a lesson: prose, the exercises, the cells `more`, and what cells show by their ids, as HTML."""
    cells = [{"cell_type": "markdown", "id": "prose", "source": PROSE}]
    for source in sources:
        exercise = exercises.parse(source)
        text = exercises.learner_cell(exercise, f"python-start/functions#{exercise.id}")
        cells.append({"cell_type": "code", "id": exercise.id, "source": text})
    found, outline = outlined(parts([*cells, *more]))
    told = progress()
    bundle = {"title": "Python с нуля", "language": "ru", "lessons": told["courses"][0]["lessons"]}
    with using(lang):
        data = {
            "course": "python-start",
            "lesson": "functions",
            "base": BASE,
            "lang": language(),
            "release": 1,
            "urls": {"catalogue": "/", "tickets": "/tickets", "logout": "/logout", "lab": f"{BASE}lab"},
            "me": {
                "name": "lea",
                "display_name": "Леа",
                "language": lang,
                "support": {"phone": "8 800 777 54 91", "email": "support@okocrm.com"},
            },
            "progress": told,
            "state": state,
            "versions": {"release": "1"},
        }
        first = pages.render(
            Request(),
            "lesson.html",
            page=data,
            parts=found,
            outline=outline,
            preload=pages.preload(Room(), found),  # type: ignore[arg-type]
            fonts=pages.fonts("ru", found),
            rail=rail.of_course(bundle, told, "python-start", "functions", BASE),
            title="Функции",
            course="python-start",
            lesson="functions",
            course_title="Python с нуля",
            course_language="ru",
            hand_in=handed_in(found),
        )
    shown = "".join(
        f'<template id="out-{key}">{html}</template><script nonce="stage">proboostPlace("{key}")</script>'
        for key, html in (outputs or {}).items()
    )
    return f'{first}<script nonce="stage">proboostKernel("ready")</script>{shown}</body></html>'


def state(**exercises_: Json) -> Json:
    blank = {"draft": None, "older_draft": None, "verdict": None, "attempts_left": None, "hints_open": 0, "order": "s"}
    rows = {name: {**blank, **exercises_.get(name.replace("-", "_"), {})} for name in ("twice", "sum-even")}
    return {
        "course": "python-start",
        "lesson": "functions",
        "title": "Функции",
        "release": 1,
        "closed": None,
        "exercises": rows,
    }


def until(check: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def opened(found: Page, stage: Stage) -> Page:
    found.goto(stage.url)
    found.wait_for_selector("[data-exercises=ready]")
    return found


class Stage:
    """`answer(method, path, body) -> (status, JSON)` plays the learner's server; `asked` is what the page asked."""

    def __init__(self, answer: Callable[[str, str, Json], tuple[int, Json]] | None = None) -> None:
        self.answer = answer or (lambda method, path, body: (404, {"code": "not-found", "message": "no"}))
        self.page = page("ru", state())
        self.asked: list[tuple[str, str, Json]] = []
        self.delay = 0.0
        stage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def say(self, status: int, kind: str, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header(
                    "Content-Security-Policy",
                    POLICY,
                )
                self.end_headers()
                self.wfile.write(data)

            def handle_any(self) -> None:
                path = self.path.partition("?")[0]
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                is_file = self.headers.get("Content-Type") == "application/octet-stream"
                body = (
                    {"bytes": len(raw), "query": self.path.partition("?")[2]} if is_file else json.loads(raw or b"{}")
                )
                if path.startswith(f"{BASE}proboost/static/"):
                    name = path.removeprefix(f"{BASE}proboost/static/")
                    file = next((folder / name for folder in STATIC if (folder / name).is_file()), None)
                    return (
                        self.say(200, KINDS[file.suffix], file.read_bytes())
                        if file
                        else self.say(404, "text/plain", b"")
                    )
                if path.startswith(f"{BASE}proboost/lesson/"):
                    return self.say(200, "text/html; charset=utf-8", stage.page.encode())
                call = (self.command, path.removeprefix(f"{BASE}proboost/"), body)
                stage.asked.append(call)
                time.sleep(stage.delay)
                status, said = stage.answer(*call)
                return self.say(status, "application/json", json.dumps(said, ensure_ascii=False).encode())

            do_GET = do_POST = do_PUT = handle_any  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}{BASE}proboost/lesson/python-start/functions"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
