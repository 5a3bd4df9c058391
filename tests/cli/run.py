#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The program as a user meets it: black-box tests that need neither root nor a special kernel.

usage: tests/cli/run.py PROGRAM [NAME...]

Prints a line for each test; the last line is "N passed, N failed". As root, tests of missing rights
run the program as another user.
"""
import gzip
import json
import os
import pathlib
import pty
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import validate

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "culprit-1.schema.json"
REPLAYS = sorted((ROOT / "tests" / "replay").rglob("*.events"))
COMMANDS = ["trace", "daemon", "replay", "explain", "probes", "schema", "status", "dump"]
CLASSES = ["hardware", "network", "connection-leak", "system"]
NOBODY = 65534
# Names as a hostile host may have them, in the capture's escapes: quotes, control bytes, a terminal
# sequence, bytes that are not UTF-8, an overlong form, a lone surrogate, a cut character, bidi.
NASTY = [r'a"b\x5cc', r"\x1b[2J\x1b]0;x\x07", r"\x09\x0a\x0d\x01\x7f", r"\xff\xfe", r"\xc0\xaf",
         r"\xed\xa0\x80", r"\xe6\xbc", "\u202edrow", "\u00e9\u6f22", r"%s%n%p", "</script>"]

HEADER = "culprit-capture 1 abi 1 culprit 0.1.0 unsealed\n"
QUIET = """1000000000000 clock boottime_ns=1000000000000 realtime_ns=1795375291000000000
1000000000000 host hostname={name} machine_id=0123456789abcdef0123456789abcdef \
boot_id=8c1b0b4e-45e1-4a9c-8a0e-3f9c1d2e4b5a kernel=6.1.0-56-amd64 \
run=0192f3a1-7c1e-4c55-9d0e-6a1b2c3d4e5f version=0.1.0 netns=4026531833 cpus=2 mode=trace
1000000000000 config key=label.site value={name}
1000000000000 probe name=block.complete via=tp_btf/block_rq_complete state=active reason={name}
1000000000000 disk dev=8:0 size_bytes=274877906944 name=sda model={name} serial={name}
1000000000000 mount dev=8:0 fstype=ext4 mount=/{name} source={name}
1000000000000 tick interval_ms=1000
1010000000000 tick seq=1 interval_ms=1000
1030000000000 end reason=duration
"""

program = None
tests = []


class Failure(Exception):
    """What a test found wrong."""


def test(function):
    tests.append(function)
    return function


def check(condition, text):
    if not condition:
        raise Failure(text)


def run(*args, user=None, limit=20, **more):
    """The finished process; stdout and stderr as bytes unless redirected."""
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stderr", subprocess.PIPE)
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    env.update(more.pop("env", {}), TZ="UTC0")
    if user is not None and os.geteuid() == 0:
        more.update(user=user, group=user, extra_groups=[])
    result = subprocess.run([program, *map(str, args)], stdin=subprocess.DEVNULL, timeout=limit,
                            env=env, check=False, **more)
    for name in ("stdout", "stderr"):
        text = getattr(result, name)
        check(b"AddressSanitizer" not in (text or b"") and b"runtime error:" not in (text or b""),
              f"{args}: {(text or b'').decode('utf-8', 'replace')[-1500:]}")
    check(result.returncode >= 0, f"{args}: died by signal {-result.returncode}")
    return result


def expect(status, *args, says="", silent=True, **more):
    """Runs it and checks status and message; an error is one line on stderr, and nothing on stdout."""
    result = run(*args, **more)
    error = (result.stderr or b"").decode()
    check(result.returncode == status,
          f"{args}: exit status {result.returncode}, not {status}: {error!r}")
    check(says in error, f"{args}: says {error!r}, not {says!r}")
    if status in (1, 2) and silent:
        check(error.startswith("culprit: ") and error.count("\n") == 1,
              f"{args}: not one line: {error!r}")
        check(not result.stdout, f"{args}: writes to stdout: {result.stdout!r}")
    return result


def out(*args, **more):
    """stdout of a run that must go well and say nothing on stderr."""
    result = expect(0, *args, **more)
    check(not result.stderr, f"{args}: says {result.stderr!r}")
    return result.stdout.decode()


def check_page(text, what, columns=80):
    for line in text.splitlines():
        check(len(line) <= columns, f"{what}: {len(line)} columns: {line}")
        check(all(" " <= c <= "~" for c in line), f"{what}: not plain: {line!r}")


def check_lines(raw, what):
    """Holds JSON lines against the schema; the parsed lines."""
    checker = validate.Checker(SCHEMA)
    lines = raw.splitlines(keepends=True)
    check(lines, f"{what}: no line")
    for number, line in enumerate(lines, 1):
        wrong = checker.check(line)
        check(not wrong, f"{what}: line {number}: {'; '.join(wrong)}: {line[:300]!r}")
    return [json.loads(line) for line in lines]


def temporary(text, suffix="", mode="w"):
    """A file that anybody may read, removed with the test run's directory."""
    number = len(list(WORK.iterdir()))
    path = WORK / f"{number}{suffix}"
    with open(path, mode, **({} if "b" in mode else {"encoding": "utf-8", "newline": ""})) as file:
        file.write(text)
    path.chmod(0o644)
    return path


