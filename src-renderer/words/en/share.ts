/** One port of this computer: its drawer, its line settings and lights, its addresses for other programs. */

export const drawer = {
  about: 'About',
  path: 'Port',
  adapter: 'Adapter',
  serialNumber: 'Serial number',
  usbIds: 'USB ids',
  socket: 'Socket',
  driver: 'Driver',
  stableName: 'Stable name',
  opens: 'Opens',
  addresses: 'Addresses',
  line: 'Line',
  terminal: 'Open terminal',
  settings: 'Settings',
  name: 'Name',
  save: 'Save',
  writers: 'Who may write',
  writersWords: {
    one: 'One at a time, others watch',
    all: 'Everybody at once',
    none: 'Nobody, all watch'
  },
  dtr: 'DTR when opened',
  rts: 'RTS when opened',
  level: { keep: 'Unchanged', on: 'On', off: 'Off' },
  resetOnOpen: 'Reset the board when opened',
  noReset: 'No',
  announce: 'Announce it in the network',
  users: 'Who is using it',
  nobody: 'Nobody at the moment.',
  since: (time: string) => `since ${time}`,
  writes: 'Has control',
  watches: 'Watches',
  asks: 'Asks for control',
  bytesBoth: (sent: string, got: string) => `${sent} sent, ${got} received`,
  lost: (count: string) => `${count} lost`,
  disconnect: 'Disconnect',
  disconnectWho: (who: string) => `Disconnect ${who}`,
  giveControl: 'Give control',
  giveControlTo: (who: string) => `Give control to ${who}`,
  decline: 'Decline',
  declineWho: (who: string) => `Decline ${who}`,
  permits: 'Who may use it',
  noPeers: 'No computer is paired yet. Pair one on the page Network.',
  levels: { none: 'Nothing', observe: 'Watch', control: 'Control' },
  inherit: (level: string) => `As for all shares (${level})`,
  events: 'Last events',
  noEvents: 'Nothing happened yet.',
  gone: 'There is no such share any more. Look at the list again.',
  notYet: 'Share it, or change something, and what may be set is shown here.'
}

export const line = {
  of: (name: string, settings: string) => `Line settings of ${name}: ${settings}`,
  title: (name: string) => `Line settings of ${name}`,
  own: 'The share’s own settings',
  setBy: (who: string) => `Set by ${who}`,
  baudRate: 'Baud rate',
  dataBits: 'Data bits',
  parity: 'Parity',
  stopBits: 'Stop bits',
  flowControl: 'Flow control',
  parities: { none: 'None', odd: 'Odd', even: 'Even', mark: 'Mark', space: 'Space' },
  flows: { none: 'None', rtscts: 'RTS/CTS', xonxoff: 'XON/XOFF' },
  apply: 'Apply',
  undo: 'Undo',
  sendBreak: 'Send break',
  took: (settings: string) => `In force: ${settings}`,
  tookOther: (asked: string, got: string) => `The device cannot do ${asked}; in force: ${got}`,
  closed: 'Nobody uses the port now: DTR, RTS and break can be set once it is open.'
}

export const lights = {
  line: (name: string, level: boolean | 'unknown') =>
    level === 'unknown' ? `${name}: unknown` : `${name} is ${level ? 'on' : 'off'}`
}

export const listeners = {
  title: 'For other programs',
  none: 'Only paired Farports reach it. Programs like pyserial or socat need an address of their own.',
  plain: 'Not encrypted',
  add: 'Add an address',
  protocol: 'Protocol',
  protocols: {
    rfc2217: 'RFC 2217: with baud rate and control lines',
    raw: 'Raw: the bytes alone'
  },
  port: 'Port',
  who: 'Who may connect?',
  reaches: {
    'this-computer': 'This computer only',
    chosen: 'Chosen addresses',
    everyone: 'Everyone'
  },
  reachHints: {
    'this-computer': 'Programs on this computer.',
    chosen: 'Nobody checks who is at these addresses, and what passes can be read on the way.',
    everyone: 'Whoever reaches this computer can use the device, without a password.'
  },
  addresses: 'Addresses or networks',
  addressesExample: '192.168.1.20, 192.168.2.0/24',
  open: 'Open it',
  change: 'Change',
  changeWhich: (url: string) => `Change who may connect to ${url}`,
  remove: 'Close',
  removeWhich: (url: string) => `Close ${url}`,
  badPort: 'A port is a number from 1 to 65535.',
  noAddresses: 'Name at least one address.'
}

export const address = {
  title: (name: string) => `Copy address of ${name} for …`,
  program: 'Program',
  /** Stands in a command: one word, without what a shell reads. */
  yourAddress: 'ADDRESS-OF-THIS-COMPUTER',
  needs: (protocol: string) => `This program needs a plain ${protocol} address, and there is none yet.`,
  off: 'It is not shared now: switch it on for the line to work.',
  onlyHere: 'This address is for programs on this computer only.',
  hints: {
    pyserial: 'After import serial. Baud rate, DTR and RTS reach the device.',
    esptool: 'Baud rate and automatic reset work over the network.',
    avrdude:
      'The connection carries no baud rate and no reset: set the line here, and “Reset the board when opened” to Arduino.',
    platformio: 'In platformio.ini. With ESP boards the same address works as upload_port.',
    zigbee2mqtt: 'In configuration.yaml.',
    homeAssistant: 'ZHA: “Enter manually”, as serial device path. The baud rate is the one that is set here.',
    octoprint:
      'On the computer with OctoPrint; then name the link under Settings, Serial Connection, Additional serial ports.',
    pymodbus:
      'After from pymodbus.client import ModbusSerialClient. The framer is RTU unless you say otherwise.',
    qemu: 'The first serial port of the virtual machine. The baud rate is the one that is set here.',
    socat:
      'Makes a port on that computer that other programs open. The baud rate is the one that is set here.',
    wsl: 'Inside WSL on this computer. With mirrored networking write 127.0.0.1 in place of $(…).'
  }
}
