"""Does faults to runcast and judges what came of it; `run.sh` starts it."""
