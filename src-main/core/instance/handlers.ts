/** Every command of a running instance, by the groups that they are in. */
import { controlCommands } from './control-commands.ts'
import { entryCommands } from './entry-commands.ts'
import { hostCommands } from './host.ts'
import type { Handlers, House } from './house.ts'
import { lineCommands } from './line-commands.ts'
import { linkCommands } from './link-commands.ts'
import { nearbyCommands } from './nearby-commands.ts'
import { pairingCommands } from './pairing-commands.ts'
import { peerCommands } from './peer-commands.ts'
import { portCommands } from './port-commands.ts'
import { reachCommands } from './reach-commands.ts'
import { recordingCommands } from './recording-commands.ts'
import { pauseCommands } from './sharing-pause.ts'
import { terminalCommands } from './terminals.ts'

export function handlers(house: House): Handlers {
  return {
    ...portCommands(house),
    ...entryCommands(house),
    ...pauseCommands(house),
    ...controlCommands(house),
    ...lineCommands(house),
    ...linkCommands(house),
    ...hostCommands(house),
    ...terminalCommands(house),
    ...recordingCommands(house),
    ...pairingCommands(house),
    ...peerCommands(house),
    ...reachCommands(house),
    ...nearbyCommands(house)
  }
}
