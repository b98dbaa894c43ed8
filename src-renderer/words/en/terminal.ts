/** The terminal. */

export const terminal = {
  title: (name: string) => `Terminal of ${name}`,
  back: 'Back',
  closed: 'Farport closed it.',
  tooMuch: 'The device has not taken what was sent before. Nothing of this was sent: wait, or send less.',
  loading: 'Opening the terminal …',
  ended: (why: string) => `The terminal has ended: ${why}`,
  again: 'Connect again',
  watching: 'Watching only.',
  ask: 'Ask for control',
  asked: 'Asked for control …',
  take: 'Take control',
  gone: 'Terminal',
  unknown: 'There is no such port any more.',
  leave: 'Shift+Esc leaves the terminal for the buttons above. Ctrl+Shift+C copies, Ctrl+Shift+V pastes.',
  waits: (much: string) => `${much} wait for the device`,
  discard: 'Discard',
  discardHint: 'What the device has not taken yet is not sent.',
  discarded: (much: string) => `Discarded: ${much} did not reach the device.`,
  sendBreak: 'Send break',
  echo: 'Local echo',
  ending: 'Line ending',
  endings: { cr: 'CR', lf: 'LF', crlf: 'CR LF' },
  clear: 'Clear',
  copy: 'Copy selection',
  screen: (name: string) => `What ${name} says`
}
