#!/usr/bin/env python3
"""Fails when a relative link in a document leads nowhere, to a file or to a heading.

Usage: check_links.py ROOT
"""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors_of(document):
    """The names that headings get, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def faults_of(document):
    for link in LINK.findall(FENCE.sub("", document.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path) if path else document
        if not target.exists():
            yield f"{link}: no such file"
        elif anchor and anchor not in anchors_of(target):
            yield f"{link}: no such heading"


def main():
    root = Path(sys.argv[1])
    documents = [document for document in root.rglob("*.md")
                 if document.relative_to(root).parts[0] not in ("build", ".git")]
    faults = [f"{document.relative_to(root)}: {fault}"
              for document in sorted(documents) for fault in faults_of(document)]
    print(f"{len(documents)} documents read", *faults, sep="\n")
    sys.exit(1 if faults or not documents else 0)


if __name__ == "__main__":
    main()
