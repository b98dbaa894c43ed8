/**
 * What is measured, and what is asked of Farport: `goal`, and `floor` below which it is a fault. `ratio`: against the C
 * relay; `value`: in the measure's own unit. Called by run.mjs (to measure) and report.mjs (to judge and to print).
 */

/** One call of the probe per round, `ms` long at the most. `together`: on one processor; see probe.c. */
export const CALLS = {
  echo: { command: ['echo', 3000], ms: 150, together: true },
  paced100: { command: ['paced', 100, 20], ms: 250, together: true },
  paced256: { command: ['paced', 256, 20], ms: 250, together: true },
  up: { command: ['up'], ms: 300 },
  down: { command: ['down'], ms: 300 }
}

const rate = ({ bytes, seconds }) => bytes / seconds / 1e6

/** A row of the table each. `figure` takes it from the probe's answer. `cost`: CPU seconds per GB, taken over all rounds since the kernel counts in ticks of 10 ms. */
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
    cost: true,
    goal: { ratio: 1.2 },
    floor: { ratio: 1.5 }
  },
  {
    title: 'client → device, CPU s/GB',
    call: 'down',
    cost: true,
    goal: { ratio: 1.2 },
    floor: { ratio: 1.8 }
  }
]
