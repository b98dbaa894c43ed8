/**
 * `npm run check`: format, lint and types, at once: the linter takes as long as all the others together. Each one's words come in one piece.
 * Plain JavaScript.
 */
import { spawn } from 'node:child_process'

const CHECKS = ['lint', 'format:check', 'types']

/** The exit code, after what it said. */
function run(name) {
  return new Promise((resolve) => {
    const own = process.env.npm_execpath
    const options = { stdio: ['ignore', 'pipe', 'pipe'] }
    const child = own
      ? spawn(process.execPath, [own, 'run', '--silent', name], options)
      : spawn('npm', ['run', '--silent', name], { ...options, shell: process.platform === 'win32' })
    const said = []
    child.stdout.on('data', (chunk) => said.push(chunk))
    child.stderr.on('data', (chunk) => said.push(chunk))
    child.on('error', (error) => said.push(Buffer.from(`${error.message}\n`)))
    child.on('close', (code) => {
      console.log(`${name}: ${code === 0 ? 'passed' : 'failed'}`)
      process.stdout.write(Buffer.concat(said))
      resolve(code ?? 1)
    })
  })
}

const codes = await Promise.all(CHECKS.map(run))
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0
