"""A program on a device of the Cyclades client: talks, with a second argument sets it and sends a break, and closes it at the next
line of its input. Its tcsetattr and tcsendbreak go past the terminal to the client, by the client's own library (LD_PRELOAD)."""
import os
import select
import sys
import termios
import tty

port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
tty.setraw(port)


def echoed(text):
    os.write(port, text)
    got = b""
    while len(got) < len(text) and select.select([port], [], [], 8)[0]:
        got += os.read(port, 100)
    print(got.decode("latin-1"), flush=True)


echoed(b"hello")
if len(sys.argv) > 2:
    settings = termios.tcgetattr(port)
    settings[4] = settings[5] = termios.B19200
    settings[2] = settings[2] & ~termios.CSIZE | termios.CS7 | termios.PARENB | termios.PARODD | termios.CSTOPB
    termios.tcsetattr(port, termios.TCSADRAIN, settings)
    termios.tcsendbreak(port, 0)
    echoed(b"set")
sys.stdin.readline()
