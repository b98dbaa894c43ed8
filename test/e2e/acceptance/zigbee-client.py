# A coordinator's client as zigpy is one: `zigbee-client.py URL SILENCE_S`. It pings the stick, and connects anew when the socket
# fails or SILENCE_S passed without an answer. Each line: seconds since 1970, what happened, the socket's own port.
import sys
import time

import serial

PING = bytes.fromhex('FE 00 21 01 20')
PONG = bytes.fromhex('FE 02 61 01 79 07 1C')
url, silence = sys.argv[1], float(sys.argv[2])


def tell(what, port=0):
    print(f'{time.time():.3f} {what} {port}', flush=True)


def ping(stick, port):
    heard = time.monotonic()
    got = b''
    while True:
        stick.write(PING)
        got += stick.read(len(PONG))
        if PONG in got:
            got = got[got.index(PONG) + len(PONG) :]
            heard = time.monotonic()
            tell('pong', port)
            time.sleep(0.05)
        elif time.monotonic() - heard > silence:
            raise serial.SerialException('no answer')


while True:
    try:
        with serial.serial_for_url(url, timeout=0.2) as stick:
            port = stick._socket.getsockname()[1]
            tell('connected', port)
            ping(stick, port)
    except OSError as error:  # SerialException is one
        tell(f'failed({error})'.replace(' ', '_'))
        time.sleep(0.2)
