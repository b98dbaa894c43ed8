/** The frame around the pages: its rail and bar, its messages, what stands everywhere. */

export const app = {
  name: 'Farport',
  connecting: 'Connecting to Farport …',
  /** Of the browser's tab, or the window. */
  title: (place: string) => `${place} · Farport`,
  skip: 'Skip to the page',
  places: 'Pages',
  lost: 'Farport does not answer.',
  noAnswer: 'Farport does not answer.',
  notYet: 'Not connected yet.',
  silent: 'Farport tells nothing any more.',
  closed: 'The page was closed.',
  lostHint: 'What is shown is how it was before. This page comes back by itself.'
}

export const common = {
  close: 'Close',
  cancel: 'Cancel',
  dismiss: 'Dismiss this message',
  copied: 'Copied',
  copyWhat: (what: string) => `Copy: ${what}`,
  notCopied: 'This browser lets no page copy. Mark the text, and copy it yourself.'
}

export const pages = {
  computer: 'This computer',
  network: 'Network',
  connections: 'Connections',
  captures: 'Captures',
  settings: 'Settings'
}

export const bar = {
  connections: (count: number) => (count === 1 ? '1 connection' : `${count} connections`),
  rate: (text: string) => `${text}/s`,
  lost: (text: string) => `${text} lost`
}

export const toasts = {
  label: 'Messages',
  show: 'Show',
  dismiss: 'Dismiss',
  unplugged: (name: string, count: number) =>
    count === 1 ? `${name} was unplugged while in use` : `${count} devices were unplugged while in use`,
  plugged: (name: string, count: number) =>
    count === 1 ? `${name} is plugged in again` : `${count} devices are plugged in again`,
  lost: (name: string, count: number) =>
    count === 1
      ? `The connection ${name} is lost. It is tried again.`
      : `${count} connections are lost. They are tried again.`,
  back: (name: string, count: number) =>
    count === 1 ? `${name} is connected again` : `${count} connections are there again`,
  taken: (name: string, by: string, count: number) =>
    count === 1 ? `The control of ${name} is with ${by} now` : `Others took the control of ${count} ports`
}
