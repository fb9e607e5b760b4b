"""Hostile texts in every field of both calls, and messages that are none."""

import json
import random
import urllib.parse

from attack.caller import Caller, read_request
from attack.protobuf import field, varint
from drill.simulator import STREAM, SUITE

GOAL = "to reach another path, forge a log line or crash the parser by what a field holds"

MARK = "h0stile"
TEXTS = [
    "", " ", ".", "..", "/", "//", "../../admin", "..%2f..%2fadmin", "%2e%2e%2f", "%00", "%0d%0a",
    "a\x00b", "a\r\nX-Injected: 1", "a\nb", "a\tb", "\x1b[2J", "\x7f", "\u0085", "\u2028", "\u202e",
    "\ufeff", "\u200b", "ä", "日本", "😀", "e\u0301", "ｓｔ", "'; DROP TABLE runs; --", "${jndi:ldap://x/y}",
    "{{7*7}}", "%s%n%x", "<script>alert(1)</script>", "\"><img src=x>", "http://169.254.169.254/",
    "@evil.example", "#frag", "?query=1", "a;b=c", "a\\b", "a&b", "a=b", "a+b", "a%", "a%2", "a%zz", "~",
    "null", "-1", "0x41", "*", "(", "[", "{\"a\":1}", "\"", "\\", "`id`", "$(id)", "| id", "con", "x" * 200,
    "x" * 5000, "%" * 300, "/" * 300, "\u0301" * 100,
]
# What a wrong request may be told; never that we broke.
FAIR = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"}


def _garbage():
    """Messages that are not what they should be."""
    dice = random.Random(5)
    good = read_request()
    yield from (b"\xff" * 10, b"\x0a\xff\xff\xff\xff\x0f", varint(1 << 63), b"\x0b" * 5000, b"\x0a\x00" * 5000,
                b"\x00", b"\x80" * 100, field(1, b"\xff\xfe"), field(1, field(1, b"\xc3\x28")),
                field(1, good) * 100, good + field(9999, "x" * 60000), b"\x12\x02\x08\x80",
                field(2, b"\x08" + varint(1 << 63)), field(2, b"\x10" + varint(999_999_999_999)),
                field(1, field(1, STREAM) * 2000 + field(2, SUITE) + field(3, "tr-1")))
    for _ in range(150):
        yield bytes(dice.randrange(256) for _ in range(dice.randrange(1, 200)))
    for number in range(150):
        bent = bytearray(read_request(run=f"bent-{number}"))
        bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
        yield bytes(bent)


def _paths_are_whole(siege, platform, sent=None):
    """Each request that arrived is for exactly what was sent, as one segment each."""
    for request in platform.log():
        head = request["path"].split("?")[0].split("/")
        siege.expect(len(head) == 9 and head[1:4] == ["api", "public", "stream"]
                     and head[5] == "testsuite" and head[8] == "status",
                     f"the path {request['path'][:200]!r} is a status call")
        for segment, name in ((4, "stream"), (6, "suite"), (7, "run")):
            value = urllib.parse.unquote(head[segment], errors="strict")
            siege.expect(sent is None or value in sent[name], f"{name} {value[:80]!r} is what was sent")
        siege.expect("injected" not in str(request["headers"]).lower(), "no header was smuggled in")


def run(siege):
    platform, gateway = siege.target()
    caller = Caller(gateway.address)
    siege.still_serves(gateway, "before", caller)
    before = siege.memory_kib(gateway)

    began = gateway.process.cpu()
    for _ in range(500):
        caller.read()
    normal = (gateway.process.cpu() - began) / 500

    sent = {"stream": {STREAM}, "suite": {SUITE}, "run": {"tr-1"}}
    hostile = 0
    began = gateway.process.cpu()
    for name, plain in (("stream", STREAM), ("suite", SUITE), ("run", "tr-1"), ("language", "")):
        for text in TEXTS:
            for value in (text, MARK + text, plain + text):
                # Spellings of one run share its budget, so each has a run of its own.
                names = {"run": f"unknown-{hostile}", name: value}
                for part in sent:
                    sent[part].add(names.get(part, ""))
                for method in ("GetStatus", "WatchRun"):
                    answer = siege.answered(
                        caller.send(method, read_request(**names)),
                        f"{method} with {name} {value[:60]!r}", FAIR)
                    hostile += 1
                    siege.expect(len(answer.text.encode()) <= 512 and len(answer.details) <= 2048,
                                 f"{name} {value[:60]!r}: the answer is short")
                    siege.expect(not any(ord(c) < 32 for c in answer.text),
                                 f"{name} {value[:60]!r}: the answer has no control characters")
    each = (gateway.process.cpu() - began) / hostile
    siege.expect(each <= 100 * normal, f"a hostile request costs {each / normal:.1f} x a good one (<= 100)")

    _paths_are_whole(siege, platform, sent)
    for message in _garbage():
        for method in ("GetStatus", "WatchRun"):
            siege.answered(caller.send(method, message), f"{method} with {message[:40]!r}",
                           FAIR)
    _paths_are_whole(siege, platform)
    siege.expect(MARK not in gateway.page("/metrics"), "no name from a request is in the metrics")
    siege.still_serves(gateway, "after", caller)
    siege.memory_at_most(gateway, before, 64, "memory")
    for line in gateway.process.said():
        siege.expect(isinstance(json.loads(line), dict), f"the log line {line[:100]!r} is one event")
