/** A file made in the page, to where the browser puts what is loaded down. */

/** The app's own windows load nothing down: there, what can be copied is copied. */
export function canDownload(): boolean {
  return location.protocol !== 'app:'
}

export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
