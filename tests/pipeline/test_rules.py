#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The alert rules of dist/prometheus, by promtool, over sixty simulated hosts: each cause, and what looks like it.

usage: tests/pipeline/test_rules.py build/culprit

Hosts 10.1.1.1 to .30 are site a, 10.1.2.1 to .30 site b. Each case is a world of series and the alerts that fire then,
all of them: what must stay silent is what is not in the list.
"""
import json
import pathlib
import re
import subprocess
import sys
import textwrap
import zlib

from peers import ENV, ROOT, check, metrics_of, needed, run_each

EXAMPLES = ROOT / "dist" / "prometheus"
HOSTS = {f"10.1.{net}.{n}": site for net, site in ((1, "a"), (2, "b")) for n in range(1, 31)}
FLEET = ("CulpritFleetPartition", "CulpritFleetSiteSilent", "CulpritFleetUplink", "CulpritFleetPeer",
         "CulpritFleetDiskBatch")


# What a replay does not have.
OF_THE_DAEMON = {"culprit_lines_lost_total", "culprit_config_last_reload_successful"}


def site(name):
    return [address for address, of in HOSTS.items() if of == name]


def labels(**pairs):
    return "{" + ",".join(f'{k}="{v}"' for k, v in pairs.items()) + "}"


def target(address):
    return {"job": "culprit", "instance": f"{address}:9899", "site": HOSTS[address], "host_address": address,
            "host_subnet": address.rsplit(".", 1)[0] + ".0/24"}


def report(host, kind, severity="warning", role="cause", cls="network", **more):
    """A host has this finding open."""
    return "culprit_finding_info" + labels(**target(host), id=f"{zlib.crc32(str((host, kind, more)).encode()):016x}",
                                           **{"class": cls}, kind=kind, severity=severity, role=role, **more)


def silent(host, peer, **more):
    return report(host, "peer-unreachable", peer=peer, subject_type="peer", **more)


def failing(host, model, **more):
    return report(host, "disk-media-error", cls="hardware", model=model, subject_type="disk", subject="sda", **more)


def world(findings, down=(), models=lambda address: "ST4000"):
    """Sixty hosts that are scraped but for those that are down, and the findings of those that are not."""
    series = [("up" + labels(**target(a)), 0 if a in down else 1) for a in HOSTS]
    series += [("culprit_disks" + labels(**target(a), model=models(a)), 4) for a in HOSTS if a not in down]
    series += [(f, 1) for f in dict.fromkeys(findings)]
    return [{"series": name, "values": f"{value}x40"} for name, value in series]


A, B = site("a"), site("b")
MODEL = lambda address: "BAD1" if int(address.rsplit(".", 1)[1]) <= 5 else "GOOD2"  # 10 hosts of 60
CASES = {
    "nothing": (world([]), []),
    "one peer, reported by 8 of 60 hosts":
        (world([silent(h, "10.9.9.9") for h in A[:4] + B[:4]]), [("CulpritFleetPeer", "10.9.9.9")]),
    "two hosts are a coincidence":
        (world([silent(h, "10.9.9.9") for h in A[:2]]), []),
    "clients that were switched off are remarks":
        (world([silent(h, "10.9.9.9", severity="info") for h in A]), []),
    "effects of another fault join nothing":
        (world([silent(h, "10.9.9.9", role="effect") for h in A]), []),
    "the same by several kinds of several ports is one peer":
        (world([report(h, k, peer="10.9.9.9", subject=f"10.9.9.9:{p}", subject_type="peer") for h, k, p in
                ((A[0], "connect-refused", 1), (A[0], "path-loss", 2), (A[1], "connect-refused", 1))]), []),
    "one host and eight peers: its uplink, though they all report it as well":
        (world([silent(A[0], p) for p in A[1:9]] + [silent(p, A[0]) for p in A[1:9]]),
         [("CulpritFleetUplink", f"{A[0]}:9899")]),
    "two bad peers of a host are no uplink":
        (world([silent(A[0], p) for p in A[1:3]]), []),
    "three that are down, of which one host only is a client, are no uplink of it":
        (world([silent(A[0], p) for p in A[1:4]], down=A[1:4]), []),
    "nor are three peers of one host alone that nobody else can tell of":
        (world([silent(A[0], f"192.0.2.{n}") for n in range(3)]), []),
    "... but they are with one that Prometheus reaches":
        (world([silent(A[0], p) for p in (A[1], "192.0.2.1", "192.0.2.2")]), [("CulpritFleetUplink", f"{A[0]}:9899")]),
    "four dead peers that ten hosts report are no uplink":
        (world([silent(h, p) for h in A[:10] for p in ("10.9.9.1", "10.9.9.2", "10.9.9.3", "10.9.9.4")]),
         [("CulpritFleetPeer", f"10.9.9.{n}") for n in (1, 2, 3, 4)]),
    "a host that says itself that it is its uplink":
        (world([report(B[3], "uplink-loss", subject="eth0", subject_type="nic")]),
         [("CulpritFleetUplink", f"{B[3]}:9899")]),
    "two sites that cannot see each other, peer by peer":
        (world([silent(h, p) for h in A[:20] for p in B[:6]] + [silent(h, p) for h in B[:20] for p in A[:6]]),
         [("CulpritFleetPartition", "a-b"), ("CulpritFleetPartition", "b-a")]),
    "... by subnet, as the hosts themselves join them":
        (world([report(h, "network-partition", "critical", subject="10.1.2.0/24", subject_type="subnet") for h in A[:9]] +
               [report(h, "network-partition", "critical", subject="10.1.1.0/24", subject_type="subnet") for h in B[:9]]),
         [("CulpritFleetPartition", "a-b"), ("CulpritFleetPartition", "b-a")]),
    "... each host with peers of its own: no uplinks":
        (world([silent(A[i], B[(3 * i + k) % 30]) for i in range(10) for k in range(3)] +
               [silent(B[i], A[(3 * i + k) % 30]) for i in range(10) for k in range(3)]),
         [("CulpritFleetPartition", "a-b"), ("CulpritFleetPartition", "b-a")]),
    "a site that nobody reaches, Prometheus neither":
        (world([silent(h, p) for h in A[:20] for p in B[:6]], down=B), [("CulpritFleetSiteSilent", "a-b")]),
    "hosts of one's own site are no partition":
        (world([silent(h, p) for h in A[:5] for p in A[20:22]] + [silent(h, p) for h in B[:5] for p in B[20:22]]),
         [("CulpritFleetPeer", p) for p in A[20:22] + B[20:22]]),
    "one model in 4 of its 10 hosts, another in 1 of 50":
        (world([failing(h, "BAD1") for h in A[:2] + B[:2]] + [failing(A[9], "GOOD2")], models=MODEL),
         [("CulpritFleetDiskBatch", "BAD1")]),
    "the common model, as often as the other one":
        (world([failing(h, "GOOD2") for h in A[6:9] + B[6:9]] + [failing(A[0], "BAD1")], models=MODEL), []),
    "two hosts are no batch":
        (world([failing(h, "BAD1") for h in A[:2]], models=MODEL), []),
    "ten disks of one host are no batch":
        (world([report(A[0], "disk-media-error", cls="hardware", model="BAD1", subject=f"sd{i}") for i in range(10)],
               models=MODEL), []),
}


def many(model, hosts, of):
    """Further hosts with a model, of which so many are in fault."""
    series = []
    for n in range(hosts):
        host = {"job": "culprit", "instance": f"{model}-{n}", "site": "c"}
        series.append(("culprit_disks" + labels(**host, model=model), 12))
        if n < of:
            series.append(("culprit_finding_info" + labels(**host, **{"class": "hardware"}, kind="disk-media-error", role="cause",
                                                           severity="warning", model=model), 1))
    return [{"series": name, "values": f"{value}x40"} for name, value in series]


CASES |= {
    "three of 1,100 hosts, while none of 60 with another model: chance":
        (world([]) + many("COMMON", 1100, 3), []),
    "three of 400, while two of 1,160 others":
        (world([failing(A[0], "ST4000")]) + many("RARE", 400, 3) + many("COMMON", 1100, 1), [("CulpritFleetDiskBatch", "RARE")]),
    "three of a fleet that has one model only":
        (world([failing(h, "ST4000") for h in A[:3]]), [("CulpritFleetDiskBatch", "ST4000")]),
}


def counted(alert, what):
    """The labels by which the alerts are counted."""
    return labels(alertname=alert, **{
        "CulpritFleetPeer": lambda: {"peer": what},
        "CulpritFleetUplink": lambda: {"instance": what, "site": HOSTS[what.split(":")[0]]},
        "CulpritFleetDiskBatch": lambda: {"model": what},
    }.get(alert, lambda: dict(zip(("site", "peer_site"), what.split("-"))))())


def fleet(series, alerts):
    return {"interval": "15s", "input_series": series, "promql_expr_test": [{
        "expr": "count by (alertname, peer, instance, model, site, peer_site) "
                f'(ALERTS{{alertstate="firing",alertname=~"{"|".join(FLEET)}"}})',
        "eval_time": "9m", "exp_samples": [{"labels": counted(*alert), "value": 1} for alert in alerts]}]}


def of_host():
    """What one host's findings become: labels, annotations, and when."""
    host = target(A[0])
    disk = dict(host, id="75dc", **{"class": "hardware"}, kind="disk-lost", role="cause", message="DISK: sda is gone.")
    leak = dict(host, id="50c4", **{"class": "connection-leak"}, kind="fd-leak", role="cause", message="LEAK: a[7].")
    series = [("culprit_finding_info" + labels(**disk, severity="critical"), "_x4 1x40 stale"),
              ("culprit_finding_info" + labels(**leak, severity="warning"), "1x60"),
              ("culprit_finding_info" + labels(**dict(leak, role="effect", id="9"), severity="critical"), "1x60"),
              ("culprit_class_state" + labels(**host, **{"class": "network"}, state="blind"), "1x200"),
              ("culprit_evaluated_timestamp_seconds" + labels(**host), "0+15x8 120x200"),
              ("up" + labels(**host), "1x200")]

    def alert(name, at, of=None, severity=None):
        return {"eval_time": at, "alertname": name, "exp_alerts": [] if of is None else [{
            "exp_labels": dict(of, severity=severity),
            "exp_annotations": {
                "summary": of["message"],
                "description": f"On {A[0]}:9899: culprit explain {of['kind']}; the line with its evidence has id "
                               f"{of['id']}"}}]}

    return {"interval": "15s", "input_series": [{"series": s, "values": v} for s, v in series], "alert_rule_test": [
        alert("CulpritCritical", "45s"), alert("CulpritCritical", "2m", disk, "critical"),
        alert("CulpritCritical", "14m"), alert("CulpritWarning", "4m"),
        alert("CulpritWarning", "6m", leak, "warning"),
    ], "promql_expr_test": [
        {"expr": f'count by (alertname) (ALERTS{{alertstate="firing",alertname="{name}"}})', "eval_time": at,
         "exp_samples": [{"labels": labels(alertname=name), "value": 1}] if fires else []}
        for name, at, fires in (("CulpritBlind", "29m", False), ("CulpritBlind", "31m", True),
                                ("CulpritStale", "3m", False), ("CulpritStale", "5m", True),
                                ("CulpritDown", "30m", False))]}


