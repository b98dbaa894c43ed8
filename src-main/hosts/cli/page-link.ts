import type { PageLink } from '../../contract/host.ts'
import type { CliIo } from './cli-io.ts'

/** `page URL`; in a terminal with a QR code, for whoever has a telephone at hand. */
export async function printLink(link: PageLink, io: CliIo, isJson: boolean): Promise<void> {
  printUrl(link, io, isJson)
  if (isJson || !io.stdout.isTTY) return
  const { qrCode } = await import('../headless/qr-code.ts')
  io.print(qrCode(link.url))
}

/** `page URL` alone. */
export function printUrl({ url, fingerprint, validMs }: PageLink, io: CliIo, isJson: boolean): void {
  if (isJson) {
    io.print(JSON.stringify({ page: url, validMs, ...(fingerprint !== undefined && { fingerprint }) }))
    return
  }
  io.print(`page ${url}`)
  if (fingerprint !== undefined)
    io.say(
      `The browser will warn, because nobody vouches for the certificate of this installation. Its SHA-256 fingerprint is ${fingerprint}: go on where the browser shows the same.`
    )
}
