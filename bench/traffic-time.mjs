/** Processor time of pieces of work, user and system together, all threads of the process included. Called by the cases of traffic.mjs. */
import { execFileSync } from 'node:child_process'

/** A turn that takes less says too little, ms of processor time. */
const TURN_MS = 60
const ROUNDS = 7

/**
 * ns for one unit of each work, by name. `works`: {name: (units) => void}. Each is first called until the compiler has seen enough of it; the rounds
 * are interleaved, so what disturbs the machine disturbs all, and the median counts.
 */
export function nsPerUnit(works, { isQuick = false } = {}) {
  const turnMs = isQuick ? TURN_MS / 10 : TURN_MS
  const units = Object.fromEntries(
    Object.entries(works).map(([name, work]) => [name, unitsFor(work, turnMs)])
  )
  const found = Object.fromEntries(Object.keys(works).map((name) => [name, []]))
  for (let round = 0; round < (isQuick ? 2 : ROUNDS); round++)
    for (const [name, work] of Object.entries(works))
      found[name].push((cpuMs(() => work(units[name])) * 1e6) / units[name])
  return Object.fromEntries(Object.entries(found).map(([name, times]) => [name, median(times)]))
}

/** So many that they take a turn. */
function unitsFor(work, turnMs) {
  let units = 1
  while (cpuMs(() => work(units)) < turnMs) units *= 2
  return units
}

/** ms of processor time of this process. */
export function cpuMs(work) {
  const before = process.cpuUsage()
  work()
  return spentMs(before)
}

/** The same of something that waits. */
export async function cpuMsOf(work) {
  const before = process.cpuUsage()
  await work()
  return spentMs(before)
}

function spentMs(before) {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** ms of processor time of another program, the median of some runs; undefined: it is not here. Throws where it fails. */
export function programCpuMs(words, { isQuick = false } = {}) {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', words[0]], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const times = Array.from({ length: isQuick ? 1 : ROUNDS }, () => {
    // Into no /dev/null: grep would stop at its first line. bash's `time` asks the kernel (getrusage), so it is not in whole ticks.
    const said = execFileSync(
      'bash',
      ['-c', 'TIMEFORMAT="%3U %3S"; { time said=$("$@" 2>/dev/null); } 2>&1', 'bash', ...words],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    )
    const [user = 0, system = 0] = said
      .trim()
      .split(/\s+/)
      .map((each) => Number(each.replace(',', '.')))
    return (user + system) * 1000
  })
  return median(times)
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
