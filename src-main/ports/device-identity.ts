/**
 * Which device was it? What is remembered of a USB port, and where it is among those of now. Pure; called by
 * hardware-source. A node's name proves nothing: after a replug another device may have it.
 */
import type { PortInfo } from '../contract/state.ts'

export interface DeviceIdentity {
  readonly vendorId: string
  readonly productId: string
  readonly serialNumber: string | undefined
  readonly interfaceNumber: number | undefined
  readonly physicalPath: string | undefined
  /** For people: `FTDI FT232R USB UART, serial number A50285BI`. */
  readonly name: string
  /** A second device with the same ids and number was seen: only the socket tells them apart, then and later. */
  readonly hasTwin: boolean
}

/** Undefined: not a USB port, so nothing but its path tells which it is. */
export function identityOf(port: PortInfo, ports: readonly PortInfo[]): DeviceIdentity | undefined {
  const { vendorId, productId, serialNumber, interfaceNumber, physicalPath } = port
  if (vendorId === undefined || productId === undefined) return undefined
  return {
    vendorId,
    productId,
    serialNumber,
    interfaceNumber,
    physicalPath,
    name: deviceName(port),
    hasTwin: ports.some((each) => each.path !== port.path && sameKind(port, each))
  }
}

/** Where the device is now; undefined: not plugged in, or not to be told from its twin. */
export function findDevice(identity: DeviceIdentity, ports: readonly PortInfo[]): PortInfo | undefined {
  const candidates = ports.filter((port) => sameKind(identity, port))
  const bySerialNumber = identity.serialNumber !== undefined && !identity.hasTwin && candidates.length === 1
  // Without a serial number, or with one that a whole production lot shares, the same socket is the only sign.
  return bySerialNumber
    ? candidates[0]
    : candidates.find(
        (port) => port.physicalPath !== undefined && port.physicalPath === identity.physicalPath
      )
}

/** The identity with what these ports teach about twins. */
export function watchForTwins(identity: DeviceIdentity, ports: readonly PortInfo[]): DeviceIdentity {
  const twins = ports.filter((port) => sameKind(identity, port)).length > 1
  return twins && !identity.hasTwin ? { ...identity, hasTwin: true } : identity
}

/** `FTDI FT232R USB UART, serial number A50285BI`; the ids where it has no name. */
export function deviceName(port: PortInfo): string {
  const { manufacturer, product, serialNumber, vendorId, productId, path } = port
  const maker = manufacturer !== undefined && product?.startsWith(manufacturer) !== true ? manufacturer : ''
  const ids = vendorId === undefined ? path : `USB device ${vendorId}:${productId ?? '????'}`
  const name = product === undefined ? ids : `${maker} ${product}`.trim()
  return serialNumber === undefined ? name : `${name}, serial number ${serialNumber}`
}

/** What the user has to do so that this device is found. */
export function howToBringBack(identity: DeviceIdentity): string {
  const place = identity.physicalPath ?? 'the same place'
  return identity.serialNumber !== undefined && !identity.hasTwin
    ? 'plug it in again, into any socket'
    : `plug it into the socket it was in (${place}): only that tells it from others of its kind`
}

type Kind = Pick<PortInfo, 'vendorId' | 'productId' | 'serialNumber' | 'interfaceNumber' | 'physicalPath'>

function sameKind(a: Kind, b: Kind): boolean {
  return (
    a.vendorId === b.vendorId &&
    a.productId === b.productId &&
    a.serialNumber === b.serialNumber &&
    a.interfaceNumber === b.interfaceNumber &&
    portSuffixOf(a) === portSuffixOf(b)
  )
}

/** `usb-1-1.2:1.0-port3` → `-port3`. */
function portSuffixOf(port: Kind): string {
  return /-port\d+$/.exec(port.physicalPath ?? '')?.[0] ?? ''
}
