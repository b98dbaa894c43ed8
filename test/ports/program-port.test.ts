/** Program ports with real programs: how they start, what they say, how they end. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { ProgramSource, type ProgramSourceOptions } from '../../src-main/ports/program/program-source.ts'
import type { ProgramPort } from '../../src-main/ports/program/program-port.ts'
import { lacks } from '../peers/need.ts'

const { signal } = new AbortController()
const LINUX = process.platform === 'linux'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'farport-program-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

interface Started {
  readonly port: ProgramPort
  readonly warnings: string[]
  readonly text: () => string
}

async function start(target: string, options: Partial<ProgramSourceOptions> = {}): Promise<Started> {
  const warnings: string[] = []
  const source = new ProgramSource({ target, warn: (text) => warnings.push(text), ...options })
  const port = await source.open({}, signal)
  onTestFinished(async () => {
    port.abort(DONE)
    await port.gone
  })
  let text = ''
  port.onData((chunk) => (text += Buffer.from(chunk).toString('latin1')))
  port.resume()
  return { port, warnings, text: () => text }
}

const ended = (pid: number): boolean => {
  try {
    // A zombie has ended; in a container nobody may be there to bury it.
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

describe.skipIf(lacks.unix('programs on pipes'))('starts', () => {
  it.each([
    ['exec:no-such-program-here', 'device-missing', /PATH/],
    ['exec:/no/such/program', 'device-missing', /path/],
    ['exec:/etc/passwd', 'device-permission', /chmod/],
    ['exec:/etc', 'device-missing', /path/]
  ])('not: %s', async (target, code, words) => {
    const source = new ProgramSource({ target, warn: () => undefined })
    for (const attempt of [() => source.check(), () => source.open({}, signal)])
      await expect(attempt()).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string })
  })

  it('not: a script whose interpreter is not there', async () => {
    const path = join(folder(), 'script')
    writeFileSync(path, '#!/no/such/interpreter\n', { mode: 0o755 })
    const source = new ProgramSource({ target: `exec:${path}`, warn: () => undefined })
    await expect(source.open({}, signal)).rejects.toMatchObject({
      code: 'device-missing',
      message: expect.stringContaining('interpreter') as string
    })
  })

  it.skipIf(lacks.linux('pseudo-terminals'))(
    'on a terminal that is its own, raw and of a known size',
    async () => {
      const { port, text } = await start(
        `exec+pty:sh -c 'tty; stty size; stty -a | grep -o -e "-icanon" -e "-echo " -e "-opost"; echo $TERM; echo own >/dev/tty; exec cat'`
      )
      await vi.waitFor(() => expect(text()).toMatch(/own\n$/))
      expect(text()).toMatch(/^\/dev\/pts\/\d+\n24 80\n/)
      for (const word of ['-icanon', '-echo ', '-opost', 'vt100']) expect(text()).toContain(word)
      const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value))
      port.write(all)
      await vi.waitFor(() => expect(text().endsWith(all.toString('latin1'))).toBe(true))
    }
  )
})

describe.skipIf(lacks.unix('programs on pipes'))('says', () => {
  it('on standard error what is told, never what is data', async () => {
    const { warnings, text, port } = await start(
      String.raw`exec:sh -c 'echo data; printf "\033[31mred\033[0m\tpath\n" >&2; exec cat'`
    )
    await vi.waitFor(() => expect(warnings).toEqual(['sh: [31mred [0m path']))
    expect(text()).toBe('data\n')
    await port.close(DONE, 1000)
  })

  it('not everything, where it does not stop talking', async () => {
    const { warnings, port } = await start(
      `exec:sh -c 'i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo line $i >&2; done'`
    )
    await once(port.onClose)
    expect(warnings).toEqual(
      [1, 2, 3, 4, 5].map((n) => `sh: line ${n}`).concat('sh: (4995 more lines like these)')
    )
  })

  it.each([
    [`exec:sh -c 'echo first >&2; echo "no session" >&2; exit 3'`, 'error', 'sh ended with 3: no session'],
    [`exec:sh -c 'printf unfinished >&2; kill -9 $$'`, 'error', 'sh was ended by SIGKILL: unfinished'],
    ['exec:true', 'done', 'true ended by itself'],
    ['exec+pty:false', 'error', 'false ended with 1']
  ])('why it ended: %s', async (target, code, message) => {
    if (target.startsWith('exec+pty') && !LINUX) return
    const { port } = await start(target)
    expect(await once(port.onClose)).toEqual({ code, message })
  })
})

describe.skipIf(lacks.unix('programs on pipes'))('ends', () => {
  it('at the end of its input, with all of it read', async () => {
    const path = join(folder(), 'got')
    const { port } = await start(`exec:sh -c 'sleep 0.1; cat >${path}; echo bye >>${path}'`)
    port.write(Buffer.alloc(100_000, 'x'))
    expect(await port.close(DONE, 5000)).toBe(0)
    expect(readFileSync(path, 'latin1')).toBe(`${'x'.repeat(100_000)}bye\n`)
  })

  it('by force, with every child of it', async () => {
    const path = join(folder(), 'pids')
    const { port } = await start(
      `exec:sh -c 'trap "" HUP TERM; sleep 1000 & echo $! $$ >${path}; while :; do sleep 1000; done'`
    )
    await vi.waitFor(() => expect(readFileSync(path, 'latin1')).toMatch(/\d+ \d+\n/))
    const pids = readFileSync(path, 'latin1').trim().split(' ').map(Number)
    expect(pids.map(ended)).toEqual([false, false])
    port.abort(DONE)
    await port.gone
    expect(pids.map(ended)).toEqual([true, true])
  })

  it.each([
    ['that heeds nothing', 'trap "" HUP TERM; echo; while :; do sleep 1000; done'],
    ['that reads nothing either', 'trap "" HUP TERM; echo; while :; do sleep 1000; done; x']
  ])('within the time that there is: one %s', async (_what, script) => {
    const { port, text } = await start(`exec:sh -c '${script}'`)
    await vi.waitFor(() => expect(text()).toBe('\n'))
    if (script.endsWith('x')) port.write(Buffer.alloc(5000))
    const sinceMs = performance.now()
    const lost = port.close(DONE, 60_000)
    void port.close(DONE, 1000)
    expect(await lost).toBe(script.endsWith('x') ? 5000 : 0)
    const tookMs = performance.now() - sinceMs
    // Not at once: it had time for its own end.
    expect([tookMs > 500, tookMs < 1200]).toEqual([true, true])
  })

  it('with the children that it left behind', async () => {
    const { port, text } = await start(`exec:sh -c 'sleep 1000 & echo $!'`)
    await once(port.onClose)
    await port.gone
    expect(ended(Number(text()))).toBe(true)
  })

  it('with what it had not read counted', async () => {
    const { port } = await start('exec:sleep 1000')
    port.write(Buffer.alloc(5000))
    await vi.waitFor(() => expect(port.unsent).toBe(5000))
    port.abort(DONE)
    expect(port.queued).toBe(5000)
  })

  it('with every byte counted that it left in the pipe, and that never came there', async () => {
    const { port } = await start(`exec:sh -c 'head -c 1000 >/dev/null; exit 3'`)
    const closed = once(port.onClose)
    for (let i = 0; i < 20; i++) port.write(Buffer.alloc(10_000))
    await closed
    expect([port.queued, await port.close(DONE, 1000)]).toEqual([199_000, 199_000])
  })

  it('with what waited when it closed its input counted, and said', async () => {
    const { port, warnings } = await start(`exec:sh -c 'sleep 0.1; exec <&-; exec sleep 1000'`)
    const drained = once(port.onDrain)
    let written = 0
    for (let more = true; more; written += 10_000) more = port.write(Buffer.alloc(10_000))
    await drained
    expect([port.queued, warnings]).toEqual([0, ['sh takes no input; what is sent to it is lost']])
    expect(await port.close(DONE, 1000)).toBe(written)
  })

  it('with what was sent after it had closed its input counted, and said', async () => {
    const { port, warnings, text } = await start(`exec:sh -c 'exec <&-; echo closed; exec sleep 1000'`)
    await vi.waitFor(() => expect(text()).toBe('closed\n'))
    await vi.waitFor(() => {
      port.write(Buffer.from('xy'))
      expect(warnings).toEqual(['sh takes no input; what is sent to it is lost'])
    })
    port.abort(DONE)
    expect(port.queued).toBeGreaterThan(1)
  })

  it('before it is started again', async () => {
    const path = join(folder(), 'running')
    const target = `exec:sh -c 'test -e ${path} && echo twice; touch ${path}; cat; sleep 0.1; rm ${path}'`
    const source = new ProgramSource({ target, warn: () => undefined })
    const first = await source.open({}, signal)
    await vi.waitFor(() => expect(existsSync(path)).toBe(true))
    void first.close(DONE, 1000)
    const second = await source.open({}, signal)
    let text = ''
    second.onData((chunk) => (text += String(chunk)))
    second.resume()
    second.write(Buffer.from('alone'))
    await vi.waitFor(() => expect(text).not.toBe(''))
    await second.close(DONE, 1000)
    expect(text).toBe('alone')
  })

  it('when DTR drops, where that is asked for', async () => {
    const { port } = await start('exec:cat', { hangUp: true })
    expect(port.capabilities.control.has('dtr')).toBe(true)
    const closed = once(port.onClose)
    await port.control({ dtr: false })
    expect(await closed).toEqual({ code: 'done', message: 'cat was ended, as DTR was dropped' })
    const { port: other } = await start('exec:cat')
    await other.control({ dtr: false })
    other.write(Buffer.from('x'))
    expect(String(await once(other.onData))).toBe('x')
  })
})

describe.skipIf(lacks.unix('programs on pipes'))('is read to its end', () => {
  it.each(LINUX ? ['exec:', 'exec+pty:'] : ['exec:'])(
    'although it ended while nobody read: %s',
    async (prefix) => {
      const path = join(folder(), 'pid')
      const { port, text } = await start(`${prefix}sh -c 'echo $$ >${path}; head -c 3000 /dev/zero'`)
      port.pause()
      let closed = false
      const end = once(port.onClose).then(() => (closed = true))
      await vi.waitFor(() => expect(readFileSync(path, 'latin1')).toMatch(/\n/))
      await vi.waitFor(() => expect(ended(Number(readFileSync(path, 'latin1')))).toBe(true))
      const other = await start('exec:sleep 0.1')
      await once(other.port.onClose)
      expect([closed, text()]).toEqual([false, ''])
      port.resume()
      await end
      expect(text()).toHaveLength(3000)
    }
  )
})

describe.skipIf(lacks.unix('programs on pipes'))('has its secrets', () => {
  it('from a file, and says them nowhere', async () => {
    const file = join(folder(), 'secret')
    writeFileSync(file, 'open sesame\n', { mode: 0o644 })
    const { port, warnings, text } = await start(
      `exec:sh -c 'printf %s "$MY_SECRET"; echo "bad password: $MY_SECRET" >&2; exit 1'`,
      { env: [{ name: 'MY_SECRET', file }] }
    )
    expect(await once(port.onClose)).toMatchObject({ message: 'sh ended with 1: bad password: ***' })
    expect(text()).toBe('open sesame')
    expect(warnings).toEqual([
      `${file}, which holds MY_SECRET, can be read by other users of this computer. Mend it with: chmod 600 ${file}`,
      'sh: bad password: ***'
    ])
  })

  it.each([
    [{ name: 'NOT_SET_ANYWHERE' }, 'usage'],
    [{ name: 'X', file: '/no/such/file' }, 'device-missing'],
    [{ name: 'X', file: '/dev/null' }, 'usage'],
    [{ name: 'X', file: '/etc/passwd' }, 'usage']
  ])('or does not start: %o', async (variable, code) => {
    const source = new ProgramSource({ target: 'exec:cat', env: [variable], warn: () => undefined })
    await expect(source.check()).rejects.toMatchObject({ code })
  })

  it('warned of where they stand in the command line', async () => {
    const { warnings } = await start('exec:env X_TOKEN=sesame cat')
    expect(warnings).toEqual([expect.stringContaining('--env NAME=@FILE')])
  })
})

describe.skipIf(lacks.unix('programs on pipes'))('takes a break', () => {
  it('by its escape, at the start of a line', async () => {
    const { port, text, warnings } = await start('exec:cat', { escapes: 'ipmitool' })
    expect(port.capabilities.control.has('break')).toBe(true)
    await port.sendBreak()
    port.write(Buffer.from('~.\r~~\rx'))
    await port.control({ break: true })
    await port.control({ break: false })
    await vi.waitFor(() => expect(text()).toBe('~B~~.\r~~~\rx\r~B'))
    expect(warnings).toEqual([expect.stringContaining('carriage return')])
  })
})
