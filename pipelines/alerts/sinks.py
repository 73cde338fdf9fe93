"""Where a relay delivers to: a file of JSON Lines, a table, an HTTP webhook, the supervision shape.

A sink takes a batch of messages and either has all of them safe when it returns, or raises `UndeliveredError`.
"""

import hashlib
import hmac
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Column, MetaData, String, Table, UnicodeText, insert, select
from sqlalchemy.exc import DBAPIError

from detector.errors import DetectorError, SinkError
from pipelines.alerts.alert_documents import text_of
from pipelines.alerts.columns import MYSQL
from pipelines.alerts.fingerprint import KEY_LENGTH
from pipelines.alerts.receivers import DEFAULT_TABLE, TIMEOUT_SECONDS, Receiver
from pipelines.alerts.runs import Row
from pipelines.database import MASK, connecting

SIGNATURE, DEDUP_KEY = "Detector-Signature", "Detector-Dedup-Key"
READ_AT_MOST = 4096
TOPIC_LENGTH = 32


class Message(NamedTuple):
    """One event for a receiver: its payload (a line of JSON), and the supervision shape where asked for."""

    event_id: str
    alert_id: str
    topic: str
    payload: str
    record: Row | None = None


class UndeliveredError(Exception):
    """A batch was not taken. `lasting`: the receiver is there and refuses this one; others may be taken."""

    def __init__(self, why: str, *, lasting: bool = False) -> None:
        super().__init__(why)
        self.lasting = lasting


class Sink(Protocol):
    """Takes messages."""

    @property
    def batch(self) -> int:
        """How many messages at once."""

    def send(self, messages: Sequence[Message], unix_seconds: int) -> None:
        """Deliver all `messages`, at the moment `unix_seconds`, or raise UndeliveredError."""


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Appends to a file, and has it on the disk before it returns."""

    path: Path
    line: Callable[[Message], str]
    batch: int = 500

    def send(self, messages: Sequence[Message], unix_seconds: int) -> None:
        """A line for each message. What a killed relay left of a line is cut off first: it will come again."""
        del unix_seconds
        text = "".join(f"{self.line(message)}\n" for message in messages)
        try:
            with self.path.open("a+b") as file:
                _cut_torn_line(file)
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as refusal:
            raise UndeliveredError(f"{self.path}: {refusal.strerror}") from None


def _cut_torn_line(file: BinaryIO) -> None:
    size = end = file.seek(0, os.SEEK_END)
    while end and file.seek(end - 1) is not None and file.read(1) != b"\n":
        end -= 1
    if end != size:
        file.truncate(end)


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """Inserts into a table of another database, which is made where it is missing; repetitions are left out."""

    url: str
    table: str
    batch: int = 500

    def send(self, messages: Sequence[Message], unix_seconds: int) -> None:
        """A row for each message that is not there yet, all in one transaction."""
        del unix_seconds
        held = Table(
            self.table,
            MetaData(),
            Column("dedup_key", String(KEY_LENGTH), primary_key=True),
            Column("alert_id", String(KEY_LENGTH), nullable=False),
            Column("topic", String(TOPIC_LENGTH), nullable=False),
            Column("payload", UnicodeText(), nullable=False),
            **MYSQL,
        )
        try:
            with connecting(self.url, SinkError) as engine:
                held.create(engine, checkfirst=True)
                with engine.begin() as connection:
                    keys = [message.event_id for message in messages]
                    there = set(
                        connection.scalars(select(held.c.dedup_key).where(held.c.dedup_key.in_(keys)))
                    )
                    rows = [_inbox_row(message) for message in messages if message.event_id not in there]
                    if rows:
                        connection.execute(insert(held), rows)
        except DetectorError as refusal:
            raise UndeliveredError(str(refusal)) from None
        except DBAPIError:
            raise UndeliveredError("the database refuses") from None


def _inbox_row(message: Message) -> Row:
    return {
        "dedup_key": message.event_id,
        "alert_id": message.alert_id,
        "topic": message.topic,
        "payload": message.payload,
    }


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts each message, signed. Redirects are not followed: a signed message goes where it was meant to go."""

    url: str
    secret: str
    timeout_seconds: float = TIMEOUT_SECONDS
    batch: int = 1

    def send(self, messages: Sequence[Message], unix_seconds: int) -> None:
        """Post `messages`; a status from 200 to 299 means taken."""
        for message in messages:
            status = self._post(message, unix_seconds)
            if not 200 <= status < 300:
                # What the receiver refuses today it refuses tomorrow, except where it asks for patience.
                lasting = 400 <= status < 500 and status not in (401, 403, 404, 408, 425, 429)
                raise UndeliveredError(f"HTTP status {status}", lasting=lasting)

    def _post(self, message: Message, unix_seconds: int) -> int:
        parts = urlsplit(self.url)
        body = message.payload.encode("utf-8")
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            SIGNATURE: signature(self.secret, unix_seconds, body),
            DEDUP_KEY: message.event_id,
            "User-Agent": "detector",
        }
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.hostname or ""
        connection: HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(host, parts.port, timeout=self.timeout_seconds, context=context)
        else:
            connection = HTTPConnection(host, parts.port, timeout=self.timeout_seconds)
        try:
            connection.request("POST", target, body, headers)
            response = connection.getresponse()
            response.read(READ_AT_MOST)
            return response.status
        except (OSError, HTTPException) as refusal:
            why = getattr(refusal, "strerror", None) or type(refusal).__name__
            raise UndeliveredError(f"{host}: {why}".replace(self.secret, MASK)) from None
        finally:
            connection.close()


def signature(secret: str, unix_seconds: int, body: bytes) -> str:
    """What the receiver checks: the time, and HMAC-SHA256 over "<time>.<body>" with the shared secret.

    A receiver computes the same, compares in constant time, and refuses what is older than a few minutes.
    """
    signed = hmac.new(secret.encode("utf-8"), f"{unix_seconds}.".encode("ascii") + body, hashlib.sha256)
    return f"t={unix_seconds},v1={signed.hexdigest()}"


def sink_for(receiver: Receiver, environment: Mapping[str, str]) -> Sink:
    """The sink of a checked receiver; its secrets come from `environment`."""
    options = receiver.options
    if receiver.kind == "webhook":
        timeout = float(options.get("timeout_seconds", TIMEOUT_SECONDS))
        return Webhook(options["url"], environment[options["secret_env"]], timeout)
    if receiver.kind == "table":
        return DatabaseTable(environment[options["url_env"]], options.get("table", DEFAULT_TABLE))
    if receiver.kind == "supervision":
        return JsonLines(Path(options["path"]), lambda message: text_of(message.record or {}))
    return JsonLines(Path(options["path"]), lambda message: message.payload)
