"""More of everything than is allowed, with the limits' own defaults where they are not named."""

import threading
import time

import grpc

from attack.caller import SERVICE, Caller, read_request
from attack.protobuf import field
from drill import http2
import struct

GOAL = "to take more than a caller's share: size, streams, calls, runs"

MESSAGE = b"\x00" + struct.pack(">I", len(read_request())) + read_request()


def _limit(gateway, name):
    return gateway.metric(f'runcast_limit_refusals_total{{limit="{name}"}}')


def _sizes(siege, gateway):
    """gRPC's own limits: the caller is told, and we never see it."""
    caller = Caller(gateway.address, options=[("grpc.max_metadata_size", 1 << 24)])
    padding = 65536 - len(read_request())
    for size, good in ((padding - 10, True), (padding + 10, False), (1 << 20, False), (8 << 20, False)):
        answer = siege.answered(caller.send("GetStatus", read_request() + field(9999, b"x" * size)),
                                f"a message of {size} bytes more")
        wanted = "OK" if good else "RESOURCE_EXHAUSTED"
        siege.expect(answer.code == wanted, f"a message of {size} bytes more: {answer.code}, not {wanted}")
    for size, good in ((8000, True), (20000, False), (200_000, False)):
        answer = siege.answered(caller.read(metadata=[("x-large", "y" * size)]), f"metadata of {size}")
        refused = answer.code in ("RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL")
        siege.expect((answer.code == "OK") if good else refused, f"metadata of {size}: {answer.code}")
        siege.still_serves(gateway, f"after metadata of {size}")
    for count in (200, 5000):
        answer = siege.answered(caller.read(metadata=[(f"x-{i}", "y") for i in range(count)]), f"{count} headers")
        wanted = {"OK"} if count == 200 else {"RESOURCE_EXHAUSTED", "UNAVAILABLE"}
        siege.expect(answer.code in wanted, f"{count} headers: {answer.code}")
    caller.close()


def _packed(siege, platform):
    """A request that is small only while it is packed."""
    gateway = siege.gateway(platform)
    caller = Caller(gateway.address)
    before = siege.memory_kib(gateway)
    bomb = read_request() + field(9999, b"\0" * (48 << 20))
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        for _ in range(3):
            siege.answered(caller.send("GetStatus", bomb, compression=compression),
                           f"48 MiB by {compression.name}", {"UNIMPLEMENTED"})
    siege.memory_at_most(gateway, before, 4, "memory of packed requests")
    siege.still_serves(gateway, "after packed requests")
    caller.close()


def _streams_of_a_connection(siege, platform):
    gateway = siege.gateway(platform, {"limits": {"max_streams_per_connection": 20}})
    caller = http2.Caller(gateway.port)
    for _ in range(60):
        caller.open_watch(MESSAGE)
        siege.tried()
    time.sleep(0.5)
    caller.frames()
    siege.expect(gateway.metric("runcast_watchers") <= 20,
                 f"{gateway.metric('runcast_watchers'):.0f} of 60 streams are open (<= 20)")
    siege.still_serves(gateway, "with a full connection")
    caller.close()


def _callers(siege, platform):
    gateway = siege.gateway(platform, {"limits": {"max_watches_per_caller": 5, "max_watches": 8,
                                                  "calls_per_second_per_caller": 50},
                                       "access": {"trusted_header": "LINKERD_CLIENT_ID"}})
    caller = Caller(gateway.address)
    greedy, others = [("l5d-client-id", "greedy.example")], [("l5d-client-id", "other.example")]
    streams = []
    for _ in range(5):
        streams.append(caller.open_watch(metadata=greedy))
        next(streams[-1])
    siege.answered(caller.watch(metadata=greedy), "the 6th watch", {"RESOURCE_EXHAUSTED"}, {"CALLER_LIMIT"})
    for _ in range(3):
        streams.append(caller.open_watch(metadata=others))
        next(streams[-1])
    siege.answered(caller.watch(metadata=others), "the 9th watch of all", {"UNAVAILABLE"}, {"OVERLOADED"})
    siege.expect(_limit(gateway, "caller_watches") == 1 and _limit(gateway, "watches") == 1, "both are counted")
    refused = 0
    for _ in range(400):
        answer = siege.answered(caller.read(metadata=greedy), "many reads", {"OK", "RESOURCE_EXHAUSTED"})
        refused += answer.code != "OK"
    siege.expect(refused > 0, f"{refused} of 400 reads at once are refused")
    siege.expect(_limit(gateway, "caller_rate") == refused, "and counted")
    siege.answered(caller.read(metadata=others), "another caller meanwhile", {"OK"})
    for stream in streams:
        stream.cancel()
    caller.close()


