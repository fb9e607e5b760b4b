"""What the trials found, for people."""

import datetime
import os
import re


def machine():
    with open("/proc/cpuinfo") as cpus, open("/proc/meminfo") as memory:
        name = re.search(r"model name\s*:\s*(.*)", cpus.read())
        kib = int(re.search(r"MemTotal:\s*(\d+)", memory.read()).group(1))
    return (f"{os.cpu_count()} cores of {name.group(1) if name else os.uname().machine}, "
            f"{kib / 1024 / 1024:.0f} GiB")


def lines_of(trial):
    verdict = "holds" if trial.held else "DOES NOT HOLD"
    return f"  {verdict} after {trial.seconds:.0f} s: " + "; ".join(m for _, m in trial.checks)


def _cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def markdown(trials, size):
    lines = ["| # | fault | it holds when | measured | verdict |", "|---|---|---|---|---|"]
    for trial in trials:
        measured = "; ".join(("" if held else "**") + words + ("" if held else "**")
                             for held, words in trial.checks)
        lines.append(f"| {trial.number} | {_cell(trial.fault)} | {_cell(trial.must)} | "
                     f"{_cell(measured)} | {'holds' if trial.held else '**fails**'} |")
    held = sum(trial.held for trial in trials)
    lines.append("")
    lines.append(f"{held} of {len(trials)} rows hold. {datetime.date.today().isoformat()}, "
                 f"{machine()}; {size.watchers} watchers on {size.runs} runs, {size.reads} reads a second, "
                 f"{sum(trial.seconds for trial in trials):.0f} s in all; "
                 f"load of the machine at the end {os.getloadavg()[0]:.1f}.")
    return "\n".join(lines)
