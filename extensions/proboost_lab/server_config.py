"""Configuration of a learner's server (traitlets): `jupyterhub-singleuser --config=…/proboost_lab/server_config.py`.

Nothing of it can be changed from the learner's home: the launcher sets JUPYTERHUB_DISABLE_USER_CONFIG and keeps
Jupyter's own folders out of it.
"""

import os
from pathlib import Path
from typing import Any

from proboost_lab.patience import FRESH

HOME = Path.home()
STAFF = os.environ.get("PROBOOST_STAFF") == "1"
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821  # traitlets gives it

# -- who and where
c.ServerApp.root_dir = str(HOME)
c.ServerApp.preferred_dir = str(HOME)
c.ServerApp.allow_root = True  # as ordinary user of a demo this may be uid 0; the launcher decides the uid, not this
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
c.ServerApp.cookie_secret = os.urandom(
    32
)  # in memory only: a restart costs a silent log-in, a file could be read by kernels
c.ServerApp.disable_check_xsrf = False
c.ServerApp.allow_origin = ""
c.ServerApp.websocket_ping_interval = 30
c.HubOAuth.cache_max_age = FRESH  # a session ends this soon after log-out
c.ServerApp.shutdown_no_activity_timeout = int(os.environ.get("PROBOOST_IDLE_SERVER") or 0)

# -- which extensions
c.ServerApp.jpserver_extensions = {
    "proboost_lab": True,
    "jupyterlab": True,
    "voila.server_extension": False,  # proboost_lab registers the parts of Voilà that lessons need
    "jupyter_lsp": False,
    "notebook": False,
    "notebook_shim": False,
    "jupyter_server_terminals": STAFF,
}
c.ServerApp.terminals_enabled = STAFF
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}  # a log-in shell would forget where `proboost` is
c.LabApp.extension_manager = "readonly"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.collaborative = False
# A warm parent has imported JupyterLab, and with it these defaults, before it knew whose server this would be.
if "JUPYTERLAB_WORKSPACES_DIR" in os.environ:
    c.LabApp.workspaces_dir = os.environ["JUPYTERLAB_WORKSPACES_DIR"]
    c.LabApp.user_settings_dir = os.environ["JUPYTERLAB_SETTINGS_DIR"]

# -- kernels
c.KernelManager.transport = "ipc"
c.ConnectionFileMixin.transport = "ipc"
c.ServerApp.kernel_spec_manager_class = "proboost_lab.kernels.Kernels"
c.MappingKernelManager.cull_idle_timeout = int(os.environ.get("PROBOOST_IDLE_KERNEL") or 1200)
c.MappingKernelManager.cull_interval = 60
c.MappingKernelManager.cull_connected = True  # an open page of long ago holds memory too; answers are not in kernels
c.MappingKernelManager.buffer_offline_messages = True

# -- files
c.FileContentsManager.delete_to_trash = False
c.ContentsManager.allow_hidden = False  # lessons are read by proboost_lab itself
c.FileContentsManager.always_delete_dir = True

# -- Voilà
c.VoilaConfiguration.template = "proboost"
c.VoilaConfiguration.theme = "light"
c.VoilaConfiguration.allow_template_override = "NO"
c.VoilaConfiguration.allow_theme_override = "NO"
c.VoilaConfiguration.strip_sources = True
c.VoilaConfiguration.show_tracebacks = True  # a lesson may show an error on purpose, and says which
c.VoilaConfiguration.progressive_rendering = False
c.VoilaConfiguration.preheat_kernel = False
# Voilà's core is JupyterLab 4.2: it loads what widgets need and nothing of JupyterLab 4.6's extensions.
c.VoilaConfiguration.extension_allowlist = [
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
]
c.VoilaExecutor.allow_errors = True
c.VoilaExecutor.timeout = 300  # seconds of one cell; then it is stopped, and the lesson goes on
c.VoilaExecutor.interrupt_on_timeout = True

c.ServerApp.extra_template_paths = [str(Path(__file__).parent / "templates" / "server")]  # error pages are ours

# -- what pages of this origin may load: JupyterLab needs inline and evaluated scripts, and gets them from here only.
# Every kind of load is named, since Jupyter's own API answers add "default-src 'none'" to this.
c.ServerApp.tornado_settings = {
    "headers": {
        "Content-Security-Policy": (
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
            "connect-src 'self' data: blob:; worker-src 'self' blob:; child-src 'self' blob:; "
            "frame-src 'self' blob: data:; manifest-src 'self'; object-src 'none'; base-uri 'self'; "
            "form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    },
}
