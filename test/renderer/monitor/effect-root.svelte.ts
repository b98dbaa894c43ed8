/** Calls `run` now and whenever what it read has changed (after `flushSync`), until the answer is called. */
export function effectRoot(run: () => void): () => void {
  return $effect.root(() => {
    $effect(run)
  })
}
