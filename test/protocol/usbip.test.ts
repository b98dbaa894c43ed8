import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { type AdapterEvent, UsbipAdapter } from '../../src-main/protocol/usbip-adapter.ts'
import { encodeUsbip } from '../../src-main/protocol/usbip-encode.ts'
import { UsbipReader } from '../../src-main/protocol/usbip-reader.ts'
import type { UsbTexts } from '../../src-main/protocol/usb-descriptors.ts'
import { MAX_TRANSFER } from '../../src-main/protocol/usbip.ts'
import { hex, toHex } from '../hex.ts'
import { TEN_THOUSAND, anyBytes, bytesOf, cut, cuts, joined } from '../properties.ts'
import { UsbHost } from './usb-host.ts'

const TEXTS = { manufacturer: 'farport.example', product: 'GPS at pi', serialNumber: 'abcd1234' }

class Rig {
  readonly adapter: UsbipAdapter
  readonly events: AdapterEvent[] = []
  readonly data: Uint8Array[] = []
  readonly host: UsbHost

  constructor(texts: UsbTexts = TEXTS) {
    this.adapter = new UsbipAdapter('gps', texts, DEFAULT_SETTINGS)
    const later: Uint8Array[] = []
    let isBusy = false
    this.host = new UsbHost((bytes) => {
      later.push(bytes)
      if (isBusy) return
      isBusy = true
      for (let next = later.shift(); next; next = later.shift()) this.heard(this.adapter.receive(next))
      isBusy = false
    })
  }

  heard(events: readonly AdapterEvent[]): void {
    for (const event of events) {
      if (event.type === 'send') this.host.receive(event.bytes)
      else if (event.type === 'data') this.data.push(event.bytes.slice())
      else this.events.push(event)
    }
  }

  wishes(): AdapterEvent[] {
    return this.events.splice(0)
  }
}

async function opened(): Promise<Rig> {
  const rig = new Rig()
  await rig.host.plug('gps')
  rig.heard(rig.adapter.take(true))
  rig.host.open()
  rig.wishes()
  return rig
}

describe('a serial adapter by USB/IP', () => {
  it('is imported by its name alone, and says what it is', async () => {
    const rig = new Rig()
    expect(await rig.host.plug('other')).toBeUndefined()
    expect(rig.wishes()).toEqual([{ type: 'end' }])
    const again = new Rig()
    const device = await again.host.plug('gps')
    expect(device).toMatchObject({ busId: 'gps', vendorId: 0x16c0, productId: 0x05e1, speed: 3 })
    expect(await again.host.text(1)).toBe('farport.example')
    expect(await again.host.text(2)).toBe('GPS at pi')
    expect(await again.host.text(3)).toBe('abcd1234')
    expect(await again.host.text(4)).toBe('')
    expect(again.wishes().map(({ type }) => type)).toEqual(['imported', 'configured', 'lines', 'settings'])
    expect(again.host.violations).toEqual([])
  })

  it('has what it is called here as the text of its first interface', async () => {
    const named = new Rig({ ...TEXTS, name: 'gps' })
    await named.host.plug('gps')
    const configuration = await named.host.descriptor(2, 0, 255)
    // bLength 9, INTERFACE, number 0, …, iInterface last; of the second one, too.
    expect(toHex(configuration.slice(9, 18))).toBe('09 04 00 00 01 02 02 00 04')
    expect(await named.host.text(4)).toBe('gps')
    const plain = new Rig()
    await plain.host.plug('gps')
    expect((await plain.host.descriptor(2, 0, 255))[17]).toBe(0)
  })

  it('has the descriptors of an abstract control model', async () => {
    const rig = new Rig()
    await rig.host.plug('gps')
    expect(toHex(await rig.host.descriptor(1, 0, 18))).toBe(
      '12 01 00 02 02 02 00 40 C0 16 E1 05 00 01 01 02 03 01'
    )
    const all = await rig.host.descriptor(2, 0, 255)
    expect(all.length).toBe(all[2]! | (all[3]! << 8))
    const lengths: number[] = []
    for (let at = 0; at < all.length; at += all[at]!) lengths.push(all[at]!)
    expect(lengths).toEqual([9, 9, 5, 5, 4, 5, 7, 9, 7, 7])
    expect((await rig.host.descriptor(2, 0, 9)).length).toBe(9)
  })

  it('tells what the program sets, in words of a line', async () => {
    const rig = await opened()
    await rig.host.coding(57_600, 2, 2, 7)
    await rig.host.lines(false, true)
    await rig.host.sendBreak(0xffff)
    await rig.host.sendBreak(0)
    await rig.host.sendBreak(250)
    expect(rig.wishes()).toEqual([
      { type: 'settings', wish: { baudRate: 57_600, stopBits: 2, parity: 'even', dataBits: 7 } },
      { type: 'lines', wish: { dtr: false, rts: true } },
      { type: 'lines', wish: { break: true } },
      { type: 'lines', wish: { break: false } },
      { type: 'break', durationMs: 250 }
    ])
  })

  it('answers what is in force, and stalls what no line can be', async () => {
    const rig = await opened()
    rig.adapter.settle({ ...DEFAULT_SETTINGS, baudRate: 230_400, parity: 'mark' })
    const asked = { requestType: 0xa1, request: 0x21, value: 0, index: 0, length: 7 }
    expect(toHex((await rig.host.control(asked))!.data)).toBe('00 84 03 00 00 03 08')
    expect((await rig.host.coding(9600, 9, 0, 8))?.status).toBe(-32)
    expect((await rig.host.control({ ...asked, request: 0x7f }))?.status).toBe(-32)
    expect(rig.wishes()).toEqual([])
  })

  it('hands bytes on as they come, and fetches by short packets', async () => {
    const rig = await opened()
    await rig.host.write(hex('01 02 03'))
    expect(toHex(joined(rig.data))).toBe('01 02 03')
    rig.heard(rig.adapter.send(hex('AA BB')))
    rig.heard(rig.adapter.send(hex('CC')))
    await Promise.resolve()
    expect(toHex(rig.host.got)).toBe('AA BB CC')
    expect(rig.adapter.queued).toBe(0)
  })

  it('holds the driver back while nobody takes its bytes, and loses none of them', async () => {
    const rig = await opened()
    rig.heard(rig.adapter.take(false))
    const bytes = new Uint8Array(400_000).map((_, at) => at * 7)
    const written = rig.host.write(bytes)
    await Promise.resolve()
    expect(rig.data).toEqual([])
    expect(rig.host.writersInFlight).toBe(16)
    expect(rig.adapter.held).toBe(16 * 10_240)
    rig.heard(rig.adapter.take(true))
    await written
    expect(Buffer.compare(joined(rig.data), bytes)).toBe(0)
    expect(rig.adapter.held).toBe(0)
  })

  it('keeps what the device said until a program is there, unless told to forget it', async () => {
    const rig = new Rig()
    await rig.host.plug('gps')
    rig.heard(rig.adapter.send(hex('01 02')))
    expect(rig.adapter.queued).toBe(2)
    expect(rig.adapter.forget()).toBe(2)
    rig.heard(rig.adapter.send(hex('03')))
    rig.host.open()
    await Promise.resolve()
    expect(toHex(rig.host.got)).toBe('03')
  })

  it('takes transfers back, and a second program begins anew', async () => {
    const rig = await opened()
    await rig.host.close()
    rig.heard(rig.adapter.send(hex('01')))
    expect(rig.adapter.queued).toBe(1)
    rig.host.open()
    await Promise.resolve()
    expect(toHex(rig.host.got)).toBe('01')
    expect(rig.host.violations).toEqual([])
  })

  it('tells the lines of the device, and errors that nobody fetched together', async () => {
    const rig = new Rig()
    await rig.host.plug('gps')
    const calm = {
      dcd: true,
      dsr: false,
      ri: false,
      break: false,
      framing: false,
      parity: false,
      overrun: false
    }
    rig.heard(rig.adapter.notify({ ...calm, parity: true }))
    rig.heard(rig.adapter.notify({ ...calm, dsr: true, overrun: true }))
    rig.host.open()
    await Promise.resolve()
    rig.heard(rig.adapter.notify(calm))
    await Promise.resolve()
    expect(rig.host.states).toEqual([0x01 | 0x02 | 0x20 | 0x40, 0x01])
  })
})

