/** What the core says in the middle of a line, at the beginning of one: `A pulse on DTR`. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
