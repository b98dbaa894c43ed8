/**
 * The pictures of README.md: `npm run screenshots`, on Linux with Chromium ($CHROMIUM, else /usr/bin/chromium) and util-linux. Two real
 * installations with simulated devices, in a network and with folders of their own, so that nothing of this computer is to be seen: root,
 * or whoever may make user namespaces, can run it. What it makes is kept in the repository. Plain JavaScript.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { CHROMIUM_FLAGS } from '../bench/ui-flags.mjs'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const FARPORT = join(top, 'dist/main/farport.js')
const TO = join(top, 'assets/screenshots')
const INSIDE = 'FARPORT_SCREENSHOTS'
/** In bytes, each: they are shown on one page. */
const MOST = 180_000

const OFFICE = '192.168.1.20'
const WORKSHOP = '192.168.1.21'
const LAB = '192.168.1.22'

/** `npm run screenshots -- monitor`: those of the monitor alone. */
const ONLY = process.argv[2]

/** Of a browser. */
const LOOKS = {
  viewport: { width: 960, height: 640 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
  locale: 'en-GB'
}

/** Here and nowhere else: the addresses, an empty home, and no serial ports. */
const PREPARE = `set -e
mount -t tmpfs none /sys/class/tty
mount -t tmpfs none /run
mount -t tmpfs none /home
ip link set lo up
for address in ${OFFICE} ${WORKSHOP} ${LAB}; do ip addr add $address/32 dev lo; done
# What asks the office is seen to come from the lab.
ip route replace local ${OFFICE} dev lo table local src ${LAB}
exec "$@"`

if (process.env[INSIDE] === undefined) {
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const own = [
    '--mount',
    '--net',
    ...user,
    'sh',
    '-c',
    PREPARE,
    'sh',
    process.execPath,
    ...process.argv.slice(1)
  ]
  const { status } = spawnSync('unshare', own, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } })
  process.exitCode = status ?? 1
} else await main()

/** What is started is ended with the script. */
function run(env, ...args) {
  const child = spawn(process.execPath, [FARPORT, ...args], { env: { ...process.env, ...env } })
  let said = ''
  const waiting = new Set()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      said += bytes
      for (const look of waiting) look()
    })
  process.on('exit', () => child.kill())
  return {
    child,
    ended: new Promise((resolve) => child.on('exit', resolve)),
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(said)
          if (!match) return
          waiting.delete(look)
          resolve(match)
        }
        waiting.add(look)
        look()
        child.on('exit', () => reject(new Error(`farport ${args.join(' ')} ended: ${said}`)))
      })
  }
}

