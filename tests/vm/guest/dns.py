#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A name server, and who asks it: as much of DNS (RFC 1035) as its header.

usage: dns.py serve ADDRESS RCODE [DELAY_S] [WELL]   answers each query over UDP with that code; -1: not at all.
                                              The first WELL ones it answers well
       dns.py ask ADDRESS SECONDS RATE [WAIT_S]   asks so often a second; waits so long for each answer
       dns.py serve-tcp ADDRESS RCODE             the same over TCP, one question a connection; a good answer has a record
       dns.py ask-tcp ADDRESS SECONDS RATE [WAIT_S]

All print what they counted when they end, as SIGTERM has them do.
"""
import select
import signal
import socket
import struct
import sys
import time


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def query(number):
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + b"\x05name%d\x04test\x00\x00\x01\x00\x01" % (number % 10)


def answer(data, code):
    flags = 0x8000 | (struct.unpack("!H", data[2:4])[0] & 0x7900) | 0x80 | code
    return data[:2] + struct.pack("!H", flags) + data[4:]


def counting(**count):
    """The counts, all 0; SIGTERM prints them, and ends this program."""
    def end(*_):
        print(*(f"{k} {v}" for k, v in count.items()), flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    return count


def serve(addr, rcode, delay=0.0, well=0):
    sock = socket.socket(family(addr), socket.SOCK_DGRAM)
    sock.bind((addr, 53))
    count = counting(asked=0, answered=0)
    print("listening", flush=True)
    while True:
        data, client = sock.recvfrom(512)
        count["asked"] += 1
        code = 0 if count["asked"] <= well else rcode
        if code < 0 or len(data) < 12:
            continue
        if delay:
            time.sleep(delay)
        sock.sendto(answer(data, code), client)
        count["answered"] += 1


def serve_tcp(addr, rcode):
    count = counting(asked=0, answered=0)
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x02\x03"
    with socket.create_server((addr, 53), family=family(addr), backlog=64) as listener:
        print("listening", flush=True)
        while True:
            with listener.accept()[0] as sock:
                data = sock.recv(512)[2:]
                count["asked"] += len(data) >= 12
                if rcode >= 0 and len(data) >= 12:
                    text = answer(data, rcode) + (b"" if rcode else record)
                    sock.sendall(struct.pack("!H", len(text)) + text)
                    count["answered"] += 1
                sock.recv(1)  # until the client closes


def ask_tcp(addr, seconds, rate, wait=2.0):
    end, number = time.monotonic() + seconds, 0
    count = counting(sent=0, received=0, timeouts=0, refused=0)
    while time.monotonic() < end:
        begun, number = time.monotonic(), (number + 1) & 0xffff
        text = query(number)
        try:
            with socket.create_connection((addr, 53), timeout=wait) as sock:
                sock.sendall(struct.pack("!H", len(text)) + text)
                count["sent"] += 1
                count["received"] += len(sock.recv(512)) > 0
        except TimeoutError:
            count["timeouts"] += 1
        except ConnectionRefusedError:
            count["refused"] += 1
        time.sleep(max(0.0, 1 / rate - (time.monotonic() - begun)))
    print(*(f"{k} {v}" for k, v in count.items()), flush=True)


def ask(addr, seconds, rate, wait=2.0):
    end, number = time.monotonic() + seconds, 0
    count = counting(sent=0, received=0, timeouts=0)
    while time.monotonic() < end:
        begun, number = time.monotonic(), (number + 1) & 0xffff
        with socket.socket(family(addr), socket.SOCK_DGRAM) as sock:
            sock.connect((addr, 53))
            try:
                sock.send(query(number))
                count["sent"] += 1
                if select.select([sock], [], [], wait)[0]:
                    sock.recv(512)
                    count["received"] += 1
                else:
                    count["timeouts"] += 1
            except ConnectionRefusedError:
                count["timeouts"] += 1
        time.sleep(max(0.0, 1 / rate - (time.monotonic() - begun)))
    print(*(f"{k} {v}" for k, v in count.items()), flush=True)


if __name__ == "__main__":
    {"serve": lambda a, r, d="0", w="0": serve(a, int(r), float(d), int(w)),
     "serve-tcp": lambda a, r: serve_tcp(a, int(r)),
     "ask-tcp": lambda a, s, r, w="2": ask_tcp(a, float(s), float(r), float(w)),
     "ask": lambda a, s, r, w="2": ask(a, float(s), float(r), float(w))}[sys.argv[1]](*sys.argv[2:])
