const COUNT = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const UNKNOWN = '–';

/** 12,345; an en dash for what is not known. */
export function formatCount(count: number | null): string {
  return count === null ? UNKNOWN : COUNT.format(count);
}

/** 950, 12.3K, 4.1M. */
export function formatShortCount(count: number): string {
  return SHORT.format(count);
}

/** 42% of 0.42. Never 100% before all is done. */
export function formatShare(share: number): string {
  return `${Math.min(Math.floor(share * 100), 100)}%`;
}

/** 97.3% of 0.9731; an en dash for what is not known. Never 100% or 0% of what is not quite so. */
export function formatRate(rate: number | null): string {
  if (rate === null) return UNKNOWN;
  const percent = rate * 100;
  if (rate > 0 && percent < 0.05) return '<0.1%';
  if (rate < 1 && percent >= 99.95) return '>99.9%';
  return rate === 0 || rate === 1 ? `${percent}%` : `${percent.toFixed(1)}%`;
}

/** US dollars with as many decimals as the amount needs to say something: $12.40, $0.0312, <$0.0001. */
export function formatCost(costUsd: number | null): string {
  if (costUsd === null) return UNKNOWN;
  if (costUsd === 0) return '$0.00';
  if (costUsd < 0.0001) return '<$0.0001';
  if (costUsd < 0.1) return `$${costUsd.toFixed(4)}`;
  return `$${costUsd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** 312 ms, 4.2 s, 3m 07s, 2h 05m, 3d 04h; an en dash for what is not known. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const pair = (large: number, small: number, units: string) =>
    `${large}${units[0] ?? ''} ${String(small).padStart(2, '0')}${units[1] ?? ''}`;
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), seconds % 60, 'ms');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), minutes % 60, 'hm');
  const hours = Math.floor(minutes / 60);
  return pair(Math.floor(hours / 24), hours % 24, 'dh');
}

/** 950 B, 12.3 kB, 315 MB, 1.2 GB: by thousands; an en dash for what is not known. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 4);
  const amount = bytes / 1_000 ** power;
  const digits = power === 0 || amount >= 99.95 ? 0 : 1;
  return `${amount.toFixed(digits)} ${['B', 'kB', 'MB', 'GB', 'TB'][power] ?? ''}`;
}
