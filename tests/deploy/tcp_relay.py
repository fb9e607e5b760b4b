"""Passes TCP connections on, and cuts each some time after a certain call began, as a proxy with a fixed
limit on the life of a stream does."""

import socket
import threading


class TcpRelay:

    def __init__(self, target, call, cut_after_s):
        """`call`: bytes of the path of the calls that have a limit; gRPC sends it as it is."""
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._call = call
        self._cut_after_s = cut_after_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            gateway = socket.create_connection(self._target, timeout=10)
            gateway.settimeout(None)
            for source, sink in ((caller, gateway), (gateway, caller)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        timed = False
        try:
            while data := source.recv(65536):
                if not timed and self._call in data:
                    timed = True
                    cut = threading.Timer(self._cut_after_s, self._cut, (source, sink))
                    cut.daemon = True
                    cut.start()
                sink.sendall(data)
        except OSError:
            pass
        self._cut(source, sink)
        source.close()

    @staticmethod
    def _cut(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()
