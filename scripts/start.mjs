/**
 * `npm start`: runs the built command in this very process. It ends with npm, which does not pass a SIGTERM on.
 *
 *   npm start                  the page in a browser, with two simulated devices
 *   npm start -- --headless    the same, whatever else this computer could
 *   npm start -- --demo        the devices alone, without a page
 */
const args = process.argv.splice(2, process.argv.length)
const wishes = ['--headless', '--demo'].filter((each) => args.includes(each))
const others = args.filter((each) => !wishes.includes(each))

process.env.FARPORT_ENDS_WITH_PARENT = '1'
if (wishes.includes('--demo')) process.argv.push('demo', ...others)
else {
  const why = wishes.includes('--headless') ? undefined : whyNoWindow()
  if (why) console.log(`No window: ${why}. The same in a browser:\n`)
  process.argv.push('demo', '--http', '127.0.0.1:7373', ...others)
}
await import('../dist/main/farport.js')

function whyNoWindow() {
  if (process.env.CI) return 'this is CI'
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY)
    return 'there is no display here (DISPLAY and WAYLAND_DISPLAY are not set)'
  return 'this build has none yet'
}
