/** Keys as gtlssh's users have them, in a home of the test's own; and what both sides need to know of each other's. */
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { idOfKey } from '../../src-main/net/tls-identity.ts'
import type { GivenSettings } from '../e2e/instance.ts'
import { Program, temporaryFolder } from '../e2e/cli.ts'
import { programPath } from './need.ts'

export class GtlsshHome {
  readonly folder = temporaryFolder()
  readonly certificate = join(this.folder, '.gtlssh/default.crt')
  readonly key = join(this.folder, '.gtlssh/default.key')

  /** `algorithm`: as gtlssh-keygen calls it; its own choice where absent (Ed25519). */
  constructor(algorithm?: 'ec' | 'rsa' | 'ed25519') {
    const folder = join(this.folder, '.gtlssh')
    for (const each of ['', 'server_certs', 'keycerts', 'allowed_certs'])
      mkdirSync(join(folder, each), { mode: 0o700 })
    keygen(this.folder, ...(algorithm ? ['--algorithm', algorithm] : []), 'keygen')
  }

  /** gtlssh in a terminal, as people have it. */
  inTerminal(...args: string[]): Program {
    const command = ['gtlssh', ...args].join(' ')
    return new Program('socat', ['-', `EXEC:${command},pty,setsid,ctty,stderr`], { env: this.env })
  }

  /** gtlssh between pipes. */
  piped(...args: string[]): Program {
    return new Program('gtlssh', args, { env: this.env })
  }

  /** The certificate that a server has shown, as gtlssh keeps it where its user said yes. */
  knows(certificate: string, port: number): void {
    const folder = join(this.folder, '.gtlssh/server_certs')
    for (const name of [`127.0.0.1,${port}`, `ipv4,127.0.0.1,${port}`])
      writeFileSync(join(folder, `${name}.crt`), new X509Certificate(certificate).toString(), { mode: 0o600 })
    keygen(this.folder, 'rehash', folder)
  }

  get env(): NodeJS.ProcessEnv {
    return { HOME: this.folder, TERM: 'xterm' }
  }
}

export function trustedPeer(certificate: string, name: string): NonNullable<GivenSettings['peers']>[number] {
  const id = idOfKey(new X509Certificate(readFileSync(certificate)).publicKey)
  const permissions = { default: { level: 'control', history: false }, shares: {} } as const
  return { id, name, trust: 'trusted', since: 1_750_000_000_000, permissions, addresses: [] }
}

/** gtlssh-keygen, which asks where it may not do what it is told. */
export function keygen(home: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(programPath('gtlssh-keygen'), args, {
    env: { ...process.env, HOME: home },
    input: '',
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`gtlssh-keygen ${args.join(' ')}: ${stdout}${stderr}`)
}
