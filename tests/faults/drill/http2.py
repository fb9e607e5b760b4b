"""Callers that speak HTTP/2 by hand, to do what no library would do."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 3, 4, 6, 8
ACK, END_STREAM, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
WATCH = "/runcast.v1.RunStatusService/WatchRun"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    if len(raw) < 127:
        return bytes([len(raw)]) + raw
    rest, length = len(raw) - 127, bytearray([127])
    while rest >= 128:
        length.append(rest % 128 + 128)
        rest //= 128
    length.append(rest)
    return bytes(length) + raw


def header_block(headers):
    """HPACK, each a literal that is not indexed."""
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)


def _field(number, raw):
    return bytes([number << 3 | 2, len(raw)]) + raw


def watch_message(stream, suite, run):
    reference = (_field(1, stream.encode()) + _field(2, suite.encode()) + _field(3, run.encode()))
    message = _field(1, reference)
    return b"\x00" + struct.pack(">I", len(message)) + message


def settings(**values):
    numbers = {"initial_window_size": INITIAL_WINDOW_SIZE}
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", numbers[name], value)
                                          for name, value in values.items()))


class Caller:
    """One connection. `initial_window` is what each stream may receive before more is granted."""

    def __init__(self, port, initial_window=65535, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        self._next = 1
        self._rest = b""
        self.socket.sendall(PREFACE + settings(initial_window_size=initial_window))

    def open_watch(self, message, path=WATCH, extra=()):
        """The stream's number."""
        stream, self._next = self._next, self._next + 2
        headers = [(":method", "POST"), (":scheme", "http"), (":path", path),
                   (":authority", "localhost"), ("te", "trailers"),
                   ("content-type", "application/grpc"), *extra]
        self.socket.sendall(frame(HEADERS, END_HEADERS, stream, header_block(headers))
                            + frame(DATA, END_STREAM, stream, message))
        return stream

    def open_and_reset(self, message, count, path=WATCH):
        """So many watches that are cancelled at once, with as little work here as can be: what is
        measured is the gateway's."""
        block = header_block([(":method", "POST"), (":scheme", "http"), (":path", path),
                              (":authority", "localhost"), ("te", "trailers"),
                              ("content-type", "application/grpc")])
        heads = [frame(kind, flags, 0, payload)[:5] for kind, flags, payload in (
            (HEADERS, END_HEADERS, block), (DATA, END_STREAM, message), (RST_STREAM, 0, b"1234"))]
        pieces = []
        for stream in range(self._next, self._next + 2 * count, 2):
            number = struct.pack(">I", stream)
            pieces += (heads[0], number, block, heads[1], number, message, heads[2], number,
                       b"\x00\x00\x00\x08")
        self._next += 2 * count
        self.socket.sendall(b"".join(pieces))

    def send(self, raw):
        self.socket.sendall(raw)

    def grant(self, stream, count):
        self.socket.sendall(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", count)))

    def frames(self, answer=True):
        """Frames that have come; SETTINGS and PING are acknowledged, and the connection's window
        given back, as live peers do. None when the connection has ended."""
        self.socket.setblocking(False)
        found, ended = [], False
        try:
            while True:
                piece = self.socket.recv(65536)
                if not piece:
                    ended = True
                    break
                self._rest += piece
        except BlockingIOError:
            pass
        except OSError:
            ended = True
        self.socket.settimeout(10)
        while len(self._rest) >= 9:
            length = int.from_bytes(self._rest[:3], "big")
            if len(self._rest) < 9 + length:
                break
            kind, flags, stream = struct.unpack(">BBI", self._rest[3:9])
            payload, self._rest = self._rest[9:9 + length], self._rest[9 + length:]
            found.append((kind, flags, stream, payload))
            if not answer:
                continue
            try:
                if kind == SETTINGS and not flags & ACK:
                    self.send(frame(SETTINGS, ACK, 0))
                elif kind == PING and not flags & ACK:
                    self.send(frame(PING, ACK, 0, payload))
                elif kind == DATA and payload:
                    self.grant(0, len(payload))
            except OSError:
                ended = True
        return None if ended and not found else found

    def close(self):
        self.socket.close()
