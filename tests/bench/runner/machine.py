"""What the figures were measured on and with."""

import datetime
import os
import platform
import re
import subprocess


def _first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        return "not installed"
    return ((done.stdout or done.stderr).strip().splitlines() or [""])[0]


def _cpu():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"model name\s*:\s*(.*)", file.read())
    return found.group(1) if found else platform.machine()


def _memory_gib():
    with open("/proc/meminfo") as file:
        return int(re.search(r"MemTotal:\s*(\d+)", file.read()).group(1)) / 1024 / 1024


def describe(build, arguments):
    """Everything but paths of this machine."""
    gateway = build / "gateway" / "runcast-gateway"
    words = [word for word in arguments if not word.startswith("--build") and word != str(build)]
    return {
        "date": datetime.date.today().isoformat(),
        "command": " ".join(["tests/bench/run.sh", *words]),
        "cpu": _cpu(), "cores": os.cpu_count(), "memory_gib": round(_memory_gib()),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "versions": {
            "runcast-gateway": _first_line([str(gateway), "--version"]),
            "etcd": _first_line(["etcd", "--version"]),
            "nginx": _first_line(["nginx", "-v"]),
            "varnish": _first_line(["varnishd", "-V"]),
        },
    }


def sentence(about):
    versions = "; ".join(about["versions"].values())
    return (f"{about['date']}, {about['cores']} cores of {about['cpu']}, "
            f"{about['memory_gib']} GiB, Linux {about['kernel']}; `{about['command']}`; {versions}")
