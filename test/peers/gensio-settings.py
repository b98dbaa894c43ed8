"""Sets and reads everything that gensio can of the port at the gensio given, `telnet(rfc2217),tcp,HOST,PORT`; prints what came back.

A set answers with what the far end says it has; a set to 0 is a query.
"""
import json
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
port = io.cast_to_sergensio()
seen = {
    "baud": [port.sg_baud_s(value) for value in (300, 9600, 250000, 921600, 0)],
    "datasize": [port.sg_datasize_s(value) for value in (5, 6, 7, 8, 0)],
    "parity": [port.sg_parity_s(value) for value in (2, 3, 4, 5, 1, 0)],
    "stopbits": [port.sg_stopbits_s(value) for value in (2, 1, 0)],
    "flowcontrol": [port.sg_flowcontrol_s(value) for value in (2, 3, 1, 0)],
    "break": [port.sg_sbreak_s(value) for value in (gensio.SERGENSIO_BREAK_ON, gensio.SERGENSIO_BREAK_OFF, 0)],
    "dtr": [port.sg_dtr_s(value) for value in (gensio.SERGENSIO_DTR_OFF, gensio.SERGENSIO_DTR_ON, 0)],
    "rts": [port.sg_rts_s(value) for value in (gensio.SERGENSIO_RTS_OFF, gensio.SERGENSIO_RTS_ON, 0)],
}
io.read_cb_enable(False)
io.close_s()
print(json.dumps(seen))
