/**
 * What people do in a monitor, told to whatever shows it: the page in a browser (monitor-plc.test.ts, monitor-embedded.test.ts) and a window
 * of the app (test/e2e/app.test.ts). Everything is looked for in the monitor alone: the page behind it is still there.
 */
import { execFileSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { Program } from '../e2e/cli.ts'
import type { InstanceHome } from '../e2e/instance.ts'
import { eventually } from '../eventually.ts'
import { programPath, PYTHON } from '../peers/need.ts'
import type { ShimmedEnd, ShimmedPair } from '../shim/shim.ts'
import { screenshot } from './browser.ts'

/** In ms: Farport looks at a line for some seconds before it says that it is garbled, and the machine may be busy. */
const SOON_MS = 30_000

export interface Story {
  /** Shows the monitor. */
  readonly page: Page
  readonly home: InstanceHome
  /** Names of pictures begin so. */
  readonly picture: string
  /** A file of the captures folder leaves Farport by what its card offers. Answers where it is now. */
  readonly take: (card: Locator, file: string) => Promise<string>
}

/** A bus between a PLC and its device, at 9600 7E1; it is watched at what most devices have. */
export const PLC = {
  id: 'plc',
  name: 'PLC',
  openAtStart: true,
  port: {
    target: 'sim:modbus-ascii?poll=10&errors=6&paced=1',
    settings: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 }
  }
} as const

export const rowsOf = (page: Page): Locator =>
  page.getByRole('listbox', { name: /^Traffic of / }).getByRole('option')

const inMonitor = (page: Page, name: string | RegExp): Locator =>
  page.locator('.monitor').getByRole('button', { name, exact: true })

/** The files that were saved so far are in it, by the name that the card has. */
async function saved(page: Page): Promise<{ card: Locator; file: string }> {
  const card = page.getByRole('status', { name: /\.pcapng$/ })
  await card.getByText(/^Saved [\d,]+ records, /).waitFor()
  return { card, file: (await card.getAttribute('aria-label')) ?? '' }
}

export const capturesOf = (home: InstanceHome): string => join(home.folder, 'data/farport/captures')

