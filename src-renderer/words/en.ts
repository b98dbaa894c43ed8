/**
 * Every word that the page shows, in English. One file per language, all of this shape; a word with something in it is a function. Sentences
 * of faults come from the core as they are.
 */
export const EN = {
  app: {
    name: 'Farport',
    connecting: 'Connecting to Farport …',
    lost: (why: string) => `Farport does not answer: ${why}`,
    lostHint: 'What is shown is how it was before. This page comes back by itself.'
  },
  common: {
    close: 'Close',
    cancel: 'Cancel'
  },
  lights: {
    line: (name: string, level: boolean | 'unknown') =>
      level === 'unknown' ? `${name}: unknown` : `${name} is ${level ? 'on' : 'off'}`
  },
  line: {
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
  },
  pages: {
    computer: 'This computer',
    network: 'Network',
    connections: 'Connections',
    captures: 'Captures',
    settings: 'Settings'
  },
  bar: {
    connections: (count: number) => (count === 1 ? '1 connection' : `${count} connections`),
    rate: (text: string) => `${text}/s`,
    lost: (text: string) => `${text} lost`
  }
} as const
