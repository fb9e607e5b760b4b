"""The rows of the table, one module for each kind of measurement."""

from runner.rows import (cold_reads, coordination, crowd, detection, fan_out, latency, memory,
                         polling, quiet, stall, start, tokens, warm_reads)

# Number → function of a Bench.
ROWS = {1: fan_out.own_connections, 2: fan_out.shared_connections, 3: memory.run, 4: latency.run,
        5: quiet.run, 6: warm_reads.run, 7: cold_reads.run, 8: polling.run, 9: crowd.run,
        10: detection.run, 11: stall.run, 12: tokens.run, 13: start.run,
        14: coordination.run}

TITLES = {1: "CPU per delivered update, 1000 connections × 1 stream",
          2: "CPU per delivered update, 10 connections × 100 streams",
          3: "memory", 4: "publish to receipt", 5: "lone calls after silence",
          6: "CPU per warm read", 7: "cold reads of one run at once", 8: "CPU per poll",
          9: "100,000 watchers", 10: "delay of detection", 11: "a stalled reader in a hundred",
          12: "tokens signed", 13: "start to first served call", 14: "replicas that share runs"}
