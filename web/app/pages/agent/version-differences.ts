import type { VersionDetailFragment } from '../../generated/graphql';

/** One setting in each of the versions compared; null = the version does not have it. */
export interface SettingRow {
  /** Where it stands: "model", "config.limits.steps". */
  path: string;
  values: (string | null)[];
  isDifferent: boolean;
}

/** Deeper objects, and all arrays, are compared as one JSON text. */
const MOST_LEVELS = 6;
/** Settings of one version beyond this are left out: a configuration may have a million keys. */
export const MOST_SETTINGS = 500;

/** The settings of all versions given, in the order in which they first name them. */
export function compareVersions(versions: readonly VersionDetailFragment[]): SettingRow[] {
  const settings = versions.map(settingsOf);
  const paths = new Set(settings.flatMap((of) => [...of.keys()]));
  return [...paths].map((path) => {
    const values = settings.map((of) => of.get(path) ?? null);
    return { path, values, isDifferent: values.some((value) => value !== values[0]) };
  });
}

function settingsOf({ provider, model, config }: VersionDetailFragment): Map<string, string> {
  const settings = new Map<string, string>();
  if (provider !== null) settings.set('provider', provider);
  if (model !== null) settings.set('model', model);
  flatten('config', config, settings, 0);
  return settings;
}

function flatten(path: string, value: unknown, settings: Map<string, string>, level: number): void {
  if (settings.size >= MOST_SETTINGS) return;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || level >= MOST_LEVELS) {
    settings.set(path, typeof value === 'string' ? value : JSON.stringify(value, null, 2));
    return;
  }
  // A loop that can end early: Object.entries would make a pair of each of a million keys.
  for (const key in value) {
    if (settings.size >= MOST_SETTINGS) return;
    flatten(`${path}.${key}`, (value as Record<string, unknown>)[key], settings, level + 1);
  }
}
