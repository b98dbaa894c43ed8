/**
 * Makes the pictures of the app from their drawings: `node scripts/icons.mjs`, with Chromium ($CHROMIUM, else /usr/bin/chromium). What it
 * makes is kept in the repository; run it after a drawing changed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const APP = 'src-renderer/icon.svg'
/** macOS draws it in its own colours, by the word at the end of its name. */
const TEMPLATE = 'assets/icons/tray-template.svg'

const PICTURES = [
  ...[16, 32, 48, 64, 128, 256, 512].map((size) => ({ from: APP, to: `${size}.png`, size })),
  { from: APP, to: 'tray.png', size: 24 },
  { from: APP, to: 'tray@2x.png', size: 48 },
  { from: TEMPLATE, to: 'trayTemplate.png', size: 18 },
  { from: TEMPLATE, to: 'trayTemplate@2x.png', size: 36 }
]

const { CHROMIUM = '/usr/bin/chromium' } = process.env
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
const page = await browser.newPage()
for (const { from, to, size } of PICTURES) {
  const drawing = readFileSync(join(top, from), 'utf8').replace(
    '<svg ',
    `<svg width="${size}" height="${size}" `
  )
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<body style="margin:0">${drawing.replace('<svg ', '<svg style="display:block" ')}</body>`
  )
  writeFileSync(join(top, 'assets/icons', to), await page.screenshot({ omitBackground: true }))
}
await browser.close()
