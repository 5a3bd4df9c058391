# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# File systems of the guest's own making, on loop devices over files on /data. All are mounted below /tmp/fs.*.

# fs_loop NAME MEGABYTES: a loop device over /data/NAME; its name goes to $LOOP.
fs_loop() {
	rm -f "/data/$1"
	truncate -s "$2M" "/data/$1"
	LOOP=$(losetup --find --show "/data/$1")
	LOOP=${LOOP#/dev/}
}

# fs_mount DEVICE WHERE [OPTIONS]: on /tmp/fs.WHERE
fs_mount() {
	mkdir -p "/tmp/fs.$2"
	mount -o "${3:-defaults}" "$1" "/tmp/fs.$2"
}

# ext4_on NAME MEGABYTES [MKFS-OPTIONS...]: made and mounted on /tmp/fs.NAME
ext4_on() {
	fs_loop "$1" "$2"
	mkfs.ext4 -q -F -m 0 "${@:3}" "/dev/$LOOP"
	fs_mount "/dev/$LOOP" "$1"
}

# fill NAME PERCENT: of what is free there
fill() {
	local free
	free=$(df --output=avail -k "/tmp/fs.$1" | tail -n 1)
	fallocate -l $((free * $2 / 100))K "/tmp/fs.$1/filler"
}

# used NAME: percent, as df has it
used() { df --output=pcent "/tmp/fs.$1" | tail -n 1 | tr -dc 0-9; }

# buffered FILE MEGABYTES: written to memory; the disk has it later
buffered() { dd if=/dev/zero of="$1" bs=64k count=$(($2 * 16)) conv=notrunc status=none; }

fs_down() {
	local mounts i
	# Not by looking at the folders: of a file system that is shut down nothing can be read. The whole table first, as
	# it moves under who reads it; the last mount first, as it may lie over an earlier one.
	mapfile -t mounts < <(awk '$2 ~ "^/tmp/fs[.]" { print $2 }' /proc/mounts)
	for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
		umount -l "${mounts[i]}"
	done
	rm -f /data/fs-*
}
