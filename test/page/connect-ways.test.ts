/** Connect, as a person meets it: the kinds of virtual port with what each carries, and Windows without a driver. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { WAY_CARRIES, type VirtualWay, type VirtualWayName } from '../../src-main/contract/virtual.ts'
import type { BridgeState, NearbyState } from '../../src-main/contract/state.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { lacks } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { screenshot, useBrowser } from './browser.ts'
import { madeUp, type MadeUp } from './made-up.ts'

const PLC: NearbyState = {
  id: 'plc',
  kind: 'port',
  name: 'plc',
  host: 'box.local',
  addresses: ['192.0.2.7'],
  port: 7000,
  url: 'rfc2217://192.0.2.7:7000',
  provider: 'ser2net',
  confidence: 'high',
  origin: 'mdns',
  present: true,
  since: 0,
  seen: 0
}

function way(name: VirtualWayName, state: VirtualWay['state'], why: string, fix?: string): VirtualWay {
  return { way: name, state, why, carries: WAY_CARRIES[name], ...(fix !== undefined && { fix }) }
}

const NO_PTY = way('pty', 'never', 'Windows has no pseudo-terminals.')
const WINDOWS = {
  nearby: { plc: PLC },
  host: { kind: 'service', platform: 'win32' } as const
}
const added = { id: 'made', name: 'plc' }

async function light(page: Page, name: string): Promise<void> {
  await screenshot(page, name)
  await page.emulateMedia({ colorScheme: 'dark' })
  await screenshot(page, `${name}-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
}

describe.skipIf(lacks('chromium'))('connect', () => {
  const browser = useBrowser()

  async function network({ link }: MadeUp): Promise<Page> {
    const page = await browser.open(link)
    await page.getByRole('link', { name: 'Network' }).click()
    return page
  }

  it('on Windows without a driver: why, how to install one, an address instead, or a terminal', async () => {
    const farport = await madeUp(WINDOWS, {
      'link.ways': () => [
        NO_PTY,
        way(
          'usbip',
          'install',
          'usbip-win2 is not installed.',
          'Run: `farport driver install`, then restart.'
        ),
        way('com0com', 'install', 'com0com is not installed.'),
        way('hub4com', 'never', 'hub4com is not here.')
      ],
      'share.add': () => added
    })
    const page = await network(farport)
    await page.getByRole('button', { name: 'Connect to plc' }).click()
    const dialog = page.getByRole('dialog', { name: 'Connect to plc' })
    await dialog.getByText('COM ports need a driver.').waitFor()
    expect(await problemsInAllColours(page)).toEqual([])
    await light(page, 'connect-no-driver')
    await dialog.getByRole('button', { name: 'Install usbip-win2, signed, one restart' }).click()
    await dialog.getByText('farport driver install').waitFor()
    await dialog.getByRole('button', { name: 'Use an address instead' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(farport.calls).toEqual([
      [
        'share.add',
        expect.objectContaining({
          name: 'plc',
          port: expect.objectContaining({ target: PLC.url }) as unknown,
          listen: ['rfc2217://127.0.0.1:7000'],
          announce: false
        })
      ]
    ])
  })

  it('on Windows with one: as a COM port, the better one first, and one that is wrong is not asked for', async () => {
    const farport = await madeUp(WINDOWS, {
      'link.ways': () => [
        NO_PTY,
        way('usbip', 'ready', 'usbip-win2 0.9.7.7 is installed.'),
        way('com0com', 'install', 'com0com is not installed.'),
        way('hub4com', 'never', 'hub4com is not here.')
      ],
      'link.add': () => added
    })
    const page = await network(farport)
    await page.getByRole('button', { name: 'More ways to use plc' }).click()
    await page.getByRole('menuitem', { name: 'Connect as' }).click()
    const dialog = page.getByRole('dialog', { name: 'Connect to plc' })
    await dialog.getByRole('radio', { name: 'Best here: COM port by USB/IP' }).waitFor()
    await dialog.getByRole('radio', { name: 'COM port by USB/IP', exact: true }).check()
    expect(await dialog.getByRole('radio', { name: 'COM port by com0com' }).isDisabled()).toBe(true)
    await dialog.getByLabel('COM port', { exact: true }).fill('LPT1')
    await dialog.getByText('A COM port is COM1 to COM4096.').waitFor()
    expect(await dialog.getByRole('button', { name: 'Connect' }).isDisabled()).toBe(true)
    await dialog.getByLabel('COM port', { exact: true }).fill('com7')
    expect(await problemsInAllColours(page)).toEqual([])
    await light(page, 'connect-com')
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(farport.calls).toEqual([
      [
        'link.add',
        expect.objectContaining({
          port: expect.objectContaining({ target: PLC.url }) as unknown,
          to: 'com:COM7',
          via: 'usbip'
        })
      ]
    ])
  })

  it('on Linux: what is ready, what needs rights, and how they are given', async () => {
    const farport = await madeUp(
      { nearby: { plc: PLC } },
      {
        'link.ways': () => [
          way('pty', 'ready', 'A pseudo-terminal needs no driver and no rights.'),
          way(
            'usbip',
            'rights',
            'You may not plug a USB adapter in.',
            'Once: `sudo farport service allow-usb`, then sign out and in.'
          ),
          way('com0com', 'never', 'Windows alone has it.'),
          way('hub4com', 'never', 'Windows alone has it.')
        ],
        'link.add': () => added
      }
    )
    const page = await network(farport)
    await page.getByRole('button', { name: 'Connect to plc' }).click()
    await page.getByRole('heading', { name: 'Connections', exact: true }).waitFor()
    expect(farport.calls).toEqual([['link.add', expect.objectContaining({ to: 'auto:', wait: true })]])
    await page.getByRole('link', { name: 'Network' }).click()
    await page.getByRole('button', { name: 'More ways to use plc' }).click()
    await page.getByRole('menuitem', { name: 'Connect as' }).click()
    const dialog = page.getByRole('dialog', { name: 'Connect to plc' })
    await dialog.getByText('You may not plug a USB adapter in.').waitFor()
    expect(await problemsInAllColours(page)).toEqual([])
    await light(page, 'connect-linux')
    await page.setViewportSize({ width: 720, height: 640 })
    await dialog.getByRole('radio', { name: 'Pseudo-terminal', exact: true }).check()
    await dialog.getByLabel('Path of the port').fill('/tmp/gps')
    await screenshot(page, 'connect-linux-narrow')
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(farport.calls[1]).toEqual(['link.add', expect.objectContaining({ to: 'pty:/tmp/gps' })])
  })

  it('says of a link which kind it is, what it does not carry, and why it was this one', async () => {
    const link = (id: string, name: VirtualWayName, why?: string): BridgeState =>
      ({
        id,
        kind: 'link',
        name: id,
        enabled: true,
        port: PLC.url,
        addresses: [name === 'pty' ? `/run/user/1000/farport/${id}` : `/dev/farport/${id}`],
        state: { type: 'open', settings: DEFAULT_SETTINGS, lines: {}, modem: {} },
        own: {},
        sessions: [],
        bytesToDevice: 0,
        bytesFromDevice: 0,
        lostToDevice: 0,
        lostFromDevice: 0,
        virtual: { way: name, carries: WAY_CARRIES[name], ...(why !== undefined && { why }) }
      }) as unknown as BridgeState
    const why = 'A pseudo-terminal needs no driver and no rights. A USB adapter would carry more.'
    const bridges = { gps: link('gps', 'pty', why), plc: link('plc', 'usbip') }
    const page = await browser.open((await madeUp({ bridges }, { 'link.ways': () => [] })).link)
    await page.getByRole('link', { name: 'Connections' }).click()
    await page.getByText('USB serial adapter: carries no CTS').waitFor()
    await page.getByText('Pseudo-terminal: carries no data bits, parity, control lines or break').waitFor()
    await page.getByRole('button', { name: 'Why this one?' }).click()
    await page.getByText(why).waitFor()
    expect(await problemsInAllColours(page)).toEqual([])
    await light(page, 'connections-kinds')
  })
})
