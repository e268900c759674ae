"""Requests as fast as the server answers: a few kept-alive connections that each ask again at once.

A client library would take more of the machine than the server that is measured.
"""

import asyncio
from dataclasses import dataclass

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


async def fetch(port: int, path: str, cookie: str, requests: int) -> Answer:
    """Ask so many times over all connections; returns the last answer. Any that is not 200 raises."""
    each = [requests // CONNECTIONS + (number < requests % CONNECTIONS) for number in range(CONNECTIONS)]
    answers = await asyncio.gather(*(_ask(port, path, cookie, number) for number in each if number))
    return answers[0]


async def _ask(port: int, path: str, cookie: str, times: int) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    try:
        for _ in range(times):
            writer.write(request)
            answer = await _answer(reader)
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}: {answer.body[:200]!r}")
    finally:
        writer.close()
        await writer.wait_closed()
    return answer


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length:")]
    return Answer(status, await reader.readexactly(int(lengths[0])) if lengths else await _chunks(reader))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while length := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(length)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body
