#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A server of TLS and a client that comes again and again, by the system's OpenSSL; and the certificates for both.

usage: tls.py certs DIRECTORY ADDRESS         ca.pem, other-ca.pem; good.pem, expired.pem: with their keys, for that address
       tls.py serve ADDRESS PORT CERTIFICATE [MOST]     MOST: the highest version that it speaks, 1.2 or 1.3
       tls.py ask ADDRESS PORT AUTHORITY SECONDS|FILE RATE [LEAST [HOW]]   each connection: handshake, 20 bytes each way, close;
                                                       so long, or from when there is a FILE on until SIGTERM
                                                       HOW: tls; plain: the bytes without a handshake; probe: connect and close;
                                                       leave: closes after its first message of the handshake

Both print what they counted when they end (SIGTERM ends them).
"""
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
PAYLOAD = b"twenty bytes of data"


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def authority(path, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-days", 30, "-keyout", path.with_suffix(".key"), "-out", path)


def certificate(path, ca, addr, start, end):
    """By `openssl ca`, which alone takes both dates."""
    home = path.parent / (path.stem + ".d")
    home.mkdir()
    (home / "index").touch()
    (home / "serial").write_text("01\n", encoding="ascii")
    (home / "conf").write_text(f"""[ca]
default_ca = d
[d]
database = {home}/index
serial = {home}/serial
new_certs_dir = {home}
default_md = sha256
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
basicConstraints = CA:FALSE
subjectAltName = IP:{addr}
[req]
distinguished_name = dn
[dn]
""", encoding="ascii")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
            "-config", home / "conf", "-keyout", path.with_suffix(".key"), "-out", home / "csr")
    openssl("ca", "-batch", "-config", home / "conf", "-cert", ca, "-keyfile", ca.with_suffix(".key"), "-in", home / "csr",
            "-out", path, "-notext", "-startdate", start, "-enddate", end)


def utc(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400 * days))


def certs(directory, addr):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("ca", "other-ca"):
        authority(directory / f"{name}.pem", name)
    certificate(directory / "good.pem", directory / "ca.pem", addr, utc(-1), utc(20))
    certificate(directory / "expired.pem", directory / "ca.pem", addr, utc(-20), utc(-1))


def print_at_end(count):
    def end(*_):
        print(*(f"{k} {v}" for k, v in count.items()), flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)


def one(raw, context, count):
    try:
        raw.settimeout(10)
        with context.wrap_socket(raw, server_side=True) as sock:
            count["served"] += 1
            sock.sendall(sock.recv(64))
    except (ssl.SSLError, OSError):
        count["failed"] += 1
        raw.close()


def serve(addr, port, cert, most="1.3"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, pathlib.Path(cert).with_suffix(".key"))
    context.maximum_version = VERSIONS[most]
    count = {"served": 0, "failed": 0}
    listener = socket.create_server((addr, int(port)), family=family(addr), backlog=64)
    print_at_end(count)
    print("listening", flush=True)
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=one, args=(raw, context, count), daemon=True).start()


def talk(raw, context, how):
    if how == "probe":
        return
    if how == "plain":
        raw.sendall(PAYLOAD * 3)
        return
    if how == "leave":
        sock = context.wrap_socket(raw, do_handshake_on_connect=False)
        sock.setblocking(False)
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            pass
        sock.close()
        return
    with context.wrap_socket(raw) as sock:
        sock.sendall(PAYLOAD)
        sock.recv(64)


def until(when):
    """When it is over."""
    if when.isdigit():
        return time.monotonic() + int(when)
    end = time.monotonic() + 600
    print("ready", flush=True)
    while not os.path.exists(when) and time.monotonic() < end:
        time.sleep(0.1)
    return end


def ask(addr, port, ca, when, rate, least="1.2", how="tls"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(ca)
    context.minimum_version = VERSIONS[least]
    count = {"completed": 0, "failed": 0, "unreached": 0}
    print_at_end(count)
    end = until(when)
    while time.monotonic() < end:
        try:
            with socket.create_connection((addr, int(port)), timeout=10) as raw:
                talk(raw, context, how)
            count["completed"] += 1
        except ssl.SSLError as error:
            count["failed"] += 1
            count["reason"] = (error.reason or "none").lower()
        except OSError:
            count["unreached"] += 1
        time.sleep(1 / float(rate))
    print(*(f"{k} {v}" for k, v in count.items()), flush=True)


if __name__ == "__main__":
    {"certs": certs, "serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
