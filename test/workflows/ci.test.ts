import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const TOP = join(import.meta.dirname, '../..')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string | boolean>>
}
interface Job {
  readonly 'runs-on': string
  readonly 'timeout-minutes'?: number
  readonly strategy: {
    readonly matrix: Readonly<Record<string, readonly (string | Record<string, string>)[]>>
  }
  readonly env?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string }
  readonly jobs: Readonly<Record<string, Job>>
}
interface Targets {
  readonly target: readonly { readonly target: string }[]
}

const read = (path: string): string => readFileSync(join(TOP, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
}
const builder = parse(read('electron-builder.yml')) as Readonly<Record<string, Targets>>

const files = readdirSync(join(TOP, '.github/workflows'))
const jobs = files.flatMap((file) => {
  const workflow = parse(read(`.github/workflows/${file}`)) as Workflow
  return Object.entries(workflow.jobs).map(([name, job]) => ({ file, name, job, workflow }))
})
const steps = jobs.flatMap(({ name, job }) => job.steps.map((step) => ({ name, job, step })))
const commands = steps.flatMap(({ name, job, step: { run = '' } }) => ({ name, job, run }))

/** What a matrix has, by the key of its expression. */
function entries({ strategy }: Job): Readonly<Record<string, readonly string[]>> {
  const { include = [], ...plain } = strategy.matrix
  const all: Record<string, readonly string[]> = { ...(plain as Record<string, readonly string[]>) }
  for (const each of include as readonly Record<string, string>[])
    for (const [key, value] of Object.entries(each)) all[key] = [...(all[key] ?? []), value]
  return all
}

describe('what runs on GitHub', () => {
  it.each(jobs)('$file, $name: reads the repository alone, ends, and is ended by a newer push', (given) => {
    expect(given.workflow.permissions).toEqual({ contents: 'read' })
    expect(given.workflow.concurrency?.group).toContain('github.ref')
    expect(given.job['timeout-minutes']).toBeLessThanOrEqual(60)
  })

  it('takes the actions of others as they were when somebody looked at them', () => {
    const used = steps.flatMap(({ step: { uses } }) => uses ?? [])
    expect(used.length).toBeGreaterThan(0)
    for (const each of used) expect(each).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40}$/)
    for (const { step } of steps)
      if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false)
  })

  it.each(jobs)('$file, $name: names what its matrix has', ({ job }) => {
    const has = entries(job)
    for (const [, key = ''] of JSON.stringify(job).matchAll(/matrix\.(\w+)/g)) expect(has).toHaveProperty(key)
    for (const os of job['runs-on'].startsWith('$') ? (has.os ?? []) : [job['runs-on']])
      expect(os).toMatch(/^(?:ubuntu|windows|macos)-latest$/)
  })

  it('runs scripts and files that are there', () => {
    const text = commands.map(({ run }) => run).join('\n')
    const scripts = [...text.matchAll(/npm (?:run )?(test(?::\w+)?|\w+(?::\w+)?)/g)].map(
      ([, name = '']) => name
    )
    expect(new Set(scripts)).toEqual(new Set(['test', 'test:e2e', 'pack']))
    for (const each of scripts) expect(manifest.scripts).toHaveProperty(each)
    for (const [, path = ''] of text.matchAll(/(?:^|\s)node ([\w./-]+\.m?js)/gm))
      expect(existsSync(join(TOP, path)), path).toBe(true)
    for (const [, path = ''] of text.matchAll(/(?:--|\s)(test\/[\w./-]+)/g))
      expect(existsSync(join(TOP, path)), path).toBe(true)
    expect(text).toContain('.ci/run')
    if (process.platform !== 'win32') accessSync(join(TOP, '.ci/run'), constants.X_OK)
  })

  it('runs the oldest Node that the package is for, and newer ones, on Linux', () => {
    const [, least = ''] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node) ?? []
    const versions = jobs.flatMap(({ job }) => [
      ...(entries(job).node ?? []),
      ...job.steps.flatMap(({ with: { 'node-version': version } = {} }) => String(version ?? ''))
    ])
    const plain = versions.filter((each) => /^\d/.test(each))
    const number = (version: string): number => {
      const [major = 0, minor = 99] = version.split('.').map(Number)
      return major * 100 + minor
    }
    for (const each of plain) expect(number(each)).toBeGreaterThanOrEqual(number(least))
    expect(plain).toEqual(expect.arrayContaining([least, '22', '24']))
    const linux = jobs.find(({ name }) => name === 'linux')
    expect(linux && entries(linux.job).node).toContain(least)
  })

  it('runs the app in real Electron on each system', () => {
    const real = commands.filter(({ run }) => run.includes('ELECTRON_BIN=')).map(({ job }) => job)
    expect(new Set(real.flatMap((job) => entries(job).os ?? [job['runs-on']]))).toEqual(
      new Set(['ubuntu-latest', 'windows-latest', 'macos-latest'])
    )
    for (const { run } of commands.filter(({ run: each }) => each.includes('ELECTRON_BIN=')))
      expect(run).toContain('npm run test:e2e')
  })

  it('says on each system that a test is skipped for a reason alone', () => {
    const testing = jobs.filter(({ job }) => job.steps.some(({ run = '' }) => /npm test|\.ci\/run/.test(run)))
    expect(testing).toHaveLength(2)
    for (const { job } of testing)
      if (!job.steps.some(({ run }) => run === '.ci/run'))
        expect(job.env).toMatchObject({ FARPORT_INSTALL_PEERS: '1' })
    expect(read('.ci/run')).toContain('FARPORT_INSTALL_PEERS=1')
  })

  it('keeps every kind of package that is made', () => {
    const packing = jobs.find(({ job }) => job.steps.some(({ run }) => run?.includes('npm run pack')))
    const systems = packing ? (entries(packing.job).system ?? []) : []
    expect([...systems].sort()).toEqual(['linux', 'mac', 'win'])
    const upload = packing?.job.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'))
    const kept = String(upload?.with?.path).trim().split(/\s+/)
    const made = systems.flatMap((each) => builder[each]?.target.map(({ target }) => target) ?? [])
    const endings = made.map((target) => (target === 'nsis' ? 'exe' : target))
    for (const each of [...endings, 'tgz']) expect(kept).toContain(`release/*.${each}`)
  })
})

it('the scripts of npm need no shell of one system', () => {
  for (const [name, script] of Object.entries(manifest.scripts))
    for (const command of script.split(' && '))
      expect(command, name).toMatch(
        /^(?:node|npm|vite|vitest|electron-builder|prettier|eslint|tsc|svelte-check)(?: [\w@./:-]+)*$/
      )
})
