"""A pyserial program on Linux: sets the shared port, and moves bytes both ways. Arguments: the address, the device's own end."""
import os
import select
import sys
import serial

url, device = sys.argv[1:]
ROUNDS = 40
pattern = bytes(range(256)) * 2

port = serial.serial_for_url(url, baudrate=19200, stopbits=2, timeout=5)
far = os.open(device, os.O_RDWR | os.O_NOCTTY)


def received(length):
    data = b''
    while len(data) < length and select.select([far], [], [], 5)[0]:
        data += os.read(far, length - len(data))
    return data


for _ in range(ROUNDS):
    port.write(pattern)
    assert received(len(pattern)) == pattern, 'to the device'
    os.write(far, pattern)
    assert port.read(len(pattern)) == pattern, 'from the device'
print(f'{ROUNDS * len(pattern)} bytes each way at {port.baudrate} bit/s, {port.stopbits} stop bits')
port.baudrate = 57600
os.system(f'stty -F {os.path.dirname(device)}/com4')
port.close()
