# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
MAPPINGS=()

# The guest's faulty disks. Its healthy one is /dev/vda, ext4, on /data.

# scsi_up: a SCSI disk of scsi_debug, whose name goes to $SCSI. It stays for the whole boot; a cell
# switches its faults by scsi_set. Debian's arm64 kernels have no scsi_debug: there it is the emulator's disk.
scsi_up() {
	local path
	if ! modinfo -n scsi_debug >/dev/null 2>&1; then
		scsi_emulated
		return
	fi
	if [[ ! -d /sys/module/scsi_debug ]]; then
		modprobe scsi_debug dev_size_mb=64 ndelay=200000 statistics=1 lbpws=0
	fi
	until_true 10 compgen -G '/sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/*' >/dev/null
	path=$(compgen -G '/sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/*')
	SCSI=${path##*/}
	until_true 10 test -b "/dev/$SCSI"
	scsi_set opts 0
}

# A disk of which sectors 0x1234 to 0x123d can never be read (vmlib/guest.py), and that has no other fault.
scsi_emulated() {
	modprobe virtio_scsi
	until_true 10 compgen -G '/sys/bus/virtio/drivers/virtio_scsi/*/host*/target*/*/block/*' >/dev/null
	SCSI=$(basename "$(compgen -G '/sys/bus/virtio/drivers/virtio_scsi/*/host*/target*/*/block/*')")
	until_true 10 test -b "/dev/$SCSI"
}

# scsi_reload OPTION...: the driver again, with other options; without any: as it is for all others. Nothing may
# use its disk.
scsi_reload() {
	until_true 60 modprobe -r scsi_debug
	(($# == 0)) || modprobe scsi_debug dev_size_mb=64 ndelay=200000 statistics=1 lbpws=0 "$@"
	scsi_up
}

# scsi_set PARAMETER VALUE: e.g. opts 2 for medium errors at sectors 0x1234 to 0x123d
scsi_set() {
	if [[ -d /sys/module/scsi_debug ]]; then
		echo "$2" >"/sys/bus/pseudo/drivers/scsi_debug/$1"
	else
		[[ $1 == opts && $2 == 2 ]]
	fi
}

# scsi_pace NANOSECONDS [JOB]: how long the SCSI disk takes for each request. Before 6.x it is taken only while the
# disk has none: the job that keeps it busy stands still for a moment.
scsi_pace() {
	[[ ! ${2:-} ]] || kill -STOP "${job_pid[$2]}"
	until_true 10 scsi_set ndelay "$1" 2>/dev/null || echo "ndelay $1 was not taken"
	[[ ! ${2:-} ]] || kill -CONT "${job_pid[$2]}"
}

# mapping_up: a dm-delay over the SCSI disk that does not delay yet; its name goes to $MAPPING. mapping_writes
# MILLISECONDS: so long it holds back each write from here on.
mapping_up() {
	modprobe dm-delay 2>/dev/null || modprobe dm_delay
	dmsetup create --noudevsync slowmap --table "0 $(blockdev --getsz "/dev/$SCSI") delay /dev/$SCSI 0 0 /dev/$SCSI 0 0"
	dmsetup mknodes slowmap
	MAPPING=$(basename "$(readlink -f /dev/mapper/slowmap)")
	[[ -e /sys/block/$MAPPING ]] || MAPPING=dm-$(dmsetup info -c --noheadings -o minor slowmap)
}

mapping_writes() {
	dmsetup load slowmap --table "0 $(blockdev --getsz "/dev/$SCSI") delay /dev/$SCSI 0 0 /dev/$SCSI 0 $1"
	dmsetup suspend --noudevsync --nolockfs slowmap
	dmsetup resume --noudevsync slowmap
}

# scsi_mount: an ext4 of it on /tmp/scsi.d
scsi_mount() {
	mkfs.ext4 -q -F "/dev/$SCSI"
	mkdir -p /tmp/scsi.d
	mount "/dev/$SCSI" /tmp/scsi.d
}

# scsi_pull: the disk is gone, whatever uses it; scsi_plug: it comes back, empty or not, under any name.
scsi_pull() {
	SCSI_HOST=$(readlink -f "/sys/block/$SCSI/device")
	SCSI_HOST=${SCSI_HOST##*/}
	SCSI_HOST=${SCSI_HOST%%:*}
	echo 1 >"/sys/block/$SCSI/device/delete"
	until_true 10 test ! -e "/sys/block/$SCSI"
}

scsi_plug() {
	echo '- - -' >"/sys/class/scsi_host/host$SCSI_HOST/scan"
	scsi_up
}

# nvme_up: an NVMe disk of which sector 8000 cannot be read; its name goes to $NVME.
nvme_up() {
	modprobe nvme
	until_true 10 compgen -G '/sys/block/nvme*n1' >/dev/null
	NVME=$(basename "$(compgen -G '/sys/block/nvme*n1')")
	until_true 10 test -b "/dev/$NVME"
}

# flaky_up UP DOWN: a loop device over dm-flakey over a loop device over a file on /data; its name goes to
# $FLAKY. All I/O fails for DOWN of every UP + DOWN seconds. The upper loop device is there because dm has no
# requests: on it the errors are seen as request errors without a cause named.
flaky_up() {
	local lower size
	modprobe dm-flakey 2>/dev/null || modprobe dm_flakey
	[[ -s /data/flaky ]] || fallocate -l 32M /data/flaky
	lower=$(losetup --find --show --direct-io=on /data/flaky)
	size=$(blockdev --getsz "$lower")
	dmsetup create --noudevsync flaky --table "0 $size linear $lower 0"
	dmsetup mknodes flaky
	FLAKY=$(losetup --find --show --direct-io=on /dev/mapper/flaky)
	FLAKY=${FLAKY#/dev/}
	FLAKY_TABLE="0 $size flakey $lower 0 $1 $2"
}

# From here on it fails now and then.
flaky_start() {
	dmsetup suspend --noudevsync --nolockfs flaky
	dmsetup load flaky --table "$FLAKY_TABLE"
	dmsetup resume --noudevsync flaky
}

# linear_up NAME DEVICE: a mapping onto the whole of a device
linear_up() {
	modprobe dm-mod 2>/dev/null || modprobe dm_mod
	dmsetup create --noudevsync "$1" --table "0 $(blockdev --getsz "$2") linear $2 0"
	dmsetup mknodes "$1"
	MAPPINGS+=("$1")
}

# ext4_up DEVICE: an ext4 of it on /tmp/stack.d
ext4_up() {
	mkfs.ext4 -q -F "$1"
	mkdir -p /tmp/stack.d
	mount "$1" /tmp/stack.d
	STACKED=1
}

# member_up: a loop device over a file on /data as large as the SCSI disk; its name goes to $MEMBER.
member_up() {
	[[ -s /data/member ]] || fallocate -l 64M /data/member
	MEMBER=$(losetup --find --show --direct-io=on /data/member)
	MEMBER=${MEMBER#/dev/}
}

# raid1_up [OPTION...] DEVICE...: /dev/md0, a RAID1 of these (or "missing"); reads go to what comes before --write-mostly.
raid1_up() {
	modprobe raid1
	MDADM_NO_UDEV=1 mdadm --create /dev/md0 --run --quiet --level=1 --raid-devices=2 --metadata=1.2 --homehost=vm \
		"$@" </dev/null
	until_true 10 test -b /dev/md0
	RAID=md0
}

raid_down() {
	local name
	if [[ ${STACKED:-} ]]; then
		umount /tmp/stack.d || umount -l /tmp/stack.d
	fi
	for name in "${MAPPINGS[@]}"; do
		dmsetup remove --noudevsync --retry "$name" || dmsetup remove --noudevsync --force "$name"
		rm -f "/dev/mapper/$name"
	done
	[[ ${RAID:-} ]] || return 0
	MDADM_NO_UDEV=1 mdadm --stop "/dev/$RAID"
	for name in "${SCSI:-}" "${MEMBER:-}"; do
		[[ ! -b /dev/$name ]] || mdadm --zero-superblock "/dev/$name"
	done
}

disk_down() {
	raid_down
	[[ ! ${MAPPING:-} ]] || dmsetup remove --noudevsync --retry slowmap
	rm -f /dev/mapper/slowmap
	[[ ! -d /sys/module/scsi_debug ]] || { scsi_set opts 0 && scsi_pace 200000; }
	[[ ! ${NVME:-} ]] || modprobe -r nvme
	losetup -D
	[[ ${FLAKY:-} ]] || return 0
	dmsetup remove --noudevsync --retry flaky
	rm -f /dev/mapper/flaky
	losetup -D
}

# cgroup_up NAME: a cgroup (version 2) in which I/O can be limited; cgroup_down takes its limits and moves all out.
cgroup_up() {
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	echo +io >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p "/sys/fs/cgroup/$1"
}

# cgroup_take NAME JOB: a job of load moves into it
cgroup_take() { echo "${job_pid[$2]}" >"/sys/fs/cgroup/$1/cgroup.procs"; }

cgroup_down() {
	local line pid
	while read -r line _; do
		echo "$line rbps=max wbps=max riops=max wiops=max" >"/sys/fs/cgroup/$1/io.max"
	done <"/sys/fs/cgroup/$1/io.max"
	while read -r pid; do
		echo "$pid" >/sys/fs/cgroup/cgroup.procs || true
	done <"/sys/fs/cgroup/$1/cgroup.procs"
	rmdir "/sys/fs/cgroup/$1"
}

# thin_up NAME POOL_MB VOLUME_MB [FEATURE...]: a thin pool NAME-pool over loop devices, with one volume NAME.
thin_up() {
	local name=$1 data meta
	modprobe dm-thin-pool 2>/dev/null || modprobe dm_thin_pool
	rm -f "/data/$name".{data,meta}
	truncate -s "$2M" "/data/$name.data"
	truncate -s 4M "/data/$name.meta"
	data=$(losetup --find --show --direct-io=on "/data/$name.data")
	meta=$(losetup --find --show "/data/$name.meta")
	dmsetup create --noudevsync "$name-pool" \
		--table "0 $(($2 * 2048)) thin-pool $meta $data 128 0 $(($# - 3)) ${*:4}"
	dmsetup mknodes "$name-pool"
	dmsetup message "$name-pool" 0 "create_thin 0"
	dmsetup create --noudevsync "$name" --table "0 $(($3 * 2048)) thin /dev/mapper/$name-pool 0"
	dmsetup mknodes "$name"
	MAPPINGS+=("$name" "$name-pool")
}

# thin_used NAME: percent of its data, as dmsetup has it
thin_used() { dmsetup status "$1-pool" | awk '{ split($6, n, "/"); print int(100 * n[1] / n[2]) }'; }
