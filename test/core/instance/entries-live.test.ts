import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../../peers/free-port.ts'
import { home, house, type Given, type House } from './houses.ts'

type GivenShare = NonNullable<Given['shares']>[number]

async function served(
  more: Partial<GivenShare> = {}
): Promise<{ at: House; entry: GivenShare; port: number }> {
  const port = await freePort()
  const listen = [`telnet://127.0.0.1:${port}`]
  const entry = { id: 'desk', name: 'desk', port: { target: 'sim:echo' }, listen, ...more }
  return { at: await house(await home(), { shares: [entry] }), entry, port }
}

interface Came {
  readonly socket: Socket
  readonly text: () => string
}

function connectTo(port: number): Came {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  // Who is turned away may find the connection broken.
  socket.on('error', () => undefined)
  return { socket, text: () => text }
}

async function come(port: number): Promise<Came> {
  const came = connectTo(port)
  await once(came.socket, 'connect')
  return came
}

describe('who uses a share of a Farport that goes on', () => {
  it.each([
    ['switched off', 'it was switched off'],
    ['removed', 'it was removed'],
    ['changed', 'it begins anew with other settings']
  ])('is told the truth when it is %s', async (what, why) => {
    const { at, entry, port } = await served()
    const { socket } = await come(port)
    await vi.waitFor(() => expect(at.told('desk')).toContain('client 1 connected'))
    const gone = once(socket, 'close')
    const owner = at.client()
    if (what === 'switched off') await owner.call('entry.enable', { id: 'desk', enabled: false })
    else if (what === 'removed') await owner.call('entry.remove', { id: 'desk' })
    else await owner.call('share.change', { ...entry, oneWay: 'to-device' })
    await gone
    expect(at.told('desk')).toMatch(new RegExp(`client 1 left: 127\\.0\\.0\\.1:\\d+ \\(${why}\\)`))
  })

  it('stays when it gets another name, which is what all see from then on', async () => {
    const { at, entry, port } = await served({ banner: String.raw`\N\r\n`, allow: ['127.0.0.1/32'] })
    const first = await come(port)
    await vi.waitFor(() => expect(first.text()).toContain('desk\r\n'))
    await at.client().call('share.change', { ...entry, name: 'lab' })
    expect(at.bridge('desk')).toMatchObject({ name: 'lab', enabled: true, sessions: [{ id: 1 }] })
    first.socket.write('still here')
    await vi.waitFor(() => expect(first.text()).toContain('still here'))
    const second = await come(port)
    await vi.waitFor(() => expect(second.text()).toContain('lab\r\n'))
    expect(at.told('desk')).toMatch(/is called lab from now on$/)
    expect(at.told('lab')).toMatch(/client 2 connected/)
    await at.client().call('entry.enable', { id: 'desk', enabled: false })
    expect(at.bridge('desk')).toMatchObject({ name: 'lab', enabled: false })
    await at.client().call('entry.enable', { id: 'desk', enabled: true })
    expect(at.bridge('desk')).toMatchObject({ name: 'lab', enabled: true })
  })

  it('that turns somebody away is named in the notice of it', async () => {
    const { at, port } = await served({ allow: ['192.0.2.1'] })
    connectTo(port)
    await vi.waitFor(() =>
      expect(at.notices).toContainEqual(
        expect.objectContaining({ id: 'desk', text: expect.stringMatching(/^client refused/) as string })
      )
    )
  })
})
