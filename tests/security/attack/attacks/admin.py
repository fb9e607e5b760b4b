"""Whoever reaches the admin port."""

import http.client
import re
import socket

from attack.caller import Caller
from drill.simulator import SECRET

GOAL = "to change something, load a script, or read a secret on the admin port"

PAGES_SEEN = ("/metrics", "/healthz", "/readyz", "/version", "/")


def _ask(gateway, method, path, body=None, headers=None):
    host, port = gateway.admin.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": gateway.admin, **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode(
            errors="replace")
    finally:
        connection.close()


def _links(text):
    """Pages of the admin port that a page leads to."""
    return set(re.findall(r"(?:href|src)=[\"'](/[^\"'#?]*)", text)) | set(re.findall(r"(?<!\S)(/[a-z][a-z0-9/_.-]*)", text))


def run(siege):
    platform, gateway = siege.target()
    caller = Caller(gateway.address)
    caller.read()
    caller.read(link=True)

    seen, todo = {}, set(PAGES_SEEN)
    while todo:
        path = todo.pop()
        status, headers, body = _ask(gateway, "GET", path)
        seen[path] = body
        siege.tried()
        siege.expect(headers.get("content-security-policy", "").startswith("default-src 'none'"),
                     f"{path}: {headers.get('content-security-policy')}")
        policy = headers.get("content-security-policy", "")
        siege.expect("unsafe-inline" not in policy.replace("style-src 'unsafe-inline'", "") and
                     "unsafe-eval" not in policy and "*" not in policy and "http" not in policy,
                     f"{path}: a strict policy: {policy}")
        siege.expect(headers.get("x-content-type-options") == "nosniff" and headers.get("cache-control") == "no-store",
                     f"{path}: neither guessed nor kept")
        siege.expect("access-control-allow-origin" not in headers, f"{path}: not for other sites")
        siege.expect(SECRET not in body and not re.search(r"eyJ[\w-]{10,}\.", body), f"{path}: no secret, no token")
        siege.expect(not re.search(r"(?:href|src|action)\s*=\s*[\"']?(?:https?:)?//", body), f"{path}: leads nowhere else")
        if status == 200:
            todo |= {link for link in _links(body) if link not in seen} if "html" in headers.get("content-type", "") else set()

    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"):
        for path in seen:
            try:
                status, _, body = _ask(gateway, method, path, b"x=1" if method == "POST" else None,
                                       {"Content-Length": "3"} if method == "POST" else None)
            except (OSError, http.client.HTTPException):
                status = 0
            siege.tried()
            siege.expect(status in (0, 400, 405, 501), f"{method} {path}: {status}")
    for path in ("/../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/metrics/..", "/metrics%00", "/\\..", "/" + "x" * 7000,
                 "/debug/pprof", "/config", "/quitquitquit", "/metrics?x=<script>siege", "http://169.254.169.254/"):
        try:
            status, _, body = _ask(gateway, "GET", path)
        except (OSError, http.client.HTTPException):
            status, body = 0, ""
        siege.tried()
        # A page of ours may have a script of its own; nothing of the request may be in it.
        siege.expect("root:" not in body and "<script>siege" not in body and "169.254" not in body,
                     f"{path[:40]}: {status}, neither a file nor an echo")
    for raw in (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"\x00" * 5000, b"GET " * 5000,
                b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 5000,
                b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /"):
        try:
            host, port = gateway.admin.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=2) as connection:
                connection.sendall(raw)
                connection.settimeout(0.5)
                connection.recv(65536)
        except OSError:
            pass
        siege.tried()
        siege.expect(gateway.process.alive() and _ask(gateway, "GET", "/healthz")[0] == 200, f"alive after {raw[:20]!r}")
    siege.still_serves(gateway, "after", caller)
