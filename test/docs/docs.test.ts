/** The pages under docs/: their lines are run as they stand there, on two computers; their links and pictures are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Program, TOP } from '../e2e/cli.ts'
import { lacksNetworks } from '../e2e/endurance/network.ts'
import { lacks } from '../peers/need.ts'
import { docsComputers, type ComputerName, type DocsComputer } from './docs-computer.ts'
import { readPage, type Block } from './page-blocks.ts'

const DOCS = join(TOP, 'docs')
const PAGES = readdirSync(DOCS).filter((name) => name.endsWith('.md'))

/** What a page needs beside what all need. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'ser2net.md': ['ser2net', 'gensiot'],
  'socat.md': ['socat'],
  'pyserial.md': ['pyserial'],
  'avrdude.md': ['avrdude'],
  'esptool.md': ['pyserial'],
  'qemu-proxmox.md': ['qemu-system-x86_64'],
  'vmware.md': ['socat'],
  'home-assistant.md': ['pyserial', 'serial_asyncio'],
  'octoprint.md': ['pyserial'],
  'wireshark.md': ['tshark']
}

const READY = /listening|ready|Watching|^page /m

describe.each(PAGES)('docs/%s', (name) => {
  const text = readFileSync(join(DOCS, name), 'utf8')
  const { blocks, devices } = readPage(text)

  it('links and shows what is there', () => {
    for (const [, target = ''] of text.matchAll(/(?:\]\(|src="|srcset=")([^)"#]+)/g))
      if (!/^\w+:/.test(target))
        expect(existsSync(join(dirname(join(DOCS, name)), target)), target).toBe(true)
  })

  it('says of each line whether it is run', () => {
    for (const block of blocks) {
      if (block.notRun) expect(block.before, `line ${block.line}`).toMatch(/not run/i)
      else if (block.file === undefined && block.language !== 'text')
        expect(block.computer, `line ${block.line}`).toBeDefined()
    }
  })

  const isRun = blocks.some(({ computer }) => computer !== undefined)
  const missing = lacksNetworks || lacks('nsenter', 'unshare', 'script', ...(NEEDS[name] ?? []))
  if (!isRun) return
  it.skipIf(missing)('runs as it stands', { timeout: 120_000 }, async () => {
    const computers = await docsComputers()
    for (const { computer, path, target } of devices) {
      const device = computers[computer as ComputerName].run('sh', `farport connect ${target} --pty ${path}`)
      await device.printed(/^ready/m)
    }
    for (const block of blocks) if (block.computer && !block.notRun) await runBlock(computers, block)
  })
})

async function runBlock(computers: Record<ComputerName, DocsComputer>, block: Block): Promise<void> {
  const computer = computers[block.computer as ComputerName]
  if (block.file !== undefined) {
    computer.write(block.file, `${block.text}\n`)
    return
  }
  const program = computer.run(block.language, block.text, block.tty)
  const where = `line ${block.line}: ${block.text}`
  if (block.stays) {
    for (const each of block.prints.length > 0 ? block.prints : [READY]) await printed(program, each, where)
    return
  }
  const { code, stdout, stderr } = await program.ended
  const said = Buffer.from(`${stdout}\n${stderr}`, 'latin1').toString()
  expect(code, `${where}\n${said}`).toBe(block.exitCode)
  for (const each of block.prints) expect(said, where).toMatch(each)
}

/** Whichever of its outputs it comes by. */
async function printed(program: Program, pattern: RegExp, where: string): Promise<void> {
  const ways = [program.printed(pattern), program.printed(pattern, 'stderr')]
  await Promise.any(ways).catch(() => {
    throw new Error(`${where}\nnever printed ${String(pattern)}: ${program.stdout}${program.stderr}`)
  })
}
