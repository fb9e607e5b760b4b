"""A caller whose messages are bytes of its own, so that they may be wrong."""

import re
import time
from dataclasses import dataclass

import grpc

from attack.protobuf import field
from drill.simulator import STREAM, SUITE

SERVICE = "/runcast.v1.RunStatusService/"


@dataclass
class Answer:
    code: str
    reason: str
    text: str
    details: bytes
    seconds: float
    message: bytes


def read_request(run="tr-1", stream=STREAM, suite=SUITE, language="", link=False):
    parts = [(1, stream), (2, suite), (3, run), (4, language)]
    inner = b"".join(field(number, value) for number, value in parts if value != "")
    return field(1, inner) + (b"\x18\x01" if link else b"")


def _reason(details):
    found = re.search(rb"google\.rpc\.ErrorInfo\x12.{1,2}?\x0a.([A-Z_]+)", details, re.S)
    return found.group(1).decode() if found else ""


class Caller:
    """One connection. `identity` is (certificate, key) as PEM, `trusted` an authority's PEM."""

    def __init__(self, address, trusted=None, identity=None, options=()):
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0), *options]
        if trusted is None:
            self.channel = grpc.insecure_channel(address, options)
        else:
            certificate, key = identity or (None, None)
            self.channel = grpc.secure_channel(
                address, grpc.ssl_channel_credentials(trusted, key, certificate), options)

    def send(self, method, message, metadata=(), timeout=20, compression=None):
        """One message to one of the methods, and everything that comes back."""
        call = self.channel.unary_stream(SERVICE + method)
        began = time.monotonic()
        answers = []
        try:
            stream = call(message, timeout=timeout, metadata=tuple(metadata), compression=compression)
            for answer in stream:
                answers.append(answer)
                if method == "WatchRun":
                    break
            if answers and method == "WatchRun":
                seconds = time.monotonic() - began
                stream.cancel()
                return Answer("OK", "", "", b"", seconds, answers[0])
            code, text, trailers = stream.code(), stream.details(), stream.trailing_metadata()
        except grpc.RpcError as error:
            code, text, trailers = error.code(), error.details(), error.trailing_metadata()
        seconds = time.monotonic() - began
        details = dict(trailers or ()).get("grpc-status-details-bin", b"")
        return Answer(code.name, _reason(details), text or "", details, seconds,
                      answers[0] if answers else b"")

    def read(self, metadata=(), link=False, timeout=20, **named):
        return self.send("GetStatus", read_request(link=link, **named), metadata, timeout)

    def watch(self, metadata=(), timeout=20, **named):
        """Until the first message."""
        return self.send("WatchRun", read_request(**named), metadata, timeout)

    def open_watch(self, metadata=(), timeout=120, **named):
        """Left open; iterate over it, and cancel it."""
        return self.channel.unary_stream(SERVICE + "WatchRun")(
            read_request(**named), timeout=timeout, metadata=tuple(metadata))

    def close(self):
        self.channel.close()
