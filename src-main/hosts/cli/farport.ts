import { formatSettings, DEFAULT_SETTINGS } from '../../contract/line.ts'
process.stdout.write(`${formatSettings(DEFAULT_SETTINGS)}\n`)