/** An installation: its folders are of a person with that name, its address is one of ours. */
function installation(person, address, settings) {
  const [config, runtime] = [`/home/${person}/.config`, `/run/user/${person}`]
  for (const folder of [`${config}/farport`, runtime]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const env = {
    XDG_CONFIG_HOME: config,
    XDG_RUNTIME_DIR: runtime,
    FARPORT_SOCKET: join(runtime, 'farport.sock'),
    HOME: `/home/${person}`
  }
  const preferences = {
    listen: { port: 22217, addresses: [address] },
    discovery: { announce: false, browse: false }
  }
  writeFileSync(
    join(config, 'farport/settings.json'),
    JSON.stringify({ version: 1, preferences, ...settings }),
    {
      mode: 0o600
    }
  )
  return env
}

/** What an oven says of itself: it heats by steps, and cools. */
function ovenLine(step) {
  const heater = Math.floor(step / 60) % 2 === 0 ? 100 : 20
  const temperature = 182 + 9 * Math.sin(step / 38) + 2 * Math.sin(step / 7)
  const door = 31 + 3 * Math.sin(step / 90)
  return `temp:${temperature.toFixed(1)},heater:${heater},door:${door.toFixed(1)}\r\n`
}

async function main() {
  const sim = (id, name, target, more = {}) => ({ id, name, port: { target }, ...more })
  const office = installation('sam', OFFICE, {
    name: 'office',
    shares: [
      sim('gps', 'Ship’s GPS', 'sim:gps', { listen: [`rfc2217://${OFFICE}:7000`], allow: ['anyone'] }),
      sim('heat', 'Thermostat', 'sim:modbus'),
      sim('bench', 'Bench adapter', 'sim:echo', { enabled: false }),
      sim('noise', 'Spectrometer', 'sim:noise:1000')
    ]
  })
  const workshop = installation('kim', WORKSHOP, {
    name: 'workshop-pc',
    shares: [
      sim('cnc', 'Milling machine', 'sim:echo'),
      sim('weather', 'Weather station', 'sim:gps'),
      sim('plotter', 'Plotter', 'sim:echo', { enabled: false })
    ]
  })
  const lab = installation('lee', LAB, { name: 'lab-pi' })
  const farther = run(workshop, 'serve')
  const nearer = run(office, 'serve', '--http', '127.0.0.1:7373')
  await Promise.all([farther, nearer].map(({ printed }) => printed(/ready/)))

  // They know each other, and each may use what the other one has.
  const asks = run(office, 'pair', WORKSHOP, '--permit', 'control')
  const [, digits] = await asks.printed(/digits: (\d{3} \d{3})/)
  const accepts = run(workshop, 'pair', 'accept', 'office', ...digits.split(' '), '--permit', 'control')
  asks.child.stdin.write(`${digits}\n`)
  await Promise.all([asks.ended, accepts.ended])
  const links = [
    run(workshop, 'connect', `farport://${OFFICE}/Ship%E2%80%99s%20GPS`, '--hold'),
    run(office, 'connect', 'farport://workshop-pc/Weather%20station', '--hold')
  ]
  await Promise.all(links.map(({ ended }) => ended))

  const plotted = 7001
  const monitored = installation('bench', '127.0.0.1', {
    name: 'bench',
    preferences: {
      introduced: true,
      listen: { enabled: false },
      discovery: { announce: false, browse: false }
    },
    shares: [
      sim('plc', 'Filling line', 'sim:modbus-ascii?poll=4&errors=7&paced=1', { openAtStart: true }),
      sim('gps', 'Ship’s GPS', 'sim:gps', { openAtStart: true }),
      sim('oven', 'Oven', 'sim:echo', { listen: [`raw://127.0.0.1:${plotted}`] })
    ]
  })
  const monitors = run(monitored, 'serve', '--http', '127.0.0.1:7374')
  await monitors.printed(/ready/)
  const oven = connect({ host: '127.0.0.1', port: plotted })
  let step = 0
  setInterval(() => oven.write(ovenLine(step++)), 100)

  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] })
  const context = await browser.newContext(LOOKS)
  let page = await context.newPage()
  const [, link] = await nearer.printed(/^page (\S+)$/m)
  await page.goto(link)
  const button = (name) => page.getByRole('button', { name, exact: true })
  const go = (name) => page.getByRole('link', { name, exact: true }).click()

  /** The views of the monitor, and what comes of them; in a browser of their own. */
  async function monitorPictures() {
    const before = page
    page = await (await browser.newContext(LOOKS)).newPage()
    const [, own] = await monitors.printed(/^page (\S+)$/m)
    const to = async (place) => {
      await page.evaluate(`location.hash = '${place}'`)
      await page.locator('.monitor').waitFor()
    }
    const press = (name) => page.locator('.monitor').getByRole('button', { name, exact: true }).click()
    const row = (text) =>
      page
        .getByRole('listbox', { name: /^Traffic of/ })
        .getByRole('option')
        .filter({ hasText: text })
    await page.goto(own)
    await page.getByText('Filling line').first().waitFor()

    await to('computer/oven/monitor')
    await press('Plot')
    await page
      .getByRole('list', { name: 'Series' })
      .getByRole('button', { name: /heater/ })
      .waitFor()
    await page.waitForTimeout(15_000) // There is something to be seen on it.
    await picture('monitor-plot')

    await to('computer/plc/monitor')
    await press('Decode as Modbus ASCII')
    await press('Decoded')
    await row('Parity error').last().waitFor()
    await press('Pause')
    await row('unit 1 answer: Read Input Registers').last().click()
    const details = page.getByRole('complementary', { name: 'Details' })
    if (!(await details.isVisible())) await press('Details')
    await details.getByRole('heading', { name: /^Row / }).waitFor()
    await picture('monitor-decoded')
    await press('Hide the details')
    await press('Save 5 min')
    await page.getByRole('status', { name: /pcapng$/ }).waitFor()
    await press('Back')
    await go('Captures')
    await page
      .getByRole('link', { name: /^Open / })
      .first()
      .waitFor()
    await picture('captures')
    await page.close()
    page = before
  }

  mkdirSync(TO, { recursive: true })
  async function picture(name) {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme })
      // Fonts and colours are there, and the pointer is nowhere.
      await page.mouse.move(0, 0)
      await page.evaluate('document.fonts.ready')
      const path = join(TO, `${name}-${scheme}.png`)
      await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
      const { size } = statSync(path)
      console.log(`${name}-${scheme}.png ${Math.round(size / 1000)} kB`)
      if (size > MOST) throw new Error(`${path} has ${size} bytes, more than ${MOST}`)
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }

  await monitorPictures()
  if (ONLY === 'monitor') process.exit(0)

  await go('Network')
  await button('Connect to Milling machine').waitFor({ timeout: 60_000 })
  await picture('network')

  await go('Connections')
  const weather = page.getByRole('listitem', { name: 'Weather station' })
  await weather.getByText(/^Connected|^In use/).waitFor()
  await weather.getByText('App → Device').waitFor()

  await go('This computer')
  await page.getByText('In use by workshop-pc').waitFor()
  // A program of somebody else, so that there is something to be seen on the curve of another port, too.
  const program = connect({ host: OFFICE, port: 7000 })
  await page.getByText('In use by workshop-pc and 1 other').waitFor()
  program.destroy()
  await page.getByText('In use by workshop-pc', { exact: true }).waitFor()
  await page.waitForTimeout(20_000) // The curves have something to show.
  await picture('this-computer')

  await button('Details of Ship’s GPS').click()
  await page.getByRole('complementary').getByText('Has control').waitFor()
  await picture('drawer')
  await page.keyboard.press('Escape')

  await go('Connections')
  await button('More about Weather station').click()
  await page.getByRole('menuitem', { name: 'Open terminal' }).click()
  await page.locator('.xterm-rows').getByText('$GPGSV').nth(3).waitFor()
  await picture('terminal')
  await button('Back').click()
  await picture('connections')

  await go('This computer')
  await page.getByRole('button', { name: /^Line settings of Ship’s GPS/ }).click()
  await page.getByLabel('Baud rate').fill('9600')
  await page.getByLabel('Parity').selectOption('even')
  await button('Apply').click()
  await page.getByText('In force: 9600 8E1').waitFor()
  await picture('line-settings')
  await page.keyboard.press('Escape')

  run(lab, 'pair', OFFICE)
  await page.getByRole('dialog', { name: 'lab-pi asks to pair' }).waitFor()
  await picture('pairing')
  await browser.close()
  process.exit(0)
}
