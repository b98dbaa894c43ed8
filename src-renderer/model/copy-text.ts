/** Puts a text where paste finds it. Rejects where the browser does not let a page do that. */
export function copyText(text: string): Promise<void> {
  return navigator.clipboard.writeText(text)
}
