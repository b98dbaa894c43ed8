/** An installation of a test's own that trusts certificates of other programs, and what those need of it. */
import { InstanceHome } from '../e2e/instance.ts'
import { Program, FARPORT, temporaryFolder } from '../e2e/cli.ts'
import type { Certificate } from '../net/certificates.ts'

export class TlsHome extends InstanceHome {
  /** Our certificate, as a file. */
  readonly own = `${temporaryFolder()}/own.crt`

  /** `farport pair export`: for the cafile= and CA= of others. */
  async exported(): Promise<this> {
    await this.done('pair', 'export', this.own)
    return this
  }

  /** `farport pair import`. */
  async trust({ cert }: Certificate, ...more: string[]): Promise<this> {
    await this.done('pair', 'import', cert, ...more)
    return this
  }

  /** A command that must end well. */
  async done(...args: string[]): Promise<string> {
    const ended = await this.farport(...args).ended
    if (ended.code !== 0) throw new Error(`${args.join(' ')}: ${ended.stderr}`)
    return ended.stdout
  }

  /** `farport share …` by itself; with its port. */
  async shared(...args: string[]): Promise<{ program: Program; port: number }> {
    const program = new Program(process.execPath, [FARPORT, 'share', ...args, '--standalone'], {
      env: this.env
    })
    const [, port = ''] = await program.printed(/listening \S+:(\d+)/)
    return { program, port: Number(port) }
  }
}
