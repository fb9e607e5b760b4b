"""Ways around an access policy: other spellings of what is forbidden."""

import json
import struct
import time

from attack.caller import Caller, read_request
from attack.protobuf import field
from drill import http2
from drill.simulator import SUITE

GOAL = "to see a forbidden run, or call a forbidden method, under another spelling"

NAME = "l5d-client-id"
SECRET = "st-secret"
SPELLINGS = [
    "ST-SECRET", "St-secret", "st-secret ", " st-secret", "st-secret/", "/st-secret", "./st-secret", "st-secret/.",
    "st-open/../st-secret", "st-open/../../stream/st-secret", "st%2Dsecret", "st%2dsecret", "%73t-secret",
    "st-secret%20", "st-secret%00", "st-secret\x00", "st-secret\t", "st-secret\u200b", "st\u2010secret",
    "ｓｔ-secret", "st-ѕecret", "st-secret?", "st-secret#", "st-secret;x", "st-secret\\", "st_secret",
    "st-open,st-secret", "st-open\nst-secret", "*", "st-*", "st-secre", "st-secrett",
]
PATHS = [
    "/runcast.v1.RunStatusService/GetStatus/", "//runcast.v1.RunStatusService/GetStatus",
    "/runcast.v1.RunStatusService//GetStatus", "/runcast.v1.RunStatusService/getstatus",
    "/RUNCAST.v1.RunStatusService/GetStatus", "/runcast.v1.RunStatusService/GetStatus?x=1",
    "/runcast.v1.RunStatusService/GetStatus#x", "/runcast.v1.RunStatusService/%47etStatus",
    "/runcast.v1.RunStatusService/x/../GetStatus", "/runcast.v1.RunStatusService/GetStatus\t",
    "/runcast.v1.RunStatusService/GetStatus;x", "runcast.v1.RunStatusService/GetStatus",
    "/runcast.v1.RunStatusService.GetStatus", "http://localhost/runcast.v1.RunStatusService/GetStatus",
    "/runcast.v1.RunStatusService/\u0047etStatus\u0000",
]


def _policy():
    return {
        "name": "siege",
        "deny_rules": [
            {"name": "no-evil-team", "request": {"headers": [{"key": "x-team", "values": ["evil"]}]}},
            {"name": "nobody-else", "source": {"principals": ["banned.example"]}},
        ],
        "allow_rules": [
            {"name": "open", "source": {"principals": ["ci.example", "banned.example"]},
             "request": {"paths": ["/runcast.v1.RunStatusService/WatchRun"]},
             "runs": [{"stream_ids": ["st-open"], "suite_names": [SUITE]}]},
            {"name": "reads", "source": {"principals": ["ci.example"]}, "report_links": False,
             "runs": [{"stream_ids": ["st-open"]}]},
        ],
    }


def _status_of(port, path):
    """How gRPC answers a call to this path: the bytes of all frames that came."""
    caller = http2.Caller(port)
    message = read_request(stream="st-open")
    caller.open_watch(b"\x00" + struct.pack(">I", len(message)) + message, path=path, extra=[(NAME, "ci.example")])
    seen, end = b"", time.monotonic() + 3
    while time.monotonic() < end:
        frames = caller.frames()
        if frames is None:
            break
        seen += b"".join(frame[3] for frame in frames if frame[0] in (http2.HEADERS, http2.DATA))
        if any(frame[0] in (http2.HEADERS, http2.RST_STREAM) and frame[1] & http2.END_STREAM or
               frame[0] == http2.RST_STREAM for frame in frames):
            break
        time.sleep(0.01)
    caller.close()
    return seen


def run(siege):
    folder = siege.place.folder("policy")
    policy = folder / "policy.json"
    policy.write_text(json.dumps(_policy()))
    platform, gateway = siege.target({"access": {
        "require_identity": True, "trusted_header": "LINKERD_CLIENT_ID", "policy_file": str(policy)}})
    for stream in ("st-open", SECRET):
        platform.start_runs(f"of-{stream}-", 1, stream=stream)
    caller = Caller(gateway.address)
    ci = [(NAME, "ci.example")]

    def read(stream, metadata, **more):
        return caller.read(metadata=metadata, stream=stream, run=more.pop("run", f"of-{stream}-0"), **more)

    siege.answered(read("st-open", ci), "what is allowed", {"OK"})
    siege.answered(read(SECRET, ci), "what is forbidden", {"PERMISSION_DENIED"}, {"ACCESS_DENIED"})
    siege.answered(read("st-open", ci, link=True), "a link without a rule for it", {"PERMISSION_DENIED"})
    siege.answered(read("st-open", []), "nobody", {"UNAUTHENTICATED"})
    siege.answered(read("st-open", [(NAME, "banned.example")]), "denied before allowed", {"PERMISSION_DENIED"})

    for spelling in SPELLINGS:
        for method in ("GetStatus", "WatchRun"):
            message = read_request(stream=spelling, run=f"of-{SECRET}-0")
            answer = siege.answered(caller.send(method, message, ci), f"{method} {spelling!r}")
            siege.expect(answer.code != "OK", f"{method} of {spelling!r}: {answer.code}")
    # The same field twice: what is checked must be what is asked for.
    for streams in (["st-open", SECRET], [SECRET, "st-open"]):
        inner = b"".join(field(1, text) for text in streams) + field(2, SUITE) + field(3, f"of-{SECRET}-0")
        answer = siege.answered(caller.send("GetStatus", field(1, inner), ci), f"both {streams}")
        siege.expect(answer.code != "OK", f"stream id twice, {streams}: {answer.code}")
        split = field(1, field(1, streams[0])) + field(1, inner)
        answer = siege.answered(caller.send("GetStatus", split, ci), f"reference twice, {streams}")
        siege.expect(answer.code != "OK", f"reference twice, {streams}: {answer.code}")
    asked = [request for request in platform.log() if request["stream"] == SECRET]
    siege.expect(not asked, f"the platform was asked {len(asked)} times about the forbidden stream")

    for values in (["evil"], ["good", "evil"], ["evil", "good"], ["good,evil"], ["evil ,good"], ["good, evil"]):
        metadata = ci + [("x-team", value) for value in values]
        siege.answered(read("st-open", metadata), f"x-team {values}", {"PERMISSION_DENIED"})

    for path in PATHS:
        seen = _status_of(gateway.port, path)
        siege.tried()
        siege.expect(b"st-open" not in seen, f"the path {path!r} is not served")

    # A new policy shuts out an open stream; a broken one changes nothing.
    stream = caller.open_watch(metadata=ci, stream="st-open", run="of-st-open-0")
    next(stream)
    policy.write_text('{"name": "broken')
    siege.expect(siege.settle(lambda: gateway.metric("runcast_access_policy_refusals_total") == 1),
                 "a broken policy is counted")
    siege.answered(read("st-open", ci), "with a broken policy", {"OK"})
    policy.write_text(json.dumps({"name": "closed", "allow_rules": [
        {"name": "nobody", "source": {"principals": ["nobody.example"]}}]}))
    began = time.monotonic()
    code = None
    try:
        for _ in stream:
            pass
    except Exception as error:
        code = error.code().name
    took = time.monotonic() - began
    siege.expect(code == "PERMISSION_DENIED" and took < 25, f"the open stream ended with {code} in {took:.1f} s")
