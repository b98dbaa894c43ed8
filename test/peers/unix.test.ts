import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Client, Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { bootSectorArguments } from './boot-sector.ts'
import { lacks } from './need.ts'
import { payload } from './payload.ts'

const SIZE = 256 * 1024

async function there(path: string): Promise<void> {
  await eventually(() => expect(existsSync(path)).toBe(true))
}

/** Standard input to the far side and its echo back, both whole. */
async function echoes(program: Program): Promise<void> {
  const sent = payload(SIZE)
  program.process.stdin!.write(sent)
  await eventually(() => expect(program.stdout.length).toBe(SIZE), 20_000)
  expect(Buffer.from(program.stdout, 'latin1').equals(sent)).toBe(true)
}

describe.skipIf(lacks('socat'))('Unix sockets and socat', () => {
  it('is a client of our listener', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    await shared(['sim:echo', '--listen', `raw+unix://${path}`])
    await echoes(new Program('socat', ['-', `UNIX-CONNECT:${path}`]))
  })

  it('gets the answer to what it sent before its end', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    await shared(['sim:echo', '--listen', `raw+unix://${path}`])
    const socat = new Program('socat', ['-', `UNIX-CONNECT:${path}`])
    socat.process.stdin!.end('AT')
    expect(await socat.ended).toMatchObject({ code: 0, stdout: 'AT' })
  })

  it('is a server that we dial', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    new Program('socat', [`UNIX-LISTEN:${path}`, 'EXEC:cat'])
    await there(path)
    await echoes(farport('connect', `raw+unix://${path}`, '--stdio'))
  })

  it('is named to who is turned away beside it', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    const { program } = await shared(['sim:echo', '--max-clients', '1', '--listen', `raw+unix://${path}`])
    const first = new Program('socat', ['-', `UNIX-CONNECT:${path}`])
    first.process.stdin!.write('first')
    await first.printed(/first/)
    const second = new Program('socat', ['-', `UNIX-CONNECT:${path}`])
    await once(second.process, 'exit')
    await program.printed(/refused.*x\.sock \(socat, process \d+\)/, 'stderr')
  })
})

describe.skipIf(lacks('nc'))('Unix sockets and netcat', () => {
  it('nc -U talks to our listener, and leaves it free', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    await shared(['sim:echo', '--max-clients', '1', '--listen', `raw+unix://${path}`])
    for (const text of ['one', 'two']) {
      const nc = new Program('nc', ['-N', '-U', path])
      nc.process.stdin!.write(text)
      await nc.printed(new RegExp(text))
      nc.process.stdin!.end()
      expect((await nc.ended).code).toBe(0)
    }
  })

  it('nc -lU is a server that we dial', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    const nc = new Program('nc', ['-l', '-U', path])
    await there(path)
    const ours = farport('connect', `raw+unix://${path}`, '--stdio')
    ours.process.stdin!.write('there')
    await nc.printed(/there/)
    nc.process.stdin!.write('back')
    await ours.printed(/back/)
  })
})

describe.skipIf(lacks('qemu-system-x86_64'))('Unix sockets and QEMU', () => {
  it.each(['raw', 'telnet'])(
    'is a port to share: -serial unix:PATH,server=on, shared over %s',
    async (protocol) => {
      const folder = temporaryFolder()
      const path = join(folder, 'vm.sock')
      const machine = await bootSectorArguments(join(folder, 'boot.img'))
      new Program('qemu-system-x86_64', [...machine, '-serial', `unix:${path},server=on,wait=off`])
      await there(path)
      const ours = join(folder, 'ours.sock')
      const { urls } = await shared([`raw+unix://${path}`, '--listen', `${protocol}+unix://${ours}`])
      const end = farport('connect', urls[0]!, '--stdio')
      await eventually(async () => {
        end.process.stdin!.write('?')
        await end.printed(/\?/, 'stdout', 300)
      }, 15_000)
      const sent = payload(2000).toString('hex')
      end.process.stdin!.write(sent)
      await end.printed(new RegExp(sent), 'stdout', 20_000)
    }
  )

  it('boots into our listener: -serial unix:PATH', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'ours.sock')
    const listeners = ['--listen', `raw+unix://${path}`, '--listen', 'raw://127.0.0.1:0']
    const { urls } = await shared(['sim:echo?paced=1', '--writers', 'all', ...listeners], 2)
    const watcher = new Client(portOf(urls[1]!))
    const machine = await bootSectorArguments(join(folder, 'boot.img'))
    new Program('qemu-system-x86_64', [...machine, '-serial', `unix:${path}`])
    // The simulated device sends it back to the guest, which says it again, and so on.
    await eventually(() => expect(watcher.got.toString('latin1')).toContain('READY\r\nREADY\r\n'), 15_000)
  })
})
