"""Messages between programs of one machine: JSON of bounded length over a unix socket, descriptors beside it.

A frame is four bytes, the length of what follows in network order, then UTF-8 JSON.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

LIMIT = 1 << 20
HEADER = struct.Struct("!I")


class Malformed(ValueError):
    """The other side does not speak our protocol: a frame too long, cut short, or not JSON."""


@dataclass(frozen=True)
class Peer:
    """Who made the connection, as the kernel knows it."""

    pid: int
    uid: int
    gid: int


def peer(connection: socket.socket) -> Peer:
    """The credentials of the process at the other end of a unix socket."""
    return Peer(*struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)))


def encode(message: object, limit: int = LIMIT) -> bytes:
    """One frame. Raises Malformed when it would be longer than the other side accepts."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > limit:
        raise Malformed(f"a message of {len(body)} bytes, {limit} are allowed")
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> Any:
    """The message of a frame's body. Raises Malformed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error


def send(connection: socket.socket, message: object, descriptors: tuple[int, ...] = (), *, limit: int = LIMIT) -> None:
    """Sends one frame; `descriptors` are duplicated into the receiver."""
    frame = encode(message, limit)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    sent = connection.sendmsg([frame], rights)
    if sent < len(frame):  # nothing more to send may still meet a peer that has gone
        connection.sendall(frame[sent:])


def receive(
    connection: socket.socket, *, descriptors: int = 0, limit: int = LIMIT, seconds: float | None = None
) -> tuple[Any, list[int]]:
    """One frame and the descriptors sent with it; (None, []) when the other side closed between frames.

    `seconds` bounds the whole frame, however slowly it trickles in. Raises Malformed, TimeoutError, OSError; then no
    descriptor stays open.
    """
    end = None if seconds is None else time.monotonic() + seconds
    got: list[int] = []
    try:
        header = _exactly(connection, HEADER.size, end, got, descriptors)
        if not header:
            return None, []
        (length,) = HEADER.unpack(header)
        if length > limit:
            raise Malformed(f"a message of {length} bytes, {limit} are allowed")
        body = _exactly(connection, length, end, got, descriptors)
        if len(body) < length:
            raise Malformed("cut short")
        return decode(body), got
    except BaseException:
        for descriptor in got:
            os.close(descriptor)
        raise


def _exactly(connection: socket.socket, size: int, end: float | None, got: list[int], most: int) -> bytes:
    """`size` bytes, or b"" at an end of file before the first one."""
    data = bytearray()
    while len(data) < size:
        if end is not None:
            connection.settimeout(max(0.001, end - time.monotonic()))
        piece, descriptors, _flags, _address = socket.recv_fds(connection, size - len(data), most)
        got.extend(descriptors)
        if len(got) > most:
            raise Malformed("more descriptors than expected")
        if not piece:
            if data:
                raise Malformed("cut short")
            return b""
        data += piece
    return bytes(data)


def listen(path: str, *, mode: int = 0o600, uid: int = -1, gid: int = -1, backlog: int = 128) -> socket.socket:
    """A listening unix socket at `path`, replacing what lay there.

    It is bound and given away under a temporary name, then renamed: it appears ready, or not at all. The temporary name
    is what /proc/net/unix shows to everybody, so it tells nothing.
    """
    listening = socket.socket(socket.AF_UNIX)
    folder = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    temporary = f"/proc/self/fd/{folder}/.{os.urandom(6).hex()}"
    try:
        mask = os.umask(0o777)
        try:
            listening.bind(temporary)
        finally:
            os.umask(mask)
        os.chown(temporary, uid, gid)
        os.chmod(temporary, mode)
        listening.listen(backlog)
        os.rename(temporary, path)
    except BaseException:
        listening.close()
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        os.close(folder)
    return listening
