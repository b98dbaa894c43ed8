import { describe, expect, it } from 'vitest'
import { runCommand } from '../../src-main/os/run-command.ts'
import { NotElevated, runElevated } from '../../src-main/os/win32/elevated.ts'

const node = (script: string, timeoutMs?: number) =>
  runCommand(process.execPath, ['-e', script], timeoutMs === undefined ? {} : { timeoutMs })

describe('a command that is run to its end', () => {
  it('tells its exit code and what it said, whatever it is', async () => {
    const script = 'console.log(process.argv.slice(1).join()); console.error("no"); process.exit(3)'
    const result = await runCommand(process.execPath, ['-e', script, '--', 'a b', '"', "$x'%PATH%"])
    expect(result).toEqual({ code: 3, stdout: `a b,",$x'%PATH%\n`, stderr: 'no\n' })
    expect(await node('')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('rejects where it cannot be started, or does not end', async () => {
    await expect(runCommand('/nowhere/usbip', [])).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(node('setInterval(() => 0, 1e6)', 300)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  })

  it.skipIf(process.platform === 'win32')('tells that a signal ended it', async () => {
    expect(await node('process.kill(process.pid, "SIGKILL")')).toMatchObject({ code: -1 })
  })
})

describe('a command with the rights of an administrator', () => {
  const asked: string[] = []
  const answering = (code: number, stderr = '') =>
    runElevated(
      'C:\\Windows\\reg.exe',
      ['add', "HKLM\\Device Parameters\\it's", '/v', 'a"b'],
      (file, words) => {
        asked.push(file, Buffer.from(words.at(-1)!, 'base64').toString('utf16le'))
        return Promise.resolve({ code, stdout: '', stderr })
      }
    )

  it('is asked for in words that are nothing else to PowerShell', async () => {
    expect(await answering(2)).toBe(2)
    expect(asked[0]).toBe('powershell.exe')
    expect(asked[1]).toContain(
      `-FilePath 'C:\\Windows\\reg.exe' -ArgumentList 'add "HKLM\\Device Parameters\\it''s" /v "a\\"b"' -Verb RunAs`
    )
  })

  it('may be refused', async () => {
    await expect(answering(1223, 'The operation was canceled by the user.\r\n')).rejects.toThrow(
      new NotElevated('The operation was canceled by the user.')
    )
    await expect(answering(1223)).rejects.toThrow('Windows did not allow it')
  })
})
