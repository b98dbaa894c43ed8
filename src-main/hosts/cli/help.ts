/** The help texts: what each command does, its options, examples that can be pasted. */
import { CAPTURE_HELP } from './help-capture.ts'
import { RESET_NAMES, profileOf } from '../../contract/reset.ts'

const PORT_HELP = `The port:
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

const TARGETS = `A target is a device (/dev/ttyUSB0, /dev/serial/by-id/…), a simulated one (sim:gps, sim:echo, sim:modbus,
sim:modbus-ascii, sim:noise:RATE in bytes per second or max), or an address (rfc2217://HOST:PORT, telnet://HOST:PORT,
raw://HOST:PORT; over a Unix socket raw+unix:///PATH, over UDP raw+udp://HOST:PORT?local=PORT).
farport://PEER/SHARE is a share of a paired computer, by that one's name, the first digits of its id, or its address;
with ?take-over it writes at once, whoever did. farport connect farport://PEER lists what there is.
mdns://NAME is the port that announces itself by this name (farport peers), looked for anew each time it is opened. Anybody in the network
can announce any name, so it proves nothing; it is encrypted only where the address in farport peers says so.
exec:COMMAND is a program whose standard input and output are the port, exec+pty:COMMAND the same on a terminal of its own.
COMMAND is split at blanks, '…', "…" and \\ quote; there is no shell unless you write exec:sh -c '…'.`

export const OVERVIEW = `farport: share serial ports on the network, use remote ones as if they were plugged in

  farport list                                  the serial ports of this computer, and what runs on them
  farport share DEVICE --listen URL             share a port
  farport connect URL --pty LINK                use a shared port as a local one
  farport connect A B                           join any two ends
  farport terminal TARGET                       talk to a port from this terminal
  farport monitor TARGET                        watch every byte, of a port, a share or a capture file
  farport capture TARGET --save FILE            write what passes into a file; export, replay: later
  farport send TARGET TEXT                      send something and leave
  farport expect TARGET SCRIPT                  log in, wait for prompts: a script for a console
  farport reset TARGET --profile BOARD          reset the board at a port
  farport enable NAME, disable, remove          switch what the running Farport shares
  farport pause, resume                         all of its shares at once
  farport pair HOST                             trust another computer, and be trusted, by six digits
  farport peers                                 who is near: other Farports, ser2net and more
  farport permit COMPUTER control               what a paired computer may do here
  farport ask LINK, take-over, grant, decline   who writes, where several use one port
  farport doctor                                what stands in the way here, and how to mend it
  farport serve                                 everything that the settings say, until it is stopped
  farport page                                  the running Farport in a browser
  farport service install                       keep it running: from sign-in, or from the start of the computer
  farport import /etc/ser2net.yaml              take over what ser2net shares
  farport extcap --install                      the serial ports in Wireshark
  farport demo                                  simulated devices, to try things out

farport COMMAND --help tells more. --json, with any of them: results and errors for programs.
Exit codes: 0 done, 2 usage, 3 device, 4 peer, 5 listen address in use or not permitted, 130 stopped before it was done.`

/** One text for those that belong together. */
const SWITCHING = `farport enable NAME
farport disable NAME
farport remove NAME
farport disconnect NAME [CLIENT]
farport pause
farport resume

Act on the running Farport, with a share, link or rotator by its name or id (farport list). It remembers them.

  enable                 share it, or connect it, from now on; exit code 5 where its address is taken (it is tried on)
  disable                its clients leave, its port is free; it keeps its place
  remove                 forget it. Shares of a rotator: the rotator first
  disconnect             end its clients, or the one with this number (farport list, column NO.); they may come again
  pause                  disable every share that is on, until resume enables these again; also across restarts. What is enabled,
                         disabled or added by itself meanwhile stays as it is then; links go on
  --json                 {"enabled": NAME, kind, id}, {"disabled": …, lost}, {"removed": …, lost}, {"disconnected": …, count},
                         {"paused": [{id, name}], lost}, {"resumed": [{id, name}]}

Example:
  farport disconnect desk 2`

const CONTROL = `farport ask LINK
farport take-over LINK
farport grant NAME [CLIENT]
farport decline NAME [CLIENT]

Where several use one port, one of them has the control and writes; the others watch. Act on the running Farport; NAME is a share here or
a link of ours to a share of a paired computer (farport://COMPUTER/SHARE), by name or id.

  ask                    ask for the control of the far share that the link uses; whoever has it, and its owner, are told. Who asked first
                         is the next when the holder leaves
  take-over              have it now; whoever had it watches from then on, and is told. What that one had waiting for the device is
                         lost and counted, and the share's own settings return
  grant                  give it to the client that asks. Of a share here also to any other one; CLIENT is its number or name
                         (farport list NAME), and may be left out where one alone asks
  decline                the client that asked shall not have it
  --json                 {"asked": NAME, writer, kind, id}, {"taken": NAME, …}, {"granted": NAME, session, label, …}, {"declined": …}

Who may only watch is told by farport permit there. Exit codes: 0 done, 2 usage, 4 the other computer.

Examples:
  farport ask gps
  farport grant gps 3`

export const HELP: Readonly<Record<string, string>> = {
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

  connect: `farport connect URL (--pty LINK | --stdio) [options]
farport connect A B [options]
farport connect COMPUTER [--json]

Brings a remote port here. With --pty, prints "ready LINK" when programs may open LINK; the far port is dialled while a program
has it open, and its settings follow those of the program. A and B may be any two ends: a target, or pty:LINK. Two real ports
become one long cable; a device and a pty: let you watch a program on this computer.

Where a Farport runs here (farport serve, the service), that one connects them from now on and remembers it, and this command ends with
exit code 0 once it does: see farport list, disable, remove. --standalone: by a process of its own, until it is stopped.

COMPUTER alone (farport://PEER, or a name, id or host) lists what that paired computer offers: the state of each share, what you may
do, who has it since when, and the line that connects it.

  --pty LINK             a symbolic link to the virtual port; without it, one in a directory of Farport's own, which is printed
  --mode 660, --user U, --group G    rights of the virtual port
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
  farport connect farport://workshop
  farport connect raw://192.168.1.20:4001 --pty /dev/lio0 --mode 660 --group dialout
  farport connect /dev/ttyUSB0 rfc2217://192.168.1.20:7000 -b 9600
  echo AT | farport connect raw://192.168.1.20:4001 --stdio`,

  terminal: `farport terminal TARGET [options]

Talks to a port from this terminal; Ctrl+] leaves.

  --log FILE             append what the device sends to FILE
  --watch                only watch: nothing that is typed is sent, and the control of a paired computer's port stays free

${TARGETS}

${PORT_HELP}

Example:
  farport terminal /dev/ttyUSB0 -b 115200 --log boot.log`,

  ...CAPTURE_HELP,

  send: `farport send TARGET (TEXT | --hex BYTES | --break) [options]

Opens the port, sends, waits until everything is out, closes it. Exit code 130 when it is stopped before that.

  --hex "01 03 0a"       bytes instead of a text
  --end none|cr|lf|crlf  what to put behind that, or to send alone (default none)
  --break                send a break of 250 ms first
  --wait TEXT            stay until the device says this; what it says goes to standard output. Exit code 3 when it does not
  --wait-hex BYTES       the same for bytes
  --timeout S            how long to wait (default 10)

${TARGETS}

${PORT_HELP}

Examples:
  farport send /dev/ttyUSB0 "AT" --end cr -b 9600
  farport send /dev/ttyUSB0 "AT+CSQ" --end cr --wait OK --timeout 2`,

  expect: `farport expect TARGET (SCRIPT | -e STEP …) [options]

Plays a script on a port: sends, waits for what the device says, goes on. SCRIPT is a file, or - for standard input. What the
device says goes to standard output as it comes. The script is read before the port is opened; mistakes name their line.

  -e, --step STEP        a line of a script; may stand several times
  --timeout S            how long each expect waits, until the script says another (default 10)
  -q, --quiet            print the lines of log alone
  --json                 events, one a line: received, sent, matched, log

A line of a script:
  send "root\\r"                          texts with \\r \\n \\t \\e \\xHH; $NAME and \${NAME} from the environment, also
  send $PASSWORD "\\r"                    alone. Nothing that is sent is printed
  expect "login:"  expect /[#$] $/i       goes on behind the first match; a regular expression sees bytes, flags are i, m, s
  timeout 5        wait 0.5               seconds
  break 250        reset esp32            ms; a profile of farport reset
  set 9600 7E1     dtr on     rts off     settings and control lines
  log "logged in"  # a comment            print a line

Nothing is added to what is sent: consoles want a line to end with \\r. Of what the device says, 64 KiB wait to be expected.
Exit codes: 0 done, 2 a mistake in the script, 3 the device did not say it in time or is gone, 4 the far computer, 130 stopped.

${TARGETS}

${PORT_HELP}

Examples:
  farport expect /dev/ttyUSB0 login.script -b 115200
  farport expect rfc2217://192.168.1.20:7000 -e 'send "\\r"' -e 'expect "login:"' -q && echo up`,

  reset: `farport reset TARGET (--profile BOARD | --steps STEPS) [options]

Opens the port, resets the board by its control lines, closes the port. The settings of the port stay as they are. Over
rfc2217:// each level is acknowledged before the next one, so that order and times are right at the device.

  --profile BOARD        one of:
${RESET_NAMES.map((name) => `    ${name.padEnd(20)} ${profileOf(name).about}`).join('\n')}
  --steps "dtr=off,rts=on,wait=100,dtr=on"
                         a sequence of your own: dtr, rts, break=on|off, wait=MS, baud=N
  --timeout S            1200-touch: how long the board may take to come back (default 10); its new path is printed

${TARGETS}

${PORT_HELP}

Examples:
  farport reset /dev/ttyUSB0 --profile esp32-boot
  farport reset rfc2217://192.168.1.20:7000 --profile arduino
  avrdude -c avr109 -p m32u4 -P "$(farport reset /dev/ttyACM0 --profile 1200-touch)" -U flash:w:blink.hex`,

  list: `farport list [NAME] [--follow] [--json]

The serial ports of this computer, and which program has them open. Where a Farport runs here (farport serve, the service), what it
does as well: shares, links and rotators with their state, addresses, control and modem lines, who uses them since when, who
writes, bytes each way and bytes lost; other Farports.

  NAME                   one share, link or rotator in full, by name or id; or one port by its path
  --follow               stay, and print what happens, a line each: who comes and leaves, settings, lines, failures. Ends with
                         the running Farport (exit code 4), when it is stopped (0), or when NAME is removed (0)
  --json                 one object {ports, bridges, rotators, self, peers, pairings, paused}, the same with and without a
                         running Farport (then self and paused are null and the lists are empty). With NAME that one alone. Of a share or link, own:
                         its own settings; setBy, carried: who set those in force, and what the port can carry, while it is
                         open; portId, usb: its adapter, where one is plugged in
  --json --follow        one object a line: first {"state": …} as above (with NAME {"bridge": …} or {"rotator": …}), then
                         {"notice": {timeMs, level, subject, text, id}} for what happened; each share, link, rotator, peer that
                         changed as a whole: {"bridge": …}, {"rotator": …}, {"peer": …}, {"pairing": …}, {"self": …}, {"paused": …};
                         and
                         {"gone": {kind, id, name}}. {"leftOut": N}: so many notices came faster than they were read

Examples:
  farport list --json | jq -r '.bridges[] | select(.sessions == []) | .name'
  farport list --follow`,

  enable: SWITCHING,
  disable: SWITCHING,
  remove: SWITCHING,
  disconnect: SWITCHING,
  pause: SWITCHING,
  resume: SWITCHING,

  ask: CONTROL,
  'take-over': CONTROL,
  grant: CONTROL,
  decline: CONTROL,

  peers: `farport peers [--timeout S] [--json]
farport peers add HOST[:PORT], farport peers remove HOST[:PORT]

Lists who is near, by what they announce in the network (mDNS): other Farports with whether they are paired, and ports of ser2net and other
programs, each with what to connect to. What is gone stays for a while, and says so. The running Farport listens all the time and is asked
to look again; without one this command asks by itself.

  --timeout S            look for S seconds (default: until nothing new came for a second, 3 at the most)
  add HOST[:PORT]        look there too, each minute: a Farport that mDNS does not reach (VPN, VLAN)
  remove HOST[:PORT]     do not any more
  --json                 {nearby, peers}: as in the state of farport list --json; {"added": PLACE}, {"removed": PLACE}

A name in the network proves nothing, anybody can announce it: a paired computer is known by its key, whatever it is called and wherever it
is. The others' ports are as safe as the network, unless their address says that they are encrypted.
A name that is listed is enough: farport pair NAME, farport connect farport://NAME, farport connect mdns://NAME --pty LINK.
What this computer announces is set by preferences.discovery (announce, browse, interfaces, places) and share --no-announce.

Examples:
  farport peers
  farport peers add lab.example
  farport connect mdns://Bench%20meter --pty ~/ttyBench`,

  pair: `farport pair [HOST[:PORT]] [--permit none|observe|control] [--json]
farport pair accept COMPUTER [DIGITS] [--once] [--permit …], farport pair reject|block|remove COMPUTER
farport pair rename COMPUTER NAME
farport pair import FILE|HOST:PORT|ID [--name NAME] [--permit LEVEL [--share SHARE]], farport pair export [FILE]

Two computers that are paired know each other's key: their shares are then reached by name (farport://COMPUTER/SHARE), encrypted,
as far as farport permit says. Without arguments: who is paired, who is blocked, who asks.

pair HOST, or the name of one that farport peers lists, asks that computer; both then show the same six digits, here and in farport pair there. A person compares them and
says yes on both sides, within two minutes. Other digits mean that somebody is in between: say no.
  HOST[:PORT]            where Farport runs (port 22217 where nothing else is said); it needs no share
  accept COMPUTER        the other computer asks, and its digits are the same: at a terminal it asks you, and a script gives the
                         DIGITS that it read there. Waits until the other side has accepted
  reject COMPUTER        they are not, or nobody here knows of it
  --permit LEVEL         what it may do here from then on (farport permit); otherwise nothing
  --once                 for this time: until Farport here ends, or that computer has had no connection for ten minutes; it is in no
                         file, so commands that run by themselves (terminal, --standalone) do not know it
  rename COMPUTER NAME   what it is called here, also when it is paired again; addresses that have its names of before go on
  remove COMPUTER        forget it, paired or blocked; its connections end
  block COMPUTER         the same, and it cannot even ask again
  import FILE            trust a program that is no Farport (socat, gensio, ser2net) by the key of its certificate, as PEM, for
                         addresses like raw+tls://; of HOST:PORT it shows the certificate and asks you; an ID is taken as it is
  export [FILE]          our own certificate, for the cafile=, CA= or verify of those programs

COMPUTER is its name, or the first 8 or more digits of its id. On standard input that is no terminal, pair HOST takes the digits
of the other computer as a line. After three requests that came to nothing the other computer listens to no more for ten minutes.
Where no Farport runs here, pair HOST asks by itself; the one that is asked has to run one.

  farport pair 192.168.1.20
  farport pair accept workshop-pc 123456 --permit control
  farport pair remove workshop-pc`,

  permit: `farport permit COMPUTER [SHARE] none|observe|control|inherit [--history] [--json]

What a paired computer may do with a share of this one, or with all that have nothing of their own. At once, also for who is connected.
  none                   it does not even see it (so begins every pairing)
  observe                watch what passes
  control                use it: write, set, take over
  inherit                for a SHARE: nothing of its own any more
  --history              and read what passed before it came; without it, it may not

  farport permit workshop-pc control
  farport permit workshop-pc "Rack console" observe --history`,

  doctor: `farport doctor [--json]

Examines what stands in the way of sharing ports here: rights, locks, other programs, addresses; the Farport that runs here, its
service, settings, key and clock; and asks up to three paired computers to connect back, which tells whether a firewall keeps others
out. Each finding has its fix.
Exit code 3 when there is a problem.`,

  page: `farport page [--on | --off | --browsers | --sign-out [ID]] [--json]

Prints "page URL": a way into the page of the running Farport (farport serve, the service), in a terminal with a QR code. The URL is good
for one browser, once, and for an hour; that browser then stays signed in, over restarts too, until it did not come for 30 days.

  --on                   have the running Farport serve its page from now on, at 127.0.0.1:7373 or where its settings say
                         (preferences.page: host, port, certificate, key); then print the URL
  --off                  and not any more
  --browsers             those that are signed in: what they are, from where, since when, and how many pages they have open
  --sign-out [ID]        that one has to sign in again, or every one; the beginning of its id will do
  --json                 {"page": URL, validMs, fingerprint of a certificate that nobody vouches for}; {"browsers": […]}

From another computer, with the page at 127.0.0.1:
  ssh -L 7373:127.0.0.1:7373 pi@raspberrypi farport page      then open what it prints, here

Exit codes: 2 also where no Farport runs or it serves no page.`,

  serve: `farport serve [--http HOST:PORT] [--system] [--json]

Shares and connects everything that its settings say until it is stopped, and takes commands from programs of this computer: list,
share, connect, enable, disable, remove, disconnect, pair, permit. farport service has the system keep it running.
Prints "ready SOCKET" once it takes commands; its log, a line for each thing that happens, goes to standard error.

  --http HOST:PORT       its page for browsers there: 127.0.0.1:7373, [::1]:7373; port 0: any free one. Prints "page URL" with a
                         way in for one browser (farport page); to a journal without that
  --http-cert FILE, --http-key FILE    TLS, as PEM; needed where other computers come. --http-cert own: the certificate of this
                         installation, which browsers warn of; its fingerprint is printed
  --system               the computer's own: settings and identity in /var/lib/farport, commanded by root and the group farport
  --json                 the ready line and the log as JSON, one object a line

Its settings are settings.json in ~/.config/farport (macOS: ~/Library/Application Support/Farport; Windows: %APPDATA%\\Farport;
FARPORT_CONFIG names another file). Commands change them, and so may you while it runs. A share takes over its name, line
settings, listeners, allow lists and rules, and its clients go on, but for those of a listener that is gone; what else changed is
begun anew, everything else goes on. SIGHUP (systemctl reload farport) has the file read at once. A file that cannot be read changes nothing, and the log
says what is wrong where; the last good one is kept beside it, as settings.json.bak. Something that cannot run just now, because
its address is taken or its path occupied, is tried until it can, and shown in farport list.
SIGTERM ends it within 2 s; what could not be delivered until then is counted in its log. One runs for each user, and one for
the computer: a second one says which one does.

Examples:
  farport serve
  sudo farport serve --system`,

  import: `farport import FILE [--allow WHO …] [--dry-run] [--json]

Takes over what ser2net shares: FILE is a ser2net.yaml (4.x, with its includes) or a ser2net.conf (3.x). Each connection becomes a
share with the same port, connections of one device become one share where they can; each line that becomes nothing, and each option
that is left out, is listed with the reason. A running Farport shares them from now on; without one they stand in the settings and
begin with farport serve. Either all that can be imported is, or none of it.

  --dry-run              show what would become of each line, and change nothing
  --allow WHO            who may use what other computers can reach, as farport share --allow: an address, a network, or anyone,
                         as in ser2net. Without it such connections are listed and not imported, those with a remaddr excepted;
                         those on localhost need none. hosts.allow and hosts.deny are not read.
  --json                 an object a line: file, line, and share, rotator, or text and reason

localhost is 127.0.0.1 alone. Connections of one device that differ in more than line settings, texts and who may come stay shares of
their own: who comes while another one has the device waits, where ser2net refuses.

Names and addresses that are there already stay as they are and are said, so that a file can be imported again: for instance with
--allow, after a look at it. Encrypted connections (ssl,tcp, and mux,certauth,ssl,tcp for gtlssh) keep their certificate, and each one
of their users is listed with the command that lets it in; admin and LEDs are not imported. Stop ser2net before Farport serves the same
ports: systemctl disable --now ser2net

Exit codes: 0 also where some lines became nothing, 2 where all did, 5 where nothing but --allow is missing.

  farport import /etc/ser2net.yaml --dry-run
  farport import /etc/ser2net.yaml --allow 192.168.1.0/24
  farport import /etc/ser2net.conf --allow anyone`,
  service: `farport service install|uninstall|status [--user | --system] [--dry-run] [--json]

Has the system keep "farport serve" running: systemd, launchd (macOS), or a scheduled task (Windows). install starts it, and starts
it again after an update of Farport; doing it twice does no harm. Files that Farport did not make are left alone.

  --user                 while you are signed in, with your own settings (default)
  --system               from the start of the computer on (default for root). Linux: as a user of its own with an identity of
                         its own, which writes to /var/lib/farport and /run/farport alone; members of the group farport may
                         command it; the udev rule that keeps ModemManager off adapters is installed with it
  --dry-run              show every file and command, and do nothing

status says of both whether they run, since when, and where the log is. Exit code 3 when none runs.

Examples:
  farport service install
  farport service install --system --dry-run
  sudo farport service install --system && sudo usermod -aG farport $USER`,

  demo: `farport demo [--http HOST:PORT] [--json]

Shares a simulated GPS receiver and a simulated echo on loopback, and prints lines to try them with.

  --http HOST:PORT       in a browser too: prints "page URL". It is a Farport of its own, with its settings in a folder "trial" beside
                         yours, and goes on at the next start with what it has then`
}
