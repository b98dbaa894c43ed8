/**
 * The computers that the pages speak of, at the addresses that they have there: network namespaces with a cable between them, each with
 * a /dev, a home and programs of its own. So the lines of a page are run as they stand there.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { FARPORT, Program, temporaryFolder } from '../e2e/cli.ts'

export const ADDRESSES = { pi: '192.168.1.20', desk: '192.168.1.10' } as const
export type ComputerName = keyof typeof ADDRESSES

let made = 0

export class DocsComputer {
  readonly #folder = temporaryFolder()
  readonly #home: string
  readonly #namespace: string
  #pid = 0

  constructor() {
    this.#home = join(this.#folder, 'home')
    this.#namespace = `farport-docs-${process.pid}-${++made}`
    ip('netns', 'add', this.#namespace)
    atTestEnd(() => ip('netns', 'del', this.#namespace))
    ip('-n', this.#namespace, 'link', 'set', 'lo', 'up')
    this.#furnish()
  }

  get namespace(): string {
    return this.#namespace
  }

  /** Switched on: once this is done, it has a /dev of its own and knows the others' names. */
  async start(): Promise<void> {
    const program = new Program('ip', [
      ...['netns', 'exec', this.#namespace, 'unshare', '--mount', '--propagation', 'private'],
      ...['/bin/sh', join(this.#folder, 'boot')]
    ])
    this.#pid = Number((await program.printed(/^booted (\d+)$/m))[1])
  }

  /** A line of shell, or a program in another language, in the home of its user. */
  run(language: string, text: string, tty = false): Program {
    const command = language === 'python' ? ['/usr/bin/python3', '-c', text] : ['/bin/bash', '-ec', text]
    const inTerminal = [
      'script',
      '-qec',
      command.map((each) => `'${each.replaceAll("'", `'\\''`)}'`).join(' ')
    ]
    const run = tty ? [...inTerminal, '/dev/null'] : command
    const env = Object.entries(this.#environment()).map(([name, value]) => `${name}=${value}`)
    const enter = ['-t', String(this.#pid), '--mount', '--net', `--wd=${this.#home}`]
    return new Program('nsenter', [...enter, 'env', '-i', ...env, ...run])
  }

  /** Relative to its home. One that is there in the system is only replaced for this computer. */
  write(path: string, text: string): void {
    if (!path.startsWith('/')) {
      mkdirSync(dirname(join(this.#home, path)), { recursive: true })
      writeFileSync(join(this.#home, path), text)
      return
    }
    const own = join(this.#folder, `file-${path.replaceAll('/', '-')}`)
    writeFileSync(own, text)
    execFileSync('nsenter', ['-t', String(this.#pid), '--mount', 'mount', '--bind', own, path])
  }

  #environment(): Record<string, string> {
    return {
      HOME: this.#home,
      USER: 'root',
      PATH: `${join(this.#folder, 'bin')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`,
      XDG_RUNTIME_DIR: join(this.#folder, 'run'),
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8'
    }
  }

  #furnish(): void {
    mkdirSync(this.#home)
    mkdirSync(join(this.#folder, 'run'), { mode: 0o700 })
    mkdirSync(join(this.#folder, 'bin'))
    this.#command('farport', `exec ${process.execPath} ${FARPORT} "$@"`)
    // Root already, and the package is this one.
    this.#command('sudo', 'exec "$@"')
    this.#command('npx', 'exec "$@"')
    const hosts = Object.entries(ADDRESSES).map(([name, address]) => `${address} ${name}`)
    writeFileSync(join(this.#folder, 'hosts'), ['127.0.0.1 localhost', ...hosts, ''].join('\n'))
    const dev = join(this.#folder, 'dev')
    mkdirSync(dev)
    const boot = [
      'set -e',
      `mount --bind ${join(this.#folder, 'hosts')} /etc/hosts`,
      `mount -t tmpfs -o mode=755 dev ${dev}`,
      `for name in null zero full random urandom tty; do : > ${dev}/$name; mount --bind /dev/$name ${dev}/$name; done`,
      `mkdir ${dev}/pts ${dev}/shm`,
      `mount --bind /dev/pts ${dev}/pts`,
      `ln -s pts/ptmx ${dev}/ptmx`,
      `ln -s /proc/self/fd ${dev}/fd; ln -s fd/0 ${dev}/stdin; ln -s fd/1 ${dev}/stdout; ln -s fd/2 ${dev}/stderr`,
      `mount --rbind ${dev} /dev`,
      'echo booted $$',
      // Ends with its input, that is with the test.
      'exec cat'
    ]
    writeFileSync(join(this.#folder, 'boot'), boot.join('\n'))
  }

  #command(name: string, line: string): void {
    const path = join(this.#folder, 'bin', name)
    writeFileSync(path, `#!/bin/sh\n${line}\n`)
    chmodSync(path, 0o755)
  }
}

/** Both, switched on, with a cable between them. */
export async function docsComputers(): Promise<Record<ComputerName, DocsComputer>> {
  const computers = { pi: new DocsComputer(), desk: new DocsComputer() }
  const { pi, desk } = computers
  const cable = ['link', 'add', 'eth0', 'netns', pi.namespace, 'type', 'veth', 'peer', 'name', 'eth0']
  ip(...cable, 'netns', desk.namespace)
  for (const [name, { namespace }] of Object.entries(computers)) {
    ip('-n', namespace, 'addr', 'add', `${ADDRESSES[name as ComputerName]}/24`, 'dev', 'eth0')
    ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  }
  await Promise.all(Object.values(computers).map((computer) => computer.start()))
  return computers
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
