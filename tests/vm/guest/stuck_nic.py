#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keeps an adapter's interrupts from its driver, which so never hears that a frame was sent: it has a link, and after
some frames its queue stands still.

usage: stuck_nic.py INTERFACE ADDRESS

Sets the bit of PCI's command register that turns INTx off (PCI 3.0, 6.2.2: interrupt disable), again should the driver
clear it, and sends datagrams to ADDRESS until it is killed. SIGTERM clears the bit.
"""
import os
import signal
import socket
import sys
import time

COMMAND_HIGH, INTX_OFF = 5, 1 << 2  # bit 10


def let(config, on):
    config.seek(COMMAND_HIGH)
    command = config.read(1)[0] & ~INTX_OFF
    config.seek(COMMAND_HIGH)
    config.write(bytes([command | (0 if on else INTX_OFF)]))


def main():
    interface, address = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    device = os.path.realpath(f"/sys/class/net/{interface}/device")
    with open(f"{device}/config", "r+b", buffering=0) as config:
        try:
            while True:
                let(config, False)
                try:
                    sender.sendto(bytes(1000), (address, 9))
                except OSError:
                    pass  # its buffer is full: nothing of it is sent
                time.sleep(0.2)
        finally:
            let(config, True)


if __name__ == "__main__":
    main()
