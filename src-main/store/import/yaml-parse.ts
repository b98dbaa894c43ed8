/** From the text of a file to the tree of its YAML, with limits before and around the library. Called by yaml-reader.ts. */
import { parseAllDocuments, type Document, type LineCounter } from 'yaml'
import { Fault, toFault } from '../../contract/faults.ts'

/** How many brackets may stand in each other, those in texts and comments included; ser2net needs three. */
export const MAX_YAML_DEPTH = 500

/** Throws a Fault that says where it is no YAML. */
export function parseYaml(text: string, path: string, lineCounter: LineCounter): Document.Parsed[] {
  checkDepth(text, path)
  const documents = parse(text, path, lineCounter)
  for (const { errors } of documents)
    for (const { message, pos } of errors) {
      const { line } = lineCounter.linePos(pos[0])
      throw new Fault(
        'usage',
        `${path}:${Math.max(1, line)}: this is no YAML (${firstLine(message)}). Nothing of this file was imported.`
      )
    }
  return documents
}

function parse(text: string, path: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    // Every value a text: `on`, `0x10` and 3001 are read as ser2net reads them. Aliases stay what they are: nothing is multiplied.
    const documents = parseAllDocuments(text, {
      lineCounter,
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent'
    })
    return Array.isArray(documents) ? documents : []
  } catch (error) {
    throw new Fault(
      'usage',
      `${path}: this is no YAML that can be read (${firstLine(toFault(error).message)}).`,
      error
    )
  }
}

/** Before the library, which goes into each of them: brackets in brackets, and lines that are indented deeper and deeper. */
function checkDepth(text: string, path: string): void {
  let depth = 0
  let line = 1
  for (const each of text) {
    if (each === '\n') line++
    else if (each === '[' || each === '{') depth++
    else if (each === ']' || each === '}') depth = Math.max(0, depth - 1)
    if (depth > MAX_YAML_DEPTH)
      throw new Fault(
        'usage',
        `${path}:${line}: this stands too deep in brackets. Nothing of this file was imported.`
      )
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
