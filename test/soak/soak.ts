/**
 * Many ports in one Farport, random faults, and a table of where every byte went. Called through run.mjs.
 *
 * The core that is soaked runs in a process of its own (host.ts); devices, clients and programs are here, so each byte that is
 * sent anywhere is known, and each that arrives is placed (follower.ts). What Farport itself counts comes from its state, at rest,
 * and from what it tells people: both must fit what happened.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from '../random.ts'
import { addUp, type Account } from './account.ts'
import { Farport } from './farport.ts'
import type { Measured } from './host.ts'
import { slopePerHour } from './slope.ts'
import { makeStation } from './stations.ts'
import type { Station } from './station.ts'

/** Between two steps of a station. */
const STEP_MS = 100
const MEASURES = 120
const LEAST_MEASURE_MS = 1000
/** The first part of the run is for compilers and caches. */
const WARM_UP_PART = 0.3
/** After the faults everything must come to rest within this time: a device that takes nothing may cost 10 s, a peer 25 s. */
const SETTLE_MS = 60_000

/**
 * What the heap may grow in an hour. The measured noise of a heap whose clients come and go is about 2 MiB, which a short run
 * takes for a slope: so much is allowed on top, spread over the run.
 */
const HEAP_PER_HOUR = 4 * 1024 * 1024
const HEAP_NOISE = 4 * 1024 * 1024
/** The same for descriptors: a handful of clients more or fewer. */
const DESCRIPTORS_PER_HOUR = 2
const DESCRIPTORS_NOISE = 60

interface Options {
  readonly minutes: number
  readonly ports: number
  readonly seed: number
}

interface Slopes {
  readonly heap: number
  readonly heapLimit: number
  readonly descriptors: number
  readonly descriptorsLimit: number
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, ports: { type: 'string' }, seed: { type: 'string' } }
  })
  return {
    minutes: positive('minutes', values.minutes ?? '60'),
    ports: Math.ceil(positive('ports', values.ports ?? '64')),
    seed: Math.floor(positive('seed', values.seed ?? String(1 + Math.floor(Math.random() * 2 ** 31))))
  }
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (number > 0 && Number.isFinite(number)) return number
  console.error(`soak: --${name} ${text} is no number above 0.`)
  process.exit(2)
}

async function soak({ minutes, ports, seed }: Options): Promise<boolean> {
  console.log(
    `Soak: ${ports} ports, ${minutes} minutes. Again: npm run soak -- --minutes ${minutes} --ports ${ports} --seed ${seed}`
  )
  const folder = mkdtempSync(join(tmpdir(), 'farport-soak-'))
  const farport = new Farport()
  const crashed = new Promise<never>((_, reject) => {
    farport.onEnd = (how) => reject(new Error(`Farport ended by itself: ${how}`))
  })
  const stations = Array.from({ length: ports }, (_, index) =>
    makeStation(index, { farport, chance: new Random(seed + index * 7919), folder })
  )
  const byName = new Map(stations.map((station) => [station.name, station]))
  farport.onNotice = (subject, text) => byName.get(subject)?.notice(text)
  try {
    for (const station of stations) await Promise.race([station.start(), crashed])
    const samples = await Promise.race([run(farport, stations, minutes * 60_000), crashed])
    await Promise.race([settle(stations), crashed])
    const atRest = await farport.measure()
    const undelivered = await farport.close()
    return report(stations, atRest, undelivered, slopes(samples, minutes / 60))
  } finally {
    farport.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Faults and traffic for so long; answers what was measured meanwhile. */
async function run(
  farport: Farport,
  stations: readonly Station[],
  runMs: number
): Promise<[number, Measured][]> {
  const startMs = performance.now()
  const samples: [number, Measured][] = []
  let measuring = false
  const measureMs = Math.max(LEAST_MEASURE_MS, runMs / MEASURES)
  let measuredMs = startMs
  for (;;) {
    const nowMs = performance.now()
    if (nowMs - startMs >= runMs) return samples
    for (const station of stations) station.step(nowMs)
    if (nowMs - measuredMs >= measureMs && !measuring) {
      measuredMs = nowMs
      measuring = true
      void farport.measure().then((measured) => {
        measuring = false
        samples.push([nowMs - startMs, measured])
      })
    }
    await new Promise((resolve) => setTimeout(resolve, STEP_MS))
  }
}

async function settle(stations: readonly Station[]): Promise<void> {
  const moving = new Set(stations)
  const all = Promise.all(stations.map((station) => station.settle().then(() => moving.delete(station))))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const names = [...moving].map(({ name }) => name).join(', ')
      reject(new Error(`still moving after ${SETTLE_MS / 1000} s: ${names}`))
    }, SETTLE_MS)
  })
  await Promise.race([all, late])
  clearTimeout(timer)
}

