"""Mail: a full outbox delivered, each message marked as it goes, beside a bare loop over as many connections."""

import asyncio
import sys
from collections.abc import Sequence

from aiosmtplib import SMTP
from sqlalchemy import delete, func, select

from bench.measuring import Result, Stopwatch, in_turns
from bench.servers import running
from bench.world import World, opened
from training_tracker.mail.composing import as_email
from training_tracker.mail.delivery import deliver
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, put
from training_tracker.settings import Settings

# About as long as a digest about three expectations.
TEXT = "An introduction to Child Sexual Abuse: complete it by 3 May 2027. It helps everyone who meets children.\n" * 15
HTML = f"<html><body>{'<p>An introduction to Child Sexual Abuse: complete it by 3 May 2027.</p>' * 60}</body></html>"


async def measure(world: World) -> Result:
    amount = world.size.messages
    sink = [sys.executable, "-m", "bench.sink"]
    with running(sink, {}, world.folder / "sink.log") as port:
        settings = Settings(
            database_url=world.databases.url("settled"),
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            _env_file=None,
        )
        async with opened(settings.database_url) as database:

            async def ours(watch: Stopwatch) -> None:
                async with database.writing() as session:
                    await session.execute(delete(Message))
                    await put(session, _drafts(amount))
                async with watch.running():
                    delivered = await deliver(database, settings)
                assert delivered.sent == amount, delivered

            async def plain(watch: Stopwatch) -> None:
                async with database.reading() as session:
                    messages = list(await session.scalars(select(Message)))
                async with watch.running():
                    await bare_loop(messages, settings)

            seconds = await in_turns(ours, plain, world.size.repeats)
            async with database.reading() as session:
                sent = select(func.count()).where(Message.state == MessageState.SENT)
                assert await session.scalar(sent) == amount
    return Result(world.databases.kind, "mail", "messages/s", amount, *seconds)


async def bare_loop(messages: Sequence[Message], settings: Settings) -> None:
    """Build and send each message, over as many connections as ours opens, and remember nothing."""
    left = iter(messages)

    async def send() -> None:
        async with SMTP(hostname=settings.smtp_host, port=settings.smtp_port, start_tls=False) as smtp:
            for message in left:
                await smtp.send_message(as_email(message, settings))

    await asyncio.gather(*(send() for _ in range(settings.smtp_connections)))


def _drafts(amount: int) -> list[Draft]:
    return [
        Draft(f"bench:{number}", f"person-{number}@agency.example", "Your safeguarding training", TEXT, HTML)
        for number in range(amount)
    ]
