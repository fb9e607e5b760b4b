"""Row 22."""

import dataclasses
import signal
import socket
import time

from drill.child import Child
from drill.scene import Scene
from runner.place import free_port, wait_for_port

FAULT = "proxy in front cuts streams at 15 s, 60 s, 300 s (nginx and HAProxy from Debian)"
MUST = "client library hides it; histories clean"

NGINX = """
daemon off;
worker_processes 1;
worker_shutdown_timeout 1s;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} http2;
    location / {{
      grpc_pass grpc://{gateway};
      grpc_read_timeout {silence}s;
      grpc_send_timeout {silence}s;
    }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 4000
  stats socket {folder}/admin level admin
defaults
  mode http
  timeout connect 5s
  timeout client {silence}s
  timeout server {silence}s
frontend callers
  bind 127.0.0.1:{port} proto h2
  default_backend gateway
backend gateway
  server gateway {gateway} proto h2
"""


class _Proxy:
    def __init__(self, place, kind, gateway, silence):
        self.name, self.kind, self.silence = f"{kind} {silence} s", kind, silence
        folder = self._folder = place.folder(kind)
        folder.chmod(0o777)  # nginx' workers are somebody else.
        for _ in range(5):
            self.port = free_port()
            text = (NGINX if kind == "nginx" else HAPROXY).format(
                folder=folder, port=self.port, gateway=gateway, silence=silence)
            (folder / "conf").write_text(text)
            command = (["nginx", "-c", folder / "conf", "-p", folder] if kind == "nginx"
                       else ["haproxy", "-db", "-f", folder / "conf"])
            self.process = Child(command, folder / "log")
            if wait_for_port(self.port, 10, self.process):
                return
            self.process.stop()
        raise RuntimeError(f"{kind} did not start: {(folder / 'log').read_text()[-300:]}")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def cut(self):
        """All streams at once, as its operator does it."""
        if self.kind == "nginx":
            self.process.signal(signal.SIGHUP)  # Reloads; the old worker ends after a second.
            return
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self._folder / "admin"))
            admin.sendall(b"shutdown sessions server gateway/gateway\n")
            admin.recv(1024)

    def stop(self):
        self.process.stop()


def _ends(load, section):
    return sum(load.section(section)["ends"].values())


def _look(trial, proxies, loads, section, words, cut):
    """Whether the proxies that allow more silence than heartbeats leave cut exactly when told."""
    for proxy, load in zip(proxies, loads):
        if proxy.silence > 20:
            ends = _ends(load, section)
            trial.expect((ends > 0) == cut, f"{proxy.name} of silence, {words}: {ends} cuts")


def run(trial, place, size):
    """Runs without news, so that only heartbeats (20 s) break the silence. Each proxy has a
    quarter of the watchers; those with 60 s are told to cut at 60 s and at 300 s."""
    proxies = []

    def through(gateway):
        for kind in ("nginx", "haproxy"):
            for silence in (15, 60):
                proxies.append(_Proxy(place, kind, gateway.address, silence))
        return proxies[0].address

    watchers = size.watchers // 4
    with Scene(place, dataclasses.replace(size, watchers=watchers), library=True,
               load_address=through, run_members={"stamp": "", "ran": 10}) as scene:
        loads = [scene.load, *(scene.watch_also(proxy.address, watchers)
                               for proxy in proxies[1:])]
        for proxy in proxies:
            scene.keep(proxy)
        for load in loads:
            load.wait("known", 60)
            load.mark("begin")
        began = time.monotonic()
        for moment in size.of((60, 300), (25,)):
            time.sleep(max(0, began + moment - time.monotonic()))
            _look(trial, proxies, loads, "begin", f"untouched until {moment} s", cut=False)
            for proxy, load in zip(proxies, loads):
                if proxy.silence > 20:
                    load.mark("cut")
                    proxy.cut()
            time.sleep(3)
            for proxy, load in zip(proxies, loads):
                if proxy.silence > 20:
                    back = load.wait("heard", 15)
                    trial.expect(back["done"], f"{proxy.name} of silence: {back['missing']} of "
                                 f"{watchers} not back {3 + back['seconds']:.1f} s after the cut")
            _look(trial, proxies, loads, "cut", f"cut at {moment} s", cut=True)
            for proxy, load in zip(proxies, loads):
                if proxy.silence > 20:
                    load.mark("begin")
        for proxy, load in zip(proxies, loads):
            if proxy.silence < 20:
                ends = _ends(load, "begin")
                trial.expect(ends > 0, f"{proxy.name} of silence: {ends} cuts in "
                             f"{time.monotonic() - began:.0f} s, {load.state()['open']} open")
        for run_id in scene.runs:
            scene.simulator.change_run(run_id, ran=20)
        time.sleep(5)
        scene.finish(trial, late_after=8)
