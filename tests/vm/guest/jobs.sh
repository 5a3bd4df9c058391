# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Background jobs of a cell, the counters that prove an injection, and the healthy load that runs beside every fault.

declare -A job_pid

# start NAME PROGRAM...: in the background (no function: its pid would be a shell's); what it prints is read
# with `output NAME` once it has ended.
start() {
	local name=$1
	shift
	: >"$WORK/$name.out"
	"$@" >"$WORK/$name.out" 2>&1 </dev/null &
	job_pid[$name]=$!
}

# stop_job NAME: ends one of them early.
stop_job() { kill "${job_pid[$1]}"; }

# pause_job NAME, resume_job NAME: as a program that hangs does.
pause_job() { kill -STOP "${job_pid[$1]}"; }
resume_job() { [[ -z ${job_pid[$1]:-} ]] || kill -CONT "${job_pid[$1]}" 2>/dev/null || true; }

# resume_jobs PREFIX: all whose names begin so.
resume_jobs() {
	local name pids=()
	for name in "${!job_pid[@]}"; do
		[[ $name != "$1"* ]] || pids+=("${job_pid[$name]}")
	done
	kill -CONT "${pids[@]}"
}

# load NAME COMMAND OPTIONS...: a job of the workload program that outlasts the trace and prints its counts
# when it is stopped.
load() {
	local name=$1
	shift
	start "$name" "$LOAD" "$1" -t "$((TRACE_S + 60))" "${@:2}"
}

# Clients end before their servers, or the end of a server would look like failed requests.
stop_jobs() {
	local name clients=() servers=()
	for name in "${!job_pid[@]}"; do
		if [[ $name =~ ^(serve|closer)[0-9]$ ]]; then
			servers+=("${job_pid[$name]}")
		else
			clients+=("${job_pid[$name]}")
		fi
	done
	end_all "${clients[@]}"
	end_all "${servers[@]}"
	job_pid=()
}

# end_all PID...: asks them, then makes them.
end_all() {
	local pid
	(($#)) || return 0
	kill "$@" 2>/dev/null || true
	for pid in "$@"; do
		until_true 3 gone "$pid" || kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# until_true SECONDS COMMAND...: polls
until_true() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}

output() { cat "$WORK/$1.out"; }

# count JOB WORD: the number after WORD in what the job printed, e.g. count leak open
count() { output "$1" | awk -v word="$2" '{ for (i = 1; i < NF; i++) if ($i == word) { print $(i + 1); exit } }'; }

# grew COUNTER: by how much a kernel counter (nstat's name) of the root namespace grew since the trace began.
grew() {
	local before after
	before=$(awk -v name="$1" '$1 == name { print $2 }' "$WORK/nstat.before")
	after=$(awk -v name="$1" '$1 == name { print $2 }' "$WORK/nstat.after")
	echo $((${after:-0} - ${before:-0}))
}

# at_least WHAT VALUE MINIMUM, at_most WHAT VALUE MAXIMUM: a line of proof; false fails the cell.
at_least() { echo "$1: $2, at least $3 wanted"; (($2 >= $3)); }
at_most() { echo "$1: $2, at most $3 wanted"; (($2 <= $3)); }

# The life of a healthy host: requests to all peers, file and disk activity, moderate and steady.
healthy_load() {
	healthy_net
	healthy_disk
}

# Messages of three segments: under emulation a wake-up costs more than a segment.
healthy_net() {
	local i
	streams_start
	until_true 20 streams_up && return
	echo "cell: the streams are not up, once more: $(ss -Htn '( dport = :7000 )' | wc -l) connections"
	for i in 1 2 3; do
		stop_job "stream$i" || true
	done
	streams_start
	until_true 20 streams_up
}

streams_start() {
	local i
	for i in 1 2 3; do
		load "stream$i" stream -N app -a "$(peer "$i")" -p 7000 -c 4 -r "${STREAM_RATE:-25}" -b 4000
	done
}

# Without them there is no control, and whatever is said then is not what was asked.
streams_up() { (($(ss -Htn state established '( dport = :7000 )' | wc -l) >= 12)); }

healthy_disk() {
	[[ -s /data/healthy ]] || fallocate -l 32M /data/healthy
	load disk write -N store -f /data/healthy -o 25
	load files churn-file -N store -o 20
}
