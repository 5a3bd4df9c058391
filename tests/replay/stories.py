# SPDX-License-Identifier: BSD-2-Clause
"""The stories of tests/replay: what happens on the host of each capture; see make_events.py."""
import importlib
import pathlib


def all_stories():
    """Capture name to the function that tells it: of each stories_*.py."""
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("stories_*.py")):
        for name, function in vars(importlib.import_module(path.stem)).items():
            if name.startswith("story_"):
                found[name[len("story_"):].replace("_", "-")] = function
    return found
