"""HTTP/2 as no library would speak it."""

import socket
import statistics
import struct
import threading
import time

from attack.caller import Caller, read_request
from drill import http2

GOAL = "to stop the service for others, or fill its memory, with few frames"

CONTINUATION, PRIORITY, GOAWAY, PUSH_PROMISE = 9, 2, 7, 5
MESSAGE = b"\x00" + struct.pack(">I", len(read_request())) + read_request()
HEADERS = [(":method", "POST"), (":scheme", "http"), (":path", http2.WATCH), (":authority", "localhost"),
           ("te", "trailers"), ("content-type", "application/grpc")]


def _block(**changed):
    """Headers of a call with others in place of some; None leaves one out."""
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    pairs = [(name, names.get(name.lstrip(":"), value)) for name, value in HEADERS]
    return http2.header_block([(name, value) for name, value in pairs if value is not None])


def _call(caller, block, flags=http2.END_HEADERS, stream=1, message=MESSAGE):
    caller.send(http2.frame(http2.HEADERS, flags, stream, block)
                + http2.frame(http2.DATA, http2.END_STREAM, stream, message))


def _setting(number, value):
    return http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HI", number, value))


# One connection each; what the gateway does is its business as long as others are served.
SINGLE = {
    "headers on stream 0": http2.frame(1, 4, 0, http2.header_block(HEADERS)),
    "an even stream": http2.frame(1, 4, 2, http2.header_block(HEADERS)),
    "data before headers": http2.frame(0, 0, 5, b"x" * 100),
    "data on stream 0": http2.frame(0, 0, 0, b"x" * 100),
    "a reset of an idle stream": http2.frame(3, 0, 7, struct.pack(">I", 8)),
    "a reset of four gigabytes": struct.pack(">I", 4)[1:] + struct.pack(">BBI", 3, 0, 0xffffffff) + b"abcd",
    "a frame of 16 MiB": b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 70000,
    "an unknown kind": http2.frame(200, 255, 1, b"x" * 1000),
    "a push": http2.frame(PUSH_PROMISE, 4, 1, b"\x00\x00\x00\x02" + http2.header_block(HEADERS)),
    "goodbye": http2.frame(GOAWAY, 0, 0, b"\x00" * 8),
    "goodbye, too short": http2.frame(GOAWAY, 0, 0, b"\x00"),
    "settings on a stream": http2.frame(4, 0, 1, b""),
    "settings of five bytes": http2.frame(4, 0, 0, b"12345"),
    "an acknowledgement with content": http2.frame(4, 1, 0, b"123456"),
    "a window of 2^31": _setting(4, 1 << 31),
    "frames of one byte": _setting(5, 1),
    "push = 2": _setting(2, 2),
    "a header table of 4 GiB": _setting(1, 0xffffffff),
    "a window above its limit": http2.frame(8, 0, 0, struct.pack(">I", 0x7fffffff)) * 2,
    "a window of nothing": http2.frame(8, 0, 0, struct.pack(">I", 0)),
    "a ping of seven bytes": http2.frame(6, 0, 0, b"1234567"),
    "a priority on itself": http2.frame(PRIORITY, 0, 1, struct.pack(">IB", 1, 16)),
    "padding longer than the frame": http2.frame(1, 4 | 8, 1, b"\xff" + http2.header_block(HEADERS)),
    "continuation of nothing": http2.frame(CONTINUATION, 4, 1, http2.header_block(HEADERS)),
    "headers broken by a ping": http2.frame(1, 0, 1, b"") + http2.frame(6, 0, 0, b"12345678"),
    "an index that is not there": http2.frame(1, 4, 1, b"\xff\xff\x7f"),
    "an index without end": http2.frame(1, 4, 1, b"\xff" + b"\xff" * 30),
    "a length without end": http2.frame(1, 4, 1, b"\x00\x7f" + b"\xff" * 30),
    "a table of 4 GiB": http2.frame(1, 4, 1, b"\x3f\xe1\xff\xff\xff\x0f"),
    "broken Huffman": http2.frame(1, 4, 1, b"\x00\x84\xff\xff\xff\xff\x01x"),
    "an abort by te": http2.frame(1, 0, 1, http2.header_block([*HEADERS[:4], ("te", "x"), ("x-a", "y" * 9000)]))
    + http2.frame(CONTINUATION, 4, 1, http2.header_block([("x-b", "y" * 12000)])),
    "an abort by scheme": http2.frame(1, 0, 1, http2.header_block([(":scheme", "x"), ("x-a", "y" * 9000)]))
    + http2.frame(CONTINUATION, 4, 1, http2.header_block([("x-b", "y" * 12000)])),
    "an abort by balancer's statistics": http2.frame(1, 0, 1, http2.header_block([("grpclb_client_stats", "x"), ("x-a", "y" * 9000)]))
    + http2.frame(CONTINUATION, 4, 1, http2.header_block([("x-b", "y" * 12000)])),
    "half a header": http2.frame(1, 4, 1, b"\x00\x05ab"),
    "http/1.1": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + b"\x00" * 200,
    "nothing of sense": b"\x00\xff" * 4000,
}

