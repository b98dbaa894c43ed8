import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS, UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import { ShareWords, type ShareNow } from '../../src-main/core/share-words.ts'

const FACTS = { device: '/dev/ttyUSB0', name: 'bench', settings: DEFAULT_SETTINGS }
const ALL = String.raw`\d \N \p \B \I`

const now = (part: Partial<ShareNow> = {}): ShareNow => ({
  name: 'bench',
  addresses: ['rfc2217://127.0.0.1:7000', 'raw+unix:///run/x.sock'],
  state: { type: 'idle' },
  sessions: [{ label: '[2001:db8::7]:50112' }, { label: '192.0.2.7:50113' }],
  ...part
})

const open = now({
  state: {
    type: 'open',
    settings: { ...DEFAULT_SETTINGS, baudRate: 9600 },
    lines: { dtr: true, rts: true, break: false },
    modem: UNKNOWN_MODEM_STATE
  }
})

const banner = (words: ShareWords, settings = {}): string => {
  const place = { url: 'raw://0.0.0.0:7001', words: { banner: ALL }, settings }
  return Buffer.from(words.greeting(place, '192.0.2.7').banner ?? []).toString()
}

describe('the words of a share', () => {
  it('tell a client where it came in, and what is in force there', () => {
    const closed = new ShareWords(FACTS, () => now())
    expect(banner(closed)).toBe('/dev/ttyUSB0 bench 7001 115200N81 192.0.2.7')
    expect(banner(closed, { parity: 'even', dataBits: 7 })).toContain(' 115200E71 ')
    expect(banner(new ShareWords(FACTS, () => open))).toContain(' 9600N81 ')
  })

  it('say nothing of what nobody knows', () => {
    expect(banner(new ShareWords({ ...FACTS, settings: {} }, () => undefined))).toBe(
      '/dev/ttyUSB0 bench 7001  192.0.2.7'
    )
  })

  it('take the signature as it is, and what is absent as absent', () => {
    const words = new ShareWords(FACTS, () => now())
    const place = { url: '', words: { signature: String.raw`\d`, closeOn: String.raw`\x41\d` } }
    expect(words.greeting(place, '')).toEqual({
      signature: String.raw`\d`,
      closeOn: Uint8Array.from(Buffer.from('A/dev/ttyUSB0'))
    })
    expect(words.greeting({ url: '', words: {} }, '')).toEqual({})
  })

  it('tell the device of the first client', () => {
    const words = new ShareWords(FACTS, () => now())
    expect(Buffer.from(words.forDevice(ALL, DEFAULT_SETTINGS)).toString()).toBe(
      '/dev/ttyUSB0 bench 7000 115200N81 2001:db8::7'
    )
  })

  it('make a file name of the time that it is given', () => {
    const words = new ShareWords(FACTS, () => now())
    expect(words.fileName(String.raw`/t/\d-\p-\Y-\I`, new Date(2026, 1, 3), '192.0.2.7:50112')).toBe(
      '/t/ttyUSB0-7000-2026-192.0.2.7'
    )
  })
})
