"""Voilà inside this server, without its own pages: our template, our handlers, nothing that asks another host."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Coroutine, Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from jinja2.bccache import Bucket, BytecodeCache
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.utils import url_path_join
from jupyterlab_server.themes_handler import ThemesHandler
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors.clearoutput import ClearOutputPreprocessor
from tornado import iostream, web
from voila.configuration import VoilaConfiguration
from voila.execute import VoilaExecutor
from voila.handler import BaseVoilaHandler
from voila.notebook_renderer import NotebookRenderer
from voila.paths import collect_static_paths, collect_template_paths
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler
from voila.utils import get_data_dir, get_page_config, get_voila_labextensions_path

from proboost_kernel.i18n import _
from proboost_lab.lesson import hosts_of, native_role
from proboost_lab.programs import LESSONS, Programs
from proboost_lab.refusals import refusal
from proboost_lab.turns import Turns

if TYPE_CHECKING:
    from proboost_lab.extension import Room

TEMPLATES = Path(__file__).parent / "voila" / "templates" / "proboost"
MOST_TEXT = 60_000  # characters that one cell writes on the page
MOST_SHOWN = 60  # pictures, tables and values of one cell
# On a small machine the lesson's programs and what the learner waits for would need the same processors.
DRAWN = 0.7  # seconds in which a page is drawn and its first exercise made ready; its kernel starts after them
CHECK = 1.0  # seconds that the kernel, and then each cell of the lesson, waits for a Check
HEARTBEAT = 10.0  # seconds of silence after which a comment keeps proxies from closing the stream
# What Voilà needs beside this origin's own files: anywidget imports a widget's module from a blob, and JupyterLab's
# parts write <style> elements. Nothing is evaluated; no script is inline without the page's nonce.
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:{hosts}; media-src 'self' data: blob:{hosts}; font-src 'self' data:; "
    "connect-src 'self' {socket}; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class Compiled(BytecodeCache):
    """Voilà makes a template environment for each page; here its templates are compiled once for all."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Anew(Exception):  # not an error
    """What the page shows does not hold any more: it is loaded anew, before any of its programs runs."""


class Renderer(NotebookRenderer):  # type: ignore[misc]  # voila ships no types
    """Voilà's renderer over a notebook that is read already.

    A kernel that does not start is told, where Voilà waits for ever; a cell that fails does not end the lesson.
    """

    def __init__(self, notebook: Any, **named: Any) -> None:
        super().__init__(**named)
        self.given = notebook
        self.ready = False
        self.restarted = False
        for position, cell in enumerate(notebook.cells):
            cell.setdefault("id", f"cell-{position}")  # as lesson.parts calls it
        self.turns = Turns(cell.id for cell in notebook.cells)

    async def load_notebook(self, path: str) -> Any:  # noqa: ARG002
        return await self.fix_notebook(self.given)

    def emptied(self, nb: Any) -> Any:
        clear: Any = ClearOutputPreprocessor
        return clear().preprocess(nb, {"metadata": {"path": self.cwd}})

    async def _jinja_kernel_start(self, nb: Any, kernel_id: str, kernel_future: Any) -> str:
        try:
            manager = await ensure_async(kernel_future)
            self.executor = Executor(nb, km=manager, config=self.traitlet_config, show_tracebacks=True)
            self.executor.kc = await self.executor.async_start_new_kernel_client()
            if hasattr(manager, "add_restart_callback"):
                manager.add_restart_callback(self._lost)
                manager.add_restart_callback(self._lost, "dead")
            self.ready = True
        except Exception as error:  # noqa: BLE001  # whatever a kernel dies of: the page says so and stays usable
            self.log.error("proboost: a lesson's kernel did not start: %r", error)
            self.page_config["proboostKernel"] = "failed"
        return kernel_id

    def _lost(self) -> None:
        """Another kernel is there under the same name: whoever waits for an answer of the old one waits in vain."""
        self.restarted = True
        if self.executor.task_poll_for_reply is not None:
            self.executor.task_poll_for_reply.cancel()

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> Any:  # noqa: ARG002
        if not self.ready:
            return
        nb, _resources = self.emptied(nb)
        try:
            for position, cell in enumerate(nb.cells):
                # What is answered in JupyterLab would only fail here: its cell is a stub.
                runs = cell.cell_type == "code" and not native_role(cell)
                alive = not runs or await self._executed(cell, position)
                if not alive:
                    self.page_config["proboostKernel"] = "stopped"
                yield cell
                if not alive:
                    break
        finally:
            self.turns.over()
        await self._cleanup_resources()

    async def _executed(self, cell: Any, position: int) -> bool:
        """Whether the kernel lives after it. What the cell itself says, errors too, is its output."""
        await self.request_handler.room.relay.judged(CHECK)
        await self.turns.begin(cell.id)
        try:
            if self.restarted:
                return False
            await self.executor.execute_cell(cell, None, position, store_history=False)
        except CellExecutionError:
            pass  # its output says it; what follows may well work, and exercises do
        except Exception as error:  # noqa: BLE001  # the kernel died
            self.log.error("proboost: a lesson stopped at cell %s: %r", position, error)
            return False
        finally:
            self.turns.end()
        return not self.restarted


