"""Drives the programs of tests/bench and writes down what they measured; `run.sh` starts it."""
