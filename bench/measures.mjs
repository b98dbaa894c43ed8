/**
 * What is measured, and what is asked of Farport. Called by run.mjs (to measure) and report.mjs (to judge and to print).
 *
 * A scene is how the programs stand to each other: which devices and clients there are. Its seats stay for all its rounds; in
 * each round each of its calls is made once per contender. Of a call:
 *
 * `of`: these alone, where a scene is not for all; a contender that is `special` is in no other.
 *
 * - `command`, `ms`: for the probe, `ms` long at the most. `together`: on one processor; see probe.c.
 * - `own`: no command of the probe but a method of Seat, which starts programs of its own.
 */
export const SCENES = {
  one: {
    title: 'One device, one client',
    rounds: 12,
    calls: {
      echo: { command: ['echo', 3000], ms: 150, together: true },
      paced100: { command: ['paced', 100, 20], ms: 250, together: true },
      paced256: { command: ['paced', 256, 20], ms: 250, together: true },
      up: { command: ['up'], ms: 300 },
      down: { command: ['down'], ms: 300 }
    }
  },
  telnet: {
    title: 'Telnet, 0xFF only',
    rounds: 8,
    protocol: 'telnet',
    calls: {
      telnetUp: { command: ['up'], ms: 250 },
      telnetDown: { command: ['down'], ms: 250 }
    }
  },
  ports: {
    title: '64 devices',
    rounds: 5,
    devices: 64,
    calls: { ports64: { command: ['paced', 115, 10_000], ms: 1000 } }
  },
  recording: {
    title: 'Recording',
    rounds: 8,
    devices: 64,
    of: ['Farport', 'Farport, --no-record'],
    reference: 'Farport, --no-record',
    calls: { recording64: { command: ['paced', 115, 10_000], ms: 1000 } }
  },
  watching: {
    title: 'Monitors',
    rounds: 8,
    devices: 64,
    of: ['Farport, served', 'Farport, watched'],
    reference: 'Farport, served',
    calls: { watching64: { command: ['paced', 115, 10_000], ms: 1000 } }
  },
  clients: {
    title: 'Eight clients on one device',
    rounds: 7,
    clients: 8,
    calls: {
      clients8: { command: ['broadcast', 0], ms: 300 },
      stalled: { command: ['broadcast', 1], ms: 1000 }
    }
  },
  virtual: {
    title: 'A virtual port',
    rounds: 10,
    reference: 'socat, tuned',
    dials: true,
    calls: {
      ptyEcho: { command: ['echo', 3000], ms: 150, together: true },
      ptyUp: { command: ['up'], ms: 250 },
      ptyDown: { command: ['down'], ms: 250 }
    }
  },
  start: {
    title: 'Start and memory',
    rounds: 5,
    seatless: true,
    calls: { startUp: { own: 'startUp' }, memory: { own: 'memory' } }
  }
}

/** The ratio is the one to this contender where the scene names no other. */
export const REFERENCE = 'C relay'

const rate = ({ bytes, seconds }) => bytes / seconds / 1e6

/**
 * A row of a table each. `figure` takes it from an answer; `more`: more is better. `cost`: CPU seconds per GB, or percent of
 * a processor, over all rounds together. `alone`: a ratio says nothing. `beside`: the ratio is to this call of the same contender.
 * `beyond`: what is more than the reference's, in the row's own unit. `judged`: this contender, where it is not Farport as it is by default.
 * `goal`, and `floor` below which it is a fault: a `ratio`, or a `value` in the row's own unit.
 */
