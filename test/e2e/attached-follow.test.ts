import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { Client, portOf, type Program } from './cli.ts'
import { instance, type InstanceHome } from './instance.ts'

const SHARES = ['desk', 'lab'].map((id) => ({
  id,
  name: id,
  port: { target: 'sim:echo?baud=9600' },
  listen: ['raw://127.0.0.1:0', 'rfc2217://127.0.0.1:0']
}))

/** The objects that it printed so far. */
function items(program: Program): Record<string, unknown>[] {
  const lines = program.stdout.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The addresses in the first object of a follower. */
async function follower(
  home: InstanceHome,
  ...args: string[]
): Promise<{ program: Program; addresses: string[] }> {
  const program = home.farport('list', '--follow', '--json', ...args)
  await program.printed(/\n/)
  const [first] = items(program) as [
    { state?: { bridges: { addresses: string[] }[] }; bridge?: { addresses: string[] } }
  ]
  return { program, addresses: (first.bridge ?? first.state?.bridges[0])?.addresses ?? [] }
}

async function come(url: string | undefined): Promise<Client> {
  const client = new Client(portOf(url ?? ''))
  await once(client.socket, 'connect')
  return client
}

describe('farport list --follow', () => {
  it('prints what happens, a line each, until it is told to stop', async () => {
    const { home } = await instance({ shares: SHARES })
    const { addresses } = await follower(home)
    const program = home.farport('list', '--follow')
    await program.printed(/^lab +sim:echo/m)
    const client = await come(addresses[0])
    await program.printed(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info +desk: client 1 connected: 127\.0\.0\.1:\d+$/m
    )
    await program.printed(/ info +desk: 9600 8N1, DTR on, RTS on, CTS on, DSR on, DCD on, RI off$/m)
    client.socket.destroy()
    await program.printed(/ info +desk: client 1 left/m)
    await program.stop('SIGINT')
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('tells programs what changed as a whole, and what happened', async () => {
    const { home } = await instance({ shares: SHARES })
    const { program, addresses } = await follower(home)
    expect(items(program)).toMatchObject([
      { state: { bridges: [{ name: 'desk' }, { name: 'lab' }], rotators: [], peers: [], pairings: [] } }
    ])
    const client = await come(addresses[0])
    client.socket.write('abc')
    await vi.waitFor(() => {
      const told = items(program)
      expect(told).toContainEqual({
        notice: expect.objectContaining({ id: 'desk', level: 'info' }) as unknown
      })
      const bridges = told.flatMap(({ bridge }) => (bridge ? [bridge as { id: string }] : []))
      expect(bridges.at(-1)).toMatchObject({
        id: 'desk',
        state: { type: 'open', settings: { baudRate: 9600 }, modem: { cts: true } },
        sessions: [{ id: 1, writer: true, bytesToDevice: 3 }]
      })
      // What did not change is not told again.
      expect(bridges.filter(({ id }) => id === 'lab')).toEqual([])
    }, 10_000)
    await home.farport('remove', 'desk').ended
    await program.printed(/\{"gone":\{"kind":"share","id":"desk","name":"desk"\}\}/)
    await program.stop('SIGINT')
    expect((await program.ended).code).toBe(0)
  })

  it('follows one alone, and ends with it', async () => {
    const { home } = await instance({ shares: SHARES })
    const { program, addresses } = await follower(home, 'desk')
    const other = await follower(home, 'lab')
    await come(other.addresses[0])
    await other.program.printed(/client 1 connected/)
    await come(addresses[0])
    await program.printed(/client 1 connected/)
    await home.farport('remove', 'desk').ended
    const ended = await program.ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).not.toContain('"lab"')
    expect(ended.stdout).toMatch(/\{"gone":\{"kind":"share","id":"desk","name":"desk"\}\}\n$/)
  })

  it('shows settings and lines as they are changed', async () => {
    const { home } = await instance({ shares: SHARES })
    const { addresses } = await follower(home)
    const program = home.farport('list', 'desk', '--follow')
    await program.printed(/clients +none/)
    const link = home.farport('terminal', addresses[1]!, '-b', '9600', '--line', '7E1', '--dtr', 'off')
    // One after the other, as RFC 2217 asks for them; what came before somebody looked is told as one.
    await program.printed(/ info +desk: (settings .* 9600 7E1$|9600 7E1,)/m)
    await program.printed(/DTR off/)
    await link.stop()
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends with the running Farport (%s), and says so',
    async (signal) => {
      const { home, program: service } = await instance({ shares: SHARES })
      const people = home.farport('list', '--follow')
      await people.printed(/^lab +sim/m)
      const { program: programs } = await follower(home)
      await service.stop(signal)
      const ended = await people.ended
      expect(ended.code).toBe(4)
      expect(ended.stderr).toMatch(/^farport: The Farport that ran here has ended\. Start it again.*\n$/)
      expect(await programs.ended).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(/^\{"fault":\{"code":"peer-closed"/) as string
      })
    }
  )

  it('costs a bounded memory where nobody reads it, and tells how much was left out', async () => {
    const { home } = await instance({ shares: SHARES })
    const { program, addresses } = await follower(home)
    // Its output goes nowhere: the pipe is full after 64 KiB, and that many lines wait in the running Farport.
    program.process.stdout?.pause()
    for (let round = 0; round < 12; round++) {
      const clients = await Promise.all(Array.from({ length: 60 }, () => come(addresses[0])))
      for (const { socket } of clients) socket.destroy()
    }
    await vi.waitFor(async () => {
      const { stdout } = await home.farport('list', 'desk', '--json').ended
      expect(JSON.parse(stdout)).toMatchObject({ sessions: [] })
    }, 15_000)
    program.process.stdout?.resume()
    await program.printed(/\{"leftOut":\d+\}/)
  })
})
