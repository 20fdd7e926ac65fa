"""What stands before anything starts: the folders with their owners, the secrets, free ports, and that we are alone."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proboost.i18n import gettext as _
from proboost.settings import SECRETS, Settings

LONGEST_RUN = 70  # a socket's path ends at 107 bytes, and NAME of a learner comes after it


class CannotStart(Exception):
    """Why ProBoost does not start, as a sentence for the person who started it."""


@contextmanager
def alone(conf: Settings) -> Iterator[None]:
    """Holds DATA/lock while it lasts: one supervisor for one DATA. The lock ends with the process, however it ends."""
    conf.data.mkdir(parents=True, exist_ok=True)
    try:
        lock = os.open(conf.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise CannotStart(_("{path} belongs to another user.").format(path=conf.data)) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 4096, 0).decode("utf-8", "replace").strip()
            raise CannotStart(
                _("ProBoost is already running on {path} ({holder}). Stop it first, or choose another --data.").format(
                    path=conf.data, holder=holder
                )
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{conf.origin}, pid {os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def folders(conf: Settings) -> None:
    """Makes DATA and RUN with the owners and modes that keep each program out of the others' rooms."""
    root = os.geteuid() == 0
    service = conf.service_uid if root else os.geteuid()
    if len(os.fsencode(conf.run)) > LONGEST_RUN:
        raise CannotStart(
            _("The path {path} is too long for sockets: set PROBOOST_RUN to a shorter one.").format(path=conf.run)
        )
    conf.data.chmod(0o711 if root else 0o700)
    for path, owner, mode in (
        (conf.secrets_dir, service, 0o700),
        (conf.hub_dir, service, 0o700),
        (conf.platform_dir, service, 0o700),
        (conf.homes, os.geteuid(), 0o711 if root else 0o700),
        (conf.launcher_dir, os.geteuid(), 0o700),
        (conf.logs_dir, os.geteuid(), 0o700),
    ):
        _folder(path, owner, mode)
    conf.run.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if root else 0o700)
    if conf.run.parent.stat().st_uid not in {0, os.geteuid()}:
        raise CannotStart(_("{path} belongs to another user.").format(path=conf.run.parent))
    # root's: whoever could swap what lies there could make root change the owner of anything
    _folder(conf.run, os.geteuid(), 0o711 if root else 0o700, service)
    _folder(conf.proxy_api_socket.parent, service, 0o700)


def _folder(path: Path, owner: int, mode: int, *more: int) -> None:
    """Made, or taken over when it belonged to its owner, to us or to one of `more`."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    facts = path.lstat()
    if facts.st_uid not in {owner, os.geteuid(), *more} or path.is_symlink():
        raise CannotStart(_("{path} belongs to another user.").format(path=path))
    if facts.st_uid != owner:
        os.chown(path, owner, owner, follow_symlinks=False)
    path.chmod(mode)


def make_secrets(conf: Settings) -> None:
    """Makes the secrets that do not exist yet; the others stay as they are for ever."""
    owner = conf.service_uid if os.geteuid() == 0 else os.geteuid()
    for name in SECRETS:
        path = conf.secrets_dir / name
        if path.exists() and path.stat().st_size > 0:
            continue
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
            os.fchown(file.fileno(), owner, owner)
        fresh.replace(path)


def check_port(conf: Settings) -> None:
    """Can the public port be bound? Says who may be in the way when it cannot."""
    try:
        _bind(conf.bind, conf.port).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = _("Port {port} is taken by another program. Choose another one with --port.")
        elif error.errno == errno.EACCES:
            text = _("Port {port} may not be used by this account. Choose one above 1023 with --port.")
        else:
            text = _("Port {port} cannot be used on {address}: {reason}.")
        raise CannotStart(text.format(port=conf.port, address=conf.bind, reason=error.strerror)) from error


def ports_in_use(conf: Settings) -> dict[str, int]:
    """The ports that the supervisor of this DATA chose last; empty when none did."""
    known = _read(conf.run / "ports.json")
    return {name: port for name, port in known.items() if isinstance(port, int)}


def with_ports(conf: Settings) -> Settings:
    """The Hub's and the platform's own ports: those of the settings; else last time's, since learners' servers may live
    that know them; else free ones."""
    last = ports_in_use(conf)
    chosen = {"port": conf.port}
    for name in ("hub_port", "platform_port"):
        if name in conf.model_fields_set:
            chosen[name] = getattr(conf, name)
        else:
            chosen[name] = _free(last.get(name, 0), set(chosen.values()))
    (conf.run / "ports.json").write_text(json.dumps(chosen))
    return conf.model_copy(update=chosen)


def _free(wanted: int, taken: set[int]) -> int:
    while True:
        try:
            with _bind("127.0.0.1", wanted) as trial:
                port = int(trial.getsockname()[1])
        except OSError:
            port = 0
        if port and port not in taken:
            return port
        wanted = 0


def _bind(address: str, port: int) -> socket.socket:
    trial = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what lingers is nobody's
        trial.bind((address, port))
        trial.listen(1)
    except OSError:
        trial.close()
        raise
    return trial


def _read(path: Path) -> dict[str, object]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
