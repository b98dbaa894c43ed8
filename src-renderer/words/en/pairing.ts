/** Pairing with another computer, and what it may do here afterwards. */

export const pairing = {
  title: (name: string) => `Pair with ${name}`,
  asksTitle: (name: string) => `${name} asks to pair`,
  asking: (place: string) => `Asking ${place} …`,
  question: 'Do both screens show the same digits?',
  digits: (digits: string) => `The digits: ${digits}`,
  accept: 'Accept',
  acceptOnce: 'Accept once',
  onceHint: 'Once: until Farport here ends, or that computer has been away for ten minutes.',
  reject: 'Not now',
  block: 'Block',
  waiting: (name: string) => `You accepted; waiting for ${name}. Accept there, too.`,
  waitingToast: (name: string) => `${name} shows the same digits?`,
  id: 'Key',
  from: 'From',
  different: 'Other digits? Somebody may be in between: do not accept.',
  pairedTitle: (name: string) => `Paired with ${name}`,
  paired: 'Both computers know each other by their keys now.',
  mayNothing: (name: string) => `${name} may not use anything here yet.`,
  choose: 'Choose what it may use',
  seeIt: 'See what it shares',
  failedTitle: 'Not paired',
  again: 'Try again',
  unnamed: 'A computer',
  toast: (name: string, others: number) =>
    others === 0 ? `${name} asks to pair` : `${name} and ${others} more ask to pair`,
  compare: 'Compare digits'
}

export const peer = {
  identity: 'Identity',
  id: 'Key',
  since: 'Paired',
  addresses: 'Reached at',
  connections: 'Connections now',
  unknownAddress: 'Not known',
  mayUse: 'What it may use here',
  mayUseHint: 'Of what is shared on this computer.',
  everything: 'Every share, unless said below',
  levels: { none: 'Nothing', observe: 'Watch', control: 'Use' },
  asAbove: (level: string) => `As above (${level})`,
  history: 'May read what passed before',
  noShares: 'Nothing is shared on this computer yet.',
  trust: 'Trust',
  unpair: 'Un-pair …',
  unpairTitle: (name: string) => `Un-pair ${name}?`,
  unpairLead:
    'Its connections end at once, and both computers have to be paired again before they can connect.',
  block: 'Block …',
  blockTitle: (name: string) => `Block ${name}?`,
  blockLead: 'Its connections end at once, and it cannot even ask to pair again.',
  unblock: 'Unblock',
  rename: 'Rename …',
  callsItself: 'Calls itself',
  once: 'For this time: until Farport here ends, or it has been away for ten minutes'
}
