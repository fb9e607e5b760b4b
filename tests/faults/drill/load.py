"""fault-load, and what it tells."""

from drill.child import Child
from drill.simulator import STREAM, SUITE


class Load:
    def __init__(self, place, address, prefix="run-", watchers=1, runs=1, connections=1, reads=0,
                 library=False, once=False):
        self.folder = place.folder("load")
        command = [place.program("fault-load"), "--address", address, "--stream", STREAM,
                   "--suite", SUITE, "--run-prefix", prefix, "--watchers", watchers, "--runs",
                   runs, "--connections", connections, "--reads", reads, "--bad-history",
                   self.folder / "bad-history.json"]
        command += ["--client-library"] if library else []
        command += ["--once"] if once else []
        self.process = Child(command, self.folder / "log")

    def ask(self, command, seconds=60):
        self.process.say(command)
        answer = self.process.json(seconds)
        if "error" in answer:
            raise RuntimeError(f"fault-load: {answer['error']}")
        return answer

    def mark(self, name):
        self.ask(f"mark {name}")

    def wait(self, condition, seconds):
        """{"done", "seconds", "missing"}"""
        return self.ask(f"wait {condition} {seconds}", seconds + 30)

    def state(self):
        return self.ask("state")

    def report(self, log="", late_after=2):
        """{"sections": {name: …}, "histories": …}"""
        report = self.ask(f"report {log} {late_after}" if log else "report", 300)
        report["sections"] = {section["name"]: section for section in report["sections"]}
        return report

    def section(self, name):
        return self.report()["sections"][name]

    def stop(self):
        if self.process.alive():
            self.process.say("stop")
        self.process.stop()
