/**
 * `npm run bench`: how fast Farport is, side by side with ser2net, socat and a C relay that shows what the machine can do.
 * Prints Markdown. Needs cc; a rival that is not installed is named and left out.
 *
 *     node bench/run.mjs [--only MEASURE,…]… [--contender NAME]… [--part P] [--write] [--quick]
 *
 * `--only` and `--contender` leave out the others. `--part`: this part of the rounds, at least one. `--write` puts the tables
 * into bench/README.md. `--quick`: one short round, to see that it works; its figures mean nothing.
 *
 * Scene by scene, all contenders run at once, each on devices of its own; only one is driven at a time, so the others sleep.
 * The rounds are interleaved: what disturbs the machine for a while disturbs all of them.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contenders } from './contenders.mjs'
import { SCENES } from './measures.mjs'
import { figures, goalsTable, summarise, writeReadme } from './report.mjs'
import { Seat } from './seats.mjs'

/** Rounds that are not counted: a compiler that watches the program needs a while. */
const WARM_UP = 3
/** The part of a measure's time that `--quick` takes. */
const QUICK = 0.3

const MARKS = ['<!-- figures -->', '<!-- end of figures -->']
const PROGRAMS = ['relay', 'probe', 'crowd']

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    part: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    contender: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false }
  }
})

const directory = mkdtempSync(join(tmpdir(), 'farport-bench-'))
/** Those that run now. */
const seats = []
// A run that is interrupted must not leave its programs behind.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void finish().then(() => process.exit(130)))
try {
  await main()
} finally {
  await finish()
}

async function finish() {
  await clear()
  rmSync(directory, { recursive: true, force: true })
}

async function clear() {
  await Promise.all(seats.splice(0).map((seat) => seat.stop()))
}

async function main() {
  const build = (name) => join(directory, name)
  const all = contenders(build)
  const scenes = chosenScenes()
  const chosen = pick(
    'contender',
    all.map(({ name }) => name),
    options.contender
  )
  for (const name of PROGRAMS) compile(name, build(name))
  const versions = []
  for (const { name, version } of all.filter((each) => chosen.includes(each.name))) {
    const found = await version()
    if (found === undefined) note(`${name} is not here and was left out.`)
    else versions.push([name, found])
  }
  const here = all.filter(({ name }) => versions.some(([each]) => each === name))
  const results = Object.fromEntries(here.map(({ name }) => [name, {}]))
  for (const scene of scenes) await play(scene, here, { directory, build }, results)
  const report = write(summarise(results), versions)
  process.stdout.write(`${report}\n`)
  if (options.write) writeReadme(MARKS, report)
}

/** The scenes with the measures that were asked for, and those they are compared with. */
function chosenScenes() {
  const calls = Object.values(SCENES).flatMap((scene) => Object.keys(scene.calls))
  const only = pick(
    'measure',
    calls,
    options.only.flatMap((each) => each.split(','))
  )
  return Object.values(SCENES)
    .map((scene) => ({
      ...scene,
      calls: Object.fromEntries(Object.entries(scene.calls).filter(([call]) => only.includes(call)))
    }))
    .filter(({ calls: left }) => Object.keys(left).length > 0)
}

/** What was asked for, or all of them. Throws at a name that is none of them. */
function pick(what, names, wanted) {
  const unknown = wanted.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new Error(`There is no ${what} "${unknown}". There are: ${names.join(', ')}.`)
  return wanted.length > 0 ? wanted : names
}

/** Builds bench/NAME.c. */
function compile(name, program) {
  const source = join(import.meta.dirname, `${name}.c`)
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source], { stdio: 'inherit' })
}

async function play(scene, here, tools, results) {
  for (const contender of here) {
    const seat = new Seat(contender, scene, tools)
    seats.push(seat)
    try {
      if (await seat.start()) continue
    } catch (error) {
      note(`${scene.title}: ${seat.name} was left out: ${error.message}`)
    }
    seats.splice(seats.indexOf(seat), 1)
    await seat.stop()
  }
  const rounds = options.quick ? 1 : Math.max(1, Math.round(scene.rounds * Number(options.part)))
  const warmUp = options.quick || scene.seatless ? 0 : WARM_UP
  note(`${scene.title}: ${rounds} rounds`)
  for (let round = -warmUp; round < rounds && seats.length > 0; round++)
    for (const { name, call, answer } of await playRound(scene, round + warmUp))
      if (round >= 0) (results[name][call] ??= []).push(answer)
  await clear()
}

/** Every measure once for each contender, next to each other in time; each round another one begins. */
async function playRound(scene, round) {
  const answers = []
  const first = round % seats.length
  const order = [...seats.slice(first), ...seats.slice(0, first)]
  for (const call of Object.keys(scene.calls))
    for (const seat of order) {
      const answer = await seat.measure(call, options.quick ? QUICK : 1)
      if (answer.error) note(`${seat.name}, ${call}: ${answer.error}`)
      answers.push({ name: seat.name, call, answer })
    }
  return answers
}

function write(summary, versions) {
  const names = versions.map(([name]) => name)
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`
  const goals = goalsTable(summary)
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine}.`,
    ...figures(summary, names),
    ...(goals ? ['What Farport is to reach:', goals] : []),
    versions.map(([name, version]) => `- ${name}: ${version}`).join('\n')
  ].join('\n\n')
}

/** Progress goes to standard error: the tables alone are the output. */
function note(text) {
  process.stderr.write(`bench: ${text}\n`)
}
