"""Opens the rfc2217:// URL and the link given in the other forms that people use, and prints what each saw as JSON."""
import json
import sys
import time
import serial

seen = {}

# What Arduino and Windows users add: no control line is waited for.
with serial.serial_for_url(sys.argv[1] + "?ign_set_control&timeout=5", timeout=5) as port:
    port.dtr = False
    port.rts = False
    port.write(b"ignoring")
    seen["ign_set_control"] = port.read(8).decode()

# The modem state is asked for at each look, and not only when the server reports a change.
with serial.serial_for_url(sys.argv[1] + "?poll_modem", timeout=5) as port:
    seen["poll_modem"] = [port.cts, port.dsr, port.ri, port.cd]
    print("changing", flush=True)
    sys.stdin.readline()
    # It keeps an answer for 0.3 s.
    end = time.monotonic() + 5
    while port.cts and time.monotonic() < end:
        pass
    seen["polled"] = [port.cts, port.dsr, port.ri, port.cd]

# spy:// writes down what passes at a port of this computer; it knows no other URL.
with serial.serial_for_url("spy://" + sys.argv[2] + "?file=" + sys.argv[3], timeout=5) as port:
    port.write(b"spied")
    seen["spy"] = port.read(5).decode()

# One object, opened, closed and opened again.
port = serial.serial_for_url(sys.argv[1], do_not_open=True, timeout=5)
for word in (b"once", b"twice"):
    port.open()
    port.write(word)
    seen[word.decode()] = port.read(len(word)).decode()
    port.close()

print(json.dumps(seen))
