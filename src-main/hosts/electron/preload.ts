/**
 * What the window's page is given of Electron: `window.farport.open(key)`, a message port to Farport; `window.farport.showCapture(key, name)`,
 * one that answers whether that file of the captures folder is shown where it is; and nothing else. The port comes as
 * a message of the window, since functions alone pass from here to the page, and objects are copied each time. Runs sandboxed, in a world
 * of its own.
 */
import { contextBridge, ipcRenderer } from 'electron'
import { OPEN_CHANNEL, SHOW_CAPTURE_CHANNEL } from './page-channel.ts'

contextBridge.exposeInMainWorld('farport', {
  open: (key: unknown) => {
    if (typeof key !== 'string') return
    const { port1, port2 } = new MessageChannel()
    ipcRenderer.postMessage(OPEN_CHANNEL, null, [port2])
    window.postMessage(key, window.origin, [port1])
  },
  showCapture: (key: unknown, name: unknown) => {
    if (typeof key !== 'string' || typeof name !== 'string') return
    const { port1, port2 } = new MessageChannel()
    ipcRenderer.postMessage(SHOW_CAPTURE_CHANNEL, name, [port2])
    window.postMessage(key, window.origin, [port1])
  }
})
