import { createConnection } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Program, portOf } from './cli.ts'

describe('npm start', () => {
  it('shares two simulated devices and lets go of everything when npm is ended', async () => {
    const npm = new Program('npm', ['start'])
    await npm.printed(/npx farport connect/)
    const urls = [...npm.stdout.matchAll(/8N1 +(rfc2217:\S+)$/gm)].map((match) => match[1]!)
    expect(urls).toHaveLength(2)
    for (const url of urls) expect(await accepts(portOf(url))).toBe(true)

    npm.process.kill('SIGTERM')
    await vi.waitFor(async () => {
      for (const url of urls) expect(await accepts(portOf(url))).toBe(false)
    }, 10_000)
  })
})

describe('npx farport', () => {
  it('runs the command of this clone, and lets go of everything when npx is ended', async () => {
    const npx = new Program('npx', ['farport', 'share', 'sim:echo', '--listen', 'raw://127.0.0.1:0'])
    const [, url] = await npx.printed(/^listening (\S+)$/m)
    expect(await accepts(portOf(url!))).toBe(true)
    npx.process.kill('SIGTERM')
    await vi.waitFor(async () => expect(await accepts(portOf(url!))).toBe(false), 10_000)
  })
})

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
