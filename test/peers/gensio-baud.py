"""Opens the gensio given, STACK,HOST,PORT, and prints the baud rate that it has after 57600 was asked for."""
import sys
import gensio


class Log:
    def gensio_log(self, level, message):
        sys.stderr.write(message + "\n")


class Events:
    """What gensio calls back; nothing of it is of interest here."""

    def read_callback(self, io, err, data, auxdata):
        return len(data) if data else 0

    def write_callback(self, io):
        io.write_cb_enable(False)

    def modemstate(self, io, state):
        pass

    def linestate(self, io, state):
        pass


os = gensio.alloc_gensio_selector(Log())
io = gensio.gensio(os, sys.argv[1], Events())
io.open_s()
io.read_cb_enable(True)
print(io.cast_to_sergensio().sg_baud_s(57600))
io.read_cb_enable(False)
io.close_s()
