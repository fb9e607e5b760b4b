"""The rows of the table, one file each: FAULT, MUST and run(trial, place, size)."""

import importlib
import pkgutil

# What `--quick` does: the faults that happen every week.
QUICK = [1, 8, 12, 13, 16, 24]


def load():
    """By number."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {int(name.split("_")[1]): importlib.import_module(f"{__name__}.{name}")
            for name in names if name.startswith("row_")}
