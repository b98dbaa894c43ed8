import { describe, expect, it } from 'vitest'
import {
  CARRIED,
  WAY_CARRIES,
  formatVirtual,
  missingIn,
  readVirtual,
  type VirtualWay,
  type VirtualWayName
} from '../../../src-main/contract/virtual.ts'
import { chooseWay } from '../../../src-main/core/virtual/choose.ts'

function way(name: VirtualWayName, state: VirtualWay['state'], fix?: string): VirtualWay {
  return {
    way: name,
    state,
    why: `${name} is ${state}.`,
    carries: WAY_CARRIES[name],
    ...(fix !== undefined && { fix })
  }
}

describe('a virtual port where the user leaves it to us', () => {
  it('is what carries most of those that are ready', () => {
    expect(chooseWay([way('pty', 'ready'), way('usbip', 'ready')]).way).toBe('usbip')
    expect(chooseWay([way('usbip', 'ready'), way('com0com', 'ready')]).way).toBe('com0com')
    expect(chooseWay([way('hub4com', 'ready'), way('usbip', 'ready')]).way).toBe('usbip')
  })

  it('says what a better one would need', () => {
    const ways = [way('pty', 'ready'), way('usbip', 'rights', 'Run `this` once.'), way('com0com', 'never')]
    expect(chooseWay(ways)).toEqual({
      way: 'pty',
      carries: WAY_CARRIES.pty,
      why: 'pty is ready. usbip is rights. Run `this` once.'
    })
  })

  it('says nothing of one that is no better', () => {
    expect(chooseWay([way('com0com', 'ready'), way('usbip', 'install', 'Install it.')]).why).toBe(
      'com0com is ready.'
    )
  })

  it('is none where none is ready, with what would help and what goes without', () => {
    const ways = [way('pty', 'never'), way('usbip', 'install', 'Install `usbip-win2`.')]
    expect(() => chooseWay(ways)).toThrow(
      /^No virtual port can be made here\. usbip is install\. Install `usbip-win2`\. Or give your program an address .*farport share URL --listen .*farport terminal URL/
    )
    expect(() => chooseWay([])).toThrow(/^No virtual port can be made here\. Nothing for it is known/)
  })

  it('names what a way does not carry', () => {
    expect(missingIn({ carries: WAY_CARRIES.usbip })).toEqual(['cts'])
    expect(missingIn({ carries: CARRIED })).toEqual([])
  })
})

describe('the name of a virtual port', () => {
  it('is a kind and a place, and is written as it was read', () => {
    expect(readVirtual('pty:/tmp/gps')).toEqual({ kind: 'pty', at: '/tmp/gps' })
    expect(readVirtual('com:COM7')).toEqual({ kind: 'com', at: 'COM7' })
    expect(readVirtual('auto:')).toEqual({ kind: 'auto', at: '' })
    for (const text of ['usb:gps', 'pty:', 'auto:a:b']) expect(formatVirtual(readVirtual(text)!)).toBe(text)
  })

  it('is no other port', () => {
    for (const text of ['COM7', 'raw://1.2.3.4:5', '/dev/ttyUSB0', 'exec:com:', 'common:x'])
      expect(readVirtual(text)).toBeUndefined()
  })
})
