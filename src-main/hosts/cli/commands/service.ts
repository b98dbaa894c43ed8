import { execFile } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import { Fault } from '../../../contract/faults.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { launchd } from '../service/launchd.ts'
import { runningProgram } from '../service/running-program.ts'
import { scheduledTask } from '../service/scheduled-task.ts'
import type { Place, Plan, Ran, Scope, ServiceKind, ServiceStatus } from '../service/service-kind.ts'
import { statusLines } from '../service/status-lines.ts'
import { carryOut, describeSteps } from '../service/steps.ts'
import { systemd } from '../service/systemd.ts'

const VERBS = ['install', 'uninstall', 'status'] as const
type Verb = (typeof VERBS)[number]

const OPTIONS = {
  user: { type: 'boolean' },
  system: { type: 'boolean' },
  'dry-run': { type: 'boolean' }
} as const

/** systemd waits 90 s for a service that starts. */
const RUN_TIMEOUT_MS = 120_000

/** `farport service`: has the system keep `farport serve` running. Exit code 3 from `status` when it does not run. */
export const service: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 1)
  const verb = VERBS.find((each) => each === positionals[0])
  if (verb === undefined)
    throw new Fault(
      'usage',
      `Say what to do with the service: ${VERBS.map((each) => `farport service ${each}`).join(', ')}.`
    )
  if (flag(given, 'user') && flag(given, 'system'))
    throw new Fault('usage', '--user and --system exclude each other. Say it once for each.')
  const place = here()
  const kind = kindOf(place.platform)
  const said = flag(given, 'system') ? 'system' : flag(given, 'user') ? 'user' : undefined
  const json = flag(given, 'json')
  if (verb === 'status') {
    if (flag(given, 'dry-run')) throw new Fault('usage', 'status changes nothing: leave --dry-run out.')
    return status(kind, place, said, json, io)
  }
  // Who says nothing means what they may do.
  const scope = said ?? (place.uid === 0 ? 'system' : 'user')
  const plan = kind[verb](place, scope)
  if (flag(given, 'dry-run')) {
    const lines = describeSteps(plan.steps)
    for (const line of json ? [JSON.stringify(plan)] : lines) io.print(line)
    return EXIT.done
  }
  if (plan.needsRoot && place.uid !== 0) throw needsRoot(verb, place)
  await act(plan, place, json, io)
  return EXIT.done
}

/** Does it, and says so. */
export async function act(plan: Plan, place: Place, json: boolean, io: CliIo): Promise<void> {
  const done: string[] = []
  await carryOut(plan.steps, {
    run: place.run,
    say: (line) => {
      if (json) done.push(line)
      else io.print(line)
    }
  })
  if (json) io.print(JSON.stringify({ done, hints: plan.hints }))
  else for (const hint of plan.hints) io.say(hint)
}

async function status(
  kind: ServiceKind,
  place: Place,
  said: Scope | undefined,
  json: boolean,
  io: CliIo
): Promise<number> {
  const found = await Promise.all((said ? [said] : scopesOf(place)).map((scope) => kind.status(place, scope)))
  if (json) io.print(JSON.stringify(found))
  else for (const line of found.flatMap(statusLines)) io.print(line)
  return found.some((each) => each.state === 'running') ? EXIT.done : EXIT.device
}

/** Of the services that this platform may have here, whether they are installed and run; none where it has none. */
export async function serviceStatuses(): Promise<ServiceStatus[]> {
  if (!['linux', 'darwin', 'win32'].includes(process.platform)) return []
  const place = here()
  return Promise.all(scopesOf(place).map((scope) => kindOf(place.platform).status(place, scope)))
}

function scopesOf({ platform }: Place): readonly Scope[] {
  return platform === 'win32' ? ['user'] : ['user', 'system']
}

function kindOf(platform: NodeJS.Platform): ServiceKind {
  if (platform === 'linux') return systemd
  if (platform === 'darwin') return launchd
  if (platform === 'win32') return scheduledTask
  throw new Fault(
    'unsupported',
    `There is no service on ${platform} yet. Have its init start "farport serve".`
  )
}

/** sudo looks for programs in places of its own: the whole paths hold there as well. */
export function withSudo({ program }: Place, ...words: readonly string[]): string {
  const quoted = [...program, ...words].map((word) =>
    /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
  )
  return `sudo ${quoted.join(' ')}`
}

function needsRoot(verb: Verb, place: Place): Fault {
  return new Fault(
    'needs-rights',
    `The system's service is root's to ${verb}. Say: ${withSudo(place, 'service', verb, '--system')} (or --user, for one of your own).`
  )
}

/** This computer, and us. */
export function here(): Place {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    userName: userInfo().username,
    home: homedir(),
    environment: process.env,
    program: runningProgram(),
    version: __FARPORT_VERSION__,
    root: '',
    run
  }
}

function run([program = '', ...args]: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: RUN_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') {
        const why = error.killed ? `no answer within ${RUN_TIMEOUT_MS / 1000} s` : 'it is not installed here'
        resolve({ code: undefined, stdout, stderr: why })
      } else resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}
