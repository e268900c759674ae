"""A mail server that accepts everything and keeps nothing, in a process of its own."""

import asyncio
import sys

GREETING = b"220 sink.example ESMTP\r\n"
OFFERS = b"250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"
FINE, GO_AHEAD, BYE = b"250 OK\r\n", b"354 End with a dot\r\n", b"221 Bye\r\n"


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    try:
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                writer.write(BYE)
                break
            if verb == b"DATA":
                writer.write(GO_AHEAD)
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(OFFERS if verb == b"EHLO" else FINE)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def listen(port: int) -> None:
    server = await asyncio.start_server(converse, "127.0.0.1", port, limit=50_000_000)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(listen(int(sys.argv[1])))
