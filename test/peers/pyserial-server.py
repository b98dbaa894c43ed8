"""An RFC 2217 server made of pyserial's own parts: shares the port given as first argument, one client at a time, on a free
port of loopback, which it prints."""
import socket
import sys
import threading
import serial
import serial.rfc2217

port = serial.serial_for_url(sys.argv[1], do_not_open=True)
port.timeout = 0.05
port.dtr = False
port.rts = False
port.open()

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1)
print("listening %d" % listener.getsockname()[1], flush=True)


class Client:
    """What PortManager writes to."""

    def __init__(self, connection):
        self.connection = connection

    def write(self, data):
        self.connection.sendall(data)


while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    manager = serial.rfc2217.PortManager(port, Client(connection))
    alive = True

    def from_device():
        while alive:
            data = port.read(port.in_waiting or 1)
            if data:
                connection.sendall(b"".join(manager.escape(data)))
            manager.check_modem_lines()

    reader = threading.Thread(target=from_device, daemon=True)
    reader.start()
    while True:
        data = connection.recv(4096)
        if not data:
            break
        port.write(b"".join(manager.filter(data)))
    alive = False
    reader.join()
    connection.close()
