"""Which file may include what. Pure: text in, faults out.

The layers are those of gateway/README.md: a file includes its own layer or one below, never one
above. A library is known to few rooms, so that replacing it touches few files.
"""

import re
from collections import namedtuple
from pathlib import PurePosixPath

Fault = namedtuple("Fault", "path line include reason")

# From bottom to top. Rooms in one set may include each other, but not in a circle.
GATEWAY_LAYERS = (
    {"base", "telemetry"},
    {"auth", "http"},
    {"upstream"},
    {"access", "coordination", "runs"},
    {"admin", "config", "rpc"},
    {"app"},
    {"main"},
)

# What an include line begins with, and the rooms that may have it. `client/cli` and the like
# count as rooms too.
LIBRARIES = (
    ("gRPC", r"(grpc|grpcpp|grpc\+\+)/|.*\.grpc\.pb\.h$", {"rpc", "app", "client/cli", "client/src"}),
    ("curl", r"curl/", {"http"}),
    ("OpenSSL", r"openssl/", {"auth"}),
    ("JOSE", r"jose/|jansson\.h$", {"auth"}),
    ("nlohmann/json", r"nlohmann/", {"access", "admin", "auth", "config", "telemetry", "upstream"}),
    ("prometheus-cpp", r"prometheus/", {"telemetry", "admin"}),
    ("spdlog", r"(spdlog|fmt)/", {"telemetry"}),
    ("libevent", r"event2/|event\.h$|evhttp\.h$", {"base", "admin"}),
    ("hiredis", r"hiredis/", {"coordination"}),
    ("CLI11", r"CLI/", {"app", "config", "client/cli"}),
    ("the whole configuration", r"runcast/config/", {"config", "app"}),
    # ThreadSanitizer does not see into Debian's Abseil: shared state uses std::mutex. `app` says
    # how gRPC's locks behave.
    ("absl::Mutex", r"absl/synchronization/", {"app"}),
    # A second copy of these protos aborts a program that also links googleapis.
    ("google/rpc protos", r"google/rpc/", set()),
)

_INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def room_of(path):
    """`runs` for gateway/runs/…, `main` for gateway/main.cc, `client/cli` for client/cli/…"""
    parts = PurePosixPath(path).parts
    if parts[0] == "gateway":
        return "main" if len(parts) == 2 else parts[1]
    if parts[0] == "client":
        return "/".join(parts[:2])
    return "/".join(parts[:-1])


def layer_of(room):
    """Height of a gateway room; None for a room that has no place."""
    for height, rooms in enumerate(GATEWAY_LAYERS):
        if room in rooms:
            return height
    return None


def includes(text):
    """(line number, whether quoted, included path) of each include line."""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def faults_of_file(path, text):
    """Every include line of one file that breaks a rule. `path` counts from the project's root."""
    room = room_of(path)
    found = []
    for line, quoted, include in includes(text):
        for reason in _reasons(path, room, quoted, include):
            found.append(Fault(path, line, include, reason))
    return found


def circles(files):
    """Faults for rooms of one layer that include each other. `files`: path → text."""
    edges = {}
    for path, text in files.items():
        if not path.startswith("gateway/"):
            continue
        for line, _, include in includes(text):
            if include.startswith("gateway/"):
                edge = (room_of(path), room_of(include))
                if edge[0] != edge[1]:
                    edges.setdefault(edge, (path, line, include))
    found = []
    for (a, b), (path, line, include) in sorted(edges.items()):
        if a < b and layer_of(a) == layer_of(b) and (b, a) in edges:
            found.append(Fault(path, line, include,
                               f"{a} and {b} include each other, see {edges[(b, a)][0]}"))
    return found


def _reasons(path, room, quoted, include):
    if path.startswith("gateway/"):
        yield from _gateway_reasons(room, quoted, include)
    elif path.startswith("client/"):
        yield from _client_reasons(room, include)
    elif path.startswith("tests/simulator/"):
        # It shares nothing with what it checks.
        if include.startswith(("gateway/", "client/")):
            yield "the simulator stands alone"
        return
    for library, pattern, rooms in LIBRARIES:
        if re.match(pattern, include) and room not in rooms:
            yield f"{library} is known to {', '.join(sorted(rooms)) or 'nobody'} only"


def _gateway_reasons(room, quoted, include):
    height = layer_of(room)
    if height is None:
        yield f"room {room} has no layer"
    elif include.startswith("gateway/"):
        other = layer_of(room_of(include))
        if other is None:
            yield f"room {room_of(include)} has no layer"
        elif other > height:
            yield f"{room} is below {room_of(include)}"
    elif include.startswith(("client/", "tests/", "runcast/client")):
        yield "the gateway needs neither its client nor its tests"
    elif quoted and "/" not in include:
        yield "paths count from the project's root"


def _client_reasons(room, include):
    if include.startswith(("gateway/", "tests/")):
        yield "the client is installed without the gateway"
    if room == "client/include" and include.startswith("client/"):
        yield "an installed header reaches only installed headers"
    if room == "client/src" and include.startswith("client/cli/"):
        yield "the library is below the program"
