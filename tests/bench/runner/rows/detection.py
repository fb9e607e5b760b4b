"""Row 10: how late the end of a run is noticed. Virtual time, and one confirmation in real time."""

import json
import subprocess


def run(bench):
    program = bench.place.program("policy-simulation")
    if not program.exists():
        bench.say("  policy-simulation is not built: row 10 is left out")
        return
    command = [str(program), "--json"] + bench.pick([], ["--quick"], ["--quick"])
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=True)
    bench.extra[10] = json.loads(done.stdout)
