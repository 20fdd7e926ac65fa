"""Settings of one installation: environment PROBOOST_…, else DATA/proboost.toml, else what runs on one machine."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

PREFIX = "/services/proboost"  # where the platform's pages and API lie on the public origin
WORKERS = "/api/worker"  # below it: where workers of other machines are let in
VERSION_HEADER = "ProBoost-Version"  # in which such a worker says what it is
SECRETS = ("hub_token", "proxy_token", "supervisor_token", "cookie_key", "hmac_key")


class Settings(BaseSettings):
    """Everything an operator may choose. Paths are absolute; sizes in MiB and times in seconds."""

    model_config = SettingsConfigDict(env_prefix="PROBOOST_", extra="forbid", frozen=True)

    data: Path = Field(
        default=Path(".proboost"), description="the folder that holds everything this installation knows"
    )
    run: Path = Field(default=Path(), description="sockets; a short path, chosen from DATA when not given")
    port: int = Field(default=8000, description="the public port, on loopback unless `bind` says else")
    hub_port: int = Field(default=8001, description="the Hub's own port, on loopback")
    platform_port: int = Field(default=8002, description="the platform's own port, on loopback")
    bind: str = Field(default="127.0.0.1", description="the address that the proxy listens on")
    public_host: str = Field(
        default="localhost", description="the name people type; learners' servers live at NAME.public_host"
    )
    public_port: int | None = Field(default=None, description="the port people type, where it is not `port`")
    scheme: Literal["http", "https"] = Field(default="http", description="https behind a reverse proxy that ends TLS")
    accept_single_origin: bool = Field(
        default=False, description="learners' servers on the platform's own origin: a risk"
    )
    accept_shared_risk: bool = Field(
        default=False, description="serve a second learner although isolation is incomplete"
    )
    demo: bool = Field(default=False, description="demo accounts and courses; on loopback only")
    sign_up: bool = Field(default=False, description="people may make accounts for themselves")

    service_uid: int = Field(default=990, description="uid of Hub, proxy and platform when started as root")
    worker_uid: int = Field(default=991, description="uid of the worker when started as root")
    uid_min: int = Field(default=200_000, description="learners' uids start here")
    uid_max: int = Field(default=299_999, description="and end here")

    database: str = Field(default="", description="SQLAlchemy URL; a SQLite file in DATA when empty")
    smtp_url: str = Field(
        default="", description="smtp://user:password@host:port or smtps://…; empty: files in DATA/platform/mail"
    )
    mail_from: str = Field(default="ProBoost <support@okocrm.com>", description="the sender of our mails")
    support_phone: str = Field(default="8 800 777 54 91", description="shown where people ask for help")
    support_email: str = Field(default="support@okocrm.com", description="shown there too; new requests are told to it")

    memory_mb: int | None = Field(
        default=None, ge=256, description="memory of one learner; from the machine when not given"
    )
    pids: int | None = Field(default=None, ge=32, description="processes and threads of one learner")
    cpus: float | None = Field(default=None, gt=0, description="processors one learner may keep busy")
    preload: str = Field(
        default="numpy pandas matplotlib.pyplot ipywidgets",
        description="libraries that learners' kernels find imported",
    )
    home_mb: int | None = Field(default=None, ge=16, description="size of one learner's home")
    disk_reserve_mb: int = Field(default=1024, ge=0, description="free disk below which learners' homes stop growing")
    idle_kernel_seconds: int = Field(default=1800, ge=30, description="an idle kernel is stopped after this time")
    idle_server_seconds: int = Field(
        default=7200, ge=60, description="an idle learner's server is stopped after this time"
    )
    sandbox: Literal["A", "B", "C"] = Field(default="A", description="the weakest sandbox tier that may find verdicts")
    worker_jobs: int | None = Field(
        default=None, ge=1, description="programs checked at once; the number of processors when not given"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what goes to DATA/logs"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- pydantic-settings calls by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        data = init_settings().get("data") or os.environ.get("PROBOOST_DATA") or ".proboost"
        file = TomlConfigSettingsSource(settings_cls, Path(data) / "proboost.toml")
        return init_settings, env_settings, file

    @model_validator(mode="before")
    @classmethod
    def _paths(cls, values: dict[str, object]) -> dict[str, object]:
        data = Path(str(values.get("data") or ".proboost")).resolve()
        return {**values, "data": data, "run": Path(str(values.get("run") or _run(data))).resolve()}

    @property
    def prefix(self) -> str:
        return PREFIX

    def _origin(self, host: str) -> str:
        port = self.public_port or self.port
        usual = 443 if self.scheme == "https" else 80
        return f"{self.scheme}://{host}" + ("" if port == usual else f":{port}")

    @property
    def origin(self) -> str:
        """Where people find Hub and platform: scheme, host, port."""
        return self._origin(self.public_host)

    @property
    def public_url(self) -> str:
        return self.origin + PREFIX

    @property
    def platform_url(self) -> str:
        """The platform as this machine's processes reach it, past the proxy."""
        return f"http://127.0.0.1:{self.platform_port}{PREFIX}"

    @property
    def hub_api_url(self) -> str:
        return f"http://127.0.0.1:{self.hub_port}/hub/api"

    def user_origin(self, name: str) -> str:
        """The origin of a learner's server: one of its own, unless `accept_single_origin`."""
        return self.origin if self.accept_single_origin else self._origin(f"{name}.{self.public_host}")

    def user_url(self, name: str) -> str:
        return f"{self.user_origin(name)}/user/{name}/"

    def lesson_url(self, name: str, course: str, lesson: str) -> str:
        """A lesson's page on the learner's own server."""
        return f"{self.user_url(name)}proboost/lesson/{course}/{lesson}"

    @property
    def internal_socket(self) -> Path:
        return self.run / "internal.sock"

    @property
    def launcher_socket(self) -> Path:
        return self.run / "launcher.sock"

    @property
    def proxy_api_socket(self) -> Path:
        return self.run / "p" / "api"  # a folder that the proxy may write in; RUN itself is the supervisor's

    @property
    def server_sockets(self) -> Path:
        return self.run / "s"

    @property
    def homes(self) -> Path:
        return self.data / "homes"

    @property
    def hub_dir(self) -> Path:
        return self.data / "hub"

    @property
    def platform_dir(self) -> Path:
        return self.data / "platform"

    @property
    def launcher_dir(self) -> Path:
        return self.data / "launcher"

    @property
    def logs_dir(self) -> Path:
        return self.data / "logs"

    @property
    def secrets_dir(self) -> Path:
        return self.data / "secrets"

    @property
    def blobs_dir(self) -> Path:
        return self.platform_dir / "blobs"

    @property
    def mail_dir(self) -> Path:
        return self.platform_dir / "mail"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.platform_dir / 'proboost.sqlite'}"

    def secret(self, name: str) -> str:
        """A secret of this installation, made by the supervisor. Raises FileNotFoundError before its first start."""
        if name not in SECRETS:
            raise KeyError(name)
        return (self.secrets_dir / name).read_text("ascii").strip()


def _run(data: Path) -> Path:
    """A short folder for sockets (their paths end at 107 bytes), the same for the same DATA."""
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:8]
    if os.geteuid() == 0:
        return Path("/run/proboost") / mark
    base = os.environ.get("XDG_RUNTIME_DIR")
    return Path(base) / f"proboost-{mark}" if base else Path("/tmp") / f"proboost-{os.geteuid()}" / mark  # noqa: S108 -- 0700, made and checked by the supervisor


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process: DATA is in PROBOOST_DATA, which the supervisor sets for what it starts."""
    return Settings()