describe('USB/IP', () => {
  it('means the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(anyBytes(0, 90), { maxLength: 12 }), cuts, (chunks, sizes) => {
        const host = [
          encodeUsbip({ type: 'import', busId: 'gps' }),
          ...chunks.map((data, at) =>
            encodeUsbip({
              type: 'submit',
              sequence: at + 1,
              direction: 'out',
              endpoint: 2,
              length: data.length,
              setup: { requestType: 0, request: 0, value: 0, index: 0, length: 0 },
              data
            })
          )
        ]
        const adapter = new UsbipAdapter('gps', TEXTS, DEFAULT_SETTINGS)
        adapter.take(true)
        const events = cut(joined(host), sizes).flatMap((chunk) => adapter.receive(chunk))
        const data = events.flatMap((event) => (event.type === 'data' ? [event.bytes] : []))
        expect(joined(data)).toEqual(joined(chunks))
      })
    )
  })

  it('ends at what it does not know, whatever comes: once, and without throwing', () => {
    const special = [0x01, 0x11, 0x80, 0x03, 0x05, 0x00, 0xff]
    fc.assert(
      fc.property(fc.boolean(), fc.array(bytesOf(special, 200), { maxLength: 4 }), (imported, chunks) => {
        const adapter = new UsbipAdapter('gps', TEXTS, DEFAULT_SETTINGS)
        if (imported) adapter.receive(encodeUsbip({ type: 'import', busId: 'gps' }))
        const events = chunks.flatMap((chunk) => adapter.receive(chunk))
        expect(events.filter(({ type }) => type === 'violation').length).toBeLessThanOrEqual(1)
      }),
      TEN_THOUSAND
    )
  })

  it('makes no room for a transfer that is too long', () => {
    const adapter = new UsbipAdapter('gps', TEXTS, DEFAULT_SETTINGS)
    adapter.receive(encodeUsbip({ type: 'import', busId: 'gps' }))
    const submit = encodeUsbip({
      type: 'submit',
      sequence: 1,
      direction: 'out',
      endpoint: 2,
      length: MAX_TRANSFER + 1,
      setup: { requestType: 0, request: 0, value: 0, index: 0, length: 0 },
      data: new Uint8Array(0)
    })
    expect(adapter.receive(submit)).toMatchObject([
      { type: 'violation', what: 'a transfer of 1048577 bytes' },
      { type: 'end' }
    ])
  })

  it('lists what there is', () => {
    const adapter = new UsbipAdapter('gps', TEXTS, DEFAULT_SETTINGS)
    const [answer] = adapter.receive(encodeUsbip({ type: 'list' }))
    const reader = new UsbipReader('host')
    if (answer?.type === 'send') for (const chunk of cut(answer.bytes, [7, 50])) reader.push(chunk)
    expect(reader.next()).toMatchObject({
      type: 'listed',
      devices: [{ busId: 'gps', deviceClass: 2, interfaces: [{ classCode: 2 }, { classCode: 10 }] }]
    })
  })
})
