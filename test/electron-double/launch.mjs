/**
 * Runs an app's main file in this process, with the double in the place of Electron: `node launch.mjs DOUBLE.cjs MAIN.js …`. Forked by
 * electron-app.ts, which asks for functions to be run here.
 */
import Module, { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'

const [double, main, ...args] = process.argv.slice(2)
process.argv.splice(1, Infinity, main, ...args)

const url = pathToFileURL(double).href
const hooks = `export async function resolve(name, context, next) {
  return name === 'electron' ? { url: ${JSON.stringify(url)}, format: 'commonjs', shortCircuit: true } : next(name, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
const { _resolveFilename: resolve } = Module
Module._resolveFilename = (name, ...rest) => (name === 'electron' ? double : resolve(name, ...rest))

const require = createRequire(import.meta.url)
const electron = require(double)
require('./seen.cjs')
await import(pathToFileURL(main).href)
electron.app.becomeReady()

process.on('message', ({ id, source, arg }) => {
  const run = new Function('electron', 'arg', `return (${source})(electron, arg)`)
  Promise.resolve()
    .then(() => run(electron, arg))
    .then(
      (value) => process.send({ id, value }),
      (error) => process.send({ id, error: String(error?.stack ?? error) })
    )
})
// Whoever watches alone keeps no app alive.
process.channel.unref()
process.send({ id: 0 })
