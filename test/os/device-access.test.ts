import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  accessFix,
  type Accounts,
  describeAccess,
  deviceAccess,
  formatOwner,
  mayUse,
  readAccounts
} from '../../src-main/os/device-access.ts'
import { lacks } from '../peers/need.ts'

const ACCOUNTS: Accounts = {
  userName: 'ada',
  memberships: [1000],
  users: new Map([[0, 'root']]),
  groups: new Map([
    [0, { name: 'root', members: [] }],
    [5, { name: 'tty', members: [] }],
    [20, { name: 'dialout', members: ['bob'] }],
    [21, { name: 'plugdev', members: ['bob', 'ada'] }]
  ])
}

const SIGN_OUT = 'you joined group plugdev after this session began: sign out and in'
const JOIN = (group: string): string => `run \`sudo usermod -aG ${group} $USER\`, then sign out and in`

describe('what helps', () => {
  it.each<[mode: number, gid: number, owner: string, fix: string | RegExp]>([
    [0o20660, 20, 'root:dialout, mode 0660', JOIN('dialout')],
    [0o20660, 21, 'root:plugdev, mode 0660', SIGN_OUT],
    [0o20660, 4711, 'root:4711, mode 0660', JOIN('4711')],
    [0o20600, 0, 'root:root, mode 0600', /sudo chgrp dialout/],
    [0o20620, 5, 'root:tty, mode 0620', /sudo chgrp dialout/],
    [0o20640, 20, 'root:dialout, mode 0640', /sudo chgrp dialout/]
  ])('%o %d', (mode, gid, owner, fix) => {
    const device = describeAccess({ mode, uid: 0, gid }, false, ACCOUNTS)
    expect(formatOwner(device)).toBe(owner)
    expect(accessFix('/dev/ttyUSB0', device)).toMatch(fix)
  })
})

describe('the files of a computer', () => {
  let etcRoot: string

  beforeEach(() => {
    etcRoot = mkdtempSync(join(tmpdir(), 'farport-etc-'))
  })
  afterEach(() => {
    rmSync(etcRoot, { recursive: true })
  })

  it.skipIf(lacks.unix('groups'))('reads names and members', async () => {
    writeFileSync(join(etcRoot, 'passwd'), 'root:x:0:0:root:/root:/bin/bash\n')
    writeFileSync(join(etcRoot, 'group'), '# people\nroot:x:0:\ndialout:x:20:ada,bob\n')
    const accounts = await readAccounts(etcRoot)
    expect(accounts.users.get(0)).toBe('root')
    expect(accounts.groups.get(20)).toEqual({ name: 'dialout', members: ['ada', 'bob'] })
    expect(accounts.memberships).toContain(process.getgid?.())
  })

  it('shows numbers where there are no such files', async () => {
    const device = await deviceAccess('/dev/null', { etcRoot: join(etcRoot, 'none') })
    expect(device).toMatchObject({ allowed: true, owner: '0', group: '0', mode: 0o666 })
  })

  it('rejects for what is not there', async () => {
    await expect(deviceAccess(join(etcRoot, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await mayUse(join(etcRoot, 'none'))).toBe(false)
  })
})
