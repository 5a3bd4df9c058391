#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The core (model, rules, finding) is pure: no libbpf, no json-c, no clock, no I/O.

usage: tests/core_symbols.py build/libcore.a

Reads the library's undefined symbols and holds them against what pure code may call. The list is of
what is allowed, so that a new dependency fails here first.
"""
import re
import subprocess
import sys

ALLOWED = re.compile(r"""^(
    malloc|calloc|realloc|reallocarray|free
  | mem(cpy|move|set|cmp|chr)|str(n?len|n?cmp|n?cpy|n?cat|chr|rchr|str|n?dup|c?spn|casecmp|ncasecmp|toull?|tod|tok_r)
  | __isoc\d+_str\w+|__isoc\d+_sscanf|sscanf
  | (__)?(v?snprintf)(_chk)?|__(mem(cpy|move|set)|str(n?cpy|n?cat)|stpcpy)_chk|stpcpy
  | qsort|bsearch|abs|labs|llabs
  | sqrt|pow|exp|expm1|log|log2|log10|log1p|l?lround|l?lrint|round|floor|ceil|fabs|fmin|fmax|erf|erfc|l?gamma|fmod|ldexp|frexp|exp2
  | __stack_chk_fail|__ctype_b_loc|__ctype_tolower_loc|__ctype_toupper_loc|__errno_location|__assert_fail
  | _GLOBAL_OFFSET_TABLE_|inet_ntop|inet_pton|fnmatch
  | sg_get_(asc_ascq|sense_key|scsi_status|nvme_cmd_status)_str  # libsgutils2: numbers to words, by tables alone
)$""", re.X)


def symbols(kind, library):
    out = subprocess.run(["nm", *kind, "-A", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1]: line.split(":")[1] for line in out.splitlines() if line.strip()}


def main():
    library = sys.argv[1]
    defined = set(symbols(["--defined-only", "-g"], library))
    undefined = symbols(["-u"], library)
    bad = {s: where for s, where in undefined.items() if s not in defined and not ALLOWED.match(s)}
    for symbol, where in sorted(bad.items()):
        print(f"{where} uses {symbol}: the core must not")
    # A test that looks at nothing proves nothing.
    seen = {"malloc", "calloc"} & set(undefined)
    if len(defined) < 20 or not seen:
        print(f"only {len(defined)} symbols defined: is this the core library?")
        bad["library"] = library
    print(f"{len(undefined) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
