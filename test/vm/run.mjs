/**
 * `npm run test:vm`: the hardware port on Linux's real serial drivers. Boots a small virtual machine, plugs a USB adapter in, runs the
 * built command there, and looks at both sides of the driver: what the clients get, and what QEMU's adapter was told. Then the
 * machine's own console through Farport, and boards that leave USB at 1200 bit/s. Not part of `npm test`. Ends with `vm: N passed,
 * N failed`, exit code 1 for any failure; takes some 2 minutes without KVM, 8 at most.
 *
 * FARPORT_VM_ONLY=REGEXP runs only the checks of that name.
 */
import { join } from 'node:path'
import { BOARD_CHECKS } from './board-checks.mjs'
import { CHECKS, SHARE_PORT } from './checks.mjs'
import { CONSOLE_CHECKS } from './console-checks.mjs'
import { boot, TOP } from './machine.mjs'
import { needQemu, unpack } from './packages.mjs'
import { VIRTUAL_CHECKS } from './virtual-checks.mjs'

const LIMIT_MS = 8 * 60_000

const started = performance.now()
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`
let machine

const stop = async (message) => {
  console.error(message)
  await machine?.end()
  process.exit(1)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(`ended by ${signal}`))
const limit = setTimeout(() => void stop(`vm: not done after ${LIMIT_MS / 60_000} minutes`), LIMIT_MS)

/** The guest sees the host's files, but for these folders, which are its own. */
const GUESTS_OWN = /^\/(tmp|run|proc|sys|dev)\//

try {
  if (GUESTS_OWN.test(TOP))
    throw new Error(
      `The virtual machine cannot see ${TOP}: it has a /tmp and a /run of its own. Run this from a copy elsewhere.`
    )
  needQemu()
  machine = await boot(unpack(join(TOP, 'node_modules/.cache/farport-vm')), [SHARE_PORT])
} catch (error) {
  await stop(error.message)
}
console.log(`booted with ${machine.accelerator} after ${seconds(started)}`)

const only = new RegExp(process.env.FARPORT_VM_ONLY ?? '')
let passed = 0
let failed = 0
// Only when they are named: they have not been seen to pass from beginning to end so far.
const byName = process.env.FARPORT_VM_ONLY === undefined ? {} : VIRTUAL_CHECKS
const checks = { ...CHECKS, ...CONSOLE_CHECKS, ...BOARD_CHECKS, ...byName }
for (const [name, check] of Object.entries(checks).filter(([name]) => only.test(name))) {
  const from = performance.now()
  const undo = []
  const notes = []
  try {
    await check(machine, { after: (step) => undo.push(step), note: (text) => notes.push(text) })
    passed++
    console.log(`  ok    ${name}${notes.map((note) => `; ${note}`).join('')} (${seconds(from)})`)
  } catch (error) {
    failed++
    console.log(`  FAIL  ${name} (${seconds(from)})\n${error.stack.replace(/^/gm, '        ')}`)
  }
  for (const step of undo.reverse()) {
    try {
      await step()
    } catch (error) {
      failed++
      console.log(`  FAIL  ${name}: clearing up: ${error.message}`)
    }
  }
}

await machine.end()
clearTimeout(limit)
console.log(`took ${seconds(started)}`)
console.log(`vm: ${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
