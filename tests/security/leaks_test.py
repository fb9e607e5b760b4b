#!/usr/bin/env python3
"""Nothing that the e2e tests made the programs say holds a secret, a token or a link that grants access.

Usage: leaks_test.py FOLDER, where the e2e tests have put what they captured
"""

import pathlib
import re
import sys
import unittest

FOLDER = pathlib.Path(sys.argv.pop(1))

# Any JSON web token, whole or its first part: `{"` in base64.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{12,}")
# What the platform's links have: the signature, or the place it belongs to.
LINK = re.compile(r"[?&]s=[A-Za-z0-9_$-]{8,}|getMediaStream/[^\s\"]*[?&]")
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def texts(*kinds):
    return {path: path.read_text(errors="replace") for kind in kinds for path in FOLDER.glob(f"*.{kind}")}


class LeaksTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.said = texts("log", "pages")
        cls.secrets = {text.strip() for text in texts("secret").values()} - {""}

    def found(self, what):
        return {path.name: match.group(0)[:40] for path, text in self.said.items() if (match := what.search(text))}

    def test_enough_was_captured_to_mean_something(self):
        self.assertGreater(len(texts("log")), 50)
        self.assertGreater(len(texts("pages")), 30)
        self.assertTrue(self.secrets)
        self.assertTrue(any("gateway.ready" in text for text in self.said.values()))
        self.assertTrue(any("report_link.given" in text for text in self.said.values()), "no link was handed out")
        self.assertTrue(any("runcast_tokens_signed_total" in text for text in self.said.values()))

    def test_the_search_would_find_them(self):
        link = "https://p.example/api/getMediaStream/media/f-1.csv?e=1&n=2&s=AbCdEfGhIjKlMnOpQrStUv$$&x=1"
        self.assertTrue(LINK.search(link))
        self.assertTrue(TOKEN.search("auth: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.c2ln"))

    def test_no_secret(self):
        for secret in self.secrets:
            for part in (secret, secret[:20], secret[-20:]):
                self.assertEqual(self.found(re.compile(re.escape(part))), {})

    def test_no_token(self):
        self.assertEqual(self.found(TOKEN), {})

    def test_no_link(self):
        self.assertEqual(self.found(LINK), {})

    def test_no_private_key(self):
        self.assertEqual(self.found(KEY), {})


if __name__ == "__main__":
    unittest.main()
