"""Varnish as a cache in front of the simulated platform: HTTP/2 without TLS."""

from runner.place import free_port, wait_for_port
from runner.process import Failure, Process
from runner.simulator import Simulator

_VCL = """
vcl 4.1;
backend platform {{ .host = "127.0.0.1"; .port = "{port}"; }}
sub vcl_backend_fetch {{
  set bereq.http.auth = "{token}";
  set bereq.http.Content-Type = "application/json";
}}
sub vcl_backend_response {{ set beresp.ttl = 600s; }}
"""


class Varnish:
    """`with Varnish(place, simulator) as varnish`; its files are in memory."""

    def __init__(self, place, simulator):
        for _ in range(5):
            folder = place.folder("varnish")
            folder.chmod(0o777)  # The worker is somebody else.
            vcl = folder / "runs.vcl"
            vcl.write_text(_VCL.format(port=simulator.api.rsplit(":", 1)[1],
                                       token=Simulator.token()))
            self.port = free_port()
            self.process = Process(
                ["varnishd", "-F", "-n", folder / "work", "-f", vcl, "-s", "malloc,64m",
                 "-a", f"127.0.0.1:{self.port}", "-p", "feature=+http2",
                 "-p", "h2_max_concurrent_streams=1000", "-p", "listen_depth=4096",
                 "-p", "thread_pool_min=500", "-p", "thread_queue_limit=20000"],
                place.log("varnish"))
            if wait_for_port(self.port, 20, self.process):
                return
            self.process.stop()
        raise Failure("varnish did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
