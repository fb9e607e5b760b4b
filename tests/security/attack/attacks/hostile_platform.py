"""A platform that was taken over, or somebody in its place."""

import http.server
import socket
import threading

from attack.caller import Caller

GOAL = "to crash or fill the gateway by answers, lead it to inner addresses, or show one run as another"

KINDS = ["empty", "garbage", "html", "truncated", "not_an_object", "wrong_types", "invalid_utf8",
         "duplicate_keys", "deep", "oversized", "gzip_bomb", "gzip_broken"]
WORDS = [
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBJZCI6ImNzLTEifQ.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw",
    "https://platform.example/api/getMediaStream/media/f-1.csv?e=1&n=2&s=c2lnbmF0dXJlLXRoYXQ",
    "line\r\nbreak {\"event\":\"forged\"}", "\x1b[31mred\x00", "<script>alert(1)</script>", "x" * 100_000,
]


class _Inner(http.server.BaseHTTPRequestHandler):
    """What an attacker would like the gateway to ask."""

    hits = 0

    def do_GET(self):
        _Inner.hits += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"completed"}')

    def log_message(self, *_):
        pass


def _inner_server(siege):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Inner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.stop = server.shutdown
    return siege.keep(server)


class _HeadersWithoutEnd:
    """Answers every request with header lines, as long as somebody takes them (CVE-2023-38039)."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.largest = 0  # Bytes that one connection took.
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        taken = 0
        try:
            connection.settimeout(20)
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while taken < 1 << 30:
                taken += connection.send(b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(16)))
        except OSError:
            pass
        finally:
            self.largest = max(self.largest, taken)
            connection.close()

    def stop(self):
        self._listener.close()


def _headers_without_end(siege):
    platform = siege.keep(_HeadersWithoutEnd())
    gateway = siege.gateway(platform.url)
    caller = Caller(gateway.address)
    before = siege.memory_kib(gateway)
    for i in range(5):
        answer = siege.answered(caller.read(run=f"tr-{i}"), "headers without end", {"UNAVAILABLE"})
        siege.expect(answer.seconds < 3 * siege.patience, f"headers without end: given up after {answer.seconds:.1f} s")
    # What one connection took: curl's limit, and what the kernel keeps on both sides.
    siege.expect(siege.settle(lambda: platform.largest > 0) and platform.largest < 16 << 20,
                 f"headers without end: {platform.largest >> 10} KiB are taken")
    siege.memory_at_most(gateway, before, 8, "headers without end: memory")
    siege.expect(gateway.process.alive(), "headers without end: alive")
    caller.close()


def run(siege):
    _headers_without_end(siege)
    platform, gateway = siege.target()
    caller = Caller(gateway.address)
    siege.still_serves(gateway, "before", caller)
    before = siege.memory_kib(gateway)
    inner = _inner_server(siege)

    count = 0

    def strike(words, kind, **members):
        """A fresh run with a fault; the answer must be a refusal that blames the platform."""
        nonlocal count
        count += 1
        platform.start_runs(f"hit-{count}-", 1)
        run_id = f"hit-{count}-0"
        number = platform.fault(kind, run=run_id, **members)
        answer = siege.answered(caller.read(run=run_id), words)
        siege.expect(answer.code in ("UNAVAILABLE", "PERMISSION_DENIED", "NOT_FOUND", "RESOURCE_EXHAUSTED",
                                     "INVALID_ARGUMENT"),
                     f"{words}: {answer.code} {answer.reason}, nothing is believed")
        siege.expect(len(answer.text.encode()) <= 512 and len(answer.details) <= 2048,
                     f"{words}: the answer is short")
        platform.end_fault(number)
        return answer

    for kind in KINDS:
        strike(kind, kind)
    siege.memory_at_most(gateway, before, 24, "memory after bombs")

    for status in (301, 302, 303, 307, 308):
        for target in (f"http://127.0.0.1:{inner.server_port}/", f"//127.0.0.1:{inner.server_port}/",
                       "file:///etc/passwd", "gopher://127.0.0.1:70/", "/", "http://169.254.169.254/"):
            strike(f"{status} to {target}", "redirect", status=status, location=target)
    siege.expect(_Inner.hits == 0, f"an inner server was asked {_Inner.hits} times")

    strike("an answer for another run", "wrong_id")
    for content_type in ("text/html", "image/png", "application/xml", "", "x" * 4000):
        answer = caller.read(run="tr-1")
        platform.start_runs(f"typed-{count}-", 1)
        number = platform.fault("http", run=f"typed-{count}-0", status=200, body="<html>hello</html>",
                                content_type=content_type)
        answer = siege.answered(caller.read(run=f"typed-{count}-0"), f"type {content_type[:20]!r}")
        siege.expect(answer.code == "UNAVAILABLE", f"type {content_type[:20]!r}: {answer.code}")
        platform.end_fault(number)
        count += 1

    for word in WORDS:
        for status in (400, 401, 403, 500):
            answer = strike(f"{status} saying {word[:20]!r}", "http", status=status,
                            body={"errors": [{"msg": word, "code": status}]})
            siege.expect("eyJhbGci" not in answer.text and "s=c2lnbm" not in answer.text,
                         f"{status} saying {word[:20]!r}: tokens and links are not passed on")
            siege.expect(b"eyJhbGci" not in answer.details and b"s=c2lnbm" not in answer.details,
                         f"{status} saying {word[:20]!r}: nor in the details")
            siege.expect(not any(ord(c) < 32 for c in answer.text), "no control characters")
    for headers in ({"Retry-After": "99999999999999999999"}, {"Retry-After": "-5"}, {"Retry-After": "x" * 9000},
                    {"Date": "x" * 9000}, {"Set-Cookie": "a=b"}, {"X-Many": "y" * 50000},
                    {"Content-Encoding": "br"}, {"Transfer-Encoding": "x"}):
        strike(f"headers {list(headers)}", "http", status=503, body="no", headers=headers)

    siege.still_serves(gateway, "after", caller)
    siege.memory_at_most(gateway, before, 32, "memory")
    siege.expect(not any("Cookie" in request["headers"] for request in platform.log()), "no cookie was kept")
