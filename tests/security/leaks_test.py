#!/usr/bin/env python3
"""Nothing that the e2e tests made the programs say holds a secret, a token or a link that grants access.

Usage: leaks_test.py FOLDER LOGS PAGES WORD…
  FOLDER   where the e2e tests have put what they captured
  LOGS, PAGES, WORD…   how many of each, and which words, must be there for the search to mean something
"""

import html
import pathlib
import re
import sys
import unittest

FOLDER = pathlib.Path(sys.argv[1])
LOGS, PAGES = map(int, sys.argv[2:4])
WORDS = sys.argv[4:]

# Any JSON web token, whole or its first part: `{"` in base64.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{12,}")
# What the platform's links have: the signature, or the place it belongs to.
LINK = re.compile(r"[?&]s=[A-Za-z0-9_$-]{8,}|getMediaStream/[^\s\"]*[?&]")
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


DEBUG_LINE = re.compile(r'"severity":"DEBUG"')


def texts(*kinds):
    return {path: path.read_text(errors="replace") for kind in kinds for path in FOLDER.glob(f"*.{kind}")}


class LeaksTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.said = texts("log", "pages")
        cls.links = set(texts("link").values())
        cls.secrets = {text.strip() for text in texts("secret").values()} - {""}

    def found(self, what):
        return {path.name: match.group(0)[:40] for path, text in self.said.items() if (match := what.search(text))}

    def test_enough_was_captured_to_mean_something(self):
        self.assertGreaterEqual(len(texts("log")), LOGS)
        self.assertGreaterEqual(len(texts("pages")), PAGES)
        self.assertTrue(self.secrets)
        for word in WORDS:
            self.assertTrue(any(word in text for text in self.said.values()), word)

    def test_gateways_said_all_they_can_say(self):
        gateways = [text for text in self.said.values() if "gateway.ready" in text]
        # Not those whose test is about another level, or who were asked nothing.
        told = [text for text in gateways if DEBUG_LINE.search(text)]
        self.assertGreater(len(told), len(gateways) / 2)

    def test_links_that_were_handed_out_are_known(self):
        given = any("report_link.given" in text for text in self.said.values())
        self.assertEqual(given, bool(self.links))

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

    def test_no_link_that_was_handed_out(self):
        for link in self.links:
            place, _, query = link.partition("://")[2].partition("/")[2].partition("?")
            signature = dict(part.split("=", 1) for part in query.split("&")).get("s", query)
            for part in (link, place, query, signature):
                for spelling in (part, html.escape(part), part.replace("/", r"\/"), part.replace("&", r"\u0026")):
                    self.assertEqual(self.found(re.compile(re.escape(spelling))), {})

    def test_no_private_key(self):
        self.assertEqual(self.found(KEY), {})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