function slopes(samples: readonly (readonly [number, Measured])[], hours: number): Slopes {
  const warm = samples.filter(([timeMs]) => timeMs >= hours * 3_600_000 * WARM_UP_PART)
  const over = hours * (1 - WARM_UP_PART)
  return {
    heap: slopePerHour(warm.map(([timeMs, { heapBytes }]) => [timeMs, heapBytes])),
    heapLimit: HEAP_PER_HOUR + HEAP_NOISE / over,
    descriptors: slopePerHour(warm.map(([timeMs, { descriptors }]) => [timeMs, descriptors])),
    descriptorsLimit: DESCRIPTORS_PER_HOUR + DESCRIPTORS_NOISE / over
  }
}

/** Prints the table; answers whether all is well. */
function report(
  stations: readonly Station[],
  { bridges }: Measured,
  undelivered: number,
  grown: Slopes
): boolean {
  const accounts = stations.map((station) => station.account(bridges))
  const all = addUp(accounts)
  const faults = (name: keyof Station['faults']): number =>
    stations.reduce((sum, station) => sum + station.faults[name], 0)
  console.log(
    `Faults: ${faults('unplugs')} unplugs, ${faults('holds')} devices that took nothing, ${faults('clients')} clients, of whom ${faults('kills')} broke off and ${faults('stalls')} stopped reading`
  )
  console.log(table(all, grown))
  for (const [index, { complaints }] of accounts.entries())
    for (const complaint of complaints) console.log(`${stations[index]?.name}: ${complaint}`)
  if (undelivered > 0) console.log(`${undelivered} bytes were left at the end`)
  return (
    all.unexplained === 0 &&
    undelivered === 0 &&
    grown.heap <= grown.heapLimit &&
    grown.descriptors <= grown.descriptorsLimit
  )
}

function table(all: Account, grown: Slopes): string {
  const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MiB`
  const rows: [string, string, string][] = [
    ['', 'App → Device', 'Device → App'],
    ['sent / given to apps', String(all.toDevice), String(all.arrivedHere + all.lostFromDevice)],
    ['arrived', String(all.arrivedThere), String(all.arrivedHere)],
    ['lost and counted', String(all.lostToDevice), String(all.lostFromDevice)],
    ['left with clients that broke off', String(all.cutOff), ''],
    ['of either of two clients', String(all.doubtful), ''],
    ['unexplained', String(all.unexplained), ''],
    ['heap, per hour', mebibytes(grown.heap), `limit ${mebibytes(grown.heapLimit)}`],
    ['descriptors, per hour', grown.descriptors.toFixed(1), `limit ${grown.descriptorsLimit.toFixed(1)}`]
  ]
  return rows
    .map(([name, here, there]) => `${name.padEnd(34)}${here.padStart(16)}${there.padStart(22)}`.trimEnd())
    .join('\n')
}

soak(readOptions()).then(
  (well) => process.exit(well ? 0 : 1),
  (error: unknown) => {
    console.error(`soak: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
)
