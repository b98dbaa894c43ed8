/** The page This computer: the list of ports, their states, and the dialogs that belong to it. */

export const computer = {
  list: 'Ports of this computer',
  searchFor: 'Search ports',
  group: 'Group',
  groupings: { none: 'No groups', type: 'By type', name: 'By name' },
  kinds: {
    usb: 'USB adapters',
    'built-in': 'Built-in ports',
    simulated: 'Simulated devices',
    program: 'Programs',
    network: 'Ports elsewhere'
  },
  others: 'Others',
  count: (count: number) => (count === 1 ? '1 port' : `${count} ports`),
  add: 'Add',
  addSimulated: 'Add a simulated device',
  addProgram: 'Add a program',
  moreOfAll: 'More for all ports',
  pauseAll: 'Pause all sharing',
  resumeAll: 'Share again',
  paused: (count: number) =>
    count === 1 ? 'Sharing is paused for one port.' : `Sharing is paused for ${count} ports.`,
  none: 'No serial ports here',
  noneHint: 'Plug in a USB adapter; it will appear by itself.',
  nothingFound: 'Nothing found',
  nothingFoundHint: (text: string) => `No port has “${text}” in its name or details.`,
  showAll: 'Show all',
  looking: 'Looking for serial ports …',
  share: (name: string) => `Share ${name}`,
  open: (name: string) => `Details of ${name}`,
  more: (name: string) => `More for ${name}`,
  rename: 'Rename',
  newName: (name: string) => `New name of ${name}`,
  terminal: 'Terminal',
  reset: 'Reset board …',
  copyAddress: 'Copy address for …',
  whoUses: 'Who is using it',
  settings: 'Settings',
  remove: 'Remove',
  sim: {
    title: 'Add a simulated device',
    lead: 'It behaves like a device on a serial line. Try sharing and the terminal without hardware.',
    name: 'Name',
    device: 'Device',
    devices: {
      'sim:gps': 'GPS receiver: NMEA text, once a second',
      'sim:echo': 'Echo: sends back what it receives',
      'sim:modbus': 'Thermostat: Modbus RTU, unit 1',
      'sim:modbus-ascii': 'Thermostat: Modbus ASCII, unit 1',
      'sim:noise:1000': 'Noise: 1000 random bytes a second'
    },
    paced: 'As slow as a real line',
    add: 'Add'
  },
  program: {
    title: 'Add a program',
    lead: 'Its input and output become a port: a console by ssh or ipmitool, for several people at a time.',
    name: 'Name',
    command: 'Command',
    example: 'ssh admin@192.168.1.9',
    terminal: 'It needs a terminal',
    add: 'Add'
  },
  resetTitle: (name: string) => `Reset the board at ${name}`,
  resetLead: 'By the control lines of the port. Whoever uses it sees the board start anew.',
  resetProfile: 'Board',
  resetDo: 'Reset',
  resetDone: 'Reset.',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeLead:
    'Its name, its settings and who may use it are forgotten, and whoever uses it now is disconnected. A port that is plugged in stays in the list.',
  showHow: 'Show how',
  hideHow: 'Hide',
  triedAgain: 'It is tried again by itself.'
}

export const state = {
  notShared: 'Not shared',
  shared: 'Shared',
  opening: 'Opening …',
  closing: 'Closing …',
  unplugged: 'Device unplugged, waiting',
  busy: 'Open in another program',
  noPermission: 'No permission',
  broken: 'Waiting, something is wrong',
  openIn: (program: string) => `Open in ${program}`,
  inUse: (who: string, others: number) =>
    others === 0 ? `In use by ${who}` : `In use by ${who} and ${others} ${others === 1 ? 'other' : 'others'}`,
  watched: (who: string, others: number) =>
    others === 0
      ? `Watched by ${who}`
      : `Watched by ${who} and ${others} ${others === 1 ? 'other' : 'others'}`,
  blocked: {
    cts: 'Waiting for CTS',
    'flow-control': 'Waiting: the device takes nothing',
    peer: 'Waiting: the other computer asked to'
  }
}
