/** The pages' way to Farport: a message port each, from the main frame of a window of ours and nobody else. Called by app.ts. */
import { ipcMain, type IpcMainEvent, type MessagePortMain, type WebContents } from 'electron'
import type { Channel } from '../../rpc/channel.ts'
import { portChannel, type EventPort } from '../../rpc/port-channel.ts'
import { OPEN_CHANNEL, PAGE_URL } from './page-channel.ts'

/** `owns`: whose windows are ours. `connect` serves whoever is at the other end. */
export function servePorts(
  owns: (contents: WebContents) => boolean,
  connect: (channel: Channel) => void
): void {
  ipcMain.on(OPEN_CHANNEL, (event) => {
    const [port, ...others] = event.ports
    if (!port) return
    if (others.length > 0 || !isOurPage(event, owns)) for (const each of event.ports) each.close()
    else connect(portChannel(eventPort(port), 'server'))
  })
}

/** What came is from the main frame of a window of ours, which shows our page. */
export function isOurPage(
  { sender, senderFrame }: IpcMainEvent,
  owns: (contents: WebContents) => boolean
): boolean {
  if (!owns(sender) || !senderFrame) return false
  const { mainFrame } = sender
  return (
    senderFrame.processId === mainFrame.processId &&
    senderFrame.routingId === mainFrame.routingId &&
    senderFrame.url.startsWith(PAGE_URL)
  )
}

/** Electron's ports have Node's events. */
function eventPort(port: MessagePortMain): EventPort {
  return {
    postMessage: (value) => port.postMessage(value),
    start: () => port.start(),
    close: () => port.close(),
    addEventListener: (type: 'message' | 'close', listener: (event: { readonly data: unknown }) => void) => {
      if (type === 'message') port.on('message', listener)
      else port.on('close', () => listener({ data: undefined }))
    }
  }
}