/** Garbage, its cause found in two clicks, requests and answers, a parity error among them; and the file in Wireshark. */
export async function plcStory({ page, picture, take }: Story): Promise<void> {
  const monitor = page.getByRole('region', { name: 'Monitor of PLC' })
  await monitor.getByText('Text looks garbled: probably the wrong baud rate.').waitFor({ timeout: SOON_MS })
  await screenshot(page, `${picture}-garbled`)
  await inMonitor(page, 'Try 9600').click()
  await monitor
    .getByText('Text looks garbled: probably other data bits or parity.')
    .waitFor({ timeout: SOON_MS })
  await inMonitor(page, 'Try 7E1').click()
  await inMonitor(page, 'Line settings of PLC: 9600 7E1').waitFor()
  await monitor.getByText('Text looks garbled').waitFor({ state: 'detached' })

  await inMonitor(page, 'Decode as Modbus ASCII').click({ timeout: SOON_MS })
  await inMonitor(page, 'Decoded').click()
  await rowsOf(page).getByText('unit 1 request: Read Holding Registers 0-1').first().waitFor()
  await rowsOf(page)
    .getByText(/unit 1 answer: Read Holding Registers 0-1: 215 0/)
    .first()
    .waitFor()

  // Rows were cut anew for the decoder, and nobody scrolled.
  expect(await inMonitor(page, 'Follow').getAttribute('aria-pressed')).toBe('true')

  // Red, and not by its colour alone.
  await screenshot(page, `${picture}-decoded`)
  await monitor.getByRole('listbox', { name: /^Traffic of / }).focus()
  await page.keyboard.press('f')
  await monitor.getByRole('textbox', { name: 'Filter' }).fill('event:line')
  const error = rowsOf(page).filter({ hasText: 'Parity error' }).first()
  await error.waitFor({ timeout: SOON_MS })
  expect(await error.locator('.way').textContent()).toContain('Error')
  expect(await error.locator('.way svg').count()).toBe(1)
  const isRed = await page.evaluate<boolean>(`(() => {
    const event = [...document.querySelectorAll('.row.error .event')][0]
    const made = event.appendChild(document.createElement('i'))
    made.style.color = 'var(--danger)'
    const wanted = getComputedStyle(made).color
    made.remove()
    return getComputedStyle(event).color === wanted
  })()`)
  expect(isRed).toBe(true)
  await screenshot(page, `${picture}-errors`)
  await monitor.getByRole('textbox', { name: 'Filter' }).fill('event:settings')
  await rowsOf(page)
    .getByText(/^Settings 9600 8N1 → 9600 7E1/)
    .waitFor()
  await inMonitor(page, 'Clear the filter').click()

  await inMonitor(page, 'More to save and export').click()
  await page.getByRole('menuitem', { name: 'Export as …' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export PLC' })
  await dialog.getByLabel('File name').fill('bus')
  await dialog.getByRole('button', { name: 'Export' }).click()
  const { card, file } = await saved(page)
  expect(file).toBe('bus.pcapng')
  const path = await take(card, file)
  expectInWireshark(path)
}

/** Requests, answers and the damaged character, as tshark tells them. */
function expectInWireshark(path: string): void {
  const fields = ['frame.comment', 'rtacser.eventtype', 'data.data'].flatMap((each) => ['-e', each])
  const args = ['-r', path, '-T', 'fields', ...fields]
  const lines = execFileSync(programPath('tshark'), args, { encoding: 'utf8', stdio: 'pipe' }).split('\n')
  const bytes = lines.map((line) => Buffer.from(line.split('\t')[2] ?? '', 'hex').toString('latin1')).join('')
  expect(bytes).toContain(':010300000002FA\r\n')
  expect(bytes).toContain(':01030400D7000021\r\n')
  expect(lines.some((line) => line.includes('9600 7E1'))).toBe(true)
  // 8: a parity error.
  expect(lines.some((line) => /^\S*8$/.test(line.split('\t')[1] ?? ''))).toBe(true)
}

/** A board whose boot loader speaks at 115200, and its program at 921600. `far`: the board's own end. */
export const BOOT = ['ESP-ROM:esp32s3-20210327', 'rst:0x1 (POWERON),boot:0x8', 'entry 0x403c98d0']
export const PROGRAM = [
  'I (31) boot: program begins',
  'W (88) wifi: no answer, trying again',
  'I (412) wifi: connected'
]

export function boardShare(target: string, url: string) {
  return { id: 'board', name: 'Board', port: { target }, listen: [url] }
}

/** The developer's own terminal program: pyserial, as told a line at a time. */
export function developer(url: string): Program {
  const script = [
    'import serial, sys',
    `port = serial.serial_for_url('${url}', baudrate=115200, timeout=20)`,
    'print("open", flush=True)',
    'for line in sys.stdin:',
    '    exec(line)',
    '    print("done", line.strip(), flush=True)'
  ]
  return new Program(PYTHON, ['-c', script.join('\n')])
}

async function tell(program: Program, line: string): Promise<void> {
  program.process.stdin?.write(`${line}\n`)
  await program.printed(new RegExp(`done ${line.replace(/[().*]/g, String.raw`\$&`)}`))
}

function says(far: ShimmedEnd, lines: readonly string[]): void {
  for (const line of lines) writeSync(far.fd, `${line}\r\n`)
}

/** Reset by DTR, boot text, another rate in the middle; found again by filter and find, marked, saved, and opened as a file. */
export async function boardStory(
  { page, picture, home }: Story,
  { a, b }: Pick<ShimmedPair, 'a' | 'b'>,
  program: Program,
  openFile: (card: Locator, file: string) => Promise<Page>
): Promise<void> {
  const rows = rowsOf(page)
  const monitor = page.getByRole('region', { name: 'Monitor of Board' })
  await program.printed(/open/)
  await monitor.getByText(/^In use by 127\.0\.0\.1/).waitFor()
  await tell(program, 'port.dtr = False')
  await tell(program, 'port.dtr = True')
  await rows.getByText('DTR off').first().waitFor()
  await rows.getByText('DTR on').first().waitFor()
  says(b, BOOT)
  await rows.getByText(BOOT.at(-1) ?? '').waitFor()
  await tell(program, 'port.baudrate = 921600')
  await rows.getByText(/^Settings 115200 → 921600 8N1/).waitFor()
  await eventually(() => expect(a.settings.baudRate).toBe(921_600))
  await inMonitor(page, 'Line settings of Board: 921600 8N1').waitFor()
  says(b, PROGRAM)
  await rows.getByText(PROGRAM.at(-1) ?? '').waitFor()
  await screenshot(page, `${picture}-lines`)

  // A marker, by its key.
  await monitor.getByRole('listbox', { name: /^Traffic of / }).focus()
  await page.keyboard.press('m')
  await page.getByRole('dialog').getByLabel('What happened').fill('Wi-Fi is there')
  await page.keyboard.press('Enter')
  await rows.getByText('Marker 1: Wi-Fi is there').waitFor()
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  // Find goes to the row; the filter leaves what fits, and what was passed stays when it is gone.
  await page.keyboard.press('/')
  await monitor.getByRole('textbox', { name: 'Find' }).fill('POWERON')
  await monitor.getByText('1 found').waitFor()
  await page.keyboard.press('Enter')
  await monitor.getByText('1 of 1', { exact: true }).waitFor()
  await rows.locator('mark').filter({ hasText: 'POWERON' }).waitFor()
  expect(await rows.and(page.getByRole('option', { selected: true })).textContent()).toContain(BOOT[1])
  await monitor.getByRole('listbox', { name: /^Traffic of / }).focus()
  await page.keyboard.press('f')
  await monitor.getByRole('textbox', { name: 'Filter' }).fill('/^[WE] /')
  await monitor.getByText('1 fit').waitFor()
  await eventually(async () => expect(await rows.count()).toBe(1))
  await rows.getByText(PROGRAM[1] ?? '').waitFor()
  await screenshot(page, `${picture}-filter`)
  await inMonitor(page, 'Clear the filter').click()
  await eventually(async () => expect(await rows.count()).toBeGreaterThan(6))

  await inMonitor(page, 'Save 5 min').click()
  const { card, file } = await saved(page)
  const again = await openFile(card, file)
  const reopened = rowsOf(again)
  await again.locator('.monitor').getByText('A file', { exact: true }).waitFor()
  for (const text of [...BOOT, ...PROGRAM, 'Marker 1: Wi-Fi is there', 'DTR off'])
    await reopened.getByText(text).first().waitFor()
  await reopened.getByText(/^Settings 115200 → 921600 8N1/).waitFor()
  await screenshot(again, `${picture}-file`)
  // The program had every byte of it, though it was watched.
  const all = [...BOOT, ...PROGRAM].map((line) => `${line}\r\n`).join('')
  await tell(program, `print(repr(port.read(${all.length})), flush=True)`)
  expect(program.stdout).toContain(all.replaceAll('\r\n', String.raw`\r\n`))
  expect((await home.farport('list', '--json').ended).code).toBe(0)
}
