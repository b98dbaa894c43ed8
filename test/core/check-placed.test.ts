import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { linkEntrySchema, rotatorEntrySchema, shareEntrySchema } from '../../src-main/contract/settings.ts'
import { Core } from '../../src-main/core/core.ts'
import type { Placed } from '../../src-main/core/placed.ts'
import { lacks } from '../peers/need.ts'

const ONE = { id: 'one', name: 'one' }
const LISTEN = ['raw://127.0.0.1:0']

function share(given: object): Placed {
  return { kind: 'share', entry: v.parse(shareEntrySchema, { ...ONE, listen: LISTEN, ...given }) }
}
function link(target: string, to: string, port: object = {}): Placed {
  return { kind: 'link', entry: v.parse(linkEntrySchema, { ...ONE, port: { target, ...port }, to }) }
}
function rotator(given: object): Placed {
  return { kind: 'rotator', entry: v.parse(rotatorEntrySchema, { ...ONE, shares: ['desk'], ...given }) }
}

const ECHO = { port: { target: 'sim:echo' } }

const WRONG: readonly [string, Placed, string][] = [
  ['a listener that is no address', share({ ...ECHO, listen: ['raw:/127.0.0.1'] }), 'bad-url'],
  ['a listener open to all without leave', share({ ...ECHO, listen: ['raw://0.0.0.0:0'] }), 'allow-missing'],
  ['a network that is none', share({ ...ECHO, listen: [{ url: LISTEN[0], allow: ['300.1.1.1'] }] }), 'usage'],
  ['a simulated device that nobody knows', share({ port: { target: 'sim:toaster' } }), 'device-missing'],
  ['an address without a protocol', share({ port: { target: 'desk.example:7000' } }), 'bad-url'],
  [
    'a place to dial that is no address',
    share({ ...ECHO, dial: [{ url: 'raw://', when: 'always' }] }),
    'bad-url'
  ],
  ['two rules that exclude each other', share({ ...ECHO, newcomer: 'take-over', writers: 'all' }), 'usage'],
  ['a pseudo-terminal as the device', share({ port: { target: 'pty:/tmp/x' } }), 'usage'],
  ['what holds for programs alone', share({ port: { target: 'sim:echo', escapes: 'none' } }), 'usage'],
  [
    'also where it is switched off',
    share({ port: { target: 'sim:toaster' }, enabled: false }),
    'device-missing'
  ],
  ['a link from nowhere', link('raw://', 'pty:/tmp/x'), 'bad-url'],
  ['a link to nowhere', link('sim:echo', 'sim:toaster'), 'device-missing'],
  [
    'a reset without control lines',
    link('raw://127.0.0.1:1', 'pty:', { resetOnOpen: 'esp32' }),
    'unsupported'
  ],
  ['a rotator that is no address', rotator({ listen: ['http://127.0.0.1'] }), 'bad-url'],
  ['a rotator open to all without leave', rotator({ listen: ['raw://[::]:0'] }), 'allow-missing']
]

const RIGHT: readonly [string, Placed][] = [
  ['a device that is not there', share({ port: { target: '/dev/ttyNone' } })],
  ['a share that only paired computers reach', share({ ...ECHO, listen: [] })],
  [
    'an address that is not here yet',
    share({ ...ECHO, listen: [{ url: 'raw://192.0.2.1:1', allow: ['anyone'] }] })
  ],
  ['two virtual ports', link('pty:/tmp/a', 'pty:/tmp/b')],
  ['a far port that does not answer', link('rfc2217://127.0.0.1:1', 'pty:/tmp/a')],
  ['a rotator', rotator({ listen: LISTEN })]
]

describe('what is wrong in itself', () => {
  it.each(WRONG)('is refused: %s', async (_, what, code) => {
    const core = new Core()
    await expect(core.check(what)).rejects.toMatchObject({ code })
    // The same that it would meet with as it starts, and nothing is left of it.
    await expect(
      core.place({ ...what, entry: { ...what.entry, enabled: true } } as Placed).on()
    ).rejects.toMatchObject({
      code
    })
    expect(await core.close(0)).toBe(0)
  })

  it.each(RIGHT)('is not %s', async (_, what) => {
    const core = new Core()
    await core.check(what)
    expect(core.state.bridges).toEqual({})
    await core.close(0)
  })

  it.skipIf(lacks.unix('programs as ports'))('is refused without a word besides', async () => {
    const core = new Core()
    const told: string[] = []
    core.onNotice(({ text }) => told.push(text))
    await core.check(share({ port: { target: 'exec:ipmitool -P secret sol activate' } }))
    expect(told).toEqual([])
    await core.close(0)
  })
})
