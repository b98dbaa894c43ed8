import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Program, temporaryFolder, TOP } from './cli.ts'
import { InstanceHome } from './instance.ts'
import { lacks } from '../peers/need.ts'

/** What the packages are made by has these, and no types for them. */
interface Builder {
  readonly validateConfiguration: (
    config: object,
    debug: { isEnabled: boolean; add: () => void }
  ) => Promise<void>
}
interface Asar {
  readonly extractAll: (archive: string, folder: string) => void
}
interface Fuses {
  readonly getCurrentFuseWire: (binary: string) => Promise<Readonly<Record<string, number | string>>>
}

const require = createRequire(import.meta.url)
const CONFIG = join(TOP, 'electron-builder.yml')

/** By which a build finds the switches in Electron's binary: a sentence, a version, how many there are, and their states. */
const FUSES = Buffer.from(`dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\x01\x09${'1'.repeat(9)}`, 'latin1')
const OFF = 0x30
const ON = 0x31

/** What stands for Electron's binary where that cannot be had: it runs Node, and has switches. */
function standIn(): string {
  const folder = temporaryFolder()
  const binary = join(folder, 'electron')
  const script = `#!/bin/sh\nexec ${process.execPath} "$@"\n`
  writeFileSync(binary, Buffer.concat([Buffer.from(script), FUSES]))
  chmodSync(binary, 0o755)
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'resources'))
  return folder
}

describe('the packages of the app', () => {
  it('are described in words that their maker knows', async () => {
    const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as Builder
    const config = parse(readFileSync(CONFIG, 'utf8')) as Record<string, unknown>
    const debug = { isEnabled: false, add: () => undefined }
    await validateConfiguration(config, debug)
    await expect(validateConfiguration({ ...config, npmRebuilt: false }, debug)).rejects.toThrow(/npmRebuilt/)
  })

  it.skipIf(lacks.linux('a package whose program is a stand-in'))(
    'start without a window, with everything in them, and nothing that is not for them',
    async () => {
      const output = temporaryFolder()
      const pack = new Program(process.execPath, [
        join(TOP, 'node_modules/electron-builder/cli.js'),
        ...['--linux', 'dir', '--x64', '--publish', 'never'],
        ...[`-c.electronDist=${standIn()}`, `-c.directories.output=${output}`]
      ])
      const { code, stdout, stderr } = await pack.ended
      expect({ code, told: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, told: '' })
      const app = join(output, 'linux-unpacked')
      expect(statSync(join(app, 'bin/farport')).mode & 0o111).toBe(0o111)

      const { getCurrentFuseWire } = require('@electron/fuses') as Fuses
      const fuses = await getCurrentFuseWire(join(app, 'farport-app'))
      // RunAsNode, cookies, NODE_OPTIONS, --inspect, integrity, archive alone, (snapshot), file: rights
      expect([0, 2, 3, 4, 5, 7].map((each) => fuses[each])).toEqual([OFF, OFF, OFF, ON, ON, OFF])

      const inside = temporaryFolder()
      const { extractAll } = require('@electron/asar') as Asar
      extractAll(join(app, 'resources/app.asar'), inside)
      expect(existsSync(join(app, 'resources/app.asar.unpacked/node_modules/koffi'))).toBe(true)
      cpSync(join(app, 'resources/app.asar.unpacked'), inside, { recursive: true })
      expect(readdirSync(inside).sort()).toEqual([
        'LICENSE',
        'assets',
        'dist',
        'node_modules',
        'package.json'
      ])
      expect(readdirSync(join(inside, 'node_modules')).sort()).toEqual(['@koromix', 'koffi'])
      for (const each of ['electron/main.js', 'electron/preload.cjs', 'ui/index.html', 'main/farport.js'])
        expect(existsSync(join(inside, 'dist', each))).toBe(true)

      const { main } = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8')) as { main: string }
      expect(main).toBe('dist/electron/main.js')

      const link = join(temporaryFolder(), 'tty')
      const farport = join(inside, 'dist/main/farport.js')
      // A virtual port is made by the native library.
      const run = new Program(process.execPath, [
        farport,
        'connect',
        'sim:echo',
        '--pty',
        link,
        '--standalone'
      ])
      await run.printed(/tty/)
      expect(existsSync(link)).toBe(true)
    },
    90_000
  )
})

describe.skipIf(lacks.unix('npm without a shell'))('the package of the command', () => {
  it('is small, and installs without a compiler', async () => {
    const folder = temporaryFolder()
    // Not the scripts of a checkout: what was built is packed.
    const pack = await new Program('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]).ended
    expect(pack.code).toBe(0)
    const [archive = ''] = readdirSync(folder)
    expect(statSync(join(folder, archive)).size).toBeLessThan(8 * 1024 * 1024)
    const prefix = join(folder, 'prefix')
    const args = ['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund']
    const install = await new Program('npm', [...args, join(folder, archive)], {
      cwd: folder,
      env: { CC: '/bin/false', CXX: '/bin/false', npm_config_prefix: prefix }
    }).ended
    expect({ code: install.code, told: install.code === 0 ? '' : install.stderr }).toEqual({
      code: 0,
      told: ''
    })
    expect(packagesIn(join(prefix, 'lib/node_modules'))).toBeLessThan(60)
    expect(existsSync(join(prefix, 'lib/node_modules/farport/dist/electron'))).toBe(false)

    const farport = join(prefix, 'bin/farport')
    const version = await new Program(farport, ['--version']).ended
    expect(version).toMatchObject({ code: 0, stderr: '' })
    const link = join(folder, 'tty')
    const run = new Program(farport, ['connect', 'sim:echo', '--pty', link], { env: ALONE })
    await run.printed(/tty/)
    expect(existsSync(link)).toBe(true)
    const home = new InstanceHome()
    home.write({})
    const page = new Program(farport, ['serve', '--http', '127.0.0.1:0'], { env: home.env })
    const [, url = ''] = await page.printed(/^page (\S+)$/m)
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303)
  }, 90_000)
})

/** A Farport that runs on this computer is not the test's to command. */
const ALONE = { FARPORT_SOCKET: '/dev/null/none' }

function packagesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) =>
    /(?:^|node_modules\/)(?:@[^/]+\/)?[^/@]+\/package\.json$/.test(each)
  ).length
}
