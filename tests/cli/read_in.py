"""What the process has read in from which commands are forked: see :mod:`tests.cli.forked`."""

import gc
from importlib import import_module

from training_tracker.cli import MODULES

import_module("tests.cli.forked")
for module in (*MODULES.values(), "complaints"):
    import_module(f"training_tracker.cli.{module}")
# A process that is forked shares what nobody looks through for garbage.
gc.freeze()
