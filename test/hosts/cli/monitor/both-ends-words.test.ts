import { expect, it } from 'vitest'
import type { BothEnds } from '../../../../src-main/contract/recording.ts'
import { bothEndsLines } from '../../../../src-main/hosts/cli/monitor/both-ends-words.ts'

const way = { p50Ms: 0.84, p95Ms: 12.34, maxMs: 1234, bytes: 4810 }
const nothing = { latency: {}, lostToDevice: 0, lostFromDevice: 0 }

it.each<[BothEnds, readonly string[]]>([
  [
    {
      ...{ offsetMs: 3210, uncertaintyMs: 0.5, lostToDevice: 0, lostFromDevice: 34 },
      latency: { 'to-device': way, 'from-device': way }
    },
    [
      'Clocks: the other one is 3.2 s ahead of this one, to within 0.50 ms',
      'To the device: 0.84 ms added (95 % within 12.3 ms, longest 1.2 s; 4,810 bytes compared); nothing lost',
      'From the device: 0.84 ms added (95 % within 12.3 ms, longest 1.2 s; 4,810 bytes compared); 34 bytes lost'
    ]
  ],
  [
    { ...nothing, offsetMs: -7_500_000, latency: { 'to-device': way } },
    [
      'Clocks: the other one is 2 h 5 min behind this one, if the way took no time (bytes passed one way only)',
      'To the device: 0.84 ms added (95 % within 12.3 ms, longest 1.2 s; 4,810 bytes compared); nothing lost',
      'From the device: no bytes to compare; nothing lost'
    ]
  ],
  [
    nothing,
    [
      'Clocks: no bytes are in both recordings, so their times are as each computer had them',
      'To the device: no bytes to compare; nothing lost',
      'From the device: no bytes to compare; nothing lost'
    ]
  ]
])('says what both ends tell of the way between: %#', (found, lines) => {
  expect(bothEndsLines(found)).toEqual(lines)
})
