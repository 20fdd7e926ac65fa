"""jupyter_kernel_test's whole protocol suite against our kernelspec: forked, adopted, and as a program of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import jupyter_kernel_test

from .kernels import Place, parent_of, until


class _Suite:
    kernel_name = "fork"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples: ClassVar = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples: ClassVar = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples: ClassVar = ["print('''hello", "def f(x):\n  x*2"]
    invalid_code_samples: ClassVar = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise"
    code_execute_result: ClassVar = [{"code": "6*7", "result": "42"}]
    code_display_data: ClassVar = [
        {"code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))", "mime": "text/html"},
        {"code": "import matplotlib.pyplot as plt; plt.plot([1,2]); plt.show()", "mime": "image/png"},
    ]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail",)  # its search expects what IPython's own kernel does not give either
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"

    place: ClassVar[Place]
    folder: ClassVar[tempfile.TemporaryDirectory[str]]
    before: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory(prefix="k-", dir="/tmp")
        cls.place = Place(Path(cls.folder.name))
        cls.before = dict(os.environ)
        os.environ.clear()
        os.environ.update(cls.place.environment(JUPYTER_PATH=cls.folder.name))
        if cls.kernel_name != "program":
            kernel = cls.place.start(cls.kernel_name, env=dict(os.environ))
            if cls.kernel_name == "spare":
                until(lambda: cls.place.spare_of(parent_of(kernel.pid)))
            kernel.close()
        super().setUpClass()  # type: ignore[misc]  # unittest's
        manager: Any = cls.km  # type: ignore[attr-defined]  # the suite's
        assert manager.provisioner.started_by == cls.kernel_name

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()  # type: ignore[misc]  # unittest's
        cls.place.close()
        os.environ.clear()
        os.environ.update(cls.before)
        cls.folder.cleanup()


class TestForked(_Suite, jupyter_kernel_test.KernelTests):
    pass


class TestAdopted(_Suite, jupyter_kernel_test.KernelTests):
    kernel_name = "spare"


class TestProgram(_Suite, jupyter_kernel_test.KernelTests):
    kernel_name = "program"
