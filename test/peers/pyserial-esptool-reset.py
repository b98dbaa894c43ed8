"""Plays esptool's classic reset at the URL given: into the download mode, then a plain reset. Prints how long each took, in s.

Each level is waited for: pyserial's RFC 2217 client raises where one is not acknowledged.
"""
import json
import sys
import time
import serial

port = serial.serial_for_url(sys.argv[1], baudrate=115200, timeout=5)
port.write(b"ready")
sys.stdin.readline()
times = []


def play(*steps):
    start = time.monotonic()
    for name, value in steps:
        if name == "wait":
            time.sleep(value)
        else:
            setattr(port, name, value)
    times.append(time.monotonic() - start)


play(
    ("dtr", False), ("rts", True), ("wait", 0.1),
    ("dtr", True), ("rts", False), ("wait", 0.05),
    ("dtr", False),
)
print(json.dumps({"dtr": port.dtr, "rts": port.rts}), flush=True)
sys.stdin.readline()
play(("rts", True), ("wait", 0.1), ("rts", False))
port.write(b"done")
print(json.dumps(times), flush=True)
sys.stdin.readline()
port.close()
