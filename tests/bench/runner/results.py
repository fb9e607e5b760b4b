"""What a run leaves behind: numbers, a picture, and the tables of the READMEs."""

import json
import pathlib

from runner import chart, table

FOLDER = pathlib.Path(__file__).resolve().parent.parent
ROOT = FOLDER.parent.parent
PEERS = ("etcd watch", "etcd grpc-proxy", "etcd range", "nginx, cached JSON", "Varnish")
# Of the front page's table: floors and absolute goals; peers are in the picture.
SHORT = ("F1", "F1 unary", "F3", "absolute", "exact", "bound 1.0 s", "bound 0.63 s")


def write(bench, about, depth, complete):
    """A complete full run replaces results.json, the picture and the tables; anything less goes to
    results-partial.json alone."""
    content = {"about": about, "depth": depth,
               "findings": [one.to_json() for one in bench.findings],
               "extra": {str(row): value for row, value in bench.extra.items()}}
    name = "results.json" if complete and depth == "full" else "results-partial.json"
    (FOLDER / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    if name == "results.json":
        publish(bench.findings, about)


def publish(findings, about):
    peers = [one for one in findings if one.against in PEERS and one.ratio and not one.is_check]
    (FOLDER / "results.svg").write_text(chart.svg(peers, about["date"]))
    _replace(FOLDER / "README.md", table.markdown(findings, about))
    short = [one for one in findings
             if one.against in SHORT and one.verdict and not one.is_check]
    picture = "![Cost beside peers that do a comparable job, as ratios](tests/bench/results.svg)"
    _replace(ROOT / "README.md", f"{picture}\n\nAgainst the floors, {table.short(short, about)}")


def _replace(file, text):
    """Puts `text` between the marks of a document."""
    begin, end = "<!-- results -->\n", "<!-- end of results -->\n"
    document = file.read_text()
    head, rest = document.split(begin)
    _, tail = rest.split(end)
    file.write_text(f"{head}{begin}{text.rstrip()}\n{end}{tail}")
