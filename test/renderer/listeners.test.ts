import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { FRESH_SETTINGS, shareEntrySchema, type ShareEntry } from '../../src-main/contract/settings.ts'
import {
  freePort,
  listenerFor,
  plainListeners,
  readAddresses,
  withListener,
  withoutListener,
  withReach
} from '../../src-renderer/model/listeners.ts'
import { hostFor } from '../../src-renderer/model/place.ts'

const shareWith = (
  listen: v.InferInput<typeof shareEntrySchema>['listen'],
  allow: string[] = []
): ShareEntry => v.parse(shareEntrySchema, { id: 'a', name: 'a', port: { target: 'sim:gps' }, listen, allow })

describe('plain listeners of a share', () => {
  it('are those without encryption, with who may connect', () => {
    const share = shareWith(
      [
        'rfc2217://127.0.0.1:7000',
        'raw+tls://0.0.0.0:7443',
        { url: 'tcp://0.0.0.0:7001', allow: ['anyone'] },
        { url: 'telnet://[::]:7002', observe: true },
        'raw+unix:///run/x.sock'
      ],
      ['10.0.0.0/8']
    )
    expect(plainListeners(share)).toEqual([
      {
        index: 0,
        protocol: 'rfc2217',
        host: '127.0.0.1',
        port: 7000,
        at: 7000,
        reach: 'this-computer',
        allow: ['10.0.0.0/8'],
        observe: false
      },
      {
        index: 2,
        protocol: 'raw',
        host: '0.0.0.0',
        port: 7001,
        at: 7001,
        reach: 'everyone',
        allow: [],
        observe: false
      },
      {
        index: 3,
        protocol: 'telnet',
        host: '::',
        port: 7002,
        at: 7002,
        reach: 'chosen',
        allow: ['10.0.0.0/8'],
        observe: true
      }
    ])
    expect(listenerFor(plainListeners(share), 'raw')?.port).toBe(7001)
  })

  it('are at the port that they got, where any free one was asked for', () => {
    const share = shareWith([
      'raw://127.0.0.1:0',
      'raw://127.0.0.1:7001',
      'rfc2217://127.0.0.1:0',
      'raw://[::1]:0'
    ])
    const now = [
      'raw://127.0.0.1:40001',
      'raw://127.0.0.1:7001',
      'rfc2217://127.0.0.1:40002',
      'raw://[::1]:40003'
    ]
    expect(plainListeners(share, now).map(({ port, at }) => [port, at])).toEqual([
      [0, 40001],
      [7001, 7001],
      [0, 40002],
      [0, 40003]
    ])
    // It is off: nobody knows which ones they will be.
    expect(plainListeners(share).map(({ at }) => at)).toEqual([undefined, 7001, undefined, undefined])
    // The next start may choose again.
    const [first] = plainListeners(share, now)
    expect(plainListeners(withReach(share, first!, 'everyone', []))[0]?.port).toBe(0)
  })

  it('are added, opened to others and closed, and nothing else of the share changes', () => {
    const share = shareWith(['raw+tls://0.0.0.0:7443'])
    const added = withListener(share, 'rfc2217', 'this-computer', [], 7000)
    expect(added.listen).toEqual([
      'raw+tls://0.0.0.0:7443',
      { url: 'rfc2217://127.0.0.1:7000', allow: ['loopback'] }
    ])
    const [listener] = plainListeners(added)
    const opened = withReach(added, listener!, 'chosen', ['192.168.1.0/24'])
    expect(opened.listen[1]).toEqual({ url: 'rfc2217://0.0.0.0:7000', allow: ['192.168.1.0/24'] })
    expect(plainListeners(withReach(added, listener!, 'everyone', []))[0]?.reach).toBe('everyone')
    expect(withoutListener(opened, listener!)).toEqual(share)
    expect(v.is(shareEntrySchema, opened)).toBe(true)
  })

  it('take a port that the settings leave free', () => {
    const settings = {
      ...FRESH_SETTINGS,
      shares: [shareWith(['raw://127.0.0.1:7000', { url: 'raw://[::1]:7001' }])]
    }
    expect(freePort(settings)).toBe(7002)
    expect(freePort(FRESH_SETTINGS)).toBe(7000)
  })

  it('are for addresses as people write lists of them', () => {
    expect(readAddresses(' 192.168.1.20, 10.0.0.0/8;::1\n')).toEqual(['192.168.1.20', '10.0.0.0/8', '::1'])
    expect(readAddresses(' ')).toEqual([])
  })

  it('are reached by an address that others use, too', () => {
    const self = {
      id: '',
      name: 'box',
      version: '',
      listening: ['farport://127.0.0.1:22217', 'farport://192.168.1.9:22217']
    }
    const [here, open] = plainListeners(
      shareWith(['raw://127.0.0.1:7000', { url: 'raw://0.0.0.0:7001', allow: ['anyone'] }])
    )
    expect([hostFor(here!, self), hostFor(open!, self)]).toEqual(['127.0.0.1', '192.168.1.9'])
    expect(hostFor(open!, { ...self, listening: [] })).toBe('box')
    // A name for people would be several words of a command, or a command of its own.
    for (const name of ['Ada’s laptop', 'a; reboot', '$(reboot)', "box'"])
      expect(hostFor(open!, { ...self, name, listening: [] })).toBe('ADDRESS-OF-THIS-COMPUTER')
  })
})
