import type { StepRow } from './step-store';

export interface TreeRow {
  row: StepRow;
  /** 0 = within no other step. */
  depth: number;
  childCount: number;
}

/**
 * The steps below the steps that they happened within; siblings in the order of their numbers. A step whose parent is
 * not among them stands at the top; of steps that name each other as parents, the first one does.
 * @param rows by seq
 * @param folded the numbers of steps whose children are not shown
 */
export function treeOf(rows: readonly StepRow[], folded: ReadonlySet<number>): TreeRow[] {
  const keys = new Set(rows.map(({ key }) => key));
  const children = new Map<string, StepRow[]>();
  const tops: StepRow[] = [];
  for (const row of rows) {
    if (row.parentKey === null || row.parentKey === row.key || !keys.has(row.parentKey)) tops.push(row);
    else {
      const siblings = children.get(row.parentKey);
      if (siblings) siblings.push(row);
      else children.set(row.parentKey, [row]);
    }
  }
  const placed = new Set<number>();
  const ordered: TreeRow[] = [];
  const place = (top: StepRow) => {
    // A stack of its own: traces nest deeper than calls may.
    const stack = [{ row: top, depth: 0, isShown: true }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { row, depth, isShown } = next;
      if (placed.has(row.seq)) continue;
      placed.add(row.seq);
      const below = children.get(row.key) ?? [];
      if (isShown) ordered.push({ row, depth, childCount: below.length });
      const areShown = isShown && !folded.has(row.seq);
      for (const child of [...below].reverse())
        stack.push({ row: child, depth: depth + 1, isShown: areShown });
    }
  };
  for (const top of tops) place(top);
  // Only those in circles are left.
  for (const row of rows) if (!placed.has(row.seq)) place(row);
  return ordered;
}
