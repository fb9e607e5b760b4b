#!/usr/bin/env python3
"""What systemd's own tools think of the unit; no systemd needs to run.

Usage: systemd_unit_test.py ROOT SIMULATOR GATEWAY
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1])
GATEWAY = sys.argv[3]
# Of 100; below 20 systemd calls it "OK", and 100 is a service that nothing confines.
MOST_EXPOSED = 20


class UnitTest(unittest.TestCase):

    def analyze(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / "runcast-gateway.service"
            text = (ROOT / "deploy/systemd/runcast-gateway.service").read_text()
            self.assertIn("ExecStart=/usr/local/bin/runcast-gateway ", text)
            unit.write_text(text.replace("/usr/local/bin/runcast-gateway", GATEWAY))
            return subprocess.run(["systemd-analyze", *arguments, str(unit)], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60)

    def test_systemd_finds_no_fault(self):
        result = self.analyze("verify", "--man=no")
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_the_sandbox_leaves_little_exposed(self):
        result = self.analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
