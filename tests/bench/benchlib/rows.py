# SPDX-License-Identifier: BSD-2-Clause
"""A row of the table: one quantity, its samples by variant (none, ours, a rival), and its goal."""

import contextlib
import dataclasses
import statistics
import typing

NONE, OURS = "none", "ours"

# Below this a difference is called noise even when every pair agrees on its sign.
NOISE_PERCENT = 1.0
LEAST_PAIRS = 3
# Pairs that differ by more than this among themselves would hide what the goals speak of.
NOISY_PERCENT = 10.0


class NotMeasured(Exception):
    """Why a figure could not be taken, for a person."""


class OutOfTime(NotMeasured):
    """The measurement's time is over: what there is must do."""


@dataclasses.dataclass
class Row:
    """samples[variant][i] is the i-th round's value; pairs are samples of the same round."""
    id: str
    what: str
    unit: str
    goal: str = ""
    met: typing.Callable = None  # Row -> True, False, or None when it cannot be said
    digits: int = 1
    samples: dict = dataclasses.field(default_factory=dict)
    missing: dict = dataclasses.field(default_factory=dict)  # variant -> why not measured
    details: dict = dataclasses.field(default_factory=dict)  # more numbers, for the JSON
    show: dict = dataclasses.field(default_factory=dict)  # variant -> its cells, when special

    def add(self, variant, value):
        self.samples.setdefault(variant, []).append(value)

    def median(self, variant):
        """None when it was not measured."""
        values = self.samples.get(variant)
        return statistics.median(values) if values else None

    def changes(self, variant):
        """What a variant changed against `none`, in percent, pair by pair."""
        return [100 * (value - base) / base
                for base, value in zip(self.samples.get(NONE, []), self.samples.get(variant, []))
                if base]

    def change(self, variant):
        """The median of the paired changes in percent; None without pairs."""
        changes = self.changes(variant)
        return statistics.median(changes) if changes else None

    def measurable(self, variant):
        """Whether a variant changed anything: all pairs agree on the sign, above noise. None when
        there are too few pairs to say."""
        changes = self.changes(variant)
        if len(changes) < LEAST_PAIRS:
            return None
        same_sign = all(c > 0 for c in changes) or all(c < 0 for c in changes)
        return same_sign and abs(statistics.median(changes)) > NOISE_PERCENT

    def too_noisy(self, variant):
        """Whether the pairs disagree so much that "no change" would only mean "not seen"."""
        changes = self.changes(variant)
        return not self.measurable(variant) and (
            len(changes) < LEAST_PAIRS or max(changes) - min(changes) > NOISY_PERCENT)

    def verdict(self):
        """Whether the goal was met in this run: True, False, or None."""
        if self.met is None or self.median(OURS) is None or OURS in self.missing:
            return None
        return self.met(self)


@contextlib.contextmanager
def guarded(row, variant=OURS):
    """What cannot be measured in the `with` is said in the row."""
    try:
        yield
    except NotMeasured as why:
        row.missing[variant] = str(why)


def at_most(limit):
    """met: our median is no more than limit."""
    return lambda row: row.median(OURS) <= limit


def at_least(limit):
    """met: our median is no less than limit."""
    return lambda row: row.median(OURS) >= limit


def unchanged(row):
    """met: ours cannot be told from none, and would be if it cost something."""
    return None if row.too_noisy(OURS) else not row.measurable(OURS)


def out_of_time(rows, variants, rounds, why):
    """Says how many rounds there were; a variant without any was not measured."""
    for row in rows:
        row.details["rounds_cut_to"] = min(len(row.samples.get(name, [])) for name in variants)
        row.details["rounds_wanted"] = rounds
        for name in variants:
            if not row.samples.get(name):
                row.missing.setdefault(name, why)


def interleave(rounds, attach, sample, rows):
    """Takes one sample of each variant a round, in an order that turns with the rounds.

    attach: {variant: function that returns a context manager}; sample(variant, entered) returns
    {row id: value}. A variant that fails is said in the rows and left out from there; the others go
    on.
    """
    by_id = {row.id: row for row in rows}
    names = list(attach)
    for i in range(rounds):
        for k in range(len(names)):
            variant = names[(i + k) % len(names)]
            if any(variant in row.missing for row in rows):
                continue
            try:
                with contextlib.ExitStack() as stack:
                    values = sample(variant, stack.enter_context(attach[variant]()))
                for row_id, value in values.items():
                    by_id[row_id].add(variant, value)
            except OutOfTime as why:
                out_of_time(rows, names, rounds, str(why))
                return
            except NotMeasured as why:
                for row in rows:
                    row.missing[variant] = str(why)
