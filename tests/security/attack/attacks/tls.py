"""The port that callers connect to, seen from the wire."""

import json
import socket
import ssl
import subprocess
import time

from attack.caller import Caller
from attack.certificates import Authority, write_pair

GOAL = "to read along, hold connections without a handshake, or get in with a root that was removed"

# So that old protocols are refused by the server and not by the client's own rules.
WEAK = "ALL:@SECLEVEL=0"


def _handshake(port, low, high, ciphers=WEAK, identity=None):
    """The version that both agreed on; None when the server refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = low, high
    context.set_ciphers(ciphers)
    context.set_alpn_protocols(["h2"])
    if identity:
        context.load_cert_chain(*identity)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            with context.wrap_socket(plain) as wrapped:
                return wrapped.version()
    except (ssl.SSLError, OSError):
        return None


def _closed_after(port, drip=b""):
    """Seconds until the server hangs up on somebody who says (nearly) nothing."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        while time.monotonic() - began < 20:
            try:
                if drip:
                    connection.sendall(drip)
                if connection.recv(1000) == b"":
                    break
            except socket.timeout:
                continue
            except OSError:
                break
    return time.monotonic() - began


def _resumed(port, authority, identity):
    """Connects twice with one session; whether the second handshake was refused, or spoke anew."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    context.load_cert_chain(*identity)
    return context


def _speak(context, port, session=None):
    """(what the server said after the handshake, the session); no bytes: it hung up."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            with context.wrap_socket(plain, session=session) as wrapped:
                wrapped.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
                wrapped.settimeout(5)
                said = wrapped.recv(1000)
                return said, wrapped.session, wrapped.session_reused
    except (ssl.SSLError, OSError):
        return b"", None, False


def _start_is_refused(siege, platform, server, words):
    folder = siege.place.folder("refused")
    (folder / "secret").write_text("x" * 44)
    (folder / "gateway.json").write_text(json.dumps({
        "server": server, "admin": {"listen": ""}, "upstream": {"base_url": platform.api, "allow_http": True},
        "credentials": [{"name": "a", "client_id": "cs-1", "secret_file": str(folder / "secret"),
                         "stream_ids": ["*"]}]}))
    done = subprocess.run([siege.place.program("runcast-gateway"), "--config", folder / "gateway.json"],
                          capture_output=True, timeout=20, check=False)
    siege.tried()
    siege.expect(done.returncode == 2, f"{words}: exit {done.returncode}, {done.stderr[:200]!r}")


def run(siege):
    folder = siege.place.folder("tls")
    authority, removed = Authority(folder, "ours"), Authority(folder, "removed")
    certificate, key = write_pair(folder, authority.issue("server", "DNS:localhost,IP:127.0.0.1"))
    roots = folder / "roots.pem"
    roots.write_bytes(authority.pem + removed.pem)
    platform = siege.platform()
    platform.start_runs("tr-", 2)

    for listen in ("0.0.0.0:0", "[::]:0"):
        _start_is_refused(siege, platform, {"listen": listen}, f"plaintext on {listen}")
    _start_is_refused(siege, platform, {"tls_certificate_file": certificate, "tls_key_file": str(removed.key)},
                      "another's key")

    tls = {"tls_certificate_file": certificate, "tls_key_file": key, "handshake_timeout": "1s"}
    plain = siege.gateway(platform, {"server": {"handshake_timeout": "1s"}})
    one_sided = siege.gateway(platform, {"server": tls})
    mutual = siege.gateway(platform, {"server": {**tls, "tls_client_ca_file": str(roots)}})

    v = ssl.TLSVersion
    siege.tried(7)
    for low, high, good in ((v.TLSv1, v.TLSv1, False), (v.TLSv1_1, v.TLSv1_1, False),
                            (v.TLSv1_2, v.TLSv1_2, True), (v.TLSv1_3, v.TLSv1_3, True)):
        version = _handshake(one_sided.port, low, high)
        siege.expect((version is not None) == good, f"{high.name} is {'taken' if good else 'refused'}: {version}")
    for ciphers in ("aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0", "AES128-SHA:@SECLEVEL=0"):
        version = _handshake(one_sided.port, v.TLSv1_2, v.TLSv1_2, ciphers)
        siege.expect(version is None, f"{ciphers} is refused: {version}")

    for gateway, words in ((plain, "plaintext"), (one_sided, "TLS"), (mutual, "mutual TLS")):
        for drip in (b"", b"P" if gateway is plain else b"\x16"):
            took = _closed_after(gateway.port, drip)
            siege.tried()
            siege.expect(took < 6, f"{words}, saying {drip!r}: closed after {took:.1f} s")

    # Whoever an authority that was removed had signed.
    pair = removed.issue("caller", "URI:spiffe://example.org/caller")
    identity = write_pair(folder, pair, "caller")
    own = write_pair(folder, authority.issue("own", "URI:spiffe://example.org/own"), "own")
    context = _resumed(mutual.port, authority, identity)
    said, session, _ = _speak(context, mutual.port)
    siege.expect(said, "before: gets in")
    said, _, reused = _speak(context, mutual.port, session)
    siege.expect(said, f"before: gets in again, session {'resumed' if reused else 'new'}")
    good = Caller(mutual.address, authority.pem, tuple(open(path, "rb").read() for path in own))
    stream = good.open_watch(run="tr-1")
    next(stream)
    loads = mutual.metric("runcast_certificate_loads_total")
    roots.write_bytes(authority.pem)
    siege.expect(siege.settle(lambda: mutual.metric("runcast_certificate_loads_total") > loads),
                 "the removed root is noticed")
    said, _, reused = _speak(context, mutual.port, session)
    siege.expect(not said, f"with a kept session: {len(said)} bytes, resumed: {reused}")
    said, _, _ = _speak(_resumed(mutual.port, authority, identity), mutual.port)
    siege.expect(not said, f"with a new handshake: {len(said)} bytes")
    siege.tried(4)
    platform.change_run("tr-1", ran=17)
    siege.expect(next(stream) is not None, "streams of others go on")
    stream.cancel()

    # Files that are no certificates, one after the other.
    served = ssl.get_server_certificate(("127.0.0.1", one_sided.port))
    for number, content in enumerate((b"", b"x" * 2_000_000, b"\x00" * 100, open(certificate, "rb").read()[:300],
                                      b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                      pair[0]), start=1):
        open(certificate, "wb").write(content)
        siege.tried()
        siege.expect(siege.settle(
            lambda: one_sided.metric("runcast_certificate_refusals_total") >= 1), f"content {number} is refused")
        siege.expect(ssl.get_server_certificate(("127.0.0.1", one_sided.port)) == served,
                     f"content {number}: the old certificate is served")
    secret = "".join(open(key).read().split("\n")[1:3])[:40]
    log = "\n".join(one_sided.process.said())
    siege.expect(secret not in log and "certificate.refused" in log, "the log tells of it, and not the key")