export const ROWS = [
  {
    title: '1-byte echo, p50, µs',
    call: 'echo',
    figure: ({ p50 }) => p50,
    goal: { ratio: 1.1 },
    floor: { ratio: 1.3 }
  },
  { title: '1-byte echo, p95, µs', call: 'echo', figure: ({ p95 }) => p95 },
  {
    title: '100-byte answer at 115200, p50, µs',
    call: 'paced100',
    figure: ({ p50 }) => p50,
    goal: { value: 100 },
    floor: { value: 150 }
  },
  {
    title: '256-byte answer at 115200, p50, µs',
    call: 'paced256',
    figure: ({ p50 }) => p50,
    goal: { value: 100 },
    floor: { value: 150 }
  },
  {
    title: 'device → client, MB/s',
    call: 'up',
    figure: rate,
    more: true,
    goal: { ratio: 0.95 },
    floor: { ratio: 0.85 }
  },
  {
    title: 'client → device, MB/s',
    call: 'down',
    figure: rate,
    more: true,
    goal: { ratio: 0.95 },
    floor: { ratio: 0.85 }
  },
  {
    title: 'device → client, CPU s/GB',
    call: 'up',
    cost: 'gigabyte',
    goal: { ratio: 1.2 },
    floor: { ratio: 1.5 }
  },
  {
    title: 'client → device, CPU s/GB',
    call: 'down',
    cost: 'gigabyte',
    goal: { ratio: 1.2 },
    floor: { ratio: 1.8 }
  },
  {
    title: 'telnet, 0xFF, device → client, MB/s',
    call: 'telnetUp',
    figure: rate,
    more: true,
    goal: { ratio: 0.75 },
    floor: { ratio: 0.6 }
  },
  {
    title: 'telnet, 0xFF, client → device, MB/s',
    call: 'telnetDown',
    figure: rate,
    more: true,
    goal: { ratio: 0.75 },
    floor: { ratio: 0.6 }
  },
  {
    title: '64 ports at 115200, CPU %',
    call: 'ports64',
    cost: 'percent',
    goal: { ratio: 1.15 },
    floor: { ratio: 1.9 }
  },
  {
    title: '64 ports at 115200, recording, CPU %',
    call: 'recording64',
    cost: 'percent',
    goal: { ratio: 1.03 },
    floor: { ratio: 1.15 }
  },
  {
    title: '64 ports at 115200, CPU %, served',
    call: 'watching64',
    cost: 'percent'
  },
  {
    title: '64 monitors beyond that, CPU %',
    call: 'watching64',
    cost: 'percent',
    beyond: true,
    alone: true,
    judged: 'Farport, watched',
    goal: { value: 2 },
    floor: { value: 2 }
  },
  {
    title: 'eight clients, MB/s',
    call: 'clients8',
    figure: rate,
    more: true,
    goal: { ratio: 0.95 },
    floor: { ratio: 0.8 }
  },
  {
    title: 'seven clients beside a stalled one, MB/s',
    call: 'stalled',
    figure: rate,
    more: true,
    beside: 'clients8',
    goal: { ratio: 0.95 },
    floor: { ratio: 0.9 }
  },
  {
    title: 'virtual port, 1-byte echo, p50, µs',
    call: 'ptyEcho',
    figure: ({ p50 }) => p50,
    goal: { ratio: 1.1 },
    floor: { ratio: 1.3 }
  },
  {
    title: 'virtual port → network, MB/s',
    call: 'ptyUp',
    figure: rate,
    more: true,
    goal: { ratio: 1.2 },
    floor: { ratio: 0.9 }
  },
  {
    title: 'network → virtual port, MB/s',
    call: 'ptyDown',
    figure: rate,
    more: true,
    goal: { ratio: 1.8 },
    floor: { ratio: 0.9 }
  },
  {
    title: 'start to listening, ms',
    alone: true,
    call: 'startUp',
    figure: ({ ms }) => ms,
    goal: { value: 100 },
    floor: { value: 150 }
  },
  {
    title: 'idle, MiB',
    alone: true,
    call: 'startUp',
    figure: ({ mebibytes }) => mebibytes,
    goal: { value: 50 },
    floor: { value: 55 }
  },
  {
    title: 'each further port with a client, MiB',
    alone: true,
    call: 'memory',
    figure: ({ mebibytes }) => mebibytes,
    goal: { value: 0.25 },
    floor: { value: 0.25 }
  }
]

/** The scene that a call belongs to. */
export function sceneOf(call) {
  return Object.values(SCENES).find(({ calls }) => call in calls)
}
