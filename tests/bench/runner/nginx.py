"""nginx as a cache in front of the simulated platform: HTTP/2 without TLS, by prior knowledge."""

from runner.place import free_port, wait_for_port
from runner.process import Failure, Process, children
from runner.simulator import Simulator

_CONFIG = """
daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=runs:10m;
  open_file_cache max=1000 inactive=600s;
  open_file_cache_valid 600s;
  keepalive_requests 1000000000;
  http2_max_concurrent_streams 1000;
  server {{
    listen 127.0.0.1:{port} http2 backlog=4096;
    location / {{
      proxy_pass {api};
      proxy_set_header auth "{token}";
      proxy_set_header Content-Type application/json;
      proxy_cache runs;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 60s;
      proxy_cache_valid 200 10m;
    }}
  }}
}}
"""


class Nginx:
    """`with Nginx(place, simulator) as nginx`; its files are in memory."""

    def __init__(self, place, simulator):
        for _ in range(5):
            folder = place.folder("nginx")
            self.port = free_port()
            (folder / "nginx.conf").write_text(_CONFIG.format(
                folder=folder, port=self.port, api=simulator.api, token=Simulator.token()))
            folder.chmod(0o777)  # The workers are somebody else.
            self.process = Process(["nginx", "-c", folder / "nginx.conf", "-p", folder],
                                   place.log("nginx"))
            if wait_for_port(self.port, 10, self.process):
                return
            self.process.stop()
        raise Failure("nginx did not start")

    @property
    def pids(self):
        return [self.process.pid, *children(self.process.pid)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
