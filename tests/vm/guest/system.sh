# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Cgroups, services and loads of the host as a whole.

# unit_up NAME [CONTROLLER...]: a cgroup (version 2) with these controllers; unit_down NAME takes it away, and
# moves out what is still in it.
unit_up() {
	local name=$1 controller
	shift
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	for controller in "$@"; do
		echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
	done
	mkdir -p "/sys/fs/cgroup/$name"
}

unit_down() {
	local pid
	[[ -d /sys/fs/cgroup/$1 ]] || return 0
	while read -r pid; do
		echo "$pid" >/sys/fs/cgroup/cgroup.procs || true
	done <"/sys/fs/cgroup/$1/cgroup.procs"
	rmdir "/sys/fs/cgroup/$1"
}

# in_unit NAME JOB PROGRAM...: a job that runs in the cgroup from its start on
in_unit() {
	local name=$1 job=$2
	shift 2
	# shellcheck disable=SC2016
	start "$job" bash -c 'echo $$ >"/sys/fs/cgroup/$0/cgroup.procs"; exec "$@"' "$name" "$@"
}

# burn JOB [NICE]: a job that never sleeps
burn() { start "$1" nice -n "${2:-0}" bash -c 'while :; do :; done'; }

# program NAME: a script of that name, whose text is read from stdin: its processes are called so too. They
# must not be bash's: a shell tells of each that dies by a signal.
program() {
	mkdir -p "$WORK/bin"
	{ echo '#!/bin/bash'; cat; } >"$WORK/bin/$1"
	chmod +x "$WORK/bin/$1"
}

# supervise JOB UNIT DELAY PROGRAM: starts it in its cgroup, and again when it has died, as a service manager
# does: the cgroup is made anew for each start.
supervise() {
	start "$1" bash -c '
		trap "kill \$child; exit" TERM
		while :; do
			mkdir -p "/sys/fs/cgroup/$0"
			bash -c "echo \$\$ >\"/sys/fs/cgroup/$0/cgroup.procs\"; exec \"\$0\"" "$2" &
			child=$!
			wait $child
			rmdir "/sys/fs/cgroup/$0"
			sleep "$1"
		done 2>/dev/null' "$2" "$3" "$WORK/bin/$4"
}
