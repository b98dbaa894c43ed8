import { toFault } from '../../../contract/faults.ts'
import type { Added } from '../../../contract/service-commands.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import type { CliIo } from '../cli-io.ts'
import { shortText } from './words.ts'

/**
 * Runs `add`, which reports what it added to the running Farport; where it fails, that is taken out again, the last one first, and what
 * cannot be is told. Rejects as `add`.
 */
export async function allOrNothing<T>(
  client: RpcClient,
  io: CliIo,
  add: (keep: (added: Added) => Added) => Promise<T>
): Promise<T> {
  const all: Added[] = []
  try {
    return await add((added) => {
      all.unshift(added)
      return added
    })
  } catch (error) {
    for (const { id, name } of all)
      await client.call('entry.remove', { id }).catch((reason: unknown) => {
        io.say(`${shortText(name)} stays: ${toFault(reason).message} To remove it: farport remove ${id}`)
      })
    throw error
  }
}
