/**
 * An avahi-daemon of a test's own, with a message bus of its own, on a computer of the test's (a network namespace). Nothing of it is
 * seen by the system's: the bus is named by an environment variable, and the daemon's fixed path under /run is covered by a file
 * system of its own. Called by the tests of discovery; `variables` lets any other program that uses avahi (ser2net, gensiot) find it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Network } from '../e2e/endurance/network.ts'
import { temporaryFolder, type Program } from '../e2e/cli.ts'
import { eventually } from '../eventually.ts'
import { lacks, programPath } from './need.ts'

export const lacksAvahi = lacks('avahi-daemon', 'avahi-browse', 'avahi-publish', 'dbus-daemon', 'unshare')

/** Starts a program on one of the computers: `(...all) => network.here(...all)`. */
export type Run = Network['here']

export interface AvahiOptions {
  /** Its name in the network; absent: the system's. */
  readonly hostname?: string
  /** On these interfaces alone. */
  readonly interfaces?: readonly string[]
}

/** A line of `avahi-browse -rpt`. */
export interface Browsed {
  readonly interface: string
  readonly family: 'IPv4' | 'IPv6'
  readonly name: string
  readonly type: string
  /** Absent: avahi knows its name alone. */
  readonly host?: string
  readonly address?: string
  readonly port?: number
  /** In the order in which avahi prints them. */
  readonly txt?: readonly string[]
}

export class Avahi {
  readonly daemon: Program
  /** For the environment of programs that are to use it. */
  readonly variables: Readonly<Record<string, string>>
  readonly #run: Run

  private constructor(run: Run, daemon: Program, variables: Readonly<Record<string, string>>) {
    this.#run = run
    this.daemon = daemon
    this.variables = variables
  }

  /** Resolves when it knows its interfaces and answers. The test's end ends it. */
  static async start(run: Run, options: AvahiOptions = {}): Promise<Avahi> {
    const folder = temporaryFolder()
    const bus = join(folder, 'bus')
    writeFileSync(join(folder, 'bus.conf'), busSettings(bus))
    const busDaemon = run('dbus-daemon', `--config-file=${folder}/bus.conf`, '--nofork', '--print-address=1')
    await busDaemon.printed(/unix:path=/)
    writeFileSync(join(folder, 'avahi.conf'), daemonSettings(options))
    const variables = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` }
    const script = `mount -t tmpfs none /run && mkdir /run/avahi-daemon && exec "$@"`
    const daemon = run(
      'env',
      ...assigned(variables),
      ...['unshare', '--mount', 'sh', '-c', script, 'sh'],
      programPath('avahi-daemon'),
      ...['--no-drop-root', '--no-chroot', '--no-rlimits', '-f', join(folder, 'avahi.conf')]
    )
    await daemon.printed(/Server startup complete/, 'stderr')
    return new Avahi(run, daemon, variables)
  }

  /** Any program that uses it, on the same computer. */
  run(...command: string[]): Program {
    return this.#run('env', ...assigned(this.variables), ...command)
  }

  /** What it finds within about a second; `type`: `_iostream._tcp`. */
  async browse(type: string): Promise<Browsed[]> {
    const { stdout, stderr, code } = await this.run('avahi-browse', '-rpt', type).ended
    if (code !== 0) throw new Error(`avahi-browse: ${stderr}`)
    return stdout.split('\n').flatMap((line) => browsed(line) ?? [])
  }

  /** Browses again and again until `fits` holds. */
  async finds(
    type: string,
    fits: (found: readonly Browsed[]) => boolean,
    timeoutMs = 15_000
  ): Promise<Browsed[]> {
    return eventually(async () => {
      const found = await this.browse(type)
      if (!fits(found)) throw new Error(`avahi found ${JSON.stringify(found)}`)
      return found
    }, timeoutMs)
  }

  /** Announces a service until the program is stopped; resolves when that is settled, under whatever name. */
  async publish(name: string, type: string, port: number, ...txt: string[]): Promise<Program> {
    const program = this.run('avahi-publish', '-s', name, type, String(port), ...txt)
    await program.printed(/Established under name/, 'stderr')
    return program
  }
}

function assigned(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`)
}

/** Whoever reaches the socket may do anything: it is in a folder of the test's own. */
function busSettings(path: string): string {
  return `<busconfig>
  <type>session</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`
}

function daemonSettings({ hostname, interfaces }: AvahiOptions): string {
  return [
    '[server]',
    ...(hostname === undefined ? [] : [`host-name=${hostname}`]),
    ...(interfaces === undefined ? [] : [`allow-interfaces=${interfaces.join(',')}`]),
    'use-ipv4=yes',
    'use-ipv6=yes',
    '[publish]',
    'publish-hinfo=no',
    'publish-workstation=no',
    ''
  ].join('\n')
}

/** Fields that start with `=` or `+`, the interface, the family, the name, the type, the domain; then host, address, port, texts. */
function browsed(line: string): Browsed | undefined {
  const [sign, link = '', family, name = '', type = '', , host, address, port, ...txt] = line.split(';')
  if (sign !== '=' && sign !== '+') return undefined
  const start = { interface: link, family: family as 'IPv4' | 'IPv6', name: unescaped(name), type }
  if (host === undefined) return start
  const texts = [...txt.join(';').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => unescaped(match[1] ?? ''))
  return { ...start, host, address: address ?? '', port: Number(port), txt: texts }
}

/** `\032` is a space: decimal, byte by byte; the rest came as latin1. */
function unescaped(text: string): string {
  const bytes = text.replace(/\\(\d{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number(code)) : code
  )
  return Buffer.from(bytes, 'latin1').toString()
}
