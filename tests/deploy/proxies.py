"""nginx and HAProxy in front of gateways, as Debian's packages are set by default."""

import socket
from pathlib import Path

from scene import Program, free_port, until


def start_nginx(folder, *gateways, location=""):
    """The program and its address. Its time-outs are its own defaults unless `location` says otherwise."""
    folder, port = Path(folder), free_port()
    # Replicas say themselves when they go: one refused connection is no reason to leave one alone for 10 s.
    servers = " ".join(f"server {gateway} max_fails=0;" for gateway in gateways)
    (folder / "nginx.conf").write_text(f"""
        daemon off;
        worker_processes 1;
        pid {folder}/nginx.pid;
        error_log stderr;
        events {{}}
        http {{
          access_log off;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
          scgi_temp_path {folder}/scgi;
          upstream gateways {{ {servers} }}
          server {{
            listen 127.0.0.1:{port} http2;
            location / {{ grpc_pass grpc://gateways; {location} }}
          }}
        }}
        """)
    return _listening(Program(["/usr/sbin/nginx", "-e", "stderr", "-c", str(folder / "nginx.conf")]), port)


def start_haproxy(folder, gateway, silence_s=50):
    """The program and its address. Time-outs are those of Debian's own configuration, unless told."""
    folder, port = Path(folder), free_port()
    (folder / "haproxy.cfg").write_text(f"""
defaults
  mode http
  timeout connect 5000
  timeout client {silence_s}s
  timeout server {silence_s}s
frontend callers
  bind 127.0.0.1:{port} proto h2
  default_backend gateway
backend gateway
  server gateway {gateway} proto h2
""")
    return _listening(Program(["/usr/sbin/haproxy", "-db", "-f", str(folder / "haproxy.cfg")]), port)


def _listening(program, port):
    def answers():
        if program.process.poll() is not None:
            raise AssertionError(f"{program.name} did not start:\n" + "".join(program.lines))
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0
    until(answers, 20, f"{program.name} listens")
    return program, f"127.0.0.1:{port}"
