"""What a run leaves behind."""

import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent


def write(bench, about, depth, complete):
    """A complete full run replaces results.json; anything less goes to results-partial.json."""
    name = "results.json" if complete and depth == "full" else "results-partial.json"
    content = {"about": about, "depth": depth,
               "findings": [one.to_json() for one in bench.findings],
               "extra": {str(row): value for row, value in bench.extra.items()}}
    (FOLDER / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
