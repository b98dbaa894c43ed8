/** The help of what shares a port, and what brings one here: share, connect. */
import { PORT_HELP, TARGETS } from './shared.ts'

export const SHARING_HELP: Readonly<Record<string, string>> = {
  share: `farport share DEVICE [options] --listen URL … [DEVICE [options] --listen URL …] [options for all]

Shares serial ports until it is stopped; prints "listening URL" for each listener once it accepts. A device is opened
with its first client and closed after its last. Options behind a DEVICE are its own; those after the last --listen hold for all.

Where a Farport runs here (farport serve, the service), that one shares them from now on and remembers them, and this command ends with
exit code 0 once it does: see farport list, disable, remove. There a DEVICE needs no --listen: paired computers reach it by its name.

  --standalone           share by a process of its own all the same, until it is stopped

Where it is reached:
  --listen URL           rfc2217://HOST:PORT (settings and control lines reach the device), telnet:// or raw://; port 0: any
                         free one; may stand several times. What holds for one listener alone stands behind its URL:
                         ?baud=9600&line=7E1 (clients of listeners with other settings take turns), ?observe, ?allow=…
                         A range of ports (raw://0.0.0.0:7000-7047) is spread over the devices before it.
                         raw+unix:///PATH?mode=660&group=dialout is a Unix socket (telnet+unix, rfc2217+unix alike; mode 600
                         where none is given); raw+udp://HOST:PORT takes datagrams, each sender a client until it was silent
                         for 60 s; what the network drops is not counted
  --allow WHO            who may connect from elsewhere: an address, a network (192.168.1.0/24), or "anyone". Needed for every
                         listener that is not on loopback; Unix sockets go by the rights of their file
  --rotator URL          one address for all these devices: who comes gets the next one that nobody uses. It stands, with the
                         --allow and --banner that hold for it, behind the last --listen
  --dial URL             connect there by itself and stay connected: two real ports, one cable
  --dial-back URL        connect there when the device says something
  --name NAME            what others see
  --disabled             leave this device out for now; what its options say is checked all the same
  --no-record            do not keep what passes in memory (default: the last of it, to be looked at and saved later)
  --no-announce          do not tell the network of it. Listeners that other computers reach are announced by mDNS under the share's
                         name, as ser2net's are (_iostream._tcp): see farport peers

Who may do what:
  --writers one|all|none one: the first client writes, others watch (default)
  --newcomer watch|take-over|kick-old    whoever comes while another one writes watches (default), or takes over; or, where
                         all places are taken, gets that of the client that is here longest
  --max-clients N        how many at once, up to 1000 (default 8)
  --one-way to-device|from-device    bytes go this way alone
  --no-break             clients' breaks do not reach the device
  --never-reset          leave DTR and RTS alone, whatever clients ask for
  --keep-settings        leave the settings as the last writer set them (default: the configured ones return)

How long:
  --inactivity-timeout S close a client when nothing passed for S seconds
  --stall-timeout S      close a client that takes nothing for S seconds (default 25; 0: never)
  --open-at-start        open the device at once, and keep it open
  --keep-open S          keep it open for S seconds after the last client
  --wait                 start even where the device, or an address to listen on, is not there yet

Texts, with ser2net's escapes: \\r\\n, \\x1b; \\d device, \\N name, \\p port, \\B settings, \\I client; \\Y \\m \\D \\H \\i \\S date and time
  --banner TEXT          sent to each client before anything of the device      (also ?banner=…, for one listener)
  --signature TEXT       what RFC 2217 clients are told that ask who we are, as it is          (also ?signature=…)
  --close-on TEXT        close a client when the device said this               (also ?close-on=…)
  --open-string TEXT, --close-string TEXT    sent to the device when it was opened, and before it is closed

Trace files, as ser2net's; FILE takes the escapes, and is made anew when the first client comes:
  --trace-read FILE, --trace-write FILE, --trace-both FILE    append what comes from the device, goes to it, or both
  --trace-hexdump        8 bytes in a line, hexadecimal and as text (default: the bytes as they are)
  --trace-timestamp      with the time, and a line for who comes and leaves
  --trace-rotate MIB     begin a new file before it is larger than this; one old one is kept as FILE.1

${PORT_HELP}

Examples:
  farport share /dev/ttyUSB0 -b 9600 --line 7E1 --listen rfc2217://127.0.0.1:7000
  farport share /dev/ttyUSB0 --listen rfc2217://0.0.0.0:7000 --allow 192.168.1.0/24
  farport share /dev/ttyUSB0 --listen 'rfc2217+certauth://[::]:3001'       # for gtlssh --telnet -p 3001, after farport pair import
  farport share sim:gps --listen raw://127.0.0.1:7001 sim:echo --listen rfc2217://127.0.0.1:7002
  farport share 'exec:ipmitool -I lanplus -H 10.0.0.7 -U admin -E sol activate' --env IPMI_PASSWORD=@FILE \\
    --listen telnet://127.0.0.1:7000
  farport share /dev/ttyS* --listen telnet://127.0.0.1:7000-7047 --rotator telnet://127.0.0.1:7100
  farport share /dev/ttyUSB0 --listen rfc2217://127.0.0.1:7000?baud=9600 --listen raw://127.0.0.1:7001?observe
  farport share /dev/ttyUSB0 --listen telnet://127.0.0.1:7000 --banner '\\d at \\B\\r\\n' --trace-both '/var/log/\\d-\\Y-\\m-\\D' \\
    --trace-hexdump --trace-timestamp`,

  connect: `farport connect URL (--pty LINK | --usb NAME | --com COM7 | --as auto | --stdio) [options]
farport connect A B [options]
farport connect COMPUTER [--json]
farport connect --ways [--json]

Brings a remote port here: prints "ready PORT" when programs may open PORT; the far port is dialled while a program has it open, and its
settings follow those of the program. A and B may be any two ends: a target, or a virtual port (pty:LINK, usb:NAME, com:COM7, auto:).
Two real ports become one long cable; a device and a pty: let you watch a program on this computer.

Where a Farport runs here (farport serve, the service), that one connects them from now on and remembers it, and this command ends with
exit code 0 once it does: see farport list, disable, remove. --standalone: by a process of its own, until it is stopped.

COMPUTER alone (farport://PEER, or a name, id or host) lists what that paired computer offers: the state of each share, what you may
do, who has it since when, and the line that connects it.

What programs open here, one of these:
  --pty LINK             a pseudo-terminal, with a symbolic link to it; it needs no driver, and carries no parity, no data bits, no control
                         lines and no break. Nothing given: one in a directory of Farport's own, which is printed (Windows: --as auto)
  --usb NAME             a USB serial adapter, /dev/farport/NAME on Linux: carries everything but CTS
  --com COM7             a COM port of Windows
  --as auto|pty|usb|com  of this kind, under a name of Farport's own; auto: the best that is ready here, and why it is that one
  --via com0com|usbip|hub4com    what shall make the COM port (default: the best that is ready)
  --ways                 list what can be had here and what is missing for the others, with what each carries
  --mode 660, --user U, --group G    rights of a pseudo-terminal

  --stdio                standard input and output instead
  --hold                 stay connected while no program uses it; ends when the first try fails
  --wait                 start even where the far port or the device is missing, and wait for it: at boot
  --watch                only watch the far port (of A and B: A). A paired computer leaves the control to others until you ask for it
                         (farport ask NAME); to any other port nothing is written, nor is anything set there
  --no-break, --never-reset    keep programs' breaks from the device, and their DTR and RTS
  --no-record            do not keep what passes in memory

${TARGETS}

${PORT_HELP}

Examples:
  farport connect rfc2217://192.168.1.20:7000 --pty ~/ttyRemote
  farport connect rfc2217://192.168.1.20:7000 --usb plc
  farport connect farport://workshop
  farport connect raw://192.168.1.20:4001 --pty /dev/lio0 --mode 660 --group dialout
  farport connect /dev/ttyUSB0 rfc2217://192.168.1.20:7000 -b 9600
  echo AT | farport connect raw://192.168.1.20:4001 --stdio`
}
