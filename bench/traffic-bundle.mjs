/** Parts of the program as one module of plain JavaScript: built from their sources by Vite, as the program itself is. Called by traffic.mjs. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const TOP = join(import.meta.dirname, '..')
const CACHE = join(TOP, 'node_modules/.cache')
const ENTRY = 'virtual:traffic'
const PARTS = {
  'src-main/base/clock.ts': ['systemClock'],
  'src-main/bridge/taps.ts': ['Taps'],
  'src-main/capture/expressions.ts': ['ExpressionRunner'],
  'src-main/capture/files/pcapng-writer.ts': ['PcapngWriter'],
  'src-main/capture/files/recording-reader.ts': ['RecordingReader'],
  'src-main/capture/recorder.ts': ['Recorder'],
  'src-main/capture/ring-pool.ts': ['RingPool', 'RING_BYTES', 'SLAB_BYTES'],
  'src-main/capture/wall-offset.ts': ['WallOffset'],
  'src-main/contract/line.ts': ['DEFAULT_SETTINGS'],
  'src-main/traffic/decoders/registry.ts': ['DECODERS'],
  'src-main/traffic/filter/parse.ts': ['parseFilter'],
  'src-main/traffic/filter/row-search.ts': ['RowSearch'],
  'src-main/traffic/log.ts': ['TrafficLog'],
  'src-main/traffic/row-reader.ts': ['RowReader'],
  'src-main/traffic/row-splitter.ts': ['RowSplitter'],
  'src-main/traffic/row.ts': ['TEXT_ROWS'],
  'src-main/traffic/row-table.ts': ['RowTable'],
  'src-renderer/model/monitor/filter-slices.ts': ['SLICE_MS'],
  'test/traffic/decoders/corpora.ts': ['CORPORA'],
  'test/traffic/decoders/rows.ts': ['rowsOf']
}

/** Resolves with the engine of traffic. */
export function trafficEngine() {
  return engineOf(PARTS)
}

/** Resolves with all that `parts` names: {file: [what it exports, …]}. */
export async function engineOf(parts) {
  // Within the project, so that natives are found.
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'farport-bench-'))
  const lines = Object.entries(parts).map(
    ([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(TOP, file))}`
  )
  try {
    await build({
      configFile: false,
      logLevel: 'warn',
      plugins: [
        {
          name: 'traffic-entry',
          resolveId: (id) => (id === ENTRY ? `\0${ENTRY}` : undefined),
          load: (id) => (id === `\0${ENTRY}` ? lines.join('\n') : undefined)
        }
      ],
      ssr: { noExternal: true, external: ['koffi'] },
      build: {
        ssr: true,
        target: 'node20',
        outDir: folder,
        emptyOutDir: true,
        minify: false,
        rolldownOptions: {
          input: { traffic: ENTRY },
          output: { format: 'es', entryFileNames: 'traffic.mjs', codeSplitting: false }
        }
      }
    })
    return await import(pathToFileURL(join(folder, 'traffic.mjs')).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