def capture(name="sda"):
    return temporary(HEADER + QUIET.format(name=name), ".events")


def sealed():
    """A whole, gzip'd capture, as the recorder writes it: text and file."""
    body = (HEADER.replace(" unsealed", "") + QUIET.format(name="sda")).encode()
    trailer = f"culprit-capture-end lines {body.count(10)} crc32 {zlib.crc32(body):08x}\n".encode()
    return body + trailer


# ---- help, version, usage ----

@test
def help_for_all():
    text = out("--help")
    check_page(text, "--help")
    check(out("help") == text and out("-h") == text, "help, --help and -h differ")
    for command in COMMANDS:
        check(f"\n  {command}" in text, f"--help lacks {command}")
        page = out("help", command)
        check_page(page, command)
        check(page.startswith(f"usage: culprit {command}"), f"{command}: {page[:60]!r}")
        check(out(command, "--help") == page and out(command, "-h") == page, f"{command}: help differs")


@test
def version():
    text = out("--version")
    number = (ROOT / "VERSION").read_text(encoding="ascii").strip()
    check(text.startswith(f"culprit {number}\n"), text)
    check(re.search(r"libbpf \d+\.\d+", text) and "features:" in text, text)
    check("metrics file http;" in text and "without" not in text, f"it leaves something out: {text}")


@test
def no_command():
    result = run()
    check(result.returncode == 2 and not result.stdout, "no command is not wrong usage")
    check(b"usage: culprit COMMAND" in result.stderr, "no usage on stderr")


@test
def wrong_usage():
    for args, says in [
            (["trcae"], "unknown command 'trcae' (did you mean trace?)"),
            (["frobnicate"], "unknown command 'frobnicate'; see"),
            (["help", "repla"], "did you mean replay?"),
            (["help", "trace", "x"], "one too many"),
            (["--json", "trace"], "before the command"),
            (["trace", "--jsno"], "did you mean --json?"),
            (["trace", "--output=x"], "trace knows no option '--output'"),
            (["trace", "x"], "trace takes no argument 'x'"),
            (["trace", "-d"], "-d needs a value: SECONDS"),
            (["trace", "--pid=x"], "'x' is no process id"),
            (["trace", "--class=netwrok"], "did you mean network?"),
            (["trace", "--class="], "unknown class ''"),
            (["replay"], "replay needs a FILE"),
            (["replay", "a", "b"], "one too many"),
            (["explain", "path-los"], "did you mean path-loss?"),
            (["explain", "nonsense-kind"], "unknown kind"),
            (["explain", ""], "unknown kind ''"),
            (["probes", "--jso"], "did you mean --json?"),
            (["schema", "x"], "takes no argument"),
            (["daemon", "--check"], "did you mean --check-config?"),
            (["daemon", "--metrics", "foo"], "--metrics: 'foo' is neither PORT"),
            (["daemon", "--metrics=0"], "--metrics: '0' is neither PORT"),
            (["daemon", "--metrics=65536"], "--metrics: '65536' is neither PORT"),
            (["daemon", "--metrics", ""], "--metrics: '' is neither PORT"),
            (["dump"], "dump needs a FILE"),
            (["\x1b[2Jx"], "\\x1b[2Jx"),
            ([b"\xff\xfe"], "\\xff\\xfe")]:
        result = subprocess.run([program, *args], capture_output=True, check=False, timeout=20)
        error = result.stderr.decode()
        check(result.returncode == 2, f"{args}: exit status {result.returncode}: {error}")
        check(says in error, f"{args}: {error!r} lacks {says!r}")
        check(error.count("\n") == 1 and not result.stdout, f"{args}: {error!r}")
        check("\x1b" not in error, f"{args}: an escape goes to the terminal")


@test
def absurd_durations():
    for text in ["0", "-1", "nan", "inf", "1e9", "0x1", "", "8d", "999999999", "169h", "0.01", "1 s"]:
        expect(2, "trace", f"--duration={text}", says="duration")
        expect(2, "trace", "-d", text, says="-d: ")


@test
def status_and_dump_without_a_daemon():
    conf = WORK / "nobody.conf"
    conf.write_text(f"[daemon]\nsocket = {WORK}/nobody\n")
    expect(1, "status", "-c", conf, says="no daemon answers at")
    expect(1, "dump", "-c", conf, WORK / "x", says="no daemon answers at")
    check(not (WORK / "x").exists(), "dump made a file")
    conf.write_text("[daemon]\nsocket = none\n")
    expect(1, "status", "-c", conf, says="socket = none")


