"""The embedded database on a host of its own: ``python -m tests.cluster.oracle_host ADDRESS PORT``.

It listens on loopback only. A relay in the same process, which so dies with it, takes what comes
to the host's address.
"""

import asyncio
import sys
from contextlib import suppress

from oracle_api.embedded import demo
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import HOST, EmbeddedServer
from tests.integration import procedures

USER = "dwh"
_PIECE_BYTES = 1 << 16


def main(address: str, port: int) -> None:
    """Serve until the process is killed."""
    catalog = Catalog(owner=USER)
    catalog.include(demo.catalog)
    catalog.include(procedures.catalog)
    with EmbeddedServer(user=USER, password=USER, catalog=catalog) as server:
        asyncio.run(_relay(address, port, server.port))


async def _relay(address: str, port: int, target: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection(HOST, target)
        await asyncio.gather(_pump(reader, its_writer), _pump(its_reader, writer))

    listener = await asyncio.start_server(serve, address, port)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await listener.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
