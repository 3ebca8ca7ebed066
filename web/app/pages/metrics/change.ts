import type { Measure } from './measures';

/** How a figure differs from the one of the period before. */
export interface Change {
  direction: 'up' | 'down' | 'none' | 'unknown';
  verdict: 'better' | 'worse' | null;
  /** By how much, and whether that is good, in words. */
  text: string;
  /** What it was before, in words. */
  was: string;
}

/** Compares a figure with the one of the period before; what is not known on either side cannot be compared. */
export function changeOf(measure: Measure, value: number | null, before: number | null): Change {
  if (value === null) return { direction: 'unknown', verdict: null, text: 'nothing to compare', was: '' };
  if (before === null) return { direction: 'unknown', verdict: null, text: 'no figure before', was: '' };
  const was = `was ${measure.format(before)}`;
  const difference = value - before;
  const amount = measure.isShare ? Math.abs(difference) * 100 : Math.abs(difference / before) * 100;
  const rounded = amount >= 10 && !measure.isShare ? Math.round(amount) : Math.round(amount * 10) / 10;
  if (difference === 0 || rounded === 0) {
    return { direction: 'none', verdict: null, text: 'no change', was };
  }
  const isMore = difference > 0;
  const verdict =
    measure.better === null ? null : (measure.better === 'more') === isMore ? 'better' : 'worse';
  const size = measure.isShare
    ? `${rounded} ${rounded === 1 ? 'point' : 'points'} `
    : Number.isFinite(rounded)
      ? `${rounded.toLocaleString('en')}% `
      : '';
  return {
    direction: isMore ? 'up' : 'down',
    verdict,
    text: `${size}${isMore ? 'more' : 'less'}${verdict ? `, ${verdict}` : ''}`,
    was,
  };
}