def answering(answer):
    """A settings file whose daemon gives that one answer."""
    number = len(list(WORK.iterdir()))
    path, conf = WORK / f"{number}.socket", WORK / f"{number}.conf"
    conf.write_text(f"[daemon]\nsocket = {path}\n")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)

    def give():
        with server, server.accept()[0] as peer:
            peer.recv(100)
            peer.sendall(answer)

    threading.Thread(target=give, daemon=True).start()
    return conf


@test
def devices_and_links_are_not_replaced():
    fifo, link, target = WORK / "no.file", WORK / "no.file.link", WORK / "no.file.target"
    os.mkfifo(fifo)
    link.symlink_to(target)
    for path, says in ((fifo, "no regular file"), (link, "symbolic link"), ("/dev/null", "no regular file")):
        expect(1, "daemon", "-c", temporary(f"[general]\nstore = {path}\n"), "--check-config",
               says=f"[general] store: {path} is")
        expect(1, "daemon", "-c", temporary(f"[daemon]\nmetrics_file = {path}\n"), "--check-config", says=says)
        if path != "/dev/null":  # it would be gone for all where this fails
            expect(1, "replay", "--metrics-file", path, capture(), says=f"metrics: {path} is", silent=False)
    check(fifo.is_fifo() and link.is_symlink() and not target.exists(), "one was replaced")


@test
def dump_leaves_devices_alone():
    null = os.stat("/dev/null")
    if os.geteuid() == 0:  # of our own: nobody else's suffers where this fails
        null_path = WORK / "null"
        try:
            os.mknod(null_path, stat.S_IFCHR | 0o666, null.st_rdev)
            os.chmod(null_path, 0o666)
            with open(null_path, "wb") as file:
                file.write(b"x")
        except PermissionError:  # a file system without devices
            null_path = "/dev/null"
    else:
        null_path = "/dev/null"
    before = os.stat(null_path)
    expect(0, "dump", "-c", answering(b"ok\n" + gzip.compress(sealed())), null_path)
    after = os.stat(null_path)
    check(after.st_mode == before.st_mode, f"mode {before.st_mode:o} became {after.st_mode:o}")
    fifo = WORK / "dump.fifo"
    os.mkfifo(fifo)
    expect(1, "dump", "-c", answering(b"ok\n" + gzip.compress(sealed())), fifo, says="not a regular file")


