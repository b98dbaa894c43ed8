/** The page Connections, and the question that a farport:// link asks. */

export const links = {
  list: 'Connections',
  none: 'No connections',
  noneHint:
    'A port of another computer that you connect to stands here, with the name under which programs here find it.',
  goNetwork: 'Find a port in the network',
  watchProgram: 'Watch a program on this computer',
  shareOf: (share: string, peer: string) => `${share} on ${peer}`,
  copyName: 'Copy the name of the port',
  states: {
    off: 'Disconnected; stays so when Farport starts',
    idle: 'Waiting for a program to open it',
    connecting: 'Connecting …',
    closing: 'Disconnecting …',
    connected: 'Connected, no program uses it',
    used: 'In use by a program here',
    usedBy: (program: string, pid: number, others: number) =>
      `In use by ${program} (pid ${pid})${others > 0 ? ` and ${others} more` : ''}`,
    lost: (time: string) => `Lost for ${time}`,
    notYet: 'Not reached yet',
    broken: 'Cannot be used as it is',
    retrying: 'trying again',
    watching: (who: string, since: string) => `Watching: ${who} has the control since ${since}`,
    mayWatch: (peer: string) => `Watching: ${peer} lets this computer do no more`,
    watches: 'Watching',
    onlyWatches: 'Watching: nothing is written or set there'
  },
  blocked: {
    cts: 'Waiting: the device holds the data back (CTS)',
    'flow-control': 'Waiting: the data is held back',
    peer: 'Waiting: the far side holds the data back'
  },
  setHere: 'this computer',
  setElsewhere: 'another user there',
  toDevice: 'App → Device',
  fromDevice: 'Device → App',
  lost: (text: string) => `${text} lost`,
  lostBytes: 'Loss',
  disconnect: 'Disconnect',
  connectAgain: 'Connect',
  tryNow: 'Try now',
  disconnectHint: 'It stays off, after a restart too, until you connect it again.',
  more: (name: string) => `More about ${name}`,
  hold: 'Stay connected without a program',
  holdOff: 'Connect only while a program uses it',
  rename: 'Rename …',
  remove: 'Remove …',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeLead: 'Programs do not find it any more. What is shared there stays as it is.',
  ask: 'Ask for control',
  asked: 'Asked for control',
  takeOver: 'Take over',
  takeOverHint: (who: string) => `After taking over, ${who} can only watch.`,
  asks: (who: string) => `${who} asks for control`,
  give: 'Give',
  decline: 'Decline',
  watchTitle: 'Watch a program on this computer',
  watchLead:
    'A new virtual port is put between a program and its device. The program talks as before, and its traffic can be seen.',
  watchPort: 'The port that the program uses now',
  watchName: 'Name',
  watchDone: (path: string) => `Set the program’s port to ${path}`,
  watchDoneHint:
    'Close the program first: it must give up the real port. It finds its device at the new one.',
  watchNone: 'There is no serial port here that a program could use; a simulated device shows how it works.',
  watchSimulated: 'Simulated',
  watchBegin: 'Create the port'
}

export const linkAsked = {
  title: (share: string, peer: string) => `Connect to ${share} of ${peer}?`,
  lead: 'Another program opened this link. Connect only if you know where it comes from.',
  connect: 'Connect'
}
