/**
 * `npm start`: runs the built command in this very process. It ends with npm, which does not pass a SIGTERM on.
 *
 *   npm start                  a window where Electron can run, else the page in a browser; with two simulated devices
 *   npm start -- --headless    the page in a browser, whatever else this computer could
 *   npm start -- --demo        the devices alone, without a page
 *
 * The window is one of its own (electron-window.mjs), and shows what this process shares; where it cannot be, its page is in a browser.
 */
import { showWindow, whyNoWindow } from './electron-window.mjs'

const args = process.argv.splice(2, process.argv.length)
const wishes = ['--headless', '--demo'].filter((each) => args.includes(each))
const others = args.filter((each) => !wishes.includes(each))

process.env.FARPORT_ENDS_WITH_PARENT = '1'
if (wishes.includes('--demo')) process.argv.push('demo', ...others)
else {
  if (!wishes.includes('--headless')) {
    const why = await whyNoWindow()
    if (why) console.log(`No window: ${why}. The same in a browser:\n`)
    else showWindow()
  }
  process.argv.push('demo', '--http', '127.0.0.1:7373', ...others)
}
await import('../dist/main/farport.js')
