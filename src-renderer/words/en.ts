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
