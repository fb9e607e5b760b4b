"""Keeps what the programs under test said, so that tests/security can search it for secrets.

All of it does something only where the environment variable E2E_CAPTURE_FOLDER names a folder.
"""

import os
import secrets
import urllib.request

FOLDER = os.environ.get("E2E_CAPTURE_FOLDER")


def keep(kind, text):
    """`log`, `pages`, or `secret`: what must not be found in the others."""
    if FOLDER:
        with open(f"{FOLDER}/{secrets.token_hex(8)}.{kind}", "w", encoding="utf-8") as file:
            file.write(text)


def keep_pages(admin):
    """Those of an admin port, by its address."""
    if not FOLDER:
        return
    texts = []
    for path in ("/", "/runs", "/configz", "/metrics", "/version"):
        with urllib.request.urlopen(f"http://{admin}{path}", timeout=10) as page:
            texts.append(page.read().decode())
    keep("pages", "\n".join(texts))
