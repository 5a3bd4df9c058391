# SPDX-License-Identifier: BSD-2-Clause
# Completion of culprit(8) for fish.

function __culprit_kinds
    culprit explain 2>/dev/null | string match -rg '^  [* ] ([a-z-]+) '
end

function __culprit_needs_command
    set -l words (commandline -opc)
    test (count $words) -eq 1
end

function __culprit_command
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

complete -c culprit -f

complete -c culprit -n __culprit_needs_command -a trace -d 'watch for a while, then say: disk, network, or a leak?'
complete -c culprit -n __culprit_needs_command -a daemon -d 'watch until SIGTERM; JSON lines to files, journal, syslog ...'
complete -c culprit -n __culprit_needs_command -a replay -d 'judge a capture again, without root, on any machine'
complete -c culprit -n __culprit_needs_command -a explain -d 'what a kind means, needs, weighs, and what to do'
complete -c culprit -n __culprit_needs_command -a probes -d 'what attaches on this kernel, how, and why not'
complete -c culprit -n __culprit_needs_command -a schema -d 'the JSON Schema of every line it writes'
complete -c culprit -n __culprit_needs_command -a status -d 'ask the running daemon: its last verdict and open findings'
complete -c culprit -n __culprit_needs_command -a dump -d "save the running daemon's flight recorder as a capture"
complete -c culprit -n __culprit_needs_command -a help -d 'help of a command'
complete -c culprit -n __culprit_needs_command -l version -d 'version, libraries, what is built in'

complete -c culprit -s h -l help -d 'help'
complete -c culprit -n '__culprit_command trace' -s d -l duration -x -a '10s 30s 5m 1h' -d 'how long'
complete -c culprit -n '__culprit_command trace replay probes status' -l json -d 'JSON lines instead of text'
complete -c culprit -n '__culprit_command trace' -l class -x -a '(__fish_append , hardware network connection-leak system)' -d 'only these classes'
complete -c culprit -n '__culprit_command trace' -l pid -x -a '(__fish_complete_pids)' -d 'only this process and its peers'
complete -c culprit -n '__culprit_command trace' -l record -r -F -d 'also keep a capture'
complete -c culprit -n '__culprit_command trace' -l exit-code -d 'exit with 3 on a fault, 4 on suspect or blind'
complete -c culprit -n '__culprit_command trace daemon status dump' -s c -l config -r -F -d 'read settings from a file'
complete -c culprit -n '__culprit_command daemon' -l output -r -F -d 'append the lines to a file'
complete -c culprit -n '__culprit_command daemon' -l check-config -d 'check the settings and exit'
complete -c culprit -n '__culprit_command daemon' -l metrics -x -d 'serve /metrics: PORT, ADDRESS:PORT'
complete -c culprit -n '__culprit_command replay' -l events -d 'print each event of the capture as text, too'
complete -c culprit -n '__culprit_command replay' -l metrics-file -r -F -d 'also write the metrics as of the end'
complete -c culprit -n '__culprit_command dump' -l last -x -a '1m 5m 10m' -d 'only the last TIME'

complete -c culprit -n '__culprit_command replay dump' -F
complete -c culprit -n '__culprit_command explain' -a '(__culprit_kinds)'
complete -c culprit -n '__culprit_command help' -a 'trace daemon replay explain probes schema status dump'
