# SPDX-License-Identifier: BSD-2-Clause
"""The stories of tests/replay: what happens on the host of each capture; see make_events.py."""
import stories_answers
import stories_disk
import stories_fs
import stories_leak
import stories_load
import stories_network
import stories_peers
import stories_slow


def all_stories():
    """Capture name to the function that tells it."""
    found = {}
    for module in (stories_answers, stories_disk, stories_network, stories_peers, stories_leak, stories_load,
                   stories_slow, stories_fs):
            if name.startswith("story_"):
                found[name[len("story_"):].replace("_", "-")] = function
    return found