def that_vanishes():
    """A host with a critical finding and a warning that misses a scrape, vanishes, comes back well; another is taken away."""
    back, away = target(A[0]), target(A[1])

    def series(host, severity, values):
        return {"series": "culprit_finding_info" + labels(**host, id=severity, **{"class": "hardware"}, kind="disk-lost",
                                                          role="cause", severity=severity), "values": values}
    return {"interval": "15s", "input_series": [
        series(back, "critical", "1x9 stale 1x30 stale"),
        series(back, "warning", "1x9 stale 1x30 stale"),
        {"series": "up" + labels(**back), "values": "1x9 0 1x30 0x39 1x80"},
        series(away, "critical", "1x20 stale"),
        {"series": "up" + labels(**away), "values": "1x20 0x60 stale"},
    ], "promql_expr_test": [
        {"expr": 'count by (alertname, instance) (ALERTS{alertstate="firing",alertname=~"Culprit(Critical|Warning)"})',
         "eval_time": at, "exp_samples": [{"labels": labels(alertname=alert, instance=f"{host}:9899"), "value": 1}
                                          for alert, host in firing]}
        for at, firing in (("2m30s", (("CulpritCritical", A[0]), ("CulpritCritical", A[1]))),
                           ("5m15s", (("CulpritCritical", A[0]), ("CulpritWarning", A[0]), ("CulpritCritical", A[1]))),
                           ("19m", (("CulpritCritical", A[0]), ("CulpritWarning", A[0]), ("CulpritCritical", A[1]))),
                           ("20m45s", ()), ("30m", ()))]}