class Executor(VoilaExecutor):  # type: ignore[misc]  # voila ships no types
    """Voilà's, whose cells show no more than a page can: after MOST_TEXT or MOST_SHOWN of one cell, a word about it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._size: dict[int, tuple[int, int]] = {}  # by cell: characters written, things shown

    def output(self, outs: list[Any], msg: Any, display_id: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "error":  # the last word, also of a program that was stopped
            return super().output(outs, msg, display_id, cell_index)
        written, shown = self._size.get(cell_index, (0, 0))
        if written > MOST_TEXT or shown > MOST_SHOWN:
            return None
        if msg["msg_type"] == "stream":
            text = str(msg["content"].get("text", ""))
            written += len(text)
            if written > MOST_TEXT:
                msg["content"]["text"] = f"{text[: MOST_TEXT - written]}\n{_over()}\n"
        else:
            shown += 1
            if shown > MOST_SHOWN:
                msg["msg_type"], msg["content"] = "stream", {"name": "stdout", "text": f"{_over()}\n"}
                msg["header"]["msg_type"] = "stream"
        self._size[cell_index] = written, shown
        return super().output(outs, msg, display_id, cell_index)

    def clear_output(self, outs: list[Any], msg: Any, cell_index: int) -> None:
        self._size.pop(cell_index, None)
        super().clear_output(outs, msg, cell_index)


def _over() -> str:
    return _("… the rest of what this cell shows is left out: it is too much.")


class Streamed(BaseVoilaHandler):  # type: ignore[misc]  # voila ships no types
    """A page in two halves: the first leaves at once and needs no kernel, the second brings outputs as cells run."""

    auth_resource = "proboost"
    hosts: tuple[str, ...] = ()  # media may come from there as well

    @property
    def room(self) -> Room:
        room: Room = self.settings["proboost"]
        return room

    def initialize(self, **named: Any) -> None:
        super().initialize(**named)
        self.nonce = secrets.token_urlsafe(16)

    @property
    def content_security_policy(self) -> str:
        socket = f"{'wss' if self.request.protocol == 'https' else 'ws'}://{self.request.host}"
        hosts = "".join(f" https://{host}" for host in self.hosts)
        return POLICY.format(nonce=getattr(self, "nonce", ""), socket=socket, hosts=hosts)

    def write_error(self, status_code: int, **_why: Any) -> None:
        """Voilà would look for templates of its own."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(refusal(self.settings["proboost"], status_code))

    async def stream(
        self,
        notebook: Any,
        path: str,
        first: str,
        environment: dict[str, str],
        meanwhile: Iterable[Coroutine[Any, Any, str]] = (),
    ) -> None:
        """Send `first`, then run the notebook in a kernel whose folder is that of `path` (below the server's root).

        While the kernel starts, `meanwhile` goes on: HTML that is sent as it comes; before all of it no cell runs.
        """
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        self.set_header("Content-Security-Policy", self.content_security_policy)
        assert self.xsrf_token  # sets its cookie, which after the first flush it could not

        self.write(first)
        kernel_id = None
        sending = asyncio.gather(*(self._send(work) for work in meanwhile))
        try:
            await self.flush()
            await self._drawn(sending)
            await self.room.relay.judged(CHECK)
            renderer = await self._renderer(notebook, path)
            kernel_id = await ensure_async(
                self.kernel_manager.start_kernel(
                    kernel_name=renderer.notebook.metadata.kernelspec.name,
                    path=str(PurePosixPath(path).parent),
                    env={**os.environ, **environment},
                )
            )
            await sending
            LESSONS[kernel_id] = renderer.turns
            await self._second_half(renderer, kernel_id)
        except iostream.StreamClosedError:
            await self._end(kernel_id)  # the page left before its scripts could
        except Anew:
            sending.cancel()  # after what follows nothing is written
            self.write(f'<script nonce="{self.nonce}">proboostAnew()</script></body></html>')
            await self.flush()
            await self._end(kernel_id)
        except Exception as error:  # noqa: BLE001  # the first half is sent: there is no error page any more
            self.log.error("proboost: a lesson's outputs failed: %r", error)
            sending.cancel()  # after what follows nothing is written
            self.write(
                f'<script nonce="{self.nonce}">document.documentElement.dataset.kernel="failed";'
                'dispatchEvent(new CustomEvent("proboost:kernel",{detail:"failed"}))</script></body></html>'
            )
            await self._end(kernel_id)  # the page knows of none
        finally:
            sending.cancel()

    async def _drawn(self, meanwhile: asyncio.Future[Any]) -> None:
        """Leaves the processors to the page for a while. Raises at once what `meanwhile` raises."""
        clock = asyncio.get_running_loop().time
        end = clock() + DRAWN
        await asyncio.wait([meanwhile], timeout=DRAWN)
        if meanwhile.done():
            meanwhile.result()
        await asyncio.sleep(end - clock())

    async def _end(self, kernel_id: str | None) -> None:
        if kernel_id in self.kernel_manager:
            await ensure_async(self.kernel_manager.shutdown_kernel(kernel_id, now=True))

    async def _renderer(self, notebook: Any, path: str) -> Renderer:
        page_config = get_page_config(
            base_url=self.base_url,
            settings=self.settings,
            log=self.log,
            voila_configuration=self.voila_configuration,
        )
        page_config |= {"fullMathjaxUrl": None, "mathjaxConfig": None, "proboostNonce": self.nonce}
        page_config["proboostStopped"] = _("This program was stopped before its end.")
        renderer = Renderer(
            notebook,
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.config,
            notebook_path=path,
            template_paths=[str(TEMPLATES), *collect_template_paths(["voila", "nbconvert"], "base")],
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager,
            page_config=page_config,
        )
        await renderer.initialize()
        renderer.exporter.environment.bytecode_cache = COMPILED
        return renderer

    async def _send(self, work: Coroutine[Any, Any, str]) -> None:
        if html := await work:
            self.write(html)
            await self.flush()

    async def _second_half(self, renderer: Renderer, kernel_id: str) -> None:
        queue: asyncio.Queue[str | BaseException | None] = asyncio.Queue()
        kernel = self.kernel_manager.get_kernel(kernel_id)

        async def produce() -> None:
            try:
                async for snippet, _resources in renderer.generate_content_generator(kernel_id, kernel):
                    await queue.put(snippet)
                await queue.put(None)
            except Exception as error:  # noqa: BLE001  # handed to the page's own task
                await queue.put(error)

        producer = asyncio.ensure_future(produce())
        try:
            while True:
                try:
                    item = await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    item = "<!-- -->"
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                self.write(item)
                await self.flush()
        finally:
            producer.cancel()


