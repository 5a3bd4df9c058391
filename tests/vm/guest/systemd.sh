# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced by guest/main instead of running cells: Debian's systemd becomes process 1, brings this host up as far as
# basic.target, and runs guest/service.py, which ends the guest.

units=/run/systemd/system
mkdir -p "$units"
# The first clears /tmp, where this guest's kit is, one emulated call a file; the others rebuild caches that are there.
for unit in systemd-tmpfiles-setup ldconfig systemd-journal-catalog-update systemd-hwdb-update systemd-update-done; do
	ln -s /dev/null "$units/$unit.service"
done
cat >"$units/vm.target" <<END
[Unit]
Description=The test of this guest
Requires=vm.service
AllowIsolate=yes
END
cat >"$units/vm.service" <<END
[Unit]
Description=culprit as a service

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 $VM_DIR/guest/service.py /usr/bin/culprit $VM_DIR $OUT $VM_SYSTEMD
StandardOutput=file:$OUT/service/log
StandardError=inherit
ExecStopPost=/bin/sh -c 'echo finished >>$OUT/progress; sync; busybox poweroff -f'
TimeoutStartSec=infinity
END
exec env -i PATH="$PATH" /lib/systemd/systemd --unit=vm.target
