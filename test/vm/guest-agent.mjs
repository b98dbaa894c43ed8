/**
 * Runs in the guest as its first process: starts and ends programs at the host's word. One TCP connection, one JSON object per
 * line. The guest's life hangs on that connection: without the host it ends, and QEMU with it.
 *
 *   host  → {id, start: [program, …arguments], uid?, gid?}   {id, kill: signal}
 *   guest → {id, out | err: text, atMs}   {id, pid}   {id, exit: code | signal}   {nodes: [names of serial ports in /dev], atMs}
 *
 * atMs: the guest's monotonic clock.
 */
import { spawn } from 'node:child_process'
import { readdirSync, watch } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

export const AGENT_PORT = 999

const server = createServer((socket) => {
  server.close()
  const say = (message) => socket.write(`${JSON.stringify(message)}\n`)
  const atMs = () => performance.now()
  const programs = new Map()

  const start = (id, [program, ...args], { uid, gid }) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], uid, gid, cwd: '/tmp' })
    programs.set(id, child)
    child.stdout.setEncoding('utf8').on('data', (out) => say({ id, out, atMs: atMs() }))
    child.stderr.setEncoding('utf8').on('data', (err) => say({ id, err, atMs: atMs() }))
    child.on('spawn', () => say({ id, pid: child.pid }))
    child.on('error', (error) => say({ id, err: `${error.message}\n`, exit: 'not started' }))
    child.on('close', (code, signal) => say({ id, exit: code ?? signal }))
  }

  let before = ''
  const tellNodes = () => {
    const nodes = readdirSync('/dev').filter((name) => /^tty(USB|ACM)/.test(name))
    if (nodes.join() === before) return
    before = nodes.join()
    say({ nodes, atMs: atMs() })
  }
  watch('/dev', tellNodes)
  say({ nodes: [], atMs: atMs() })
  tellNodes()

  createInterface({ input: socket }).on('line', (line) => {
    const { id, start: command, kill, ...as } = JSON.parse(line)
    if (command) start(id, command, as)
    if (kill) programs.get(id)?.kill(kill)
  })
  socket.on('error', () => process.exit())
  socket.on('close', () => process.exit())
})
if (process.pid === 1) server.listen(AGENT_PORT, '0.0.0.0', () => console.log('guest-agent: ready'))