def that_ends():
    """Four hosts report a peer; it comes back, and the last two see that minutes later."""
    series = [("up" + labels(**target(a)), "1x80") for a in HOSTS]
    series += [(silent(A[n], "10.9.9.9", severity="critical"), "1x20 stale" if n < 2 else "1x32 stale") for n in range(4)]
    return {"interval": "15s", "input_series": [{"series": s, "values": v} for s, v in series], "promql_expr_test": [
        {"expr": 'count(ALERTS{alertstate="firing",alertname="CulpritFleetPeer"})', "eval_time": at,
         "exp_samples": [{"labels": "{}", "value": 1}] if fires else []}
        for at, fires in (("4m", True), ("8m", True), ("8m30s", False))]}


def that_turns_out_otherwise():
    """The one side of a partition is seen half a minute before the other: what was a peer is one no more."""
    series = [("up" + labels(**target(a)), "1x40") for a in HOSTS]
    series += [(silent(h, p), "1x40") for h in A[:4] for p in B[:2]] + [(silent(h, p), "_x4 1x40") for h in B[:4] for p in A[:2]]
    return {"interval": "15s", "input_series": [{"series": s, "values": v} for s, v in series], "promql_expr_test": [
        {"expr": 'count by (alertname) (ALERTS{alertstate="firing",alertname=~"CulpritFleet.*"})', "eval_time": at,
         "exp_samples": [{"labels": labels(alertname=alert), "value": 2}]}
        for at, alert in (("30s", "CulpritFleetPeer"), ("1m30s", "CulpritFleetPartition"))]}


