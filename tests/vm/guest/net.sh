# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The guest's network: one interface, wan, to a router behind which the peers h1, h2 and h3 live.
#
#   root ns             router ns                hN ns
#   wan 10.1.0.1 ------ uplink 10.1.0.2
#                       toN 10.1.N.1 ----------- eth0 10.1.N.2, .3  (and fd00:1:N::2, ::3)
#
# Loss on the way to peer N belongs on the router's toN, loss for all on wan. Segmentation is off: netem
# counts packets, and a 64 KB superpacket lost as one is no likeness of a real path.

FAM=4

# peer N: the address of peer N in the family of the cell
peer() {
	if ((FAM == 6)); then
		echo "fd00:1:$1::2"
	else
		echo "10.1.$1.2"
	fi
}

# neighbour N: a second address there, in the same subnet
neighbour() {
	if ((FAM == 6)); then
		echo "fd00:1:$1::3"
	else
		echo "10.1.$1.3"
	fi
}

# on NAMESPACE COMMAND...
on() { ip netns exec "$@"; }

# The network stays for the whole boot (making it takes 5 s under emulation); net_down leaves it as new.
net_up() {
	[[ -e /sys/class/net/wan ]] || net_make
	peers_up
}

net_make() {
	local i
	for i in router h1 h2 h3; do
		ip netns add "$i"
	done
	ip -batch - <<-END
		link add wan type veth peer name uplink netns router
		addr add 10.1.0.1/24 dev wan
		addr add fd00:1::1/64 dev wan nodad
		link set wan up gso_max_segs 1
		route add 10.1.0.0/16 via 10.1.0.2
	END
	{
		echo "link set lo up"
		echo "addr add 10.1.0.2/24 dev uplink"
		echo "addr add fd00:1::2/64 dev uplink nodad"
		echo "link set uplink up"
		for i in 1 2 3; do
			echo "link add to$i type veth peer name eth0 netns h$i"
			echo "addr add 10.1.$i.1/24 dev to$i"
			echo "addr add fd00:1:$i::1/64 dev to$i nodad"
			echo "link set to$i up"
		done
	} | ip -n router -batch -
	for i in 1 2 3; do
		ip -n "h$i" -batch - <<-END
			link set lo up
			addr add 10.1.$i.2/24 dev eth0
			addr add fd00:1:$i::2/64 dev eth0 nodad
			addr add 10.1.$i.3/24 dev eth0
			addr add fd00:1:$i::3/64 dev eth0 nodad
			link set eth0 up gso_max_segs 1
			route add default via 10.1.$i.1
			route add ::/0 via fd00:1:$i::1
		END
	done
	ip -6 route add fd00:1::/32 via fd00:1::2
	# Without the last its addresses of IPv6 would go when a link of it is set down.
	on router bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		echo 1 >/proc/sys/net/ipv6/conf/all/keep_addr_on_down'
}

# On every peer: 7000 for the healthy load, 7001 for the scenario, 7002 which closes after its answer.
peers_up() {
	local i
	for i in 1 2 3; do
		start "serve$i" ip netns exec "h$i" "$LOAD" serve -N serve -p 7000-7001 -t "$((TRACE_S + 60))"
		start "closer$i" ip netns exec "h$i" "$LOAD" serve -N closer -p 7002 -m close -t "$((TRACE_S + 60))"
	done
	for i in 1 2 3; do
		until_true 10 serving "$i"
	done
}

serving() { [[ $(<"$WORK/serve$1.out") == listening* && $(<"$WORK/closer$1.out") == listening* ]]; }

# degrade N NETEM...: on the way to peer N; degrade_back N: on the way back from it; degrade_wan: to all.
declare -A degraded
degrade() { netem router "to$1" "${@:2}"; }
degrade_back() { netem "h$1" eth0 "${@:2}"; }
degrade_wan() { netem root wan "$@"; }

netem() { # NAMESPACE DEVICE OPTIONS...
	degraded[$1 $2]=1
	tc_in "$1" qdisc replace dev "$2" root netem limit 10000 "${@:3}"
}

tc_in() { # NAMESPACE COMMAND...
	if [[ $1 == root ]]; then
		tc "${@:2}"
	else
		tc -n "$@"
	fi
}

# connect_ms N: how long a connection to peer N takes to be made
connect_ms() {
	local begun=$EPOCHREALTIME fd
	exec {fd}<>"/dev/tcp/$(peer "$1")/7000"
	echo $(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
	exec {fd}>&-
}

silenced=0

# silence N netem|nft: nothing reaches peer N, nothing comes from it, nobody says why.
silence() {
	if [[ $2 == netem ]]; then
		degrade "$1" loss 100%
		degrade_back "$1" loss 100%
	else
		silenced=1
		on router nft -f - <<-END
			table inet silence {
				chain forward {
					type filter hook forward priority 0;
					iifname "to$1" drop
					oifname "to$1" drop
				}
			}
		END
	fi
}

# silence_uplink: nothing passes behind the host's interface.
silence_uplink() {
	silenced=1
	on router nft -f - <<-END
		table inet silence {
			chain forward {
				type filter hook forward priority 0;
				iifname "uplink" drop
				oifname "uplink" drop
			}
		}
	END
}

# Sockets left behind would go on retransmitting into the next cell: first the paths are mended, then what is
# left in the root namespace is killed, which resets the peers' ends.
net_down() {
	local where
	[[ -e /sys/class/net/wan ]] || return 0
	for where in "${!degraded[@]}"; do
		tc_in "${where% *}" qdisc del dev "${where#* }" root
	done
	((silenced == 0)) || on router nft delete table inet silence
	ss -K -t state all >/dev/null 2>&1
}
