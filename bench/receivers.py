"""Real receivers on this machine, for tests and for chaos: a mail server and a web server that do what they are told,
also what providers do on bad days."""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from requests.structures import CaseInsensitiveDict

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


class MailServer:
    """Takes mails by SMTP; can refuse addresses, hang up, and go away for a while."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.answers: dict[str, str] = {}
        """What it says of an address, instead of yes."""
        self.failing = False
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname=HOST, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    def to(self, user: Any) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == user.email]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.failing:
            return "451 try again later"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)  # noqa: S101  by the policy above
        self.mails.append(mail)
        return "250 taken"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sink does with a request: waits for `after`, then hangs up or answers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: threading.Event | None = None
    hangs_up: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came in, with the answer that it got."""

    path: str
    headers: CaseInsensitiveDict[str]
    body: bytes
    status: int

    def json(self) -> Any:
        return json.loads(self.body)


class Sink:
    """A web server that keeps what it gets. `script` says how the next requests to a path are answered, one answer
    each; afterwards, and for other paths, it is `usual`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.usual = Answer()
        self.upset: dict[int, Answer] = {}
        """What the first, second, … request of all gets, where nothing is scripted for its path."""
        self._scripts: dict[str, deque[Answer]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def script(self, path: str, *answers: Answer) -> None:
        """The next answers to a path, one a request."""
        with self._lock:
            self._scripts[path].extend(answers)

    def start(self) -> None:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sink._answer(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        path = handler.path.partition("?")[0]
        with self._lock:
            script = self._scripts[path]
            answer = script.popleft() if script else self.upset.get(len(self.received) + 1, self.usual)
            status = 0 if answer.hangs_up else answer.status
            self.received.append(Received(handler.path, CaseInsensitiveDict(handler.headers.items()), body, status))
        if answer.after:
            answer.after.wait(30)
        with suppress(OSError):
            self._write(handler, answer)

    @staticmethod
    def _write(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.hangs_up:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        said = b"" if answer.body is None else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)
