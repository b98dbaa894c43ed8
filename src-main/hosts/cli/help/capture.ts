/** The help of what watches and records: monitor, capture, export, replay, extcap. */
import { DECODERS } from '../../../traffic/decoders/registry.ts'

const DECODER_NAMES = DECODERS.map(({ id }) => id).join(', ')

const FILTERS = `A filter: terms side by side must all hold; or, not and parentheses as usual.
  dir:rx dir:tx          from the device, to the device        len>8 gap>100ms session:2
  hex:01 03 ?? ff        bytes; ?? is any one                  text:"OK\\r\\n" or "OK"
  /^AT\\+/i               an expression; one that takes more than 500 ms is ended
  event:break            settings, lines, modem, line, break, port, lost, marker, …; event:any
  fc:3 unit:1 crc:bad    what a decoder says; needs --decode`

export const CAPTURE_HELP: Readonly<Record<string, string>> = {
  monitor: `farport monitor TARGET [options]

Shows everything that passes until Ctrl+C: bytes with their times and directions (→ to the device, ← from it), and what happens beside
them. It only watches: nothing is written, nobody who uses the port is disturbed. TARGET is
  a share or link of the running Farport, by its name, id or port: from its recording; the port is not opened for it
  farport://PEER/SHARE   the recording of that computer, with the times of its wire; observe is enough (farport permit)
  a capture file         pcapng of Farport or of Wireshark; CSV and JSON Lines of Farport
  any other port or address: opened to be watched, by the running Farport or by this command; see farport share --help for -b and others

  --view lines|hex|mixed|text|decoded     default: lines, or hex for a decoder of frames
  --time clock|start|previous|other|none  other: since the other direction, which is how long an answer took
  --decode NAME          ${DECODER_NAMES}
  --rows newline|gap[:MS]|length:N|start:HEX|end:HEX     where a row ends; default: as the decoder or the view wants
  --filter EXPR          only what fits, see below
  --bytes pictures|names|hidden    control bytes as ␍␊, as <CR><LF>, or not at all
  --color auto|always|never        auto: on a terminal, unless NO_COLOR is set
  --last 5m              begin with what the recording of the running Farport holds of that time
  -n COUNT, --for TIME   end after so many rows, after that time (30s, 5m)
  --save FILE            everything into a file, too: .pcapng, .txt, .csv, .jsonl, .bin
  --recording N          of a file with several: which
  --json                 JSON Lines, as farport export writes them
  --standalone           do not ask the running Farport

${FILTERS}

A reader that is slow (less) is waited for; what the recording could not hold meanwhile is shown as bytes not captured. The last line,
on standard error, counts rows, bytes and what was lost.

Examples:
  farport monitor /dev/ttyUSB0 -b 9600
  farport monitor gps --last 5m --decode nmea
  farport monitor sim:gps --view mixed --filter 'dir:rx len>4'
  farport monitor farport://workshop-pc/gps --json -n 100`,

  capture: `farport capture TARGET --save FILE [--max-size 100M] [--max-time 1h] [--rotate N] [--last 5m] [--decode modbus-rtu]
farport capture list
farport capture start NAME [--format F] [--max-size …] [--max-time …] [--rotate N] [--last 5m]
farport capture save NAME [--last 5m] [--format F] [--both-ends]
farport capture stop NAME

Writes what passes at TARGET (as for farport monitor) into a file until Ctrl+C or a limit; prints the names of its files. A file that is
there is never replaced. A full disk ends the capture, never the traffic.

  --save FILE            .pcapng (opens in Wireshark, and here again with everything in it), .jsonl (opens here again row by row),
                         .csv (opens here again; what happened beside the bytes is words in it), .txt, .bin
  --max-size, --max-time the most of it; with --rotate of each file
  --rotate N             go on with the next file (NAME-2, …), and keep the last N
  --last 5m              begin with what the recording of the running Farport holds of that time

list, start, save and stop are about the running Farport and its captures folder: save writes what it recorded already, after the fault
happened. --format pcapng|text|csv|jsonl|raw, --name FILE, --direction tx|rx (raw). With --both-ends, of a link to a paired computer's share,
what was recorded there is in the file too, by one clock; it says how the clocks differ, what the way adds, and which bytes were lost on it.
Whose share it is permits that by farport permit … --history.

Examples:
  farport capture /dev/ttyUSB0 -b 9600 --save boot.pcapng
  farport capture gps --save gps.pcapng --max-size 100M --rotate 5
  farport capture save gps --last 10m
  farport capture save gps --both-ends`,

  export: `farport export FILE --format pcapng|csv|jsonl|text|raw [--save OUT] [--decode NAME] [--filter EXPR] [--rows …] [--direction tx|rx]

Writes a capture in another form, to standard output or into OUT (whose ending may tell the form). --direction is for raw: whose bytes;
default both, in the order of their times. --recording N: of a file with several.

${FILTERS}

Examples:
  farport export boot.pcapng --format text
  farport export plc.pcapng --decode modbus-rtu --filter crc:bad --save bad.csv`,

  replay: `farport replay FILE TARGET [--timing original|fast|2x] [--direction tx|rx] [--settings] [--yes]

Sends the bytes of one direction of a capture again: to a share or link of the running Farport, as one more user that waits for its turn
to write, or to any port or address. Ctrl+C ends it. On a terminal it asks before.

  --timing               as they came, without a pause, or so many times as quick
  --direction tx|rx      whose bytes: those to the device (default), or those from it
  --settings             with the line settings, DTR, RTS and breaks of the capture
  --yes                  do not ask
  -b N, --line 8N1, …    how the port is opened; see farport share --help

Exit codes: 130 stopped before all was sent.

Examples:
  farport replay session.pcapng /dev/ttyUSB0 -b 9600
  farport replay gps.pcapng sim:echo --direction rx --timing fast`,

  extcap: `farport extcap --install [--folder DIR]

Has Wireshark list the serial ports of this computer, and the shares and links of the running Farport, among its interfaces, and capture
from them live. --install puts a small script where Wireshark looks for programs that capture, and prints its path:

  Linux, macOS           ~/.local/lib/wireshark/extcap/farport
  Windows                %APPDATA%\\Wireshark\\extcap\\farport.bat
  Wireshark 4.0, older   only with --folder: the one that "Help > About > Folders" and tshark -G folders call the extcap path

In the options of "Farport: any port, share or address" stands what else it can be, such as farport://workshop-pc/gps. The rest of its
options is for Wireshark.

Examples:
  farport extcap --install
  tshark -i farport -o extcap.farport.target:sim:gps -c 5`
}
