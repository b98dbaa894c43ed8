/** `app://ui`: the files of the page from a fixed map, with the same headers as in a browser. Called by app.ts. */
import { protocol } from 'electron'
import { readPageFiles } from '../headless/page-files.ts'
import { SECURITY_HEADERS } from '../headless/security-headers.ts'
import { PAGE_HOST, SCHEME } from './page-channel.ts'

/** Before the app is ready, and once. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }
  ])
}

/** When it is ready. Rejects with `unsupported` where the files are not there. */
export async function servePage(): Promise<void> {
  const files = await readPageFiles()
  protocol.handle(SCHEME, ({ url, method }) => {
    const { host, pathname } = new URL(url)
    const file = host === PAGE_HOST && method === 'GET' ? files.get(pathname) : undefined
    if (!file) return new Response('Not there.', { status: 404, headers: SECURITY_HEADERS })
    // A view of the memory that the map keeps; the answer copies it.
    return new Response(new Uint8Array(file.body), {
      headers: { ...SECURITY_HEADERS, 'Content-Type': file.type }
    })
  })
}
