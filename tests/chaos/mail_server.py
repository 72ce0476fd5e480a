"""A mail server in a process of its own that refuses, stalls and drops connections as told.

    python -m tests.chaos.mail_server PORT LOG SEED REFUSES STALLS DROPS

The three are shares of one hundred messages. Every message whose text came in whole is one line of JSON in
LOG: its Message-ID, recipient, a hash of its content, and whether it was taken and answered.
"""

import asyncio
import json
import random
import re
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

TAKEN, NOT_ANSWERED, REFUSED = "taken", "taken, not answered", "refused"
"""What became of a message whose text came in whole."""
LONGEST_STALL = 4.0
"""Seconds; more than the client of the long form waits."""


@dataclass
class Server:
    """How it behaves, and where it writes down what came in."""

    log: Path
    chance: random.Random
    refuses: float
    stalls: float
    drops: float

    def is_met(self, share: float) -> bool:
        return self.chance.random() * 100 < share

    def note(self, content: bytes, recipient: str, outcome: str) -> None:
        found = re.search(rb"(?im)^Message-ID:\s*(<[^>]+>)", content)
        line = {
            "id": found[1].decode() if found else "",
            "to": recipient,
            "content": sha256(content).hexdigest(),
            "outcome": outcome,
        }
        with self.log.open("a") as file:
            file.write(json.dumps(line) + "\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        if self.is_met(self.drops / 2):
            return
        say("220 chaos ESMTP")
        recipient = ""
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                say("221 bye")
                return
            if word == b"MAIL" and self.is_met(self.stalls):
                await asyncio.sleep(self.chance.random() * LONGEST_STALL)
            if word == b"MAIL" and self.is_met(self.drops / 3):
                return
            if word == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                if self.is_met(self.refuses / 2):
                    say("450 4.2.1 come back later")
                    continue
            if word == b"DATA":
                say("354 go on")
                if self.is_met(self.drops / 3):
                    return
                content = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                if self.is_met(self.refuses / 2):
                    self.note(content, recipient, REFUSED)
                    say("451 4.3.0 not now")
                elif self.is_met(self.drops / 3):
                    self.note(content, recipient, NOT_ANSWERED)
                    return
                else:
                    self.note(content, recipient, TAKEN)
                    say("250 2.0.0 taken")
                continue
            say("250 ok")
            await writer.drain()


async def main(port: int, log: Path, seed: int, shares: list[float]) -> None:
    server = Server(log, random.Random(seed), *shares)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", port, limit=2**22)
    async with listener:
        await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(
        main(
            int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), [float(a) for a in sys.argv[4:]]
        )
    )
