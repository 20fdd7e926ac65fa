"""%pip: into the learner's own folder, on the kernel's path only; what is preloaded is not kept when it changes."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .kernels import Kernel, Place, parent_of, until

FIRST = importlib.metadata.version("iniconfig")  # a small package of this environment, preloaded here


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the learner finds: a package with a dependency, in two versions, and another version of a preloaded one."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder, "pb_leaf", "1.0")
    wheel(folder, "pb_tree", "1.0", requires="pb_leaf")
    wheel(folder, "pb_tree", "2.0", requires="pb_leaf")
    wheel(folder, "iniconfig", "99.0")
    return folder


def wheel(folder: Path, name: str, version: str, requires: str = "") -> None:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"version = {version!r}\n",
        f"{name}/only_in_{version[0]}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, text in [*files.items(), (f"{info}/RECORD", record)]:
            file.writestr(path, text)


def environment(place: Place, wheels: Path) -> dict[str, str]:
    return place.environment(
        PROBOOST_KERNEL_PACKAGES=str(place.home / "packages"), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels)
    )


def mine(place: Place) -> Path:
    return place.home / "packages" / f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.mark.parametrize("way", ["fork", "program"])
def test_packages_come_to_the_learners_own_folder(place: Place, wheels: Path, way: str) -> None:
    kernel = place.start(way, env=environment(place, wheels))
    said = kernel.run("%pip install pb_tree==1.0").replace("-", "_")
    assert "pb_leaf 1.0" in said
    assert "pb_tree 1.0" in said
    assert kernel.run("import pb_tree, pb_leaf; print(pb_tree.version, pb_leaf.version)") == "1.0 1.0"
    assert kernel.run("print(pb_tree.__file__)") == str(mine(place) / "pb_tree" / "__init__.py")
    other = subprocess.run([sys.executable, "-c", "import pb_tree"], env=environment(place, wheels), check=False,
                           capture_output=True)  # fmt: skip
    assert b"ModuleNotFoundError" in other.stderr  # no other Python of the learner's has it
    said = kernel.run("%pip install --upgrade pb_tree")
    assert "pb_tree 2.0" in said.replace("-", "_")
    assert "pb_leaf" not in said.replace("-", "_")
    assert {*os.listdir(mine(place) / "pb_tree")} - {"__pycache__"} == {"__init__.py", "only_in_2.py"}
    assert [one.name for one in mine(place).glob("pb_tree-*")] == ["pb_tree-2.0.dist-info"]
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=60)
    assert kernel.run("import pb_tree; print(pb_tree.version)") == "2.0"
    assert "installed already" in kernel.run("%pip install pb_tree")
    assert "pb_tree" in kernel.run("%pip list").replace("-", "_")
    kernel.run("%pip uninstall -y pb_tree pb_leaf")
    assert not list(mine(place).glob("pb_*"))
    assert "not in your own folder" in kernel.run("%pip uninstall -y numpy")
    kernel.close()


def test_what_cannot_be_installed_leaves_everything_as_it_was(place: Place, wheels: Path) -> None:
    kernel = place.start("fork", env=environment(place, wheels))
    kernel.run("%pip install pb_leaf")
    before = sorted(str(path) for path in mine(place).rglob("*"))
    assert "No matching distribution" in kernel.run("%pip install pb_leaf pb_nowhere")
    assert sorted(str(path) for path in mine(place).rglob("*")) == before
    kernel.run("%pip uninstall -y pb_leaf")
    kernel.close()


def test_a_new_version_of_a_preloaded_package_is_what_the_next_kernel_imports(place: Place, wheels: Path) -> None:
    """The parent and its spare had the old one; neither is used again."""
    place.write("preloaded", preload=["iniconfig"])
    env = environment(place, wheels)
    look = "import iniconfig, sys; print(getattr(iniconfig, 'version', 'old'))"
    first = place.start_one("preloaded", env, None, {})
    old = parent_of(first.pid)
    assert first.run("import sys; print('iniconfig' in sys.modules)") == "True"
    assert first.run(look) == "old"
    spare = until(lambda: place.spare_of(old))
    assert "iniconfig 99.0" in first.run("%pip install iniconfig==99.0")
    second = place.start_one("preloaded", env, None, {})
    assert second.pid != spare
    assert second.by == "fork"
    new = parent_of(second.pid)
    assert new != old
    assert second.run(look) == "99.0"
    assert second.run("import sys; print('iniconfig' in sys.modules)") == "True"
    assert first.run("print(6 * 7)") == "42"  # the old kernel lives on
    until(lambda: place.spare_of(new))
    third = place.start_one("preloaded", env, None, {})
    assert third.by == "spare"
    assert third.run(look) == "99.0"
    third.run("%pip uninstall -y iniconfig")
    third.manager.restart_kernel()
    third.client.wait_for_ready(timeout=60)
    assert third.run(look) == "old"
    for kernel in (first, second, third):
        kernel.close()


def test_without_a_folder_pip_is_ipythons(kernel: Kernel) -> None:
    assert kernel.run("print(type(get_ipython().magics_manager.magics['line']['pip'].__self__).__name__)") in {
        "PackagingMagics",
        "MagicsManager",
    }