def promtool(program, home, name, tests):
    path = pathlib.Path(home) / "test.yml"  # JSON is YAML
    path.write_text(json.dumps({"rule_files": [str(p) for p in sorted(EXAMPLES.glob("*.rules.yml"))],
                                "evaluation_interval": "15s", "tests": tests}))
    run = subprocess.run([program, "test", "rules", path], capture_output=True, text=True, timeout=60, check=False, env=ENV)
    check(name, run.returncode == 0 and "SUCCESS" in run.stdout, run.stdout + run.stderr)


def rules(home):
    paths = needed("promtool")
    for name, case in CASES.items() if paths else ():
        promtool(paths[0], home, name, [fleet(*case)])
    if paths:
        promtool(paths[0], home, "a host's findings: who is told what, and when", [of_host()])
        promtool(paths[0], home, "a peer is named until the last host has seen it come back", [that_ends()])
        promtool(paths[0], home, "... but not when it turns out to be a partition", [that_turns_out_otherwise()])
        promtool(paths[0], home, "a host that cannot be scraped has not recovered", [that_vanishes()])


def says(name, *command, good, text=None):
    run = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False, env=ENV)
    check(name, run.returncode == 0 and good(run), run)


def examples(_):
    paths = needed("promtool", "amtool")
    if not paths:
        return
    said = {"prometheus.yml": [paths[0], "check", "config"], "culprit.rules.yml": [paths[0], "check", "rules"],
            "culprit-fleet.rules.yml": [paths[0], "check", "rules"], "alertmanager.yml": [paths[1], "check-config"]}
    for name, command in said.items():
        says(f"{name} is sound", *command, EXAMPLES / name, good=lambda run: "SUCCESS" in run.stdout)
    for capture in ("disk-lost-failing", "leak-sockets", "partition-two", "busy-host"):
        says(f"promtool finds nothing wrong with the metrics of {capture}", paths[0], "check", "metrics",
             text=metrics_of(capture), good=lambda run: not run.stdout and not run.stderr)


def samples(home):
    """Those of docs/pipeline.md that nothing here can receive are settings that Alertmanager and Prometheus take, at least."""
    paths, page = needed("promtool", "amtool"), (ROOT / "docs" / "pipeline.md").read_text()
    if not paths:
        return
    ours = (EXAMPLES / "alertmanager.yml").read_text()
    pager = re.search(r"  - name: pager\n(?:    .*\n)+", ours)[0]
    receivers = re.findall(r"^    - name: pager\n(?:      .*\n)+", page, re.M)
    check("Slack and DingTalk have a sample", len(receivers) == 2 and "slack_configs" in receivers[0], receivers)
    path = pathlib.Path(home) / "sample.yml"
    for text in receivers:
        path.write_text(ours.replace(pager, textwrap.indent(textwrap.dedent(text), "  ")))
        says(f"Alertmanager takes the sample with {text.split()[3]}", paths[1], "check-config", path,
             good=lambda run: "SUCCESS" in run.stdout)
    kept = textwrap.dedent(re.search(r"^    metric_relabel_configs:\n(?:      .*\n)+", page, re.M)[0])
    example = (EXAMPLES / "prometheus.yml").read_text()
    path.write_text(re.sub(r"(?ms)^    metric_relabel_configs:.*", "", example).replace(
        "rule_files: [", "rule_files: []  # [") + textwrap.indent(kept, "    "))
    says("Prometheus takes the shorter list of metrics", paths[0], "check", "config", path, good=lambda run: "SUCCESS" in run.stdout)


def what_is_kept(_):
    """The shorter list of docs/pipeline.md holds all that the rules use, and they use what is served."""
    kept = re.search(r"regex: '(.*)'\n\s*action: keep", (ROOT / "docs" / "pipeline.md").read_text()).group(1)
    used = {name for path in EXAMPLES.glob("*.rules.yml") for name in re.findall(r"\bculprit_[a-z_]+", path.read_text())}
    served = set(re.findall(r"(?m)^# TYPE (\w+)", metrics_of("busy-host"))) | OF_THE_DAEMON
    check("all that the rules use is in the list of what to keep", used and all(re.fullmatch(kept, n) for n in used), used)
    check("... and is served", used <= served, used - served)


if __name__ == "__main__":
    sys.exit(run_each("rules", examples, samples, what_is_kept, rules))
