/** What the system says of a file, for people: `no such file or directory` of `ENOENT: no such file or directory, open '/x'`. */
export function systemWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^E[A-Z0-9]+: /, '').replace(/, \w+( '.*')?$/, '')
}
