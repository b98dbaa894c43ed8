/** What the help of several commands has in common. */

export const PORT_HELP = `The port:
  -b, --baud N           bit/s, any number              -f, --flow none|rtscts|xonxoff
  --line 8N1             data bits, parity, stop bits in one
  -d, --databits 5-8     -p, --parity none|odd|even|mark|space     -s, --stopbits 1|1.5|2
  --dtr on|off, --rts on|off    set after opening (default: as the system leaves them)
For a port of this computer:
  --hang-up              drop DTR when the port is closed (default: leave it)
  --carrier              heed the carrier detect line (default: ignore it)
  --low-latency, --rs485 where the driver can
For boards that are reset by DTR or RTS:
  --reset-on-open BOARD  reset it at each opening, before anything is sent; see farport reset --help
For a program (exec:):
  --env NAME=@FILE       a variable from a file, such as a password; --env NAME: it has to be set already
  --escapes none|ipmitool|ssh    how it takes a break, where its name does not tell
  --hang-up              end it when DTR drops (default: with the last client)`

export const TARGETS = `A target is a device (/dev/ttyUSB0, /dev/serial/by-id/…), a simulated one (sim:gps, sim:echo, sim:modbus,
sim:modbus-ascii, sim:noise:RATE in bytes per second or max), or an address (rfc2217://HOST:PORT, telnet://HOST:PORT,
raw://HOST:PORT; over a Unix socket raw+unix:///PATH, over UDP raw+udp://HOST:PORT?local=PORT).
farport://PEER/SHARE is a share of a paired computer, by that one's name, the first digits of its id, or its address;
with ?take-over it writes at once, whoever did. farport connect farport://PEER lists what there is.
mdns://NAME is the port that announces itself by this name (farport peers), looked for anew each time it is opened. Anybody in the network
can announce any name, so it proves nothing; it is encrypted only where the address in farport peers says so.
exec:COMMAND is a program whose standard input and output are the port, exec+pty:COMMAND the same on a terminal of its own.
COMMAND is split at blanks, '…', "…" and \\ quote; there is no shell unless you write exec:sh -c '…'.`
