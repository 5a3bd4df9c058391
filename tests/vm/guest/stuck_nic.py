#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keeps an adapter from memory, so that it has a link and sends nothing of what it is given.

usage: stuck_nic.py INTERFACE ADDRESS

Clears the bit of PCI's command register that lets a device read and write memory (PCI 3.0, 6.2.2: bus master),
again after each of the driver's resets, and sends datagrams to ADDRESS until it is killed. SIGTERM sets the bit.
"""
import os
import signal
import socket
import sys
import time

COMMAND, MASTER = 4, 1 << 2


def let(config, on):
    config.seek(COMMAND)
    command = config.read(1)[0] & ~MASTER
    config.seek(COMMAND)
    config.write(bytes([command | (MASTER if on else 0)]))


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
