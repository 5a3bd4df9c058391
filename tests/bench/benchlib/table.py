# SPDX-License-Identifier: BSD-2-Clause
"""The table for people and the JSON of the same rows."""

import textwrap

from .rows import NONE, OURS

HEAD = ("what, unit", "", "median", "least-most", "change", "goal", "met")
RIGHT = (2, 4)  # columns of numbers
MET = {True: "yes", False: "no", None: "-"}
WIDTH = 100
FOOT = ("median and least-most of the rounds; change: the median of the paired changes against "
        "none; ~: cannot be told from none; met -: too noisy to say")


def number(value, digits):
    """A figure with thousands separated."""
    return f"{value:,.{digits}f}"


def variants(row):
    """none, ours, then the rivals."""
    names = {**row.samples, **row.missing}
    first = [name for name in (NONE, OURS) if name in names]
    return first + [name for name in names if name not in first]


def figures(row, variant):
    """The cells of one variant: median, spread, change."""
    values = row.samples.get(variant)
    if variant in row.show and variant not in row.missing:
        return row.show[variant]
    if not values or variant in row.missing:
        return "-", "not measured", ""
    spread, changed = "", ""
    if len(values) > 1:
        spread = f"{number(min(values), row.digits)}-{number(max(values), row.digits)}"
    if variant != NONE and row.change(variant) is not None:
        changed = f"{row.change(variant):+.1f} %{'~' if row.measurable(variant) is False else ' '}"
    return number(row.median(variant), row.digits), spread, changed


def lines_of(row):
    """One line a variant; the goal stands with ours."""
    lines = []
    for variant in variants(row):
        goal = (row.goal, MET[row.verdict()]) if row.goal and variant == OURS else ("", "")
        what = f"{row.what}, {row.unit}" if not lines else ""
        lines.append((what, variant, *figures(row, variant), *goal))
    return lines


def align(line, widths):
    """One line of the table."""
    cells = [text.rjust(width) if i in RIGHT else text.ljust(width)
             for i, (text, width) in enumerate(zip(line, widths))]
    return "  ".join(cells).rstrip()


def format_table(rows):
    """All rows, aligned, then what was not measured and why."""
    body = [line for row in rows for line in lines_of(row)]
    widths = [max(len(line[i]) for line in [HEAD, *body]) for i in range(len(HEAD))]
    rule = tuple("-" * width for width in widths)
    out = [align(line, widths) for line in [HEAD, rule, *body]]
    out += ["", *textwrap.wrap(FOOT, WIDTH)]
    short = [f"{row.what.strip()} ({row.details['rounds_cut_to']} of "
             f"{row.details['rounds_wanted']})" for row in rows if "rounds_cut_to" in row.details]
    if short:
        out += textwrap.wrap(f"fewer rounds, out of time: {'; '.join(short)}", WIDTH)
    # Rows taken together fail together: one reason, once.
    reasons = {}
    for row in rows:
        for variant, why in row.missing.items():
            reasons.setdefault(f"{variant}: {why}", []).append(row.what.strip())
    for reason, whats in reasons.items():
        out += textwrap.wrap(f"not measured: {'; '.join(whats)}: {reason}", WIDTH,
                             subsequent_indent="    ")
    return "\n".join(out)


def as_json(rows):
    """The same rows with every sample."""
    return [{"id": row.id, "what": row.what.strip(), "unit": row.unit, "goal": row.goal or None,
             "met": row.verdict() if row.goal else None,
             "variants": {name: {"median": row.median(name), "min": min(values),
                                 "max": max(values), "samples": values,
                                 "change_percent": None if name == NONE else row.change(name),
                                 "changes_percent": [] if name == NONE else row.changes(name)}
                          for name, values in row.samples.items()},
             "not_measured": row.missing, "details": row.details}
            for row in rows]
