/** Single-letter edits (insert, delete, replace) between two words. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}

/** The known name that `word` was probably meant to be; undefined when none is near (a third of its letters). */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase().slice(0, 100);
  const bound = Math.max(1, Math.floor(lower.length / 3));
  const rows = known.map((name) => ({ name, edits: editDistance(lower, name.toLowerCase()) }));
  return rows.filter(({ edits }) => edits <= bound).sort((a, b) => a.edits - b.edits)[0]?.name;
}
