"""One attack a file: GOAL, what the attacker wants, and run(siege)."""

import importlib
import pkgutil


def load():
    """By name, in the order of the alphabet."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
