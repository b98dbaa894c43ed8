/**
 * `npm run bench`: how fast Farport shares a port, side by side with ser2net, socat and a C relay that shows what the
 * machine can do. Prints Markdown. Needs cc; a rival that is not installed is named and left out.
 *
 *     node bench/run.mjs [--write] [--rounds N] [--only NAME]… [--quick]
 *
 * `--write` puts the tables into bench/README.md. `--only` leaves out the other contenders. `--quick`: one short round,
 * to see that it works; its figures mean nothing.
 *
 * All contenders run at once, each on a PTY of its own with one client; only one is driven at a time, so the others sleep.
 * The rounds are interleaved: what disturbs the machine for a while disturbs all of them.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contenders } from './contenders.mjs'
import { cpuSeconds } from './cpu.mjs'
import { CALLS } from './measures.mjs'
import { Probe, stop } from './probe.mjs'
import { figuresTable, goalsTable, summarise } from './report.mjs'

/** Many and short: what disturbs the machine for some seconds then hits all contenders alike. */
const ROUNDS = 18
/** Rounds that are not counted: a compiler that watches the program needs a while. */
const WARM_UP = 3
/** The part of a measure's time that `--quick` takes. */
const QUICK = 0.3

const README = join(import.meta.dirname, 'README.md')
const MARKS = ['<!-- figures -->', '<!-- end of figures -->']

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(ROUNDS) },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false }
  }
})

const directory = mkdtempSync(join(tmpdir(), 'farport-bench-'))
const seats = []
// A run that is interrupted must not leave seven programs behind.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void finish().then(() => process.exit(130)))
try {
  await main()
} finally {
  await finish()
}

async function finish() {
  await Promise.all(
    seats.splice(0).map(({ probe, child }) => Promise.all([child && stop(child), probe?.stop()]))
  )
  rmSync(directory, { recursive: true, force: true })
}

async function main() {
  const programs = new Map(['relay', 'probe'].map((name) => [name, compile(name)]))
  const all = contenders((name) => programs.get(name))
  checkNames(all)
  const versions = []
  for (const contender of all) {
    if (options.only && !options.only.includes(contender.name)) continue
    const version = await contender.version()
    if (version === undefined) note(`${contender.name} is not here and was left out.`)
    else if (await seat(contender, programs.get('probe'))) versions.push([contender.name, version])
  }
  const results = await measureAll(options.quick ? 1 : Number(options.rounds))
  const report = write(summarise(results), versions)
  process.stdout.write(`${report}\n`)
  if (options.write) writeReadme(report)
}

function checkNames(all) {
  const names = all.map(({ name }) => name)
  const unknown = options.only?.find((name) => !names.includes(name))
  if (unknown) throw new Error(`There is no contender "${unknown}". There are: ${names.join(', ')}.`)
}

/** Builds bench/NAME.c; answers the program's path. */
function compile(name) {
  const program = join(directory, name)
  const source = join(import.meta.dirname, `${name}.c`)
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source], { stdio: 'inherit' })
  return program
}

/** Starts a contender on a PTY of its own and connects its client. False: it would not run. */
async function seat({ name, start }, probeProgram) {
  const own = { name, probe: undefined, child: undefined }
  seats.push(own)
  try {
    own.probe = await Probe.start(probeProgram)
    const { child, port } = await start(own.probe.pty, directory)
    own.child = child
    await own.probe.ask('connect', port)
    return true
  } catch (error) {
    seats.splice(seats.indexOf(own), 1)
    if (own.child) await stop(own.child)
    await own.probe?.stop()
    note(`${name} was left out: ${error.message}`)
    return false
  }
}

async function measureAll(rounds) {
  const results = Object.fromEntries(seats.map(({ name }) => [name, {}]))
  for (let round = 0; round < WARM_UP && !options.quick; round++) await measureRound(round, 1)
  for (let round = 0; round < rounds; round++) {
    note(`round ${round + 1} of ${rounds}`)
    for (const { name, call, answer } of await measureRound(round, options.quick ? QUICK : 1))
      (results[name][call] ??= []).push(answer)
  }
  return results
}

/** Every measure once for each contender, next to each other in time; each round another one begins. */
async function measureRound(round, share) {
  const answers = []
  const first = round % seats.length
  const order = [...seats.slice(first), ...seats.slice(0, first)]
  for (const call of Object.keys(CALLS))
    for (const seat of order)
      answers.push({ name: seat.name, call, answer: await measure(seat, call, share) })
  return answers
}

/** After a failure the connection is out of step: whatever else is measured on this seat fails with it. */
async function measure(seat, call, share) {
  const { command, ms, together } = CALLS[call]
  const { probe, child } = seat
  if (seat.broken) return { error: seat.broken }
  try {
    if (together) await probe.ask('together', child.pid)
    const before = cpuSeconds(child.pid)
    const answer = await probe.ask(...command, Math.round(ms * share))
    const after = cpuSeconds(child.pid)
    if (together) await probe.ask('apart', child.pid)
    return { ...answer, cpuSeconds: after - before }
  } catch (error) {
    seat.broken = error.message
    note(`${seat.name}, ${call}: ${error.message}`)
    return { error: error.message }
  }
}

function write(summary, versions) {
  const names = versions.map(([name]) => name)
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`
  const goals = goalsTable(summary)
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine}. In brackets: the ratio to the C relay.`,
    figuresTable(summary, names),
    ...(goals ? ['What Farport is to reach:', goals] : []),
    versions.map(([name, version]) => `- ${name}: ${version}`).join('\n')
  ].join('\n\n')
}

function writeReadme(report) {
  const text = readFileSync(README, 'utf8')
  const [start, end] = MARKS.map((mark) => text.indexOf(mark))
  if (start < 0 || end < start) throw new Error(`${README} lost its marks ${MARKS.join(' and ')}.`)
  writeFileSync(README, `${text.slice(0, start)}${MARKS[0]}\n\n${report}\n\n${text.slice(end)}`)
}

/** Progress goes to standard error: the tables alone are the output. */
function note(text) {
  process.stderr.write(`bench: ${text}\n`)
}
