#!/usr/bin/env python3
"""What was installed for shells and for man, read by real ones.

Usage: shell_test.py PREFIX
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PREFIX = Path(sys.argv[1])
SHARE = PREFIX / "share"
LIMIT_S = 30


def run(*command, **options):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=LIMIT_S, **options)
    assert result.returncode == 0, (command, result.stdout, result.stderr)
    return result.stdout


def options_of(command):
    """The long options that its help names."""
    text = run(PREFIX / "bin/runcast", command, "--help")
    return set(re.findall(r"^ +(?:-h,)?(--[a-z0-9-]+)", text, re.M))


class BashTest(unittest.TestCase):

    def complete(self, *words, folder=None):
        script = f"""
            source {SHARE}/bash-completion/completions/runcast
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _runcast
            printf '%s\\n' "${{COMPREPLY[@]}}"
            """
        return set(run("bash", "--norc", "-euc", script, "bash", *words, cwd=folder).split())

    def test_completes_commands(self):
        self.assertEqual(self.complete("runcast", "w"), {"watch"})
        self.assertEqual(self.complete("runcast", ""),
                         {"get", "watch", "doctor", "completion", "manual", "-h", "--help",
                          "--version"})

    def test_knows_every_option_of_every_command(self):
        for command in ("get", "watch", "doctor"):
            self.assertEqual(self.complete("runcast", command, "--"), options_of(command))

    def test_offers_files_where_one_is_taken_and_nothing_for_other_values(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "authority.pem").touch()
            self.assertEqual(self.complete("runcast", "get", "--tls-ca", "au", folder=folder),
                             {"authority.pem"})
            self.assertEqual(self.complete("runcast", "get", "--tls-ca", "=", "au", folder=folder),
                             {"authority.pem"})
            self.assertEqual(self.complete("runcast", "get", "--timeout", "", folder=folder), set())

    def test_completes_the_shells(self):
        self.assertEqual(self.complete("runcast", "completion", ""),
                         {"bash", "fish", "zsh", "-h", "--help"})


class FishTest(unittest.TestCase):

    def complete(self, line, folder=None):
        script = f"source {SHARE}/fish/vendor_completions.d/runcast.fish; complete -C '{line}'"
        with tempfile.TemporaryDirectory() as home:
            out = run("fish", "--no-config", "-c", script, cwd=folder,
                      env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home,
                           "XDG_DATA_HOME": home})
        return {candidate.split("\t")[0] for candidate in out.splitlines()}

    def test_completes_commands_and_the_shells(self):
        self.assertEqual(self.complete("runcast w"), {"watch"})
        self.assertEqual(self.complete("runcast "), {"get", "watch", "doctor", "completion", "manual"})
        self.assertEqual(self.complete("runcast completion "), {"bash", "fish", "zsh"})

    def test_knows_every_option_of_every_command(self):
        for command in ("get", "watch", "doctor"):
            self.assertEqual(self.complete(f"runcast {command} --"), options_of(command))

    def test_offers_files_where_one_is_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "authority.pem").touch()
            self.assertEqual(self.complete("runcast get --tls-ca au", folder), {"authority.pem"})
            self.assertEqual(self.complete("runcast get au", folder), set())


class ZshTest(unittest.TestCase):
    """Types into a terminal with zsh; what the tabulator made of it comes back as arguments."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        Path(self._folder.name, "authority.pem").touch()
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(self._folder.name)
            os.execvpe("zsh", ["zsh", "-f", "-i"],
                       {"PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8",
                        "HOME": self._folder.name})
        self.addCleanup(os.waitpid, self._process, 0)
        self.addCleanup(os.close, self._terminal)
        self._type(f"fpath=({SHARE}/zsh/vendor-completions $fpath)\n"
                   "autoload -Uz compinit && compinit -u -D\n"
                   "runcast() { print -r -- \"arguments=<$*>\" }\n")

    def _type(self, text):
        os.write(self._terminal, text.encode())

    def complete(self, line):
        self._type(line)
        said, deadline = "", time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            if select.select([self._terminal], [], [], 1)[0]:
                said += os.read(self._terminal, 65536).decode(errors="replace")
                # Not what was typed: that has a dollar sign there.
                if found := re.search(r"arguments=<([^$>]*)>", said):
                    return found.group(1)
        raise AssertionError(f"zsh said nothing of it: {said!r}")

    def test_completes_commands_options_files_and_the_shells(self):
        for typed, meant in (("runcast wat\t\n", "watch"),
                             ("runcast watch --max-f\t5\n", "watch --max-failures 5"),
                             ("runcast get --tls-ca auth\t\n", "get --tls-ca authority.pem"),
                             ("runcast completion fi\t\n", "completion fish")):
            self.assertEqual(self.complete(typed), meant)


class ManualTest(unittest.TestCase):
    PAGE = SHARE / "man/man1/runcast.1"

    def test_the_page_has_no_fault(self):
        result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", self.PAGE],
                                capture_output=True, text=True, timeout=LIMIT_S)
        # No date, so that the same source gives the same page.
        faults = [line for line in result.stdout.splitlines() if "missing date" not in line]
        self.assertEqual((faults, result.stderr), ([], ""))

    def test_the_page_has_every_option_and_its_sections(self):
        text = re.sub(r".\x08", "", run("mandoc", "-T", "utf8", self.PAGE))
        for command in ("get", "watch", "doctor"):
            self.assertIn(f"runcast {command} [OPTIONS] STREAM SUITE RUN", text)
            for option in options_of(command):
                self.assertIn(option, text)
        for section in ("NAME", "SYNOPSIS", "COMMANDS", "EXAMPLES", "ENVIRONMENT", "EXIT CODES"):
            self.assertRegex(text, f"(?m)^{section}$")
        self.assertIn('runcast watch st-1 "smoke tests" tr-17', text)
        self.assertIn("127.0.0.1:8443", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
