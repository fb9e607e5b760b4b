"""Makes a source file of the live page and of the policy that lets a browser run just that.

Usage: embed_page.py PAGE.html OUTPUT.cc
"""

import base64
import hashlib
import re
import sys

# A compiler must take literals of 64 KiB only.
PIECE = 8000


def hash_of(page, element):
    """The hash of the one inline element of that name, as a policy names it."""
    found = re.findall(rf"<{element}>(.*?)</{element}>", page, re.S)
    if len(found) != 1:
        sys.exit(f"embed_page.py: the page must have one <{element}>, not {len(found)}")
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()


def literals(text):
    # A delimiter that no page holds.
    return "\n".join(f'R"embedded_page({text[at:at + PIECE]})embedded_page"'
                     for at in range(0, len(text), PIECE))


def main(page_path, output_path):
    with open(page_path, encoding="utf-8") as file:
        page = file.read()
    policy = ("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; "
              "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
              % (hash_of(page, "script"), hash_of(page, "style")))
    with open(output_path, "w", encoding="utf-8") as file:
        file.write(f"""#include "gateway/admin/live_page.h"

namespace runcast::admin {{

const std::string kLivePage =
{literals(page)};

const std::string kLivePagePolicy =
{literals(policy)};

}}  // namespace runcast::admin
""")


if __name__ == "__main__":
    main(*sys.argv[1:])
