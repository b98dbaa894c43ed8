/**
 * What Wireshark's extcap asks and is told, as lines of standard output: `word {key=value}{key=value}`. Pure; see Wireshark's own
 * doc/extcap.adoc for what each means.
 *
 *     --extcap-interfaces                          extcap {version=…}, interface {value=…}{display=…} …
 *     --extcap-dlts --extcap-interface NAME        dlt {number=…}{name=…}{display=…}
 *     --extcap-config --extcap-interface NAME      arg {number=…}{call=…}…, value {arg=…}…
 */
import { DECODERS } from '../../../traffic/decoders/registry.ts'

/** LINKTYPE_RTAC_SERIAL: what the packets of our pcapng are. */
const RTAC_SERIAL = 250

export interface ExtcapInterface {
  /** What `tshark -i` takes: letters, digits, `.`, `_` and `-`. */
  readonly value: string
  readonly display: string
  /** As `farport monitor` takes it; absent: the person says it in the interface's options. */
  readonly target?: string
}

/** For any port or address. */
export const ANY_INTERFACE: ExtcapInterface = {
  value: 'farport',
  display: 'Farport: any port, share or address'
}

/** Names that several have are told apart by a number. */
export function namedInterfaces(
  found: readonly { readonly name: string; readonly display: string; readonly target: string }[]
): ExtcapInterface[] {
  const taken = new Set([ANY_INTERFACE.value])
  return [
    ...found.map(({ name, display, target }) => {
      const base = `farport-${name.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'port'}`
      let value = base
      for (let next = 2; taken.has(value); next++) value = `${base}-${next}`
      taken.add(value)
      return { value, display, target }
    }),
    ANY_INTERFACE
  ]
}

export function interfaceLines(version: string, interfaces: readonly ExtcapInterface[]): string[] {
  return [
    sentence('extcap', { version, display: 'Serial ports, by Farport' }),
    ...interfaces.map(({ value, display }) => sentence('interface', { value, display }))
  ]
}

export function dltLine(): string {
  return sentence('dlt', { number: String(RTAC_SERIAL), name: 'RTAC_SERIAL', display: 'Serial line' })
}

/** `needsTarget`: nothing says yet which port it is. */
export function configLines(needsTarget: boolean): string[] {
  const target = {
    number: '0',
    call: '--target',
    display: 'Port, share or address',
    tooltip: 'As for farport monitor: /dev/ttyUSB0, gps, farport://workshop-pc/gps, sim:gps',
    type: 'string',
    required: 'true'
  }
  const baud = {
    number: '1',
    call: '--baud',
    display: 'Baud rate',
    tooltip: 'Only where the port is opened for this',
    type: 'unsigned',
    range: '1,4294967295'
  }
  const line = {
    number: '2',
    call: '--line',
    display: 'Data bits, parity, stop bits',
    tooltip: 'For example 8N1 or 7E1; only where the port is opened for this',
    type: 'string'
  }
  const decode = { number: '3', call: '--decode', display: 'Decode', type: 'selector' }
  return [
    ...(needsTarget ? [sentence('arg', target)] : []),
    sentence('arg', baud),
    sentence('arg', line),
    sentence('arg', decode),
    sentence('value', { arg: '3', value: 'none', display: 'as Wireshark does', default: 'true' }),
    ...DECODERS.filter(({ id }) => id === 'modbus-rtu').map(({ id, name }) =>
      sentence('value', { arg: '3', value: id, display: name, default: 'false' })
    )
  ]
}

/** Braces would end a value, and a line its sentence. */
function sentence(word: string, values: Readonly<Record<string, string>>): string {
  const said = Object.entries(values).map(
    ([key, value]) => `{${key}=${value.replace(/[{}\p{Cc}]/gu, ' ').trim()}}`
  )
  return `${word} ${said.join('')}`
}