def _waiting_reads(siege, platform):
    """One caller asks for what only the platform knows, which takes its time."""
    gateway = siege.gateway(platform, {"limits": {"max_waiting_reads_per_caller": 20},
                                       "access": {"trusted_header": "LINKERD_CLIENT_ID"}})
    caller = Caller(gateway.address)
    platform.call("PUT", "/settings", {"latency_ms": 1500})
    ask = caller.channel.unary_unary(SERVICE + "GetStatus")
    greedy = [ask.future(read_request(), timeout=20, metadata=[("l5d-client-id", "greedy.example")])
              for _ in range(50)]
    siege.tried(50)
    siege.answered(caller.read(metadata=[("l5d-client-id", "other.example")]), "another caller waits as well", {"OK"})
    platform.call("PUT", "/settings", {"latency_ms": 0})
    refused = [call for call in greedy if call.code() == grpc.StatusCode.RESOURCE_EXHAUSTED]
    siege.expect(len(refused) == 30, f"{len(refused)} of 50 reads at once are refused (30)")
    siege.expect(_limit(gateway, "caller_reads") == len(refused), "and counted")
    caller.close()


def _runs(siege, platform):
    """Distinct runs, with the defaults."""
    gateway = siege.gateway(platform, {"polling": {"new_runs_per_second": 50, "new_runs_per_second_per_caller": 10}})
    caller = Caller(gateway.address)
    before, asked = siege.memory_kib(gateway), platform.requests()
    codes = {}
    for i in range(3000):
        answer = siege.answered(caller.read(run=f"unknown-{i}"), "unknown runs", {"NOT_FOUND", "RESOURCE_EXHAUSTED"})
        codes[answer.code] = codes.get(answer.code, 0) + 1
    siege.expect(codes.get("RESOURCE_EXHAUSTED", 0) > 1000, f"3000 unknown runs: {codes}")
    siege.expect(gateway.metric("runcast_new_runs_refused_total") >= codes.get("RESOURCE_EXHAUSTED", 0), "counted")
    siege.expect(platform.requests() - asked < 1500, f"the platform was asked {platform.requests() - asked} times")
    siege.memory_at_most(gateway, before, 32, "memory of unknown runs")
    caller.close()


def _pings(siege, gateway):
    """Pings without end cost their connection: gRPC's limit, 10 s between two."""
    caller = http2.Caller(gateway.port)
    ended = False
    for _ in range(200):
        try:
            caller.send(http2.frame(http2.PING, 0, 0, b"12345678"))
            siege.tried()
            frames = caller.frames()
            ended = frames is None or any(frame[0] == 7 for frame in frames)
        except OSError:
            ended = True
        if ended:
            break
        time.sleep(0.01)
    siege.expect(ended, "200 pings: the connection was ended")
    caller.close()


def _silent_callers(siege, platform):
    """Calls that never send their message, and ones that never read."""
    gateway = siege.gateway(platform, {"streams": {"request_timeout": "500ms"}})
    caller = http2.Caller(gateway.port)
    block = http2.header_block([(":method", "POST"), (":scheme", "http"), (":path", http2.WATCH),
                                (":authority", "x"), ("te", "trailers"), ("content-type", "application/grpc")])
    for stream in range(1, 101, 2):
        caller.send(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block))
        siege.tried()
    siege.expect(siege.settle(lambda: gateway.metric("runcast_live_calls") == 0, 10),
                 "calls without a message are ended")
    caller.close()


def _many_at_once(siege, gateway):
    """A hundred connections with a hundred calls each."""
    def work():
        caller = Caller(gateway.address)
        for _ in range(100):
            answer = caller.read()
            siege.tried(1, answer.seconds)
        caller.close()
    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    siege.still_serves(gateway, "after 2000 calls on 20 connections")


def run(siege):
    platform, gateway = siege.target()
    siege.still_serves(gateway, "before")
    before = siege.memory_kib(gateway)
    _sizes(siege, gateway)
    _pings(siege, gateway)
    _many_at_once(siege, gateway)
    siege.memory_at_most(gateway, before, 96, "memory")
    _packed(siege, platform)
    _streams_of_a_connection(siege, platform)
    _callers(siege, platform)
    _waiting_reads(siege, platform)
    _runs(siege, platform)
    _silent_callers(siege, platform)
