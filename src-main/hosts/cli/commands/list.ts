import type { PortInfo } from '../../../contract/state.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { table } from '../table.ts'
import { withCore } from '../with-core.ts'

/** `farport list`: the serial ports of this computer. */
export const list: CliCommand = async (args, io) => {
  const { given } = parse(args, {}, 0)
  const ports = await withCore(io, 'warnings', (core) => core.call('ports.list', {}))
  if (flag(given, 'json')) io.print(JSON.stringify(ports))
  else if (ports.length === 0)
    io.print(
      'No serial ports here. Plug in a USB adapter; it appears by itself. To try without one: farport demo'
    )
  else
    for (const line of table([['PORT', 'DEVICE', 'ID', 'DRIVER', 'IN USE BY'], ...ports.map(row)]))
      io.print(line)
  return EXIT.done
}

function row(port: PortInfo): string[] {
  const device = [port.manufacturer, port.product].filter((each) => each !== undefined).join(' ')
  const id = port.vendorId && port.productId ? `${port.vendorId}:${port.productId}` : '-'
  const users = port.users.map((user) => `${user.command} (${user.pid})`).join(', ')
  return [
    port.path,
    device || '-',
    port.serialNumber ? `${id} ${port.serialNumber}` : id,
    port.driver ?? '-',
    users || '-'
  ]
}
