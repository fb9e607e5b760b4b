"""Row 22."""

import time

from drill.child import Child

from drill.scene import Scene
from runner.place import free_port, wait_for_port

FAULT = "proxy in front cuts streams at 15 s, 60 s, 300 s (nginx and HAProxy from Debian)"
MUST = "client library hides it; histories clean"

NGINX = """
daemon off;
worker_processes 1;
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
        folder = place.folder(kind)
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

    def stop(self):
        self.process.stop()


def _part(trial, place, size, kind, silence, seconds):
    """Runs without news, so that only heartbeats (20 s) break the silence."""
    kept = []

    def through(gateway):
        kept.append(_Proxy(place, kind, gateway.address, silence))
        return kept[0].address

    with Scene(place, size, library=True, load_address=through,
               run_members={"stamp": "", "ran": 10}) as scene:
        scene.keep(kept[0])
        scene.load.mark("fault")
        time.sleep(seconds)
        ends = scene.load.section("fault")["ends"]
        state = scene.load.state()
        cut = sum(ends.values())
        trial.expect((cut > 0) == (silence < 20),
                     f"{kind} {silence} s of silence: {cut} cuts in {seconds} s, "
                     f"{state['open']} open")
        for run_id in scene.runs:
            scene.simulator.change_run(run_id, ran=20)
        time.sleep(5)
        scene.finish(trial, late_after=8)


def run(trial, place, size):
    for kind in ("nginx", "haproxy"):
        _part(trial, place, size, kind, 15, size.of(50, 20))
        if not size.quick:
            _part(trial, place, size, kind, 60, 70)