# Each in a call of its own on one connection; (changed headers, extra pairs).
ODD_HEADERS = {
    "no path": ({"path": None}, []), "no method": ({"method": None}, []),
    "get": ({"method": "GET"}, []), "connect": ({"method": "CONNECT"}, []),
    "no te": ({"te": None}, []), "te: gzip": ({"te": "gzip"}, []),
    "no content type": ({"content_type": None}, []), "html": ({"content_type": "text/html"}, []),
    "two paths": ({}, [(":path", "/other")]), "a late pseudo header": ({}, [("x", "y"), (":path", "/z")]),
    "an unknown pseudo header": ({}, [(":evil", "1")]), "upper case": ({}, [("X-Upper", "1")]),
    "connection": ({}, [("connection", "close")]), "an empty name": ({}, [("", "x")]),
    "a line break in a value": ({}, [("x-a", "b\r\nc: d")]), "a zero in a value": ({}, [("x-a", "a\x00b")]),
    "bytes above ASCII": ({}, [("x-a", b"\xff\xfe")]), "a blank in a name": ({}, [("x a", "b")]),
    "not base64": ({}, [("x-bad-bin", "!!! not base64")]), "half base64": ({}, [("x-bad-bin", "A")]),
    "a large bin": ({}, [("x-large-bin", "A" * 20000)]),
    "20 kB": ({}, [("x-large", "x" * 20000)]), "5000 small ones": ({}, [(f"x-{i}", "y") for i in range(3000)]),
    "grpc-timeout: x": ({}, [("grpc-timeout", "x")]), "grpc-timeout: huge": ({}, [("grpc-timeout", "9" * 30 + "H")]),
    "grpc-timeout: -1": ({}, [("grpc-timeout", "-1S")]), "a false encoding": ({}, [("grpc-encoding", "evil")]),
    "a path of 8 kB": ({"path": "/" + "x" * 8000}, []), "no slash": ({"path": "x"}, []),
    "an authority of 8 kB": ({"authority": "x" * 8000}, []),
}


class _Flood:
    """Sends pieces on a connection, opening a new one whenever the gateway has closed the last."""

    def __init__(self, port, make):
        self._port, self._make = port, make
        self._stop = threading.Event()
        self.sent = 0
        self.connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(20)

    def _run(self):
        while not self._stop.is_set():
            self.connections += 1
            caller = None
            try:
                caller = http2.Caller(self._port)
                caller.socket.settimeout(1)
                for piece in self._make(caller):
                    caller.send(piece)
                    self.sent += 1
                    if self.sent % 20 == 0 and caller.frames() is None:
                        break
                    if self._stop.is_set():
                        break
            except OSError:
                pass
            finally:
                if caller is not None:
                    caller.close()
            time.sleep(0.005)


def _resets(caller):
    while True:
        stream = caller.open_watch(MESSAGE)
        yield http2.frame(http2.RST_STREAM, 0, stream, struct.pack(">I", 8))


