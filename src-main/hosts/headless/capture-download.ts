/**
 * A file of the captures folder for a browser that is signed in: always something to be kept, never a page. Called by page-answers.ts, which
 * knows who asks; the folder knows names alone, so no path leads out of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Fault } from '../../contract/faults.ts'
import { CapturesFolder } from '../../core/recording/captures-folder.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** `/captures/NAME`, the name as encodeURIComponent writes it. */
export const CAPTURES_PATH = '/captures/'

/** False: there is no such file, and nothing was answered. */
export async function sendCapture(
  folder: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<boolean> {
  const name = nameIn(path)
  const handle = name === undefined ? undefined : await open(folder, name)
  if (!handle || name === undefined) return false
  try {
    const { size } = await handle.stat()
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'Cache-Control': 'no-store',
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(size),
      'Content-Disposition': dispositionOf(name)
    })
    if (request.method === 'HEAD' || size === 0) response.end()
    // No more than it was: one that is being written grows on.
    else await pipeline(handle.createReadStream({ autoClose: false, start: 0, end: size - 1 }), response)
  } catch (error) {
    // Headers are out: all that is left is to break off, so that nobody takes it for whole.
    response.destroy(error as Error)
  } finally {
    await handle.close()
  }
  return true
}

function nameIn(path: string): string | undefined {
  try {
    return decodeURIComponent(path.slice(CAPTURES_PATH.length))
  } catch {
    return undefined
  }
}

async function open(folder: string, name: string) {
  try {
    return await new CapturesFolder(folder).open(name)
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}

/** RFC 6266: in ASCII for those who know no more, and as it is. */
function dispositionOf(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const whole = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`
}
