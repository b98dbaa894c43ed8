# Asks instruments who they are, all at the same time: `identify.py HOST FIRST_PORT COUNT`. One line for each: its port, its answer.
import os
import sys

import serial

host, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ports = range(first, first + count)
instruments = [serial.serial_for_url(f'socket://{host}:{port}', timeout=10) for port in ports]
for instrument in instruments:
    instrument.write(b'*IDN?\n')
for port, instrument in zip(ports, instruments):
    print(port, instrument.read_until().decode().strip(), flush=True)
# pyserial waits 0.3 s in each close.
os._exit(0)