@test
def dump_is_whole_or_fails():
    whole = gzip.compress(os.urandom(100000))
    path = WORK / "dumped"
    check(f"{len(whole)} bytes" in out("dump", "-c", answering(b"ok\n" + whole), path), "it says how much")
    check(path.read_bytes() == whole, "not what came")
    for what, raw in [("cut", whole[:-1]), ("half", whole[:len(whole) // 2]), ("nothing", b""), ("no gzip", b"x" * 9000),
                      ("changed", whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:]), ("more", whole + b"x")]:
        result = expect(1, "dump", "-c", answering(b"ok\n" + raw), path, says="is cut off")
        check(path.read_bytes() == raw, f"{what}: what came is not kept: {result.stderr!r}")


# ---- explain and schema: tables ----

@test
def explain_every_kind():
    text = out("explain")
    check_page(text, "explain")
    kinds = re.findall(r"^  [* ] ([a-z-]+) ", text, re.M)
    check(len(kinds) >= 40, f"only {len(kinds)} kinds")
    check([c for c in text.split("\n") if c in CLASSES] == CLASSES, "not by class")
    core = set(re.findall(r"^  \* ([a-z-]+) ", text, re.M))
    check({"disk-media-error", "disk-io-error", "path-loss", "peer-unreachable",
           "fd-leak", "socket-leak", "close-wait-leak"} <= core, f"{core}")
    for kind in kinds:
        page = out("explain", kind)
        check_page(page, kind)
        check(page.startswith(f"{kind}: class ") and "\nto do " in page, f"{kind}: {page[:100]!r}")
        check((", core\n" in page) == (kind in core), f"{kind}: core in one of list and page")
        for label in ("needs", "opens", "thresholds", "against"):
            check(f"\n{label} " in page, f"{kind} lacks {label}")


@test
def schema_is_the_file():
    check(run("schema").stdout == SCHEMA.read_bytes(), "not the file, byte for byte")
    validate.Checker(SCHEMA)


@test
def schema_refuses():
    good = json.loads(run("replay", capture(), "--json").stdout.splitlines()[-1])
    for change in [{"type": "verdit"}, {"severity": "fatal"}, {"seq": 0}, {"seq": "1"},
                   {"time": "2026-11-22T19:22:01Z"}, {"schema": "culprit/2"}, {"message": "x" * 121},
                   {"window_s": "30"}, {"classes": {"hardware": {"state": "fine", "findings": []}}},
                   {"classes": {"disk": {"state": "clear", "findings": []}}}]:
        line = json.dumps({**good, **change}).encode() + b"\n"
        check(validate.Checker(SCHEMA).check(line), f"the schema takes {change}")
    line = json.dumps({**good, "newer_field": 1}).encode() + b"\n"
    check(not validate.Checker(SCHEMA).check(line), "the schema refuses a field of a later version")


@test
def report_page_shows_the_golden_reports():
    page = (ROOT / "docs" / "report.md").read_text(encoding="ascii")
    shown = set(re.findall(r"^```\n(.*?)^```$", page, re.M | re.S))
    golden = {path.read_text(encoding="ascii")
              for path in (ROOT / "tests" / "unit" / "sink" / "golden").glob("*.txt")}
    check(len(shown) >= 4 and shown <= golden, "docs/report.md shows what no test holds")


# ---- replay ----

@test
def replay_lines_and_report():
    path = capture()
    lines = check_lines(run("replay", path, "--json").stdout, "replay --json")
    check(lines[-1]["type"] == "verdict", "the verdict is not the last line")
    check([line["seq"] for line in lines] == list(range(1, len(lines) + 1)), "seq has holes")
    report = out("replay", path)
    check_page(report, "report")
    check(len(report.splitlines()) <= 24, "more than 24 lines")
    check(report.splitlines()[0] == lines[-1]["message"], "the report begins otherwise")
    for name in CLASSES:
        check(re.search(rf"^  {name} ", report, re.M), f"the report lacks {name}")
    check(run("replay", path, "--json").stdout == run("replay", path, "--json").stdout, "not the same twice")


@test
def replay_events_in_order():
    path = capture()
    events = [line for line in out("replay", path, "--events").splitlines()
              if re.match(r"\d+ [a-z_]+( |$)", line)]
    source = path.read_text(encoding="utf-8").replace("\\\n", "").splitlines()[1:]
    check(len(events) == len(source), f"{len(events)} events of {len(source)}")
    mixed = out("replay", path, "--events", "--json").splitlines()
    check(mixed[-1].startswith('{"schema"') and '"verdict"' in mixed[-1], "the verdict is not last")
    check(sum(line.startswith("{") for line in mixed) == len(run("replay", path, "--json").stdout.splitlines()),
          "lines are lost between events")


@test
def replay_hostile_names():
    for name in NASTY:
        path = capture(name)
        check_lines(run("replay", path, "--json").stdout, name)
        check_page(out("replay", path), name)


@test
def replay_all_recorded():
    check(REPLAYS, "no replay in tests/replay")
    for path in REPLAYS:
        result = run("replay", path, "--json")
        check(result.returncode == 0, f"{path.name}: {result.stderr.decode()}")
        check_lines(result.stdout, path.name)
        report = out("replay", path)
        check_page(report, path.name)
        check(len(report.splitlines()) <= 24, f"{path.name}: a report of {len(report.splitlines())} lines")
        for expected in [path.with_suffix(".expected")]:
            raw = expected.read_bytes() if expected.exists() else b""
            if raw.startswith(b"{"):
                check_lines(raw, expected.name)


@test
def replay_recorded_with_hostile_names():
    """The real captures again, every name of a process replaced."""
    for number, path in enumerate(REPLAYS):
        with (gzip.open if path.read_bytes()[:2] == b"\x1f\x8b" else open)(path, "rt", encoding="utf-8") as file:
            text = file.read()
        head, body = text.split("\n", 1)
        body = "".join(line + "\n" for line in body.splitlines()
                       if not line.startswith("culprit-capture-end "))
        text = head.removesuffix(" unsealed") + " unsealed\n" + body
        for name in (NASTY[number % len(NASTY)], NASTY[(number * 3 + 1) % len(NASTY)]):
            changed = re.sub(r" (comm|exe|cgroup|hostname|model|serial|mount|backing)=\S+",
                             lambda m, n=name: f" {m[1]}={n}", text)
            result = run("replay", temporary(changed, ".events"), "--json")
            check(result.returncode == 0, f"{path.name}: {result.stderr.decode()}")
            check_lines(result.stdout, f"{path.name} with {name}")


@test
def replay_what_is_no_capture():
    expect(1, "replay", WORK / "missing", says="No such file")
    expect(1, "replay", WORK, says="is a directory")
    expect(1, "replay", temporary(""), says="is empty")
    expect(1, "replay", temporary(b"", mode="wb"), says="is empty")
    expect(1, "replay", temporary("hello\n"), says="not a culprit capture")
    expect(1, "replay", temporary(os.urandom(5000), mode="wb"), says="not a culprit capture")
    expect(1, "replay", temporary(gzip.compress(b"hello\n"), ".gz", "wb"), says="not a culprit capture")
    expect(1, "replay", "/dev/null", says="is empty")
    other = HEADER.replace("abi 1", "abi 99") + QUIET.format(name="x")
    expect(1, "replay", temporary(other), says="99")
    expect(1, "replay", temporary(other.replace("capture 1", "capture 7")), says="7")
    secret = temporary("x")
    secret.chmod(0)
    expect(1, "replay", secret, says="Permission denied", user=NOBODY)


@test
def replay_damaged():
    whole = sealed()
    packed = gzip.compress(whole)
    good = run("replay", temporary(packed, ".gz", "wb"), "--json")
    check(good.returncode == 0 and not good.stderr, f"the whole one: {good.stderr!r}")
    check_lines(good.stdout, "the whole one")
    check(run("replay", temporary(whole, mode="wb"), "--json").stdout == good.stdout, "plain is not the same")
    flipped = bytearray(packed)
    flipped[len(flipped) // 2] ^= 0x10
    for what, raw in [("cut", packed[:-20]), ("half", packed[:len(packed) // 2]),
                      ("bit", bytes(flipped)), ("no trailer", whole[:whole.rindex(b"culprit-capture-end")]),
                      ("more behind", whole + b"1 tick\n"),
                      ("changed", whole.replace(b"seq=1", b"seq=2")),
                      ("bad line", whole.replace(b"1010000000000 tick", b"1010000000000 ti\x00k"))]:
        result = run("replay", temporary(raw, ".gz", "wb"), "--json")
        error = result.stderr.decode()
        check(result.returncode == 1 and error.count("\n") == 1, f"{what}: {result.returncode} {error!r}")
        check(re.search("damaged|truncated|not a culprit capture", error), f"{what}: {error!r}")
        if "judged up to there" in error:
            lines = check_lines(result.stdout, what)
            check(lines[-1]["type"] == "verdict", f"{what}: no verdict over what is good")


@test
def replay_of_another_version():
    """What a newer one wrote is left out, and said; what is known is judged."""
    plain = HEADER + QUIET.format(name="x")
    newer = plain.replace(" mode=trace", " mode=trace colour=3", 1).replace("1000000000000 config", "1000000000000 weather rain=1\n1000000000000 config", 1)
    good, result = run("replay", temporary(plain)), run("replay", temporary(newer))
    check(not good.stderr, f"the plain one: {good.stderr!r}")
    check(result.returncode == 0 and b"2 lines or fields are of another version, and were left out" in result.stderr,
          f"{result.returncode} {result.stderr!r}")
    check(result.stdout == good.stdout, "the rest is not judged alike")


# ---- stdout that takes nothing ----

@test
def full_disk_on_stdout():
    path = capture()
    for args in [["--help"], ["explain"], ["schema"], ["--version"], ["replay", path],
                 ["replay", path, "--json"], ["replay", path, "--events"]]:
        with open("/dev/full", "wb") as full:
            expect(1, *args, stdout=full, silent=False,
                   says="stdout: No space left" if "--events" in args else "No space left")


@test
def closed_stdout():
    path = capture()
    for args in [["--help"], ["schema"], ["replay", path], ["replay", path, "--json"]]:
        result = subprocess.run([program, *map(str, args)], stderr=subprocess.PIPE, check=False,
                                timeout=20, preexec_fn=lambda: os.close(1))
        check(result.returncode == 1, f"{args}: exit status {result.returncode}")
        check(b"closed" in result.stderr or b"Bad file" in result.stderr, f"{args}: {result.stderr!r}")


@test
def reader_that_went_away():
    path = capture()
    for args in [["explain"], ["schema"], ["replay", path], ["replay", path, "--json"],
                 ["replay", path, "--events"]]:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            expect(1, *args, stdout=pipe, says="the reader went away", silent=False)


@test
def no_file_becomes_stdout():
    """With 0, 1 and 2 closed, nothing that it opens may take their place."""
    path = capture()
    before = path.read_bytes()
    subprocess.run([program, "replay", str(path), "--json"], check=False, timeout=20,
                   preexec_fn=lambda: os.closerange(0, 3))
    check(path.read_bytes() == before, "it wrote into its own input")


# ---- rights, settings, other inputs ----

@test
def without_rights():
    if os.geteuid() == 0:
        place = WORK / "open"
        place.mkdir(exist_ok=True)
        place.chmod(0o777)
    for args in [["trace", "-d", "1"], ["trace", "-d", "1", "--json"], ["daemon"],
                 ["trace", "-d", "1", "--record", WORK / "never"]]:
        result = expect(1, *args, user=NOBODY, says="CAP_")
        check(result.stderr.count(b"\n") == 1, f"{args}: {result.stderr!r}")
    check(not (WORK / "never").exists(), "a capture was begun without the right to trace")
    result = run("probes", user=NOBODY)
    check(result.returncode == 1 and b"CAP_" in result.stderr, f"probes: {result.stderr!r}")


@test
def pid_that_is_none():
    gone = subprocess.Popen(["true"])
    gone.wait()
    expect(1, "trace", "-d", "1", "--pid", gone.pid, says=f"there is no process {gone.pid}")
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        expect(1, "trace", "-d", "1", "--pid", thread.native_id,
               says=f"is a thread of process {os.getpid()}")
    finally:
        done.set()
        thread.join()


@test
def settings_files():
    good = temporary("[general]\nclass = network\n[labels]\nsite = fra1\n")
    check("good, 2 settings" in out("daemon", "-c", good, "--check-config"), "does not count")
    sinks = temporary("[sinks]\nfile = /lines\nqueue_kb = 64\n[daemon]\nconfine = no\n")
    check("good, 3 settings" in out("daemon", "-c", sinks, "--check-config"), "does not count sinks")
    check("given: the defaults are" in out("daemon", "--check-config"), "does not say that there is no file")
    for variables, flags, says in [({"CULPRIT_GENERAL_TICK_S": "1"}, [], ": 1 of environment"),
                                   ({"CULPRIT_GENERAL_TICK_S": "1"}, ["--metrics", "none", "--output", "x"], ": 3 of env"),
                                   ({}, ["--metrics=9"], ": 1 of environment and command line"),
                                   ({}, ["--metrics=9", "-c", good], "good, 2 settings, and 1 of environment")]:
        text = out("daemon", "--check-config", *flags, env=variables)
        check(says in text and text.count("\n") == 1 and "defaults" not in text, f"{variables}, {flags}: {text!r}")
    for text, says in [("[general]\nclas = network\n", ":2: unknown key 'clas' in [general] (did you mean"),
                       ("[thresholds]\npath-loss.min_segmets = 1\n", ":2: unknown threshold"),
                       ("[labels]\na = 1\na = 2\n", ":3: 'a' is given twice"),
                       ("[daemon]\nmetrics = localhost:1\n", ":2: metrics: 'localhost:1' is neither PORT"),
                       ("[daemon]\nconfine = 1\n", ":2: confine: '1' is neither yes nor no"),
                       ("[sinks]\nfiel = /x\n", ":2: unknown key 'fiel' in [sinks] (did you mean file?)"),
                       ("[sinks]\nfile = x\n", ":2: file: 'x' is no absolute path"),
                       ("[sinks]\nstdout = 1\n", ":2: stdout: '1' is neither yes nor no"),
                       ("[sinks]\nsyslog = udp:514\n", ":2: syslog: 'udp:514' is not udp:HOST:PORT"),
                       ("[sinks]\nunix_stream = @\n", ":2: unix_stream: '@' is neither"),
                       ("[sinks]\njournald = maybe\n", ":2: journald: 'maybe' is neither"),
                       ("[daemon]\ncaptures_max = 2.5\n", ":2: captures_max: 2.5 is no whole number"),
                       ("[sinks]\nqueue_kb = 5\n", ":2: queue_kb: '5' is not between 16 and 65536"),
                       ("[generl]\n", ":1: unknown section [generl] (did you mean general?)"),
                       ("x", "neither a [section] nor key = value")]:
        path = temporary(text)
        expect(1, "daemon", "-c", path, "--check-config", says=says)
        expect(1, "trace", "-d", "1", "-c", path, says=says)
    expect(1, "trace", "-c", WORK / "missing", says="No such file")
    nowhere = "[sinks]\nstdout = no\n"
    expect(1, "daemon", "-c", temporary(nowhere), "--check-config", says="stdout = no, and nothing else is set")
    expect(1, "daemon", "-c", temporary("[sinks]\nfile = /x/y\n[daemon]\nmetrics_file = /x/y\n"), "--check-config",
           says="metrics_file are both /x/y")
    expect(1, "daemon", "-c", temporary("[sinks]\nfile = /x/y\n[general]\nstore = /x/y\n"), "--check-config",
           says="[sinks] file and [general] store are both /x/y")
    one = temporary("")
    os.link(one, f"{one}.too")
    expect(1, "daemon", "-c", temporary(f"[daemon]\nmetrics_file = {one}\n[general]\nstore = {one}.too\n"), "--check-config",
           says="[daemon] metrics_file and [general] store are both")
    for also in ("journald = yes\n", "[daemon]\nmetrics = 9\n", "[daemon]\ncaptures = /x\n"):
        check("good" in out("daemon", "-c", temporary(nowhere + also), "--check-config"), also)


def known_keys():
    """(section, key) of THE table of settings, and of THE sink table."""
    user = ROOT / "user"
    keys = set(re.findall(r'^\t\{"(\w+)", "([\w.]+)", set_', (user / "settings.c").read_text(), re.M))
    sinks = set(re.findall(r'\.key = "(\w+)"', (user / "sink" / "outlet.c").read_text()))
    return keys | {("sinks", key) for key in sinks | {"queue_kb"}}


@test
def shipped_settings():
    """dist/culprit.conf is good, with its comments taken off too, and has every key; so has the manual."""
    text = (ROOT / "dist" / "culprit.conf").read_text()
    check("good, 0 settings" in out("daemon", "-c", ROOT / "dist" / "culprit.conf", "--check-config"), "not as shipped")
    bare = re.sub(r"^#(?=[\w.-]+ = )", "", text, flags=re.M)
    out("daemon", "-c", temporary(bare), "--check-config")
    section, there = "", set()
    for line in bare.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif " = " in line and not line.startswith("#"):
            there.add((section, line.partition(" = ")[0]))
    check(len(known_keys()) > 20 and known_keys() <= there, f"not in dist/culprit.conf: {known_keys() - there}")
    manual = (ROOT / "docs" / "man" / "culprit.conf.5.scd").read_text()
    for _, key in known_keys():
        check(f"*{key}*" in manual, f"not in the manual: {key}")
    bounds = re.findall(r'^\t\{"([\w.-]+)", \d', (ROOT / "user" / "settings_judge.c").read_text(), re.M)
    check(len(bounds) > 4 and all(f"{key} " in manual for key in bounds), f"not all in the manual: {bounds}")


@test
def manual():
    """Every command and every option of its help is in the manual's page."""
    page = (ROOT / "docs" / "man" / "culprit.8.scd").read_text()
    commands = re.findall(r"^  ([a-z]+) ", out("help"), re.M)
    check(len(commands) >= 8, f"commands: {commands}")
    for command in commands:
        check(f"\n*{command}*\n\t" in page or command == "help", f"not in the manual: {command}")
        for option in re.findall(r"^  (?:-\w, |    )(--[\w-]+)", out("help", command), re.M):
            check(f"*{option}*" in page, f"not in the manual: {option}")


@test
def environment():
    """Its settings win over the file's, which they are checked like."""
    conf = temporary("[daemon]\nsocket = /nonexistent/file\n")
    check_good = ("daemon", "-c", conf, "--check-config")
    expect(1, *check_good, env={"CULPRIT_GENERAL_TICK": "1"}, says="CULPRIT_GENERAL_TICK: unknown key 'tick' in [general]")
    check("good" in out(*check_good, env={"CULPRIT_GENERAL_TICK_S": "1", "CULPRIT_PORT": "tcp://10.0.0.1:80"}), "refused")
    expect(1, "status", "-c", conf, says="/nonexistent/file")
    expect(1, "status", "-c", conf, env={"CULPRIT_DAEMON_SOCKET": "/nonexistent/variable"}, says="/nonexistent/variable")


@test
def too_few_files():
    """Said before anything is opened; what may be raised is."""
    for command in ("trace", "daemon", "probes"):
        expect(1, command, user=65534, says="too few open files are allowed",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
        expect(1, command, user=65534, says="missing capability", silent=command != "probes",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 1000)))


@test
def output_that_cannot_be():
    expect(1, "daemon", "--output", WORK, says="Is a directory")
    expect(1, "daemon", "--output", WORK / "no" / "such", says="No such file")
    link = WORK / "link"
    link.symlink_to(WORK / "elsewhere")
    expect(1, "daemon", "--output", link, says="symbolic link")
    check(not (WORK / "elsewhere").exists(), "it wrote through a link")


@test
def plain_without_terminal():
    check("\x1b" not in out("replay", capture(), env={"TERM": "xterm-256color"}), "colour into a pipe")


def on_terminal(args, env):
    """What the program writes to a terminal of its own."""
    leader, follower = pty.openpty()
    child = subprocess.Popen([program, *map(str, args)], stdin=subprocess.DEVNULL, stdout=follower,
                             stderr=follower, env={**os.environ, "TZ": "UTC0", **env})
    os.close(follower)
    text = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(leader)
    check(child.wait(timeout=20) == 0, f"{args}: {text!r}")
    return text.replace(b"\r\n", b"\n")


@test
def color_on_a_terminal():
    path = capture()
    env = {"TERM": "xterm", "NO_COLOR": ""}
    check(b"\x1b[1m" in on_terminal(["replay", path], env), "no colour on a terminal")
    plain = out("replay", path).encode()
    for change in [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}]:
        check(on_terminal(["replay", path], {**env, **change}) == plain, f"not plain with {change}")


def signalled_replay(what, text, rest="", **more):
    """A replay of a pipe that brings `text`, a signal, `rest`, and stays open for a while: the lines that were out by then."""
    pipe = WORK / "slow"
    os.mkfifo(pipe)
    child = subprocess.Popen([program, "replay", str(pipe), "--json"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, **more)
    with open(pipe, "w", encoding="utf-8") as writer:
        writer.write(text)
        writer.flush()
        time.sleep(0.5)
        child.send_signal(what)
        if rest:
            time.sleep(0.3)
            writer.write(rest)
        else:
            child.wait(timeout=5)
    pipe.unlink()
    stdout, stderr = child.communicate(timeout=20)
    check(child.returncode == 0 and not stderr, f"{what.name}: {child.returncode} {stderr!r}")
    return check_lines(stdout, what.name)


@test
def interrupted_replay():
    """A capture that comes through a pipe, slowly: the first signal ends it with its verdict, whenever it comes."""
    text = HEADER + QUIET.format(name="sda")
    begun, rest = text[:text.index("1030000000000")], text[text.index("1030000000000"):]
    # Whoever started the tests may have ignored it.
    heeded = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)}
    for what in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for piece in (HEADER, begun, begun.replace("mode=trace", "mode=daemon")):
            lines = signalled_replay(what, piece, **heeded)
            check(lines[-1]["type"] == "verdict", f"{what.name} after {len(piece)} bytes: no verdict")
    lines = signalled_replay(signal.SIGHUP, begun, rest,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    check(lines[-1]["window_s"] == 30, f"nohup: ended early, after {lines[-1]['window_s']} s")


# ---- make ----

def run_make(*words):
    """What it prints, of a make that must go well, and that does not know of the one around it."""
    result = subprocess.run(["make", "-C", ROOT, *map(str, words)], capture_output=True, text=True,
                            env={k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"},
                            check=False, timeout=600)
    check(result.returncode == 0, f"make {words}: {result.stderr[-500:]}")
    return result.stdout


@test
def nothing_is_built_twice():
    """In a new build directory, where no .d file names a target yet."""
    skeleton = WORK / "build" / "bpf" / "fs.skel.h"
    check("SKEL" in run_make(f"B={WORK / 'build'}", skeleton), "not built")
    again = run_make(f"B={WORK / 'build'}", skeleton)
    check("SKEL" not in again and "BPF" not in again, f"built again: {again}")


@test
def no_program_knows_where_the_tree_lay():
    """Who builds has a directory that is nobody's business, and another one builds the same bytes elsewhere."""
    check(str(ROOT).encode() + b"/" not in pathlib.Path(program).read_bytes(), f"{ROOT} is in {program}")


@test
def fortify_level_of_who_builds():
    """It stays, by whichever variable it comes, and no other is defined beside it."""
    for words, levels in [(["CPPFLAGS=", "CFLAGS=-O2"], ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]),
                          (["CPPFLAGS=-D_FORTIFY_SOURCE=3", "CFLAGS=-O2"], ["-D_FORTIFY_SOURCE=3"]),
                          (["CPPFLAGS=", "CFLAGS=-O2 -Wp,-D_FORTIFY_SOURCE=3"], ["-D_FORTIFY_SOURCE=3"])]:
        dry = run_make("-n", "V=1", f"B={WORK / 'nothing'}", WORK / "nothing/obj/user/err.o", *words)
        compile_line = next(line for line in dry.splitlines() if line.endswith("user/err.c"))
        found = re.findall(r"-[DU]_FORTIFY_SOURCE\S*", compile_line)
        check(found == levels and " -Iuser " in compile_line, f"make {words}: {compile_line}")


def files_under(place):
    return {str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir()}


@test
def install_and_uninstall():
    """All that is installed goes again, but for settings that were changed; also under a name with a space."""
    if pathlib.Path(program) != ROOT / "build" / "culprit":
        return
    place = WORK / "a place"

    def make(what):
        run_make(what, f"DESTDIR={place}", "PREFIX=/opt/x")

    make("install")
    conf = place / "etc/culprit/culprit.conf"
    check(files_under(place) == {"opt/x/bin/culprit", "usr/lib/systemd/system/culprit.service",
                                 "usr/lib/sysusers.d/culprit.conf", "etc/culprit/culprit.conf",
                                 "etc/logrotate.d/culprit", "opt/x/share/bash-completion/completions/culprit",
                                 "opt/x/share/fish/vendor_completions.d/culprit.fish",
                                 "opt/x/share/zsh/site-functions/_culprit",
                                 "opt/x/share/man/man8/culprit.8", "opt/x/share/man/man5/culprit.conf.5"},
          f"installed: {files_under(place)}")
    check("/opt/x/bin/culprit daemon" in (place / "usr/lib/systemd/system/culprit.service").read_text(),
          "the unit starts another program")
    conf.write_text("[general]\ntick_s = 9\n")
    make("install")
    make("uninstall")
    check(files_under(place) == {"etc/culprit/culprit.conf"}, f"after uninstall: {files_under(place)}")
    check("tick_s = 9" in conf.read_text(), "the settings were overwritten")
    conf.unlink()
    make("install")
    make("uninstall")
    check(not files_under(place) and not conf.parent.exists(), f"left: {files_under(place)}")
    make("uninstall")


def main():
    global program, WORK
    program = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2:]
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="culprit-cli.") as work:
        WORK = pathlib.Path(work)
        WORK.chmod(0o755)
        for function in tests:
            if wanted and function.__name__ not in wanted:
                continue
            try:
                function()
                passed += 1
                print(f"ok   {function.__name__}", flush=True)
            except (Failure, AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
                failed += 1
                print(f"FAIL {function.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
