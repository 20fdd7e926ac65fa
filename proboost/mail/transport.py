"""How a message leaves: to an SMTP server, or, where none is set, into a folder as an .eml file."""

from __future__ import annotations

import hashlib
import os
import smtplib
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from proboost.settings import Settings

TIMEOUT = 30.0  # seconds for each step of the conversation


class NotSent(Exception):
    """It did not leave, or nobody can tell; a later try may do. The text is for the operator's log."""


class Refused(NotSent):
    """The server will never take it (5xx): trying again is of no use."""


class Transport(Protocol):
    """Carries one message. Carrying the same message twice is harmless: its Message-ID is the same."""

    def send(self, message: EmailMessage) -> None:
        """Returns once the message was taken. Raises NotSent or Refused."""


@dataclass(frozen=True)
class Folder:
    """Writes each message to a file of its own, named by its Message-ID, whole or not at all."""

    path: Path

    def send(self, message: EmailMessage) -> None:
        name = hashlib.sha256(message["Message-ID"].encode()).hexdigest()[:24] + ".eml"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor, half = tempfile.mkstemp(dir=self.path, suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(message.as_bytes())
                    file.flush()
                    os.fsync(file.fileno())
                Path(half).replace(self.path / name)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(half).unlink()
                raise
        except OSError as error:
            raise NotSent(f"cannot write to {self.path}: {error.strerror}") from error


@dataclass(frozen=True)
class Smtp:
    """Speaks SMTP: `smtps://` with TLS from the start, `smtp://` with STARTTLS where the server offers it.

    A password is sent over TLS or to this machine only.
    """

    url: str
    timeout: float = TIMEOUT

    def send(self, message: EmailMessage) -> None:
        try:
            server = self._connected()
            try:
                server.send_message(message)
            finally:
                _farewell(server)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _refusal(code, said) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        secure = parts.scheme == "smtps"
        server: smtplib.SMTP
        if secure:
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=self.timeout)
        try:
            self._introduce(server, host, secure=secure)
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP, host: str, *, secure: bool) -> None:
        server.ehlo_or_helo_if_needed()
        if not secure and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            secure = True
        parts = urlsplit(self.url)
        if parts.username:
            if not secure and host not in {"localhost", "127.0.0.1", "::1"}:
                raise NotSent("the server offers no TLS, so the password was not sent")
            server.login(unquote(parts.username), unquote(parts.password or ""))


def _farewell(server: smtplib.SMTP) -> None:
    """Whatever happens here, what was taken stays taken."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _refusal(code: int, said: bytes | str) -> NotSent:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    kind = Refused if 500 <= code < 600 else NotSent
    return kind(f"{code} {words}"[:500])


def transport(settings: Settings) -> Transport:
    """The transport that the settings name."""
    return Smtp(settings.smtp_url) if settings.smtp_url else Folder(settings.mail_dir)
