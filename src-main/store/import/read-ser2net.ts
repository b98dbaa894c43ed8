/**
 * What of a ser2net's file Farport can be: the reader for its kind, and what both hand in. Called by `farport import`, which alone
 * loads it: no other command needs a reader of YAML. Opens nothing but the files that it is given and that these name.
 */
import { Collector } from './collector.ts'
import { ConfReader } from './conf-reader.ts'
import type { Found, Sources } from './found.ts'
import { YamlReader } from './yaml-reader.ts'

export interface ReadOptions {
  readonly sources: Sources
  /** Who may come to what other computers reach; empty: such entries are remarks. */
  readonly allow: readonly string[]
}

/** Throws a Fault where the file itself cannot be read. */
export function readSer2net(path: string, { sources, allow }: ReadOptions): Found {
  const collector = new Collector(allow)
  const text = sources.read(path)
  if (isYaml(path, text)) new YamlReader(collector, sources).read(path)
  else new ConfReader(collector).read(text, path)
  return collector.found()
}

/** ser2net's own rule. */
function isYaml(path: string, text: string): boolean {
  return /\.ya?ml$/i.test(path) || text.startsWith('%YAML')
}
