# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian packages from the mirror this machine already uses, through an apt configuration of its own: the system's package
# lists, sources and architectures stay as they are. To be set before: here (tests/vm), apt (a directory of its own), suites,
# security_suites.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
tries=5

die() { echo "${0##*/}: $*" >&2; exit 1; }
say() { echo "${0##*/}: $*" >&2; }

# shellcheck disable=SC2154
write_sources() {
	local archive security suite by=""
	archive=$("$here/../mirror" debian || true)
	security=$("$here/../mirror" debian-security || true)
	[[ $archive ]] ||
		die "no Debian mirror in this system's apt sources; set CULPRIT_MIRROR=http://.../debian"
	[[ -r $keyring ]] && by="[signed-by=$keyring]"
	for suite in "${suites[@]}"; do
		echo "deb $by $archive $suite main"
	done >"$apt/sources.list"
	[[ $security ]] || return 0
	for suite in "${security_suites[@]}"; do
		echo "deb $by $security $suite main"
	done >>"$apt/sources.list"
}

# apt_options ARCHITECTURE: sets options; nothing counts as installed.
# shellcheck disable=SC2034
apt_options() {
	mkdir -p "$apt"/{parts,lists/partial,cache/archives/partial,state}
	options=(
		-o "Dir::Etc::SourceList=$apt/sources.list" -o "Dir::Etc::SourceParts=$apt/parts"
		-o "Dir::Etc::Preferences=/dev/null" -o "Dir::Etc::PreferencesParts=$apt/parts"
		-o "Dir::State=$apt/state" -o "Dir::State::Lists=$apt/lists"
		-o "Dir::State::Status=/dev/null" -o "Dir::Cache=$apt/cache"
		-o APT::Sandbox::User=root -o "APT::Architecture=$1" -o "APT::Architectures=$1"
		-o Acquire::Languages=none -o Acquire::Retries=3 -o Acquire::Check-Valid-Until=false
		-o Acquire::http::Timeout=60 -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)
}

# Runs a command until it succeeds, waiting longer each time: the archive may be slow or busy.
retry() {
	local try wait=5
	for ((try = 1; ; try++)); do
		"$@" && return 0
		((try == tries)) && return 1
		say "attempt $try of $tries failed; again in $wait s"
		sleep "$wait"
		wait=$((wait * 2))
	done
}
