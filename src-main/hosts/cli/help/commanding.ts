/** The help of what commands the Farport that runs: list, enable, pause, ask and their kin. */

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

export const COMMANDING_HELP: Readonly<Record<string, string>> = {
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

  decline: CONTROL
}
