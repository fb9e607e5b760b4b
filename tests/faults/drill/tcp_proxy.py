"""A small TCP proxy that does to connections what bad networks do.

Usage: tcp_proxy.py PORT [ADDRESS [OWN_PORT]]   forwards ADDRESS (127.0.0.1) to 127.0.0.1:PORT
Prints its port, then takes commands on stdin; each is answered with `ok`, or what was wrong.

  delay DIRECTION SECONDS    every piece waits that long
  slow DIRECTION BYTES       so many bytes a second for each connection; 0: as fast as can be
  pause DIRECTION            nothing is read any more, so the sender's window shuts
  hole DIRECTION             everything is read and thrown away
  open DIRECTION             as at the start
  cut [reset]                all connections end, with FIN or RST
  refuse | accept            new connections
  target PORT                where new connections lead

DIRECTION is `up` (towards the target), `down` or `both`.
"""

import asyncio
import socket
import struct
import sys

PIECE = 65536


class Way:
    """What happens in one direction."""

    def __init__(self):
        self.reset()
        self.may_read = asyncio.Event()
        self.may_read.set()

    def reset(self):
        self.delay, self.rate, self.hole = 0.0, 0, False


class Proxy:
    def __init__(self, port):
        self.target = port
        self.ways = {"up": Way(), "down": Way()}
        self.refusing = False
        self._writers = set()

    async def take(self, reader, writer):
        if self.refusing:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(writer)
            return
        pair = {writer, far_writer}
        self._writers |= pair
        try:
            await asyncio.gather(self._pump(reader, far_writer, self.ways["up"]),
                                 self._pump(far_reader, writer, self.ways["down"]))
        finally:
            self._writers -= pair
            for each in pair:
                each.close()

    async def _pump(self, reader, writer, way):
        try:
            while True:
                await way.may_read.wait()
                piece = await reader.read(min(PIECE, way.rate) if way.rate else PIECE)
                if not piece:
                    break
                # What came in just as the pause began waits too.
                await way.may_read.wait()
                if way.hole:
                    continue
                if way.delay:
                    await asyncio.sleep(way.delay)
                writer.write(piece)
                await writer.drain()
                if way.rate:
                    await asyncio.sleep(len(piece) / way.rate)
        except (ConnectionError, OSError):
            pass
        finally:
            if not writer.is_closing():
                writer.close()

    def cut(self, reset):
        for writer in list(self._writers):
            if reset:
                _reset(writer)
            else:
                writer.close()

    def obey(self, line):
        words = line.split()
        command, rest = words[0], words[1:]
        if command in ("delay", "slow", "pause", "hole", "open"):
            for name in ("up", "down") if rest[0] == "both" else (rest[0],):
                way = self.ways[name]
                if command == "delay":
                    way.delay = float(rest[1])
                elif command == "slow":
                    way.rate = int(rest[1])
                elif command == "pause":
                    way.may_read.clear()
                elif command == "hole":
                    way.hole = True
                else:
                    way.reset()
                    way.may_read.set()
        elif command == "cut":
            self.cut(rest == ["reset"])
        elif command in ("refuse", "accept"):
            self.refusing = command == "refuse"
        elif command == "target":
            self.target = int(rest[0])
        else:
            raise ValueError(f"no such command: {command}")


def _reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                               struct.pack("ii", 1, 0))
    writer.transport.abort()


async def main():
    proxy = Proxy(int(sys.argv[1]))
    address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    own_port = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    server = await asyncio.start_server(proxy.take, address, own_port, backlog=4096, limit=PIECE)
    print(server.sockets[0].getsockname()[1], flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode().strip():
        try:
            proxy.obey(line)
            print("ok", flush=True)
        except (ValueError, KeyError, IndexError) as error:
            print(f"wrong: {error!r}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
