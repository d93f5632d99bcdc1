"""The requests of a bench, from a process of their own: keep-alive connections that each ask again as soon as they are
answered. Reads a plan as JSON from standard input, writes what was seen to standard output.

Imports nothing of the project: it must cost little beside what it measures."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from typing import Any


class Refused(RuntimeError):
    """An answer that is no success; the message says which and why."""


class Connection:
    """One connection that is opened again where the server closes it."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[int, int]:
        """Status and length of the answer. Raises Refused for any but 2xx."""
        if self.reader is not None:
            try:
                return await self._ask(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # an idle connection may be closed at any time; every request here may be repeated
        self.reader, self.writer = await asyncio.open_connection(*self.address)
        return await self._ask(request)

    async def _ask(self, request: bytes) -> tuple[int, int]:
        if self.reader is None or self.writer is None:
            raise ConnectionError("not open")
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split(b" ", 2)[1])
        _, found, length = head.partition(b"content-length:")
        if not found:
            raise Refused(f"an answer without Content-Length: {head.decode()}")
        body = await self.reader.readexactly(int(length.split(b"\r\n", 1)[0]))
        if not 200 <= status < 300:
            raise Refused(f"{status}: {body.decode(errors='replace')[:500]}")
        if b"connection: close" in head:
            self.writer.close()
            self.reader = self.writer = None
        return status, len(body)


def prepared(request: dict[str, Any]) -> tuple[str, list[bytes]]:
    """A request's label and its bytes, cut where each sending puts something of its own: `{unique}` and `{address}`."""
    body = request.get("body", "").encode()
    headers = {"Host": "localhost", "Content-Length": str(len(body))} | request["headers"]
    lines = [f"{request['method']} {request['path']} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    head = "\r\n".join(lines).encode().replace(b"{unique}", b"\0u\0").replace(b"{address}", b"\0a\0")
    return request["label"], [*head.split(b"\0"), body]


def own(parts: list[bytes]) -> bytes:
    """The bytes of one sending: with a key of its own, and from an address of its own, as residents have them."""
    address = ".".join(str(random.randrange(1, 255)) for _ in range(3))
    values = {b"u": uuid.uuid4().hex.encode(), b"a": f"100.{address}".encode()}
    return b"".join(values.get(part, part) for part in parts)


async def ask_until(connection: Connection, requests: list[Any], end: float) -> list[tuple[str, float, int]]:
    """Ask on one connection until the end; label, seconds and bytes of each answer."""
    seen = []
    while (sent := time.perf_counter()) < end:
        label, parts = random.choice(requests)
        _, size = await connection.ask(own(parts))
        seen.append((label, time.perf_counter() - sent, size))
    return seen


async def main(plan: dict[str, Any]) -> dict[str, Any]:
    """All connections at once: warm until each has been answered for so long, then measured; latencies in seconds."""
    requests = [prepared(request) for request in plan["requests"]]
    connections = [Connection(plan["host"], plan["port"]) for _ in range(plan["concurrency"])]

    async def all_until(end: float) -> list[tuple[str, float, int]]:
        seen = await asyncio.gather(*(ask_until(connection, requests, end) for connection in connections))
        return [one for some in seen for one in some]

    await all_until(0.1 + time.perf_counter())  # who comes first waits for what the workers keep in memory
    await all_until(plan["warm_up_s"] + time.perf_counter())
    begin = time.perf_counter()
    seen = await all_until(begin + plan["seconds"])
    return {"seconds": time.perf_counter() - begin, "seen": seen}


if __name__ == "__main__":
    try:
        json.dump(asyncio.run(main(json.load(sys.stdin))), sys.stdout)
    except Refused as refusal:
        sys.exit(f"The web answered {refusal}")
