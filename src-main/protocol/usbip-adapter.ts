/**
 * A serial adapter at the end of a USB/IP connection, whole: list, import, transfers, unlink. Called by sessions/usbip with the bytes of the
 * connection; what the program at the far end wants comes out as events. Sans-IO.
 */
import type { LineSettings } from '../contract/line.ts'
import { type AcmEvent, CdcAcm } from './cdc-acm.ts'
import type { SerialState } from './cdc-words.ts'
import type { Violation } from './codec.ts'
import { INTERFACES, SHARED_ACM_ID, type UsbTexts } from './usb-descriptors.ts'
import { encodeUsbip } from './usbip-encode.ts'
import { UsbipReader } from './usbip-reader.ts'
import { deviceId, USBIP_STATUS, type UsbipDevice, type UsbipMessage } from './usbip.ts'

const BUS = { busNumber: 1, deviceNumber: 2, speed: 3 } as const

/** As vhci-hcd is told of it: `busnum << 16 | devnum`, and the speed. */
export const ADAPTER_ON_BUS = { id: deviceId(BUS), speed: BUS.speed } as const

export type AdapterEvent =
  | Exclude<AcmEvent, { type: 'done' }>
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** A system has it, and will ask for its descriptors. */
  | { readonly type: 'imported' }
  /** Behind an answer that is sent, there is nothing more to say: the connection ends. */
  | { readonly type: 'end' }
  | Violation

export class UsbipAdapter {
  readonly #reader = new UsbipReader('device')
  readonly #acm: CdcAcm
  readonly #device: UsbipDevice

  /** `busId`: by which it is imported, at most 31 characters of ASCII. */
  constructor(busId: string, texts: UsbTexts, settings: LineSettings) {
    this.#acm = new CdcAcm(texts, settings)
    this.#device = {
      ...BUS,
      ...SHARED_ACM_ID,
      path: `/farport/${busId}`,
      busId,
      version: 0x0100,
      deviceClass: 2,
      configurations: 1,
      interfaces: INTERFACES
    }
  }

  /** Bytes of the device that no program fetched. */
  get queued(): number {
    return this.#acm.queued
  }

  /** Bytes of the program that were not handed on. */
  get held(): number {
    return this.#acm.held
  }

  /** The kernel was given this end of the connection, and knows what it imported: transfers come at once. */
  attached(): void {
    this.#reader.imported()
  }

  receive(chunk: Uint8Array): AdapterEvent[] {
    this.#reader.push(chunk)
    const events: AdapterEvent[] = []
    for (let next = this.#reader.next(); next; next = this.#reader.next()) {
      if (next.type === 'violation') events.push(next, { type: 'end' })
      else events.push(...this.#message(next))
    }
    return events
  }

  take(takes: boolean): AdapterEvent[] {
    return this.#acm.take(takes).map(sent)
  }

  heed(heeds: boolean): AdapterEvent[] {
    return this.#acm.heed(heeds).map(sent)
  }

  send(bytes: Uint8Array): AdapterEvent[] {
    return this.#acm.send(bytes).map(sent)
  }

  forget(): number {
    return this.#acm.forget()
  }

  notify(state: SerialState): AdapterEvent[] {
    return this.#acm.notify(state).map(sent)
  }

  settle(settings: LineSettings): void {
    this.#acm.settle(settings)
  }

  #message(message: UsbipMessage): AdapterEvent[] {
    switch (message.type) {
      case 'list':
        return [send({ type: 'listed', devices: [this.#device] }), { type: 'end' }]
      case 'import': {
        if (message.busId !== this.#device.busId) return [send({ type: 'imported' }), { type: 'end' }]
        this.#reader.imported()
        return [send({ type: 'imported', device: this.#device }), { type: 'imported' }]
      }
      case 'submit':
        return this.#acm.submit(message).map(sent)
      case 'unlink': {
        const { ok, unlinked } = USBIP_STATUS
        const events = this.#acm.unlink(message.target)
        // One that ended meanwhile is on its way: then there is nothing to take back.
        const status = events ? unlinked : ok
        return [send({ type: 'unlinked', sequence: message.sequence, status }), ...(events ?? []).map(sent)]
      }
      // Of the other role: the reader lets none of them through.
      case 'listed':
      case 'imported':
      case 'done':
      case 'unlinked':
        return []
    }
  }
}

function send(message: UsbipMessage): AdapterEvent {
  return { type: 'send', bytes: encodeUsbip(message) }
}

function sent(event: AcmEvent): AdapterEvent {
  return event.type === 'done' ? send(event.done) : event
}
