"""`proboost-kernel install` and `remove`: a kernelspec whose kernels are there at once, in any JupyterLab."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from proboost_kernel.i18n import _, set_language

NAME = "proboost"
PROVISIONER = "proboost-forkserver"

set_language(
    next(
        (os.environ[name] for name in ("PROBOOST_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None
    )
)


def spec(*, title: str, debugger: bool = False, packages: str = "") -> dict[str, object]:
    """kernel.json. The debugger listens on the loopback interface, which other people of the machine may share."""
    return {
        "argv": [sys.executable, "-m", "proboost_kernel", "-f", "{connection_file}"],
        "display_name": title,
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {"debugger": debugger, "kernel_provisioner": {"provisioner_name": PROVISIONER}},
        **({"env": {"PROBOOST_KERNEL_PACKAGES": packages}} if packages else {}),
    }


@click.group(help=_("Python kernels for Jupyter that are there at once."))
def main() -> None:
    pass


@main.command(help=_("Offer this Python as a kernel."))
@click.option("--user", is_flag=True, help=_("For me alone (otherwise: where this Python is installed)."))
@click.option("--prefix", type=click.Path(file_okay=False), help=_("Below PREFIX/share/jupyter."))
@click.option(
    "--name", default=NAME, show_default=True, help=_("Name of the kernel; `python3` takes the usual one's place.")
)
@click.option("--display-name", help=_("What people choose it by."))
@click.option(
    "--debugger", is_flag=True, help=_("Allow the debugger; it listens where others of this machine could connect.")
)
@click.option("--packages", default="", help=_("A folder for `%pip install`, on the kernel's path only."))
def install(user: bool, prefix: str | None, name: str, display_name: str | None, debugger: bool, packages: str) -> None:
    if user and prefix:
        raise click.UsageError(_("Either --user or --prefix."))
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    title = display_name or _("Python {version} (at once)").format(version=version)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.json").write_text(
            json.dumps(spec(title=title, debugger=debugger, packages=packages), ensure_ascii=False, indent=1), "utf-8"
        )
        Path(folder).chmod(0o755)
        try:
            where = KernelSpecManager().install_kernel_spec(
                folder, kernel_name=name, user=user, prefix=None if user else prefix or sys.prefix
            )
        except OSError as error:
            raise click.ClickException(_("This cannot be written: {error}").format(error=error)) from error
    click.echo(_("Installed: {where}").format(where=where))


@main.command(help=_("Take the kernel away again."))
@click.option("--name", default=NAME, show_default=True, help=_("Name of the kernel."))
@click.option("--user", is_flag=True, help=_("For me alone (otherwise: where this Python is installed)."))
@click.option("--prefix", type=click.Path(file_okay=False), help=_("Below PREFIX/share/jupyter."))
def remove(name: str, user: bool, prefix: str | None) -> None:
    manager = KernelSpecManager(ensure_native_kernel=False)
    place = Path(manager.user_kernel_dir) if user else Path(prefix or sys.prefix, "share", "jupyter", "kernels")
    manager.kernel_dirs = [str(place)]
    try:
        found = manager.get_kernel_spec(name)
    except NoSuchKernel as error:
        raise click.ClickException(_("There is no kernel {name}.").format(name=name)) from error
    if found.metadata.get("kernel_provisioner", {}).get("provisioner_name") != PROVISIONER:
        raise click.ClickException(_("The kernel {name} is not ours: it stays.").format(name=name))
    try:
        shutil.rmtree(found.resource_dir)
    except OSError as error:
        raise click.ClickException(_("This cannot be removed: {error}").format(error=error)) from error
    click.echo(_("Removed: {where}").format(where=found.resource_dir))


main.add_command(remove, "uninstall")

if __name__ == "__main__":
    main()
