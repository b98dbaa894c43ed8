"""Sets and reads everything that pyserial can of the port at the URL given; prints what it saw as JSON.

pyserial's RFC 2217 client raises when a setting is not acknowledged with the identical value within 3 seconds, so a value that
comes back here was answered.
"""
import json
import sys
import serial

port = serial.serial_for_url(sys.argv[1], baudrate=9600, timeout=5)
seen = {"baudrate": [], "bytesize": [], "parity": [], "stopbits": []}

for name, values in (
    ("baudrate", (300, 9600, 74880, 115200, 250000, 921600)),
    ("bytesize", (5, 6, 7, 8)),
    ("parity", ("O", "E", "M", "S", "N")),
    ("stopbits", (2, 1)),
):
    for value in values:
        setattr(port, name, value)
        seen[name].append(getattr(port, name))

# One and a half stop bits exist with five data bits alone.
port.bytesize = 5
port.stopbits = 1.5
seen["stopbits"].append(port.stopbits)
port.stopbits = 1
port.bytesize = 8

for name in ("rtscts", "xonxoff"):
    setattr(port, name, True)
    setattr(port, name, False)

port.dtr = False
port.rts = False
port.dtr = True
port.rts = True
port.break_condition = True
port.break_condition = False
port.send_break(0.05)
port.reset_input_buffer()
port.reset_output_buffer()

seen["modem"] = {"cts": port.cts, "dsr": port.dsr, "ri": port.ri, "cd": port.cd}
port.close()
print(json.dumps(seen))