def _continuations(_):
    yield http2.frame(http2.HEADERS, 0, 1, http2.header_block(HEADERS))
    while True:
        yield http2.frame(CONTINUATION, 0, 1, http2.header_block([("x-more", "y" * 100)] * 100))


def _empty_continuations(_):
    yield http2.frame(http2.HEADERS, 0, 1, http2.header_block(HEADERS))
    while True:
        yield http2.frame(CONTINUATION, 0, 1, b"") * 50


def _amplified(_):
    """A header of 4 kB in the table, then one byte for each time it is meant."""
    stream = 1
    big = b"\x40" + http2.header_block([("x-big", "z" * 3900)])[1:]
    yield http2.frame(http2.HEADERS, 4, stream, http2.header_block(HEADERS) + big)
    while True:
        stream += 2
        yield http2.frame(http2.HEADERS, 4, stream, http2.header_block(HEADERS) + b"\xbe" * 15000)


def _repeat(piece):
    def make(_):
        while True:
            yield piece
    return make


def _empty_data(caller):
    stream = 1
    caller.send(http2.frame(http2.HEADERS, 4, stream, http2.header_block(HEADERS)))
    while True:
        yield http2.frame(http2.DATA, 0, stream, b"") * 50


def _endless_text(_):
    """One header whose text has 4 GiB, in pieces (CVE-2023-33953)."""
    yield http2.frame(http2.HEADERS, 0, 1, http2.header_block(HEADERS) + b"\x00\x06x-long\x7f\x80\xff\xff\xff\x0e")
    while True:
        yield http2.frame(CONTINUATION, 0, 1, b"z" * 16384)


def _endless_number(_):
    """A length that goes on with zeros (CVE-2023-33953)."""
    yield http2.frame(http2.HEADERS, 0, 1, http2.header_block(HEADERS) + b"\x00\x06x-long\x7f")
    while True:
        yield http2.frame(CONTINUATION, 0, 1, b"\x80" * 16384)


