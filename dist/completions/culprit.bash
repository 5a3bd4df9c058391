# SPDX-License-Identifier: BSD-2-Clause
# Completion of culprit(8) for bash. Plain bash: needs nothing of bash-completion but to be found.

# The options of command $1.
_culprit_options() {
	case $1 in
	trace) echo "-d --duration --json --class --pid --record --exit-code -c --config" ;;
	daemon) echo "-c --config --output --check-config --metrics" ;;
	replay) echo "--json --events --metrics-file" ;;
	probes) echo "--json" ;;
	status) echo "--json -c --config" ;;
	dump) echo "-c --config --last" ;;
	explain | schema) ;;
	*) return ;;
	esac
	echo "-h --help"
}

_culprit_kinds() {
	culprit explain 2>/dev/null | sed -n 's/^  [* ] \([a-z-]*\) .*/\1/p'
}

_culprit_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The next word of a comma list: what stands before the last comma stays.
_culprit_classes() {
	local before=
	[[ $1 != *,* ]] || before=${1%,*},
	compopt -o nospace 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "hardware network connection-leak system" -- "${1##*,}")
}

_culprit() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	local commands="trace daemon replay explain probes schema status dump help"

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$cur")
		return
	fi
	# "--class=net" is three words: --class, =, net.
	if [[ $cur == "=" ]]; then
		cur=
	elif [[ $prev == "=" ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
	-c | --config | --output | --record | --metrics-file) _culprit_files "$cur" && return ;;
	--class) _culprit_classes "$cur" && return ;;
	--pid) mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur") && return ;;
	-d | --duration) mapfile -t COMPREPLY < <(compgen -W "10s 30s 5m 1h" -- "$cur") && return ;;
	--last) mapfile -t COMPREPLY < <(compgen -W "1m 5m 10m" -- "$cur") && return ;;
	--metrics) return ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_culprit_options "$command")" -- "$cur")
		return
	fi
	case $command in
	explain) mapfile -t COMPREPLY < <(compgen -W "$(_culprit_kinds)" -- "$cur") ;;
	help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	replay | dump) _culprit_files "$cur" ;;
	esac
}

complete -F _culprit culprit
