"""Sends the bytes of standard input to the URL or path given and prints as many as the second argument says, while sending."""
import sys
import threading
import serial

port = serial.serial_for_url(sys.argv[1], baudrate=115200, timeout=10)
payload = sys.stdin.buffer.read()
sender = threading.Thread(target=lambda: port.write(payload))
sender.start()
left = int(sys.argv[2])
while left > 0:
    chunk = port.read(min(left, 4096))
    if not chunk:
        sys.exit("nothing came for 10 s, %d bytes are missing" % left)
    sys.stdout.buffer.write(chunk)
    left -= len(chunk)
sys.stdout.buffer.flush()
sender.join()
port.close()