FLOODS = {
    "rapid resets": _resets,
    "continuation without end": _continuations,
    "empty continuations": _empty_continuations,
    "amplified headers": _amplified,
    "pings": _repeat(http2.frame(http2.PING, 0, 0, b"12345678") * 20),
    "settings": _repeat(http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HI", 4, 65535) * 100)),
    "priorities": _repeat(http2.frame(PRIORITY, 0, 99, struct.pack(">IB", 0, 16)) * 50),
    "window updates": _repeat(http2.frame(http2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 50),
    "empty data": _empty_data,
    "a text without end": _endless_text,
    "a number without end": _endless_number,
}


def _speak_raw(port, piece):
    """Sends after the preface, and waits until the gateway has said what it has to say."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=2)
    try:
        plain = piece.startswith((b"GET", b"\x16", b"\x00\xff"))
        connection.sendall(piece if plain else http2.PREFACE + http2.frame(4, 0, 0) + piece)
        connection.settimeout(0.3)
        while connection.recv(65536):
            pass
    except OSError:
        pass
    finally:
        connection.close()


def _tiny_windows(siege, gateway):
    """A hundred watches on one connection that may receive nothing."""
    caller = http2.Caller(gateway.port, initial_window=0)
    for _ in range(100):
        caller.open_watch(MESSAGE)
    siege.tried(100)
    siege.still_serves(gateway, "100 windows of nothing")
    for _ in range(50):
        for stream in range(1, 201, 2):
            caller.grant(stream, 1)
        siege.tried(100)
    siege.still_serves(gateway, "windows of one byte")
    caller.close()


def _serves_most(siege, gateway, words):
    """Right after a flood: of twenty new callers nearly all are served at once."""
    def served():
        caller = Caller(gateway.address)
        answer = caller.read(timeout=20)
        caller.close()
        return answer.code == "OK"

    # The address of a connection that was cut gets no new one for a second.
    siege.expect(siege.settle(served), f"after {words}: new callers are let in again")
    quick = 0
    for _ in range(20):
        caller = Caller(gateway.address)
        answer = caller.read(timeout=20)
        quick += answer.code == "OK" and answer.seconds < 0.5 * siege.patience
        caller.close()
    siege.expect(quick >= 16, f"after {words}: {quick} of 20 new callers are served within 0.5 s")


# Seconds, by the median of five floods. With the bounds on what is read at once a flood makes others wait for 0.03 to
# 1.4 s, rarely for 4 s, on a machine with much else to do; without them for 1 to 40 s, by the median for 23 s.
USUAL_WAIT = 2.5


def _others_on_the_loop(siege, platform):
    """How long an answer takes at most while frames without content come on another connection of the same
    serving loop. One flood may have bad luck, most may not."""
    gateway = siege.gateway(platform, {"server": {"serving_loops": 1}})
    caller = Caller(gateway.address)
    caller.read()
    longest = []
    for _ in range(5):
        answers = []
        with _Flood(gateway.port, _empty_data) as flood:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                answers.append(caller.read(timeout=60))
                time.sleep(0.02)
        longest.append(max(answer.seconds for answer in answers))
        siege.tried(flood.sent, longest[-1])
        siege.expect(all(answer.code == "OK" for answer in answers), "on the loop of a flood: others are answered")
    usual = statistics.median(longest)
    siege.expect(usual < USUAL_WAIT * siege.patience,
                 f"on the loop of a flood: an answer takes {usual:.2f} s, by the median of five floods (< {USUAL_WAIT})")
    caller.close()


def run(siege):
    platform, gateway = siege.target({"limits": {"max_streams_per_connection": 200}})
    siege.still_serves(gateway, "before")
    calm = siege.memory_kib(gateway)

    for words, piece in SINGLE.items():
        _speak_raw(gateway.port, piece)
        siege.tried()
        siege.expect(gateway.process.alive(), f"{words}: alive")
    siege.still_serves(gateway, "after single frames")

    for words, (changed, extra) in ODD_HEADERS.items():
        caller = http2.Caller(gateway.port)
        try:
            block = _block(**changed) + http2.header_block(extra)
            first, rest = block[:16000], block[16000:]
            caller.send(http2.frame(http2.HEADERS, 0 if rest else 4, 1, first))
            while rest:
                piece, rest = rest[:16000], rest[16000:]
                caller.send(http2.frame(CONTINUATION, 0 if rest else 4, 1, piece))
            caller.send(http2.frame(http2.DATA, 1, 1, MESSAGE))
            time.sleep(0.03)
            caller.frames()
        except OSError:
            pass
        caller.close()
        siege.tried()
        siege.expect(gateway.process.alive(), f"{words}: alive")
    siege.still_serves(gateway, "after odd headers")
    _tiny_windows(siege, gateway)

    for words, make in FLOODS.items():
        own = Caller(gateway.address)
        siege.still_serves(gateway, f"before {words}", own, seconds=20)
        answers = []
        with _Flood(gateway.port, make) as flood:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                answers.append(own.read())
                time.sleep(0.02)
        siege.tried(flood.sent, max(answer.seconds for answer in answers))
        # Whoever shares a serving loop with the flood may wait for seconds: gateway/SECURITY.md.
        siege.expect(gateway.process.alive() and all(answer.code == "OK" for answer in answers),
                     f"during {words}: others are answered, {len(answers)} of them")
        _serves_most(siege, gateway, words)
        siege.expect(flood.sent > 0, f"{words}: {flood.sent} sent on {flood.connections} connections")
        own.close()
    _others_on_the_loop(siege, platform)
    siege.memory_at_most(gateway, calm, 512, "memory")
    siege.expect(siege.settle(lambda: gateway.metric("runcast_live_calls") <= 1), "no call is left behind")

    def idle():
        began = gateway.process.cpu()
        time.sleep(1)
        return gateway.process.cpu() - began < 0.3
    siege.expect(siege.settle(idle), "the processor is at rest again")
