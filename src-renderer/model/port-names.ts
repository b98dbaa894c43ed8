/** What a port of this computer is called where nobody named it, and by what it is found again. Pure. */
import type { PortInfo } from '../../src-main/contract/state.ts'

/** `FT232R`, else `ttyS0`. */
export function portName({ product, interfaceName, path }: PortInfo): string {
  return product ?? interfaceName ?? fileName(path)
}

/** What a share of it opens: the name that stays with the adapter, else that stays with its socket, else the system's. */
export function portTarget({ byId, byPath, path }: PortInfo): string {
  return byId[0] ?? byPath[0] ?? path
}

/** `ttyUSB0` of `/dev/ttyUSB0`. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
