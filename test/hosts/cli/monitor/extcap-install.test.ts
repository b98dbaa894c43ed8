import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  installLauncher,
  launcherPath,
  launcherText
} from '../../../../src-main/hosts/cli/monitor/extcap-install.ts'

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'farport-extcap-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

describe('the folder that Wireshark looks into', () => {
  it.each([
    ['linux', '/home/ann', {}, undefined, '/home/ann/.local/lib/wireshark/extcap/farport'],
    [
      'linux',
      '/home/ann',
      { XDG_CONFIG_HOME: '/x' },
      undefined,
      '/home/ann/.local/lib/wireshark/extcap/farport'
    ],
    ['darwin', '/Users/ann', {}, undefined, '/Users/ann/.local/lib/wireshark/extcap/farport'],
    ['linux', '/home/ann', {}, '/usr/lib/wireshark/extcap', '/usr/lib/wireshark/extcap/farport'],
    [
      'win32',
      'C:\\Users\\ann',
      { APPDATA: 'D:\\Roaming' },
      undefined,
      'D:\\Roaming\\Wireshark\\extcap\\farport.bat'
    ],
    [
      'win32',
      'C:\\Users\\ann',
      {},
      undefined,
      'C:\\Users\\ann\\AppData\\Roaming\\Wireshark\\extcap\\farport.bat'
    ],
    [
      'win32',
      'C:\\Users\\ann',
      { APPDATA: 'D:\\Roaming', WIRESHARK_APPDATA: 'E:\\Portable\\Data' },
      undefined,
      'E:\\Portable\\Data\\extcap\\farport.bat'
    ],
    [
      'win32',
      'C:\\Users\\ann',
      {},
      'C:\\Program Files\\Wireshark\\extcap',
      'C:\\Program Files\\Wireshark\\extcap\\farport.bat'
    ]
  ] as const)('%s, %s, %j, %s', (platform, home, environment, given, path) => {
    expect(launcherPath({ platform, home, environment, folder: given })).toBe(path)
  })

  it('is that of the system it runs on', () => {
    const isWindows = process.platform === 'win32'
    expect(
      launcherPath().endsWith(isWindows ? '\\farport.bat' : '/.local/lib/wireshark/extcap/farport')
    ).toBe(true)
  })
})

describe('the script', () => {
  it('is a batch file on Windows, whatever stands in the path', () => {
    const program = 'C:\\Program Files\\100% & more\\farport.exe'
    expect(launcherText([program], 'win32')).toBe(
      '@echo off\r\nrem Made by farport extcap --install\r\n' +
        '"C:\\Program Files\\100%% & more\\farport.exe" extcap %*\r\n'
    )
    expect(launcherText(['C:\\Users\\Jörg\\node.exe', 'f.js'], 'win32')).toMatch(
      /^@echo off\r\nrem [^\r]*\r\nchcp 65001 >nul\r\n"C:\\Users\\Jörg\\node\.exe" "f\.js" extcap %\*\r\n$/
    )
  })

  it('is what this system runs', async () => {
    const path = join(folder(), 'extcap', 'farport')
    expect(await installLauncher(path, ['node', 'farport.js'])).toBe(path)
    const text = readFileSync(path, 'utf8')
    expect(text.startsWith(process.platform === 'win32' ? '@echo off\r\n' : '#!/bin/sh\n')).toBe(true)
    // Again: it is our own.
    await installLauncher(path, ['node', 'farport.js'])
  })

  it.skipIf(process.platform === 'win32')('hands every word on as it is', async () => {
    const path = join(folder(), 'farport')
    const odd = `it's "here" $HOME`
    await installLauncher(path, [process.execPath, '-e', 'console.log(JSON.stringify(process.argv))', odd])
    expect(statSync(path).mode & 0o777).toBe(0o755)
    const asked = ['--extcap-interface', 'a b', `--target=sim:gps?rate=1&baud='9600'`]
    const heard = JSON.parse(execFileSync(path, ['--', ...asked], { encoding: 'utf8' })) as string[]
    expect(heard.slice(1)).toEqual([odd, 'extcap', '--', ...asked])
  })

  it('replaces none of somebody else', async () => {
    const path = join(folder(), 'farport')
    writeFileSync(path, '#!/bin/sh\n')
    await expect(installLauncher(path, ['farport'])).rejects.toMatchObject({ code: 'path-taken' })
    expect(readFileSync(path, 'utf8')).toBe('#!/bin/sh\n')
  })
})
