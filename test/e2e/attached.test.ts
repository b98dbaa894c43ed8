import { describe, expect, it } from 'vitest'
import { instance } from './instance.ts'

describe('a running Farport', () => {
  it('keeps what is its own in the folder of the test', async () => {
    const { home, program } = await instance({
      shares: [{ id: 'echo', name: 'echo', port: { target: 'sim:echo' }, listen: ['raw://127.0.0.1:0'] }]
    })
    expect(home.read().shares).toHaveLength(1)
    expect(program.stdout).toContain(`ready ${home.socket}`)
    await program.stop()
    expect((await program.ended).code).toBe(0)
    await (await home.serve('--json')).stop('SIGKILL')
    await home.serve()
  })
})
