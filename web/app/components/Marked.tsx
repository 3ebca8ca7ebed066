import type { ReactNode } from 'react';

const MOST_MARKS = 200;

/** A text with what was searched for marked in it, without regard to case. Empty = nothing is marked. */
export function Marked({ text, mark }: { text: string; mark: string }) {
  if (mark === '') return text;
  const pattern = new RegExp(mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'giu');
  const parts: ReactNode[] = [];
  let end = 0;
  for (const { 0: hit, index } of text.matchAll(pattern)) {
    parts.push(text.slice(end, index), <mark key={index}>{hit}</mark>);
    end = index + hit.length;
    if (parts.length > MOST_MARKS * 2) break;
  }
  return parts.length === 0 ? text : [...parts, text.slice(end)];
}
