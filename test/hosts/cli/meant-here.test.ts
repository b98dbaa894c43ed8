import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ShareSpec } from '../../../src-main/contract/commands.ts'
import {
  linkMeantHere,
  portMeantHere,
  shareMeantHere
} from '../../../src-main/hosts/cli/attached/meant-here.ts'
import { lacks } from '../../peers/need.ts'

const before = process.cwd()
let folder = ''

beforeEach(() => {
  folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'farport-test-'))), String.raw`a\d`)
  mkdirSync(folder)
  process.chdir(folder)
})

afterEach(() => {
  process.chdir(before)
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

const target = (text: string): string => shareMeantHere({ port: { target: text } }).port.target

describe.skipIf(lacks.unix('devices that are files'))('what a command line means in its folder', () => {
  it.each(['ttyUSB0', './ttyUSB0', '../a\\d/ttyUSB0'])('a device: %s', (text) => {
    expect(target(text)).toBe(join(folder, 'ttyUSB0'))
  })

  it.each([
    '/dev/ttyUSB0',
    'sim:gps?rate=2',
    'rfc2217://host:7000',
    'raw+unix:///run/x.sock',
    'net:host:7000',
    'farport://workshop/gps',
    'pty:',
    'pty:/tmp/x',
    'usb:gps',
    'com:COM7',
    'auto:',
    'exec:cat -u',
    "exec+pty:/bin/sh -c 'cat ./x'"
  ])('is the same everywhere: %s', (text) => {
    expect(target(text)).toBe(text)
  })

  it('the files that an address names for TLS', () => {
    expect(target('raw+tls://host:1?ca=ca.pem')).toBe(
      `raw+tls://host:1?ca=${folder.replace('\\', '%5C')}/ca.pem`
    )
    const { listen } = shareMeantHere({
      port: { target: 'sim:echo' },
      listen: [{ url: 'raw+tls://[::]:1?cert=/a.pem&key=b', observe: true }]
    })
    expect(listen).toEqual([
      { url: `raw+tls://[::]:1?cert=/a.pem&key=${folder.replace('\\', '%5C')}/b`, observe: true }
    ])
  })

  it('a program by a path, its arguments as they are', () => {
    expect(target(`exec+pty:./say 'a b' ./c`)).toBe(
      `exec+pty:"${folder.replace('\\', '\\\\')}/say" 'a b' ./c`.replaceAll('"', "'").replace('\\\\', '\\')
    )
  })

  it('virtual ports, secrets and traces; a folder has no escapes', () => {
    expect(linkMeantHere({ port: { target: 'sim:gps' }, to: 'pty:tty' })).toEqual({
      port: { target: 'sim:gps' },
      to: `pty:${folder}/tty`,
      enabled: true
    })
    const spec: ShareSpec = {
      port: { target: 'sim:gps', dtr: false, hangUp: false, env: [{ name: 'X', file: 'secret' }] },
      listen: [],
      disabled: true,
      keepOpenMs: 0,
      wait: false,
      trace: [{ what: 'both', file: String.raw`\d-\Y.log`, hexdump: false }]
    }
    expect(shareMeantHere(spec)).toEqual({
      port: { target: 'sim:gps', dtr: false, env: [{ name: 'X', file: `${folder}/secret` }] },
      keepOpenMs: 0,
      enabled: false,
      trace: [{ what: 'both', file: `${folder.replace('\\', '\\\\')}/\\d-\\Y.log` }]
    })
  })

  it('no environment of its own', () => {
    expect(() => shareMeantHere({ port: { target: 'exec:x', env: [{ name: 'X' }] } })).toThrow(
      /--env X=@FILE/
    )
  })
})

it('a port that is no program has no field for variables, which it may not have', () => {
  expect(portMeantHere({ target: 'sim:echo' })).toEqual({ target: 'sim:echo' })
  const env = [{ name: 'KEY', file: '/etc/key' }]
  expect(portMeantHere({ target: 'exec:cat', env })).toEqual({ target: 'exec:cat', env })
})