class Preview(Streamed):
    """/voila/render/PATH: any notebook of the home as a lesson (JupyterLab's preview button asks for it)."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        from proboost_lab.pages import explaining, preview

        model = await ensure_async(self.contents_manager.get(path=path))
        if model.get("type") != "notebook":
            raise web.HTTPError(404)
        notebook = model["content"]
        self.hosts = hosts_of(notebook)
        await self.stream(notebook, path, preview(self, path, notebook), explaining(notebook))


def load(app: Any) -> None:
    """Register what Voilà's front end asks for; its tree, its own renderer and its template pages stay out."""
    web_app = app.web_app
    base_url = web_app.settings["base_url"]
    configuration = VoilaConfiguration(parent=app)
    web_app.settings["proboost_voila"] = configuration
    labextensions = get_voila_labextensions_path(configuration.extra_labextensions_path)
    themes = {
        "themes_url": "/voila/api/themes",
        "path": str(Path(get_data_dir()) / "themes"),
        "labextensions_path": labextensions,
        "no_cache_paths": ["/"],
    }
    static = {"paths": collect_static_paths(["voila", "nbconvert"], "base")}
    web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base_url, r"voila/render/(.*\.ipynb)"), Preview, {"voila_configuration": configuration}),
            (url_path_join(base_url, r"voila/static/(.*)"), MultiStaticFileHandler, static),
            (url_path_join(base_url, r"voila/labextensions/(.*)"), FileFindHandler, {"path": labextensions}),
            (url_path_join(base_url, r"voila/api/themes/(.*)"), ThemesHandler, themes),
            (url_path_join(base_url, r"voila/api/shutdown/(.*)"), VoilaShutdownKernelHandler),
            (url_path_join(base_url, r"proboost/kernels/(?P<kernel_id>[\w-]+)/programs"), Programs),
        ],
    )
