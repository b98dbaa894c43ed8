/** Wireshark's own reading of a file, without its window. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One line for each packet, the fields parted by tabs. */
export function tshark(
  file: Uint8Array,
  fields: readonly string[],
  args: readonly string[] = []
): string[][] {
  const out = onDisk(file, (path) =>
    run('tshark', [
      ...['-n', '-r', path, '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=|'],
      ...args,
      ...fields.flatMap((field) => ['-e', field])
    ])
  )
  return out
    .split('\n')

    .slice(0, -1)
    .map((line) => line.split('\t'))
}

/** What it says of the file. */
export function capinfos(file: Uint8Array): string {
  return onDisk(file, (path) => run('capinfos', [path]))
}

function onDisk<T>(file: Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'farport-tshark-'))
  try {
    const path = join(folder, 'capture.pcapng')
    writeFileSync(path, file)
    return use(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}
