/**
 * The two worlds of a page, as scripts that run before its own: the page's, where `contextBridge` puts functions, and the preload's, where
 * the real preload runs with what a sandbox gives it. They share the window's events, and call each other by them; the preload's world
 * reaches the main process by a binding.
 */

/** Of the preload's world. */
export const WORLD = 'preload'
export const BINDING = '__double'

/** In the page's world. */
export const MAIN_WORLD = `(() => {
  // Whoever is denied gets nothing; whoever is not, breaks the double.
  window.open = (url = 'about:blank') => {
    window.dispatchEvent(new CustomEvent('double:window', { detail: String(new URL(url, location.href)) }))
    return null
  }
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest('a[target=_blank]')
    if (!link || event.defaultPrevented) return
    event.preventDefault()
    window.open(link.href)
  })
  window.addEventListener('double:expose', ({ detail }) => {
    const { key, names } = JSON.parse(detail)
    if (key in window) throw new Error('cannot bind an API on top of ' + key)
    const call = (name) => (...args) => {
      const copied = JSON.stringify({ key, name, args })
      window.dispatchEvent(new CustomEvent('double:call', { detail: copied }))
    }
    const api = Object.freeze(Object.fromEntries(names.map((name) => [name, call(name)])))
    Object.defineProperty(window, key, { value: api })
  })
})()`

/** In the preload's world, around the preload that was built. */
export function preloadWorld(source: string): string {
  return `(() => {
  const send = (message) => globalThis.${BINDING}(JSON.stringify(message))
  const strict = (name, object) => new Proxy(object, {
    get(target, key) {
      if (typeof key === 'string' && !(key in target)) throw new Error('the double of Electron has no ' + name + '.' + key)
      return target[key]
    }
  })
  const encode = (value) => {
    if (value instanceof ArrayBuffer) {
      let text = ''
      for (const byte of new Uint8Array(value)) text += String.fromCharCode(byte)
      return { bytes: btoa(text) }
    }
    if (['number', 'string'].includes(typeof value)) return { value }
    throw new Error('the double carries bytes, numbers and texts over ports, no ' + typeof value)
  }
  const decode = ({ bytes, value }) =>
    bytes === undefined ? value : Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0)).buffer
  const ports = new Map()
  let lastPort = 0
  const carry = (port) => {
    const id = ++lastPort
    ports.set(id, port)
    port.addEventListener('message', ({ data }) => send({ type: 'port', id, data: encode(data) }))
    port.addEventListener('close', () => send({ type: 'port-closed', id }))
    return id
  }
  globalThis.__deliver = (message) => {
    const port = ports.get(message.id)
    if (message.type === 'start') port.start()
    else if (message.type === 'close') port.close()
    else port.postMessage(decode(message.data))
  }
  window.addEventListener('double:window', ({ detail }) => send({ type: 'window', url: detail }))
  const exposed = new Map()
  window.addEventListener('double:call', ({ detail }) => {
    const { key, name, args } = JSON.parse(detail)
    const answer = exposed.get(key)[name](...args)
    if (answer !== undefined) throw new Error('the double carries no results of ' + key + '.' + name)
  })
  const electron = strict('electron', {
    contextBridge: strict('contextBridge', {
      exposeInMainWorld(key, api) {
        for (const [name, each] of Object.entries(api))
          if (typeof each !== 'function') throw new Error('the double exposes functions alone, not ' + name)
        exposed.set(key, api)
        window.dispatchEvent(new CustomEvent('double:expose', { detail: JSON.stringify({ key, names: Object.keys(api) }) }))
      }
    }),
    ipcRenderer: strict('ipcRenderer', {
      postMessage(channel, message, transfer = []) {
        send({ type: 'post', channel, message: message ?? null, ports: transfer.map(carry) })
      }
    })
  })
  // A sandboxed preload has these, and nothing of Node beside them.
  const require = (name) => {
    if (name === 'electron') return electron
    throw new Error('module not found: ' + name)
  }
  const module = { exports: {} }
  try {
    new Function('require', 'module', 'exports', ${JSON.stringify(source)})(require, module, module.exports)
  } catch (error) {
    console.error('Unable to load preload script: ' + error)
  }
})()`
}
