"""Opens the virtual port given as any program would, sets it, talks through it; prints what it saw as JSON."""
import json
import sys
import serial

port = serial.Serial(sys.argv[1], baudrate=57600, stopbits=2, timeout=5)
port.write(b"one at 57600 2 stop bits\r\n")
seen = [port.readline().decode()]
port.baudrate = 250000
port.stopbits = 1
port.write(b"two at 250000\r\n")
seen.append(port.readline().decode())
print("set", flush=True)
sys.stdin.readline()
port.close()
print(json.dumps(seen))
