/** The help of what talks to a port: terminal, send, expect, reset. */
import { RESET_NAMES, profileOf } from '../../../contract/reset.ts'
import { PORT_HELP, TARGETS } from './shared.ts'

export const TALKING_HELP: Readonly<Record<string, string>> = {
  terminal: `farport terminal TARGET [options]

Talks to a port from this terminal; Ctrl+] leaves.

  --log FILE             append what the device sends to FILE
  --watch                only watch: nothing that is typed is sent, and the control of a paired computer's port stays free

${TARGETS}

${PORT_HELP}

Example:
  farport terminal /dev/ttyUSB0 -b 115200 --log boot.log`,

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
  avrdude -c avr109 -p m32u4 -P "$(farport reset /dev/ttyACM0 --profile 1200-touch)" -U flash:w:blink.hex`
}
